"""Texts for the clips that have none: the stretches that another recogniser hears surely, as clips of their own.

    python models/training/pseudo.py [--least-posterior 0.6]

The teacher is PocketSphinx with the US English model inside its package (BSD; Carnegie Mellon University), a
mixture-of-Gaussians recogniser of another making than ours. It writes each word with its times and its posterior;
a row of words that are all probable enough becomes a clip. Written as shards (`cache/pseudo/NNNNN/`, as
synth/make.py does), so a run already going picks them up; a stopped call goes on where it was.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pocketsphinx import Decoder

from corpus import DEFAULT_CACHE, DEFAULT_SPEECH, SAMPLE_RATE_HZ, Clip, ShardWriter, open_speech

FRAME_SAMPLES = SAMPLE_RATE_HZ // 100
LEAST_POSTERIOR = 0.6
LEAST_WORDS = 3
SPELLED_OUT = {"mr": "mister", "mrs": "missus", "ms": "miss", "dr": "doctor", "st": "saint"}
"""How the other transcripts write what its dictionary abbreviates."""
CLIPS_A_SHARD = 10


@dataclass(frozen=True)
class Heard:
    """A word, or a pause or noise where `text` is empty, from frame `start` up to `end`; `posterior` 0 to 1."""

    text: str
    start: int
    end: int
    posterior: float


def hear(teacher: Decoder, samples: np.ndarray) -> list[Heard]:
    """What the teacher hears in f32 samples at 16 kHz, pauses too, in order and without gaps."""
    teacher.start_utt()
    teacher.process_raw(np.clip(np.rint(samples * 32768.0), -32768, 32767).astype("<i2").tobytes(), full_utt=True)
    teacher.end_utt()
    heard = []
    for segment in teacher.seg() or ():
        # "the(2)" is the second way to say it; "<sil>" and "[NOISE]" are not words.
        word = segment.word.split("(")[0].replace(".", "")
        text = "" if word[:1] in "<[+" else SPELLED_OUT.get(word, word)
        heard.append(Heard(text, segment.start_frame, segment.end_frame + 1, segment.prob))
    return heard


def is_plain(text: str) -> bool:
    return all(c in "abcdefghijklmnopqrstuvwxyz'" for c in text)


def sure_stretches(heard: list[Heard], least_posterior: float) -> Iterator[list[Heard]]:
    """The longest rows of words that are each probable enough, with the pauses between them; no shorter than
    `LEAST_WORDS`."""
    row: list[Heard] = []
    for word in [*heard, Heard("", 0, 0, -1.0)]:
        is_pause = word.text == "" and word.posterior >= 0.0
        if is_pause or (word.text and is_plain(word.text) and word.posterior >= least_posterior):
            row.append(word)
            continue
        if sum(word.text != "" for word in row) >= LEAST_WORDS:
            yield row
        row = []


@dataclass(frozen=True)
class Options:
    speech: Path
    cache: Path
    least_posterior: float


def make_shard(number: int, o: Options) -> str:
    """Writes the sure stretches of some clips as shard `number`; a line about it."""
    clips, cache, _ = open_speech(o.speech, o.cache)
    first = number * CLIPS_A_SHARD
    some = untranscribed(clips)[first : first + CLIPS_A_SHARD]
    teacher = Decoder(samprate=float(SAMPLE_RATE_HZ), loglevel="FATAL")
    with ShardWriter(o.cache / "pseudo", number) as shard:
        for clip in some:
            samples = cache.float_samples(clip.id)
            for i, row in enumerate(sure_stretches(hear(teacher, samples), o.least_posterior)):
                text = " ".join(word.text for word in row if word.text)
                part = samples[row[0].start * FRAME_SAMPLES : row[-1].end * FRAME_SAMPLES]
                shard.add(f"pseudo-{clip.id}-{i}", f"pseudo-{clip.corpus}", clip.speaker, part, text)
    return f"shard {number}: {shard.seconds:.0f} of {sum(clip.seconds for clip in some):.0f} s"


def untranscribed(clips: list[Clip]) -> list[Clip]:
    return [clip for clip in clips if clip.split == "unlabelled"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--least-posterior", type=float, default=LEAST_POSTERIOR)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--speech", type=Path, default=DEFAULT_SPEECH)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    a = parser.parse_args()
    clips, _, _ = open_speech(a.speech, a.cache)
    shards = range(-(-len(untranscribed(clips)) // CLIPS_A_SHARD))
    missing = [number for number in shards if not (a.cache / "pseudo" / f"{number:05d}").exists()]
    options = Options(a.speech, a.cache, a.least_posterior)
    with ProcessPoolExecutor(a.workers) as pool:
        for line in pool.map(make_shard, missing, [options] * len(missing)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
