"""New sentences in real voices: words of the training clips, found by forced alignment, joined anew.

    python models/training/splice.py --hours 12 [--model models/base.int8.onnx] [--seed 0]

After aligned data augmentation (Lam et al. 2021, arXiv:2104.01393). Every training clip is aligned with its own
text by the model's CTC; between two words the cut is where the audio is quietest. A made-up utterance is a row of
runs of one to three words, of one speaker where that speaker has said enough, else of one corpus. Written as shards
(`cache/splice/NNNNN/`: `audio.i16`, `index.tsv`, `manifest.tsv`, as synth/make.py does), each from the seed and
its number alone.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

import graph
from alignment import AlignedWord, align_clip, mean_score
from corpus import DEFAULT_CACHE, DEFAULT_SPEECH, REPOSITORY, SAMPLE_RATE_HZ, AudioCache, Clip, Shards, ShardWriter, open_speech
from data import BatchOptions, drawable
from evaluate import Runner, torch_runner

ROW_SAMPLES = SAMPLE_RATE_HZ // 50
START_LATE_ROWS, END_LATE_ROWS = 10, 5
"""How much later than the sound the model writes a word's beginning and its end (word_times.py)."""
LEAST_SCORE = -1.5
"""Mean log-probability of a clip's letters below which its alignment is not believed."""
ENOUGH_WORDS = 20
"""Aligned words from which on a speaker's own words make whole utterances."""
FADE_SAMPLES = 80
CORPORA_LEFT_OUT = {"fsdd"}
"""Single digits: draws join these already."""


@dataclass(frozen=True)
class Word:
    """Samples `start`..`end` of clip `clip`, its word number `place`."""

    clip: str
    place: int
    start: int
    end: int
    text: str


def align(run: Runner, clip: Clip, samples: np.ndarray) -> list[Word]:
    """The clip's words with their samples; none where its text does not fit its audio."""
    words = align_clip(run, samples, clip.text)
    if mean_score(words) < LEAST_SCORE:
        return []
    edges = cuts(words, samples)
    return [Word(clip.id, i, ROW_SAMPLES * edges[i], ROW_SAMPLES * edges[i + 1], word)
            for i, word in enumerate(clip.text.split()) if edges[i + 1] > edges[i] + 2]  # fmt: skip


