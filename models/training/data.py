"""Batches for training: weighted draws, concatenation, augmentation, buckets of like length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

import augment
import rooms
from augment import Augmentation, Lengthening
from corpus import SAMPLE_RATE_HZ, AudioCache, Clip, Shards
from features import FRONT_END, LogMel
from runtime import FLUSH_MS
from units import CHARACTERS, Units, rows_needed

CORPUS_WEIGHTS = {"an4": 3.0, "commonvoice": 4.0, "fsdd": 0.5, "vctk": 1.5, "vctk-siplab": 2.0, "kathleen": 0.8}
"""How often a clip is drawn relative to 1: near to our users more, single words and one voice less."""


@dataclass(frozen=True)
class BatchOptions:
    """`seconds` of audio a batch; `pool` clips are drawn together and sorted into batches, a share `untranscribed`
    of them clips whose text nobody knows, for the consistency loss."""

    seconds: float = 40.0
    pool: int = 384
    longest_seconds: float = 17.5
    untranscribed: float = 0.0
    augmentation: Augmentation = field(default_factory=Augmentation)
    units: Units = CHARACTERS
    rows_a_second: int = 50


@dataclass
class Batch:
    """Raw (not normalised) features; everything after a clip's end is digital silence."""

    features: torch.Tensor  # [B, T, 80], T = 4n
    lengths: list[int]  # true feature frames of each clip
    targets: torch.Tensor  # all token indices end to end, i64
    target_lengths: torch.Tensor  # [B] i64
    transcribed: torch.Tensor  # [B] bool: whether the text is known (it may be known to be empty)
    seconds: float


def training_noise(noise: list[str]) -> list[str]:
    """All but every eighth, which behaviour.py asks for empty text."""
    return [key for i, key in enumerate(noise) if i % 8]


def drawable(clips: list[Clip], cache: AudioCache, o: BatchOptions) -> list[Clip]:
    """Training clips whose text can be spelt and fits well into the rows their audio gives."""
    return [
        clip
        for clip in clips
        if clip.split == "train"
        and clip.text
        and clip.id in cache
        and rows_needed(o.units.encode(clip.text)) < 0.9 * o.rows_a_second * clip.seconds
    ]


@dataclass
class Made:
    """Clips made by synth/make.py, splice.py or pseudo.py, and the share of the draws that are theirs; to the end, or
    falling with `Batches.made_scale`."""

    shards: Shards
    share: float
    to_the_end: bool = False


@dataclass
class Drawn:
    """One utterance: a clip, or several end to end, or none (empty text); `seconds` with the `lengthening`."""

    clips: list[Clip]
    seconds: float
    lengthening: Lengthening = Lengthening()


