"""Clips of the untranscribed recordings: the texts of `librispeech.tsv`, as far as the model's alignment bears them out.

    python models/training/pseudo.py [--model models/base.int8.onnx]

LibriSpeech's 251 clips have no transcripts here. Each was given to PocketSphinx 5.1.1 with the US English model of its package
(`git show 69e7314:models/training/pseudo.py`), another recogniser than ours, and to average D of the model card (`git show
69e7314:models/base.int8.onnx`), greedy and by beam search of width 64 with the language model. From these three texts a large language
model, the one that wrote this program, edited what was probably said, by the sound of the words and by what it knows of English and of
these books, and once more with what average F heard; nobody has listened. `#` stands for words that it could not tell. Each text is
aligned with its clip; a word of too little probability counts as not made out either, and what lies between such places, of three words
or more, becomes a clip. Written as one shard (`cache/pseudo/00000/`), so a run that is going before there is one picks it up.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

import graph
from alignment import UNHEARD, AlignedWord, align_clip
from corpus import DEFAULT_CACHE, DEFAULT_SPEECH, HERE, REPOSITORY, ShardWriter, open_speech
from evaluate import Runner, torch_runner
from splice import ROW_SAMPLES, cuts

LEAST_SCORE = -4.5
"""Mean log-probability of a word's letters below which it is not believed. Of the words of the dev clips of web microphones
and of LibriVox, whose texts are right, one in twenty is below -4.2."""
LEAST_WORDS = 3


def read_texts(path: Path) -> dict[str, str]:
    """Clip's id -> text."""
    with open(path, newline="", encoding="utf-8") as file:
        return {row["id"]: row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}


def believed(words: list[AlignedWord]) -> Iterator[slice]:
    """The longest rows of `LEAST_WORDS` or more words that were made out and are probable enough."""
    first = 0
    for i in range(len(words) + 1):
        if i == len(words) or words[i].text == UNHEARD or words[i].score < LEAST_SCORE:
            if i - first >= LEAST_WORDS:
                yield slice(first, i)
            first = i + 1


def borne_out(run: Runner, samples: np.ndarray, text: str) -> Iterator[tuple[np.ndarray, str]]:
    """The parts of a clip (f32 at 16 kHz) whose text is believed, each with its text."""
    words = align_clip(run, samples, text)
    edges = cuts(words, samples)
    for part in believed(words):
        start = 0 if part.start == 0 else edges[part.start] * ROW_SAMPLES
        end = len(samples) if part.stop == len(words) else edges[part.stop] * ROW_SAMPLES
        yield samples[start:end], " ".join(word.text for word in words[part])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=REPOSITORY / "models" / "base.int8.onnx")
    parser.add_argument("--texts", type=Path, default=HERE / "librispeech.tsv")
    parser.add_argument("--speech", type=Path, default=DEFAULT_SPEECH)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    a = parser.parse_args()
    torch.set_num_threads(1)
    clips, cache, _ = open_speech(a.speech, a.cache)
    by_id = {clip.id: clip for clip in clips}
    run, texts, count = torch_runner(graph.load(a.model).eval()), read_texts(a.texts), 0
    with ShardWriter(a.cache / "pseudo", 0) as shard:
        for key, text in texts.items():
            clip = by_id[key]
            for i, (samples, said) in enumerate(borne_out(run, cache.float_samples(key), text)):
                shard.add(f"pseudo-{key}-{i}", f"pseudo-{clip.corpus}", clip.speaker, samples, said)
                count += len(said.split())
        if not count:
            raise SystemExit(f"{a.model} bears out none of these texts: it has to be trained for longer first")
    seconds = sum(by_id[key].seconds for key in texts)
    print(f"{len(texts)} clips, {seconds:.0f} s; {shard.seconds:.0f} s and {count} words of them are borne out")


if __name__ == "__main__":
    main()
