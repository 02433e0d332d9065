"""Augmentation, each kind on its own switch (a probability; 0 turns it off).

All work on one clip's f32 samples [N] at 16 kHz, but for `spec_augment`, which masks a batch of
normalised features (Park et al. 2019, arXiv:1904.08779; a mask is 0 = the band's mean).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torchaudio

from corpus import SAMPLE_RATE_HZ


@dataclass(frozen=True)
class Augmentation:
    """Probabilities unless the unit says otherwise."""

    speed: float = 0.6
    gain: float = 0.7
    gain_db: tuple[float, float] = (-18.0, 12.0)
    noise: float = 0.15
    noise_snr_db: tuple[float, float] = (3.0, 30.0)
    silence: float = 0.3
    silence_seconds: float = 0.6
    band_limit: float = 0.03
    concatenate: float = 0.15
    frequency_masks: int = 2
    frequency_mask_bands: int = 14
    time_masks: int = 3
    time_mask_frames: int = 20


LIGHT = Augmentation(
    speed=0.3, noise=0.08, silence=0.15, band_limit=0.01, concatenate=0.05,
    frequency_masks=1, frequency_mask_bands=12, time_masks=1, time_mask_frames=15,
)  # fmt: skip
"""While text is not yet forming, and for runs of a few epochs."""
NONE = Augmentation(0, 0, noise=0, silence=0, band_limit=0, concatenate=0, frequency_masks=0, time_masks=0)
SPEEDS = [(9, 10), (19, 20), (21, 20), (11, 10)]
"""Speed factors as ratios of integers, so that the resampling filter stays short."""


def change_speed(samples: np.ndarray, ratio: tuple[int, int]) -> np.ndarray:
    """Plays `samples` ratio[0] / ratio[1] times as fast (pitch moves along)."""
    return torchaudio.functional.resample(torch.from_numpy(samples), *ratio).numpy()


def mix_noise(samples: np.ndarray, noise: np.ndarray, snr_db: float, rng: np.random.Generator) -> np.ndarray:
    """Adds a random stretch of `noise`, repeated as needed, at `snr_db` over the clip's mean power."""
    repeats = len(samples) // max(1, len(noise)) + 2
    start = int(rng.integers(len(noise)))
    stretch = np.tile(noise, repeats)[start : start + len(samples)]
    power, noise_power = float(np.mean(samples**2)), float(np.mean(stretch**2))
    if noise_power < 1e-10 or power < 1e-10:
        return samples
    return samples + stretch * np.sqrt(power / noise_power / 10 ** (snr_db / 10))


def add_silence(samples: np.ndarray, most_seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Up to `most_seconds` before and after: digital silence or faint white noise."""
    before, after = (int(rng.uniform(0, most_seconds) * SAMPLE_RATE_HZ) for _ in range(2))
    padded = np.pad(samples, (before, after))
    if rng.random() < 0.5:
        level = 10 ** rng.uniform(-4.5, -2.5)
        padded = padded + level * rng.standard_normal(len(padded), dtype=np.float32)
    return padded.astype(np.float32)


def limit_band(samples: np.ndarray) -> np.ndarray:
    """Telephone band: through 8 kHz and back."""
    narrow = torchaudio.functional.resample(torch.from_numpy(samples), 2, 1)
    return torchaudio.functional.resample(narrow, 1, 2).numpy()


def apply(samples: np.ndarray, a: Augmentation, noises: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """One clip through everything but concatenation and SpecAugment."""
    if rng.random() < a.speed:
        samples = change_speed(samples, SPEEDS[rng.integers(len(SPEEDS))])
    if rng.random() < a.silence:
        samples = add_silence(samples, a.silence_seconds, rng)
    if noises and rng.random() < a.noise:
        samples = mix_noise(samples, noises[rng.integers(len(noises))], rng.uniform(*a.noise_snr_db), rng)
    if rng.random() < a.band_limit:
        samples = limit_band(samples)
    if rng.random() < a.gain:
        samples = samples * np.float32(10 ** (rng.uniform(*a.gain_db) / 20))
    return np.clip(samples, -1.0, 1.0).astype(np.float32)


def spec_augment(features: torch.Tensor, lengths: list[int], a: Augmentation, rng: np.random.Generator) -> None:
    """Masks bands and stretches of each clip in place. Normalised features [B, T, 80]."""
    for clip, length in zip(features, lengths):
        for _ in range(a.frequency_masks):
            width = int(rng.integers(a.frequency_mask_bands + 1))
            start = int(rng.integers(clip.shape[1] - width + 1))
            clip[:, start : start + width] = 0.0
        for _ in range(min(a.time_masks, length // 100 + 1) if a.time_masks else 0):
            width = int(rng.integers(min(a.time_mask_frames, length // 8) + 1))
            start = int(rng.integers(max(1, length - width)))
            clip[start : start + width] = 0.0
