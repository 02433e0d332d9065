"""The speech manifest, and an int16 cache of its decoded audio.

`manifest.tsv` has the columns id, corpus, speaker, split, seconds, path, text; audio paths are
relative to the manifest's folder. Everything is 16 kHz mono. Opus is decoded once: the samples of
all clips lie end to end in `audio.i16` (little-endian int16), `index.tsv` says where each begins.
Shards of synthetic speech have the same two files, and a manifest of their own.
"""

from __future__ import annotations

import csv
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SAMPLE_RATE_HZ = 16_000
HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
DEFAULT_SPEECH = REPOSITORY.parent / "shared" / "speech"
DEFAULT_CACHE = HERE / "cache"


@dataclass(frozen=True)
class Clip:
    """One row of the manifest. `path` is absolute; `text` is lower case, a-z, apostrophe and space."""

    id: str
    corpus: str
    speaker: str
    split: str
    seconds: float
    path: Path
    text: str


def read_manifest(path: Path) -> list[Clip]:
    """All clips of a manifest, in file order."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            Clip(
                id=row["id"],
                corpus=row["corpus"],
                speaker=row["speaker"],
                split=row["split"],
                seconds=float(row["seconds"]),
                path=path.parent / row["path"],
                text=" ".join(row["text"].lower().split()),
            )
            for row in rows
        ]


def decode(path: Path) -> np.ndarray:
    """Samples of one audio file as int16 [N]; refuses anything but 16 kHz, mixes channels down."""
    import soundfile

    samples, rate_hz = soundfile.read(str(path), dtype="float32", always_2d=True)
    if rate_hz != SAMPLE_RATE_HZ:
        raise ValueError(f"{path}: {rate_hz} Hz, expected {SAMPLE_RATE_HZ}")
    mono = samples.mean(axis=1)
    return np.clip(np.rint(mono * 32768.0), -32768, 32767).astype("<i2")


class AudioCache:
    """Decoded clips by id, memory-mapped; of one folder or of several. `float_samples` gives f32 in [-1, 1]."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.spans: dict[str, tuple[int, int, int]] = {}
        self.parts: list[np.ndarray] = []
        self.add(folder)

    def add(self, folder: Path) -> None:
        """Also the clips of this folder."""
        with open(folder / "index.tsv", encoding="utf-8") as file:
            for line in file:
                key, start, count = line.rstrip("\n").split("\t")
                self.spans[key] = (len(self.parts), int(start), int(count))
        self.parts.append(np.memmap(folder / "audio.i16", dtype="<i2", mode="r"))

    def __contains__(self, key: str) -> bool:
        return key in self.spans

    def float_samples(self, key: str) -> np.ndarray:
        part, start, count = self.spans[key]
        return self.parts[part][start : start + count].astype(np.float32) / 32768.0


def _decode_many(paths: list[Path]) -> list[np.ndarray]:
    return [decode(path) for path in paths]


def open_cache(folder: Path, items: dict[str, Path]) -> AudioCache:
    """The cache in `folder`, built now if it is missing any of `items` (id -> audio file)."""
    if (folder / "index.tsv").exists():
        cache = AudioCache(folder)
        if all(key in cache for key in items):
            return cache
    folder.mkdir(parents=True, exist_ok=True)
    keys = list(items)
    batches = [keys[i : i + 64] for i in range(0, len(keys), 64)]
    position = 0
    with (
        open(folder / "audio.i16", "wb") as audio,
        open(folder / "index.tmp", "w", encoding="utf-8") as index,
        ProcessPoolExecutor(2) as pool,
    ):
        decoded = pool.map(_decode_many, [[items[key] for key in batch] for batch in batches])
        for batch, clips in zip(batches, decoded):
            for key, samples in zip(batch, clips):
                audio.write(samples.tobytes())
                index.write(f"{key}\t{position}\t{len(samples)}\n")
                position += len(samples)
    (folder / "index.tmp").rename(folder / "index.tsv")
    return AudioCache(folder)


def open_speech(speech: Path, cache_folder: Path) -> tuple[list[Clip], AudioCache, list[str]]:
    """Clips of `speech/manifest.tsv`, their cache, and the cache ids of the noise clips."""
    clips = read_manifest(speech / "manifest.tsv")
    items = {clip.id: clip.path for clip in clips}
    noise = {f"noise:{path.name}": path for path in sorted((speech / "noise").glob("*.opus"))}
    cache = open_cache(cache_folder, items | noise)
    return clips, cache, list(noise)


class ShardWriter:
    """Writes one shard, which appears whole by a rename at the end."""

    def __init__(self, folder: Path, number: int):
        self.final, self.part = folder / f"{number:05d}", folder / f".{number:05d}.{os.getpid()}"
        self.position = 0

    def __enter__(self) -> ShardWriter:
        self.part.mkdir(parents=True, exist_ok=True)
        self.audio = open(self.part / "audio.i16", "wb")
        self.index, self.manifest = (open(self.part / name, "w", encoding="utf-8") for name in ("index.tsv", "manifest.tsv"))
        self.manifest.write("id\tcorpus\tspeaker\tseconds\ttext\n")
        return self

    def add(self, key: str, corpus: str, speaker: str, samples: np.ndarray, text: str) -> None:
        """One clip, f32 [N] in [-1, 1] at 16 kHz."""
        self.audio.write(np.rint(32767 * samples).astype("<i2").tobytes())
        self.index.write(f"{key}\t{self.position}\t{len(samples)}\n")
        self.manifest.write(f"{key}\t{corpus}\t{speaker}\t{len(samples) / SAMPLE_RATE_HZ:.2f}\t{text}\n")
        self.position += len(samples)

    def __exit__(self, kind: type | None, *_: object) -> None:
        for file in (self.audio, self.index, self.manifest):
            file.close()
        if kind is None:
            shutil.rmtree(self.final, ignore_errors=True)  # of an earlier making
            self.part.rename(self.final)

    @property
    def seconds(self) -> float:
        return self.position / SAMPLE_RATE_HZ


class Shards:
    """The made clips (synth/make.py, splice.py) of `folder`, as far as they are made; looks again when asked."""

    def __init__(self, folder: Path, cache: AudioCache):
        self.folder, self.cache = folder, cache
        self.known: set[str] = set()
        self.clips: list[Clip] = []

    def look(self) -> list[Clip]:
        """Every clip there is by now; those new since the last look go into the cache too."""
        for shard in sorted(self.folder.glob("[0-9]*")):
            if shard.name in self.known:
                continue
            self.known.add(shard.name)
            self.cache.add(shard)
            with open(shard / "manifest.tsv", newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                    clip = Clip(row["id"], row["corpus"], row["speaker"], "train", float(row["seconds"]), shard, row["text"])
                    self.clips.append(clip)
        return self.clips


if __name__ == "__main__":
    import argparse

    parser = argparse.ArgumentParser(description="Decode the corpus into the cache.")
    parser.add_argument("--speech", type=Path, default=DEFAULT_SPEECH)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    arguments = parser.parse_args()
    clips, cache, noise = open_speech(arguments.speech, arguments.cache)
    print(f"{len(clips)} clips, {len(noise)} noises, {sum(map(len, cache.parts)) / SAMPLE_RATE_HZ / 3600:.2f} h")