def cuts(words: list[AlignedWord], samples: np.ndarray) -> list[int]:
    """The row at which each word begins, and that at which the last one ends: where it is quietest between two."""
    bounds = [(max(0, word.start - START_LATE_ROWS), max(0, word.end - END_LATE_ROWS)) for word in words]
    edges = [max(0, bounds[0][0] - 3), *(quietest(samples, a[1], b[0]) for a, b in zip(bounds, bounds[1:])), bounds[-1][1] + 5]
    return np.minimum(edges, len(samples) // ROW_SAMPLES).tolist()


def quietest(samples: np.ndarray, end: int, start: int) -> int:
    """The row at whose beginning to cut between a word that ends about `end` and one that starts about `start`."""
    first, last = min(end, start), max(end, start)
    half = ROW_SAMPLES // 2
    padded = np.pad(samples, (half, max(0, last * ROW_SAMPLES + half - len(samples))), constant_values=1.0)
    energy = [np.square(padded[r * ROW_SAMPLES : r * ROW_SAMPLES + 2 * half]).sum() for r in range(first, last + 1)]
    return first + int(np.argmin(energy))


class Voices:
    """Runs of words, by whom they may be joined with: a speaker, or a corpus whose speakers say little."""

    def __init__(self, words: dict[str, list[Word]], clips: dict[str, Clip]):
        said: dict[str, int] = defaultdict(int)
        for key, found in words.items():
            said[f"{clips[key].corpus}/{clips[key].speaker}"] += len(found)
        self.runs: dict[str, list[list[Word]]] = defaultdict(list)
        self.corpora: dict[str, str] = {}
        for key, found in words.items():
            corpus, voice = clips[key].corpus, f"{clips[key].corpus}/{clips[key].speaker}"
            voice = voice if said[voice] >= ENOUGH_WORDS else corpus
            self.corpora[voice] = corpus
            self.runs[voice].append(found)
        self.names = sorted(self.runs)
        self.chances = np.array([sum(map(len, self.runs[name])) for name in self.names]) ** 0.5
        self.chances /= self.chances.sum()

    def draw(self, rng: np.random.Generator) -> tuple[str, list[list[Word]]]:
        """A voice and the runs of words of one utterance of 2 to 14 words."""
        name = self.names[rng.choice(len(self.names), p=self.chances)]
        wanted, runs, count = int(rng.integers(2, 15)), [], 0
        while count < wanted:
            clip = self.runs[name][rng.integers(len(self.runs[name]))]
            start = int(rng.integers(len(clip)))
            run = clip[start : start + min(int(rng.integers(1, 4)), wanted - count)]
            run = [word for i, word in enumerate(run) if word.place == run[0].place + i]
            runs.append(run)
            count += len(run)
        return name, runs


def join(runs: list[list[Word]], cache: AudioCache) -> np.ndarray:
    """The runs end to end, levelled to the first, each faded in and out over 5 ms; f32."""
    parts = [cache.float_samples(run[0].clip)[run[0].start : run[-1].end] for run in runs]
    levels = [float(np.sqrt(np.mean(part**2))) + 1e-5 for part in parts]
    ramps = [np.minimum(1.0, np.arange(len(part)) / FADE_SAMPLES) for part in parts]
    levelled = [part * min(4.0, levels[0] / level) * ramp * ramp[::-1] for part, level, ramp in zip(parts, levels, ramps)]
    return np.clip(np.concatenate(levelled), -1, 1).astype(np.float32)


def sources(clips: list[Clip], cache: AudioCache, folder: Path) -> list[Clip]:
    """The clips whose words may be joined anew: those that are trained on, pseudo.py's too, but for single digits."""
    labelled = Shards(folder / "pseudo", cache).look()
    return [clip for clip in drawable(clips + labelled, cache, BatchOptions()) if clip.corpus not in CORPORA_LEFT_OUT]


def aligned(model_path: Path, clips: list[Clip], cache: AudioCache) -> dict[str, list[Word]]:
    run = torch_runner(graph.load(model_path).eval())
    words = {clip.id: align(run, clip, cache.float_samples(clip.id)) for clip in clips}
    return {key: found for key, found in words.items() if found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=12.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--clips", type=int, default=500, help="a shard")
    parser.add_argument("--model", type=Path, default=REPOSITORY / "models" / "base.int8.onnx")
    parser.add_argument("--speech", type=Path, default=DEFAULT_SPEECH)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    a = parser.parse_args()
    torch.set_num_threads(1)
    everything, cache, _ = open_speech(a.speech, a.cache)
    clips = sources(everything, cache, a.cache)
    words = aligned(a.model, clips, cache)
    if not words:
        raise SystemExit(f"{a.model} aligns no clip with its text: it has to be trained for longer first")
    voices = Voices(words, {clip.id: clip for clip in clips})
    print(f"{sum(map(len, words.values()))} words of {len(words)} of {len(clips)} clips, {len(voices.names)} voices", flush=True)
    seconds, number = 0.0, 0
    while seconds < 3600 * a.hours:
        rng = np.random.default_rng([a.seed, number])
        with ShardWriter(a.cache / "splice", number) as shard:
            for i in range(a.clips):
                name, runs = voices.draw(rng)
                samples = join(runs, cache)
                text = " ".join(word.text for run in runs for word in run)
                shard.add(f"splice-{a.seed}-{number:05d}-{i:04d}", f"splice-{voices.corpora[name]}", name, samples, text)
        seconds, number = seconds + shard.seconds, number + 1
    print(f"{number} shards, {seconds / 3600:.2f} h")


if __name__ == "__main__":
    main()
