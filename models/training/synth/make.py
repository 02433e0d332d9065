"""Makes the synthetic speech: text -> voice -> formants and level -> 16 kHz int16 in the cache.

    python models/training/synth/make.py --hours 20 [--seed 0] [--workers 2]

Shard N (about `--clips` clips of one engine) depends on the seed and N alone, so any number of processes
may work on them, in any order, and a stopped run goes on where it was. A shard is a folder
`cache/synth/NNNNN/` of `audio.i16` and `index.tsv` (as in corpus.py) and `manifest.tsv` (id, corpus,
speaker, seconds, text), which appears whole by a rename. Rooms, noise, codecs, speed and the rest of the
augmentation come later and anew with each draw (augment.py), as for real speech.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import torch
import torchaudio

from corpus import DEFAULT_CACHE, REPOSITORY, SAMPLE_RATE_HZ, ShardWriter
from synth import voices
from synth.text import Texts

DEFAULT_TEXT = REPOSITORY.parent / "shared" / "text"
FORMANT_STEPS = (-3, 3)
"""Playing 16 kHz speech as if it were at 16 kHz (1 + step / 20): formants, pitch and rate move by 5 % a step;
the engine's rate is set to make up for it."""
SHORTEST_SECONDS, LONGEST_SECONDS = 0.4, 12.0
SECONDS_A_CLIP = 2.4
"""On average, as measured."""


@dataclass(frozen=True)
class Options:
    out: Path
    text: Path
    seed: int
    clips: int
    most_words: int


def finish(samples: np.ndarray, rate_hz: int, step: int, rng: np.random.Generator) -> np.ndarray:
    """To 16 kHz with formants moved, ends trimmed, a random tilt of the spectrum, a peak of 0.1 to 0.7; f32."""
    # 22050 and 32000 Hz are near enough to 22000 = 11 x 2000 and 32 000: short filters.
    new = {22050: 8, 22000: 8}.get(rate_hz, SAMPLE_RATE_HZ // 1000)
    old = {22050: 11, 22000: 11}.get(rate_hz, rate_hz // 1000)
    tensor = torch.from_numpy(np.ascontiguousarray(samples))
    tensor = torchaudio.functional.resample(tensor, old * (20 + step), new * 20)
    y = tensor.numpy()
    loud = np.flatnonzero(np.abs(y) > 0.01 * np.abs(y).max())
    margin = int(rng.uniform(0.05, 0.3) * SAMPLE_RATE_HZ)
    y = y[max(0, loud[0] - margin) : loud[-1] + margin]
    tilt = rng.uniform(-0.5, 0.5)
    y = np.append(y[:1], y[1:] - tilt * y[:-1])
    y = y * (10 ** rng.uniform(-1.0, -0.15) / np.abs(y).max())
    return y


def make_shard(number: int, texts: Texts, o: Options) -> float:
    """Writes one shard; its seconds of audio."""
    rng = np.random.default_rng([o.seed, number])
    known = voices.timbres()
    engine = [*voices.ENGINES][rng.choice(len(voices.ENGINES), p=[*voices.ENGINES.values()])]
    lines, chosen, steps = [], [], []
    for _ in range(o.clips):
        step = int(rng.integers(FORMANT_STEPS[0], FORMANT_STEPS[1] + 1))
        voice = voices.draw(rng, engine, known)
        chosen.append(voices.Voice(engine, voice.name, voice.rate / (1 + step / 20), voice.pitch))
        lines.append(texts.draw(rng, o.most_words))
        steps.append(step)
    rendered = voices.render([(voice, line.say) for voice, line in zip(chosen, lines)])
    with ShardWriter(o.out, number) as shard:
        for i, (result, voice, line, step) in enumerate(zip(rendered, chosen, lines, steps)):
            if result is None or len(result[0]) == 0 or not np.abs(result[0]).max() > 1e-3:
                continue
            samples = finish(*result, step, rng)
            if SHORTEST_SECONDS <= len(samples) / SAMPLE_RATE_HZ <= LONGEST_SECONDS:
                shard.add(f"synth-{o.seed}-{number:05d}-{i:04d}", f"synth-{voice.engine}", voice.label, samples, line.text)
    return shard.seconds


def shard_seconds(folder: Path) -> float:
    return (folder / "audio.i16").stat().st_size / 2 / SAMPLE_RATE_HZ


def work(numbers: list[int], o: Options) -> float:
    torch.set_num_threads(1)
    texts, total = Texts(o.text), 0.0
    for number in numbers:
        if not (o.out / f"{number:05d}").exists():
            total += make_shard(number, texts, o)
            print(f"shard {number}: {total / 3600:.2f} h by this process", flush=True)
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=20.0, help="about so many, rounded up to shards")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--clips", type=int, default=250, help="a shard")
    parser.add_argument("--most-words", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--text", type=Path, default=DEFAULT_TEXT)
    parser.add_argument("--out", type=Path, default=DEFAULT_CACHE / "synth")
    a = parser.parse_args()
    shards = int(np.ceil(a.hours * 3600 / (SECONDS_A_CLIP * a.clips)))
    options = Options(a.out, a.text, a.seed, a.clips, a.most_words)
    with ProcessPoolExecutor(a.workers) as pool:
        list(pool.map(work, [list(range(i, shards, a.workers)) for i in range(a.workers)], [options] * a.workers))
    done = [shard_seconds(folder) for folder in sorted(a.out.glob("[0-9]*"))]
    print(f"{len(done)} shards, {sum(done) / 3600:.2f} h in {a.out}")


if __name__ == "__main__":
    main()
