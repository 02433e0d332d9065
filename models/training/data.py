"""Batches for training: weighted draws, concatenation, augmentation, buckets of like length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch

import augment
from augment import Augmentation
from corpus import SAMPLE_RATE_HZ, AudioCache, Clip
from features import FRONT_END, LogMel
from runtime import FLUSH_MS
from units import encode, rows_needed

CORPUS_WEIGHTS = {"an4": 3.0, "commonvoice": 4.0, "fsdd": 0.5, "vctk": 1.5, "vctk-siplab": 2.0, "kathleen": 0.8}
"""How often a clip is drawn relative to 1: near to our users more, single words and one voice less."""


@dataclass(frozen=True)
class BatchOptions:
    """`seconds` of audio a batch; `pool` clips are drawn together and sorted into batches."""

    seconds: float = 40.0
    pool: int = 384
    longest_seconds: float = 17.5
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass
class Batch:
    """Raw (not normalised) features; everything after a clip's end is digital silence."""

    features: torch.Tensor  # [B, T, 80], T = 4n
    lengths: list[int]  # true feature frames of each clip
    targets: torch.Tensor  # all token indices end to end, i64
    target_lengths: torch.Tensor  # [B] i64
    seconds: float


def drawable(clips: list[Clip], cache: AudioCache) -> list[Clip]:
    """Training clips whose text can be spelt and fits into the rows their audio gives (50 a second)."""
    return [
        clip
        for clip in clips
        if clip.split == "train"
        and clip.text
        and clip.id in cache
        and rows_needed(encode(clip.text)) < 45 * clip.seconds
    ]


class Batches:
    """Endless batches. `longest_seconds` and `augmentation` may be changed while running (curriculum)."""

    def __init__(self, clips: list[Clip], cache: AudioCache, noise: list[str], options: BatchOptions, seed: int):
        self.cache, self.options = cache, options
        self.longest_seconds, self.augmentation = options.longest_seconds, options.augmentation
        self.clips = drawable(clips, cache)
        self.weights = np.array([CORPUS_WEIGHTS.get(clip.corpus, 1.0) for clip in self.clips])
        self.noises = [cache.float_samples(key) for key in noise]
        self.rng = np.random.default_rng(seed)
        self.log_mel = LogMel()

    def draw(self) -> list[tuple[list[Clip], float]]:
        """`pool` utterances, each one clip or several of one corpus, with their seconds."""
        allowed = np.array([clip.seconds <= self.longest_seconds for clip in self.clips])
        chances = self.weights * allowed
        order = self.rng.choice(len(self.clips), self.options.pool, p=chances / chances.sum())
        drawn: list[tuple[list[Clip], float]] = []
        for index in order:
            clip = self.clips[index]
            group, seconds = [clip], clip.seconds
            # Spoken digits are single words of half a second: nearly always in strings.
            chance = 0.85 if clip.corpus == "fsdd" else self.augmentation.concatenate
            while chance and self.rng.random() < chance and len(group) < 8:
                other = self.clips[self.rng.choice(order)]
                if clip.corpus == "fsdd" and other.corpus != "fsdd":
                    continue
                if seconds + other.seconds > min(self.longest_seconds, 14.0):
                    break
                group.append(other)
                seconds += other.seconds
            drawn.append((group, seconds))
        return drawn

    def samples(self, group: list[Clip]) -> np.ndarray:
        joined = np.concatenate([self.cache.float_samples(clip.id) for clip in group])
        return augment.apply(joined, self.augmentation, self.noises, self.rng)

    def batch(self, groups: list[list[Clip]]) -> Batch:
        audio = [self.samples(group) for group in groups]
        flush = FLUSH_MS * SAMPLE_RATE_HZ // 1000
        frames = FRONT_END.frames(max(map(len, audio)) + flush)
        frames = -(-frames // 4) * 4
        features = torch.full((len(audio), frames, FRONT_END.n_mels), FRONT_END.silence)
        lengths = []
        for row, samples in zip(features, audio):
            # 160 zeros more than needed, so that the last window sees the clip's end as the host does.
            mel = self.log_mel(torch.from_numpy(np.pad(samples, (0, 400))))[:frames]
            row[: len(mel)] = mel
            lengths.append(len(mel))
        targets = [encode(" ".join(clip.text for clip in group)) for group in groups]
        return Batch(
            features=features,
            lengths=lengths,
            targets=torch.tensor([index for target in targets for index in target]),
            target_lengths=torch.tensor([len(target) for target in targets]),
            seconds=sum(map(len, audio)) / SAMPLE_RATE_HZ,
        )

    def __iter__(self) -> Iterator[Batch]:
        while True:
            drawn = sorted(self.draw(), key=lambda item: item[1])
            groups: list[list[list[Clip]]] = []
            current: list[list[Clip]] = []
            for group, seconds in drawn:
                if current and (len(current) + 1) * (seconds + 0.5) > self.options.seconds:
                    groups.append(current)
                    current = []
                current.append(group)
            groups.append(current)
            for i in self.rng.permutation(len(groups)):
                yield self.batch(groups[i])


def feature_statistics(clips: list[Clip], cache: AudioCache, count: int = 800) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation by band, [80] each, over `count` training clips (levels varied ±10 dB)."""
    rng = np.random.default_rng(1)
    chosen = rng.permutation(len(clips))[:count]
    log_mel, total, squares, frames = LogMel(), 0.0, 0.0, 0
    for index in chosen:
        samples = cache.float_samples(clips[index].id) * np.float32(10 ** rng.uniform(-0.5, 0.5))
        mel = log_mel(torch.from_numpy(samples)).double()
        total, squares, frames = total + mel.sum(0), squares + mel.square().sum(0), frames + len(mel)
    mean = total / frames
    return mean.float(), (squares / frames - mean.square()).sqrt().float()