class Batches:
    """Endless batches. `longest_seconds`, `augmentation` and `made_scale` may be changed while running."""

    def __init__(self, clips: list[Clip], cache: AudioCache, noise: list[str], options: BatchOptions, seed: int,
                 made: Sequence[Made] = ()):  # fmt: skip
        self.cache, self.options, self.made = cache, options, made
        self.longest_seconds, self.augmentation = options.longest_seconds, options.augmentation
        self.made_scale = 1.0
        self.untranscribed = [clip for clip in clips if clip.split == "unlabelled" and clip.id in cache]
        self.clips = drawable(clips, cache, options)
        self.weights = np.array([CORPUS_WEIGHTS.get(clip.corpus, 1.0) for clip in self.clips])
        self.noises = [cache.float_samples(key) for key in training_noise(noise)]
        self.rooms = rooms.bank() if self.augmentation.room else []
        self.rng = np.random.default_rng(seed)
        self.log_mel = LogMel()

    def choose(self) -> list[Clip]:
        """`pool` clips, recorded and made."""
        allowed = np.array([clip.seconds <= self.longest_seconds for clip in self.clips])
        chances = self.weights * allowed
        chosen: list[Clip] = []
        for made in self.made:
            fitting = [clip for clip in drawable(made.shards.look(), self.cache, self.options) if clip.seconds <= self.longest_seconds]
            # No clip more than about every second pool on average: few clips would be learnt by heart.
            scale = 1.0 if made.to_the_end else self.made_scale
            count = min(int(scale * made.share * self.options.pool), len(fitting) // 2)
            chosen += [fitting[i] for i in self.rng.choice(len(fitting), count, replace=False)] if count else []
        count = int(self.options.untranscribed * self.options.pool)
        chosen += [self.untranscribed[i] for i in self.rng.choice(len(self.untranscribed), count)] if count else []
        order = self.rng.choice(len(self.clips), self.options.pool - len(chosen), p=chances / chances.sum())
        return [self.clips[i] for i in order] + chosen

    def lengthened(self, group: list[Clip]) -> Drawn:
        lengthening = Lengthening.draw(self.augmentation, self.rooms, self.rng)
        return Drawn(group, lengthening.seconds(sum(clip.seconds for clip in group)), lengthening)

    def draw(self) -> list[Drawn]:
        """`pool` utterances."""
        chosen = self.choose()
        drawn: list[Drawn] = []
        for clip in chosen:
            if not clip.text:
                drawn.append(self.lengthened([clip]))
                continue
            if self.rng.random() < self.augmentation.empty:
                drawn.append(Drawn([], float(self.rng.uniform(1.0, min(6.0, self.longest_seconds)))))
                continue
            group, seconds = [clip], clip.seconds
            # Spoken digits are single words of half a second: nearly always in strings.
            chance = 0.85 if clip.corpus == "fsdd" else self.augmentation.concatenate
            while chance and self.rng.random() < chance and len(group) < 8:
                other = chosen[self.rng.integers(len(chosen))]
                if not other.text or clip.corpus == "fsdd" and other.corpus != "fsdd":
                    continue
                if seconds + other.seconds > min(self.longest_seconds, 14.0):
                    break
                group.append(other)
                seconds += other.seconds
            drawn.append(self.lengthened(group))
        return drawn

    def samples(self, drawn: Drawn) -> np.ndarray:
        a, rng = self.augmentation, self.rng
        if not drawn.clips:
            return self.empty_samples(drawn.seconds)
        joined = np.concatenate([self.cache.float_samples(clip.id) for clip in drawn.clips])
        voices = []
        if rng.random() < a.babble:
            voices = [self.cache.float_samples(self.clips[i].id) for i in rng.integers(len(self.clips), size=rng.integers(2, 6))]
        return augment.apply(drawn.lengthening.apply(joined, rng), a, self.noises, voices, rng)

    def empty_samples(self, seconds: float) -> np.ndarray:
        """A stretch of recorded noise, or of sounds made here, at any level."""
        rng = self.rng
        if not self.noises or rng.random() < 0.35:
            return augment.not_speech(seconds, rng)
        noise = self.noises[rng.integers(len(self.noises))]
        stretch = np.roll(noise, -int(rng.integers(len(noise))))[: int(seconds * SAMPLE_RATE_HZ)]
        loudest = max(1e-4, float(np.abs(stretch).max()))
        return (stretch / loudest * 10 ** rng.uniform(-1.8, 0.0)).astype(np.float32)

    def batch(self, drawn: list[Drawn]) -> Batch:
        audio = [self.samples(item) for item in drawn]
        flush = FLUSH_MS * SAMPLE_RATE_HZ // 1000
        frames = FRONT_END.frames(max(map(len, audio)) + flush)
        frames = -(-frames // 4) * 4
        features = torch.full((len(audio), frames, FRONT_END.n_mels), FRONT_END.silence)
        lengths = []
        for row, samples in zip(features, audio):
            # 160 zeros more than needed, so that the last window sees the clip's end as the host does.
            mel = self.log_mel(torch.from_numpy(np.pad(samples, (0, 400))))[:frames]
            mel = augment.warp_bands(mel, self.augmentation, self.rng)
            row[: len(mel)] = mel
            lengths.append(len(mel))
        targets = [self.options.units.encode(" ".join(clip.text for clip in item.clips)) for item in drawn]
        return Batch(
            features=features,
            lengths=lengths,
            targets=torch.tensor([index for target in targets for index in target]),
            target_lengths=torch.tensor([len(target) for target in targets]),
            transcribed=torch.tensor([all(clip.text for clip in item.clips) for item in drawn]),
            seconds=sum(map(len, audio)) / SAMPLE_RATE_HZ,
        )

    def __iter__(self) -> Iterator[Batch]:
        while True:
            groups: list[list[Drawn]] = []
            current: list[Drawn] = []
            for item in sorted(self.draw(), key=lambda item: item.seconds):
                if current and (len(current) + 1) * (item.seconds + FLUSH_MS / 1000) > self.options.seconds:
                    groups.append(current)
                    current = []
                current.append(item)
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
