"""Augmentation, each kind on its own switch (a probability; 0 turns it off).

All work on one clip's f32 samples [N] at 16 kHz, but for `warp_bands` (vocal-tract-length perturbation,
Jaitly and Hinton 2013; log-mel of one clip) and `spec_augment`, which masks a batch of normalised
features (Park et al. 2019, arXiv:1904.08779; a mask is 0 = the band's mean).
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import soundfile
import torch
import torchaudio

from corpus import SAMPLE_RATE_HZ
from features import FRONT_END


FAMILIES = ["speed", "vtlp", "room", "noise", "babble", "gain", "band_limit", "codec", "concatenate", "silence", "empty",
            "specaugment"]  # fmt: skip
"""What can be turned off by itself."""


@dataclass(frozen=True)
class Augmentation:
    """Probabilities unless the unit says otherwise."""

    speed: float = 0.6
    speed_ratio: tuple[float, float] = (0.85, 1.15)
    vtlp: float = 0.5
    vtlp_factor: tuple[float, float] = (0.88, 1.12)
    room: float = 0.25
    gain: float = 0.8
    gain_db: tuple[float, float] = (-24.0, 14.0)
    noise: float = 0.25
    noise_snr_db: tuple[float, float] = (0.0, 30.0)
    babble: float = 0.08
    silence: float = 0.3
    silence_seconds: float = 0.6
    band_limit: float = 0.06
    codec: float = 0.05
    concatenate: float = 0.15
    empty: float = 0.04
    frequency_masks: int = 2
    frequency_mask_bands: int = 14
    time_masks: int = 3
    time_mask_frames: int = 20

    def without(self, family: str) -> Augmentation:
        """The same with one family off: a field's name, or "specaugment"."""
        if family == "specaugment":
            return replace(self, frequency_masks=0, time_masks=0)
        if family not in FAMILIES:
            raise ValueError(f"no augmentation family {family}")
        return replace(self, **{family: 0.0})


LIGHT = Augmentation(
    speed=0.35, speed_ratio=(0.9, 1.1), vtlp=0.3, vtlp_factor=(0.92, 1.08), room=0.1, noise=0.12,
    noise_snr_db=(3.0, 30.0), babble=0.03, silence=0.15, band_limit=0.03, codec=0.02, concatenate=0.12,
    frequency_masks=1, frequency_mask_bands=12, time_masks=1, time_mask_frames=15,
)  # fmt: skip
"""While text is not yet forming, and for runs of a few epochs."""
MASKED = replace(Augmentation(), frequency_mask_bands=20, time_masks=6, time_mask_frames=30)
"""Longer masks, for training that compares two views of a clip."""
AUGMENTATIONS = {"light": LIGHT, "full": Augmentation(), "masked": MASKED}
NONE = Augmentation(speed=0, vtlp=0, room=0, gain=0, noise=0, babble=0, silence=0, band_limit=0, codec=0, concatenate=0,
                    empty=0, frequency_masks=0, time_masks=0)  # fmt: skip
SPEEDS = [(17, 20), (9, 10), (19, 20), (21, 20), (11, 10), (23, 20)]
"""Speed factors as ratios of integers, so that the resampling filter stays short."""
BANDS_HZ = [8_000, 8_000, 10_000, 12_000]
"""Sample rates through which a band-limited clip goes: telephone, and Bluetooth or poor microphones."""
CODECS = [("WAV", "ULAW", 8_000), ("WAV", "GSM610", 8_000), ("OGG", "OPUS", 16_000), ("OGG", "OPUS", 8_000),
          ("MP3", "MPEG_LAYER_III", 16_000)]  # fmt: skip


def resample(samples: np.ndarray, old: int, new: int) -> np.ndarray:
    return torchaudio.functional.resample(torch.from_numpy(samples), old, new).numpy()


def reverberate(samples: np.ndarray, response: np.ndarray) -> np.ndarray:
    """In a room (rooms.py); the tail runs on, the power stays."""
    count = len(samples) + len(response) - 1
    # To a length whose transform is quick; as it comes, it takes five times as long.
    padded = torch.from_numpy(np.pad(samples, (0, -count % 4096)))
    wet = torchaudio.functional.fftconvolve(padded, torch.from_numpy(response))[:count].numpy()
    power, now = float(np.mean(samples**2)), float(np.mean(wet**2))
    return wet * np.float32(np.sqrt(power / max(now, 1e-10)))


def mix_noise(samples: np.ndarray, noise: np.ndarray, snr_db: float, rng: np.random.Generator) -> np.ndarray:
    """Adds a random stretch of `noise`, repeated as needed, at `snr_db` over the clip's mean power."""
    repeats = len(samples) // max(1, len(noise)) + 2
    start = int(rng.integers(len(noise)))
    stretch = np.tile(noise, repeats)[start : start + len(samples)]
    power, noise_power = float(np.mean(samples**2)), float(np.mean(stretch**2))
    if noise_power < 1e-10 or power < 1e-10:
        return samples
    return samples + stretch * np.float32(np.sqrt(power / noise_power / 10 ** (snr_db / 10)))


def mix_babble(samples: np.ndarray, voices: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Adds several voices at once, 6 to 25 dB below the clip."""
    level = [voice / max(1e-4, float(np.sqrt(np.mean(voice**2)))) for voice in voices]
    babble = sum(np.resize(np.roll(voice, int(rng.integers(len(voice)))), len(samples)) for voice in level)
    return mix_noise(samples, babble, rng.uniform(6.0, 25.0), rng)


def add_silence(samples: np.ndarray, seconds: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    """`seconds` before and after: digital silence or faint white noise."""
    padded = np.pad(samples, [int(side * SAMPLE_RATE_HZ) for side in seconds])
    if rng.random() < 0.5:
        level = 10 ** rng.uniform(-4.5, -2.5)
        padded = padded + level * rng.standard_normal(len(padded), dtype=np.float32)
    return padded.astype(np.float32)


def limit_band(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """Through a lower sample rate and back."""
    return resample(resample(samples, SAMPLE_RATE_HZ, rate_hz), rate_hz, SAMPLE_RATE_HZ)


def through_codec(samples: np.ndarray, kind: tuple[str, str, int]) -> np.ndarray:
    """Encoded at the codec's lowest quality and decoded again."""
    container, codec, rate_hz = kind
    narrow = resample(samples, SAMPLE_RATE_HZ, rate_hz) if rate_hz != SAMPLE_RATE_HZ else samples
    options = {} if container == "WAV" else {"compression_level": 0.95}
    file = io.BytesIO()
    soundfile.write(file, np.clip(narrow, -1, 1), rate_hz, format=container, subtype=codec, **options)
    file.seek(0)
    decoded, _ = soundfile.read(file, dtype="float32")
    return resample(decoded, rate_hz, SAMPLE_RATE_HZ) if rate_hz != SAMPLE_RATE_HZ else decoded


def not_speech(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Sounds made on the spot whose text is empty: silence, noise of any colour, tones and chords, clicks."""
    count = int(seconds * SAMPLE_RATE_HZ)
    at = np.arange(count, dtype=np.float32) / SAMPLE_RATE_HZ
    kind = rng.choice(["silence", "noise", "tones", "clicks"], p=[0.15, 0.3, 0.35, 0.2])
    white = rng.standard_normal(count).astype(np.float32)
    if kind == "silence":
        return np.float32(10 ** rng.uniform(-6, -3)) * white
    if kind == "noise":
        shape = np.fft.rfft(white) * (np.arange(count // 2 + 1) + 1.0) ** -rng.uniform(-0.2, 1.2)
        y = np.fft.irfft(shape, count)
    elif kind == "tones":
        y, start = np.zeros(count), 0
        while start < count:
            end = start + int(rng.uniform(0.1, 1.2) * SAMPLE_RATE_HZ)
            base, chord = 110 * 2 ** (rng.integers(48) / 12), rng.choice([0, 3, 4, 7, 12], rng.integers(1, 4))
            piece = at[: len(y[start:end])]
            notes = [np.sin(2 * np.pi * base * 2 ** (step / 12) * k * piece) / k**1.5 for step in chord for k in (1, 2, 3)]
            y[start:end] = sum(notes) * np.exp(-piece * rng.uniform(0, 6))
            start = end
    else:
        y = 0.003 * white.astype(float)
        for place in rng.integers(max(1, count - 800), size=int(seconds * rng.uniform(1, 9))):
            length = int(rng.integers(60, 800))
            y[place : place + length] += rng.uniform(0.2, 1) * (white[:length] * np.exp(-np.arange(length) / length * 5))[
                : len(y[place : place + length])
            ]
    return (y / max(1e-6, np.abs(y).max()) * 10 ** rng.uniform(-2.0, -0.1)).astype(np.float32)


@dataclass(frozen=True)
class Lengthening:
    """What changes a clip's length, drawn ahead of the rest so that clips of like length come into one batch: its speed as
    a ratio of integers (pitch and formants move along), silence before and after it in seconds, a room's response."""

    speed: tuple[int, int] = (1, 1)
    silence: tuple[float, float] = (0.0, 0.0)
    room: np.ndarray | None = None

    @classmethod
    def draw(cls, a: Augmentation, rooms: list[np.ndarray], rng: np.random.Generator) -> Lengthening:
        slowest, quickest = a.speed_ratio
        speeds = [ratio for ratio in SPEEDS if slowest <= ratio[0] / ratio[1] <= quickest]
        return cls(
            speed=speeds[rng.integers(len(speeds))] if rng.random() < a.speed else (1, 1),
            silence=tuple(rng.uniform(0, a.silence_seconds, 2)) if rng.random() < a.silence else (0.0, 0.0),
            room=rooms[rng.integers(len(rooms))] if rooms and rng.random() < a.room else None,
        )

    def seconds(self, seconds: float) -> float:
        """How long a clip of `seconds` becomes."""
        old, new = self.speed
        tail = 0 if self.room is None else len(self.room) - 1
        return seconds * new / old + sum(self.silence) + tail / SAMPLE_RATE_HZ

    def apply(self, samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        if self.speed != (1, 1):
            samples = resample(samples, *self.speed)
        if any(self.silence):
            samples = add_silence(samples, self.silence, rng)
        return samples if self.room is None else reverberate(samples, self.room)


def apply(
    samples: np.ndarray, a: Augmentation, noises: list[np.ndarray], voices: list[np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """One clip through what leaves its length, but for band warping and SpecAugment. `voices` for the babble."""
    if voices:
        samples = mix_babble(samples, voices, rng)
    if noises and rng.random() < a.noise:
        samples = mix_noise(samples, noises[rng.integers(len(noises))], rng.uniform(*a.noise_snr_db), rng)
    if rng.random() < a.gain:
        samples = samples * np.float32(10 ** (rng.uniform(*a.gain_db) / 20))
    samples = np.clip(samples, -1.0, 1.0).astype(np.float32)
    if rng.random() < a.band_limit:
        samples = limit_band(samples, BANDS_HZ[rng.integers(len(BANDS_HZ))])
    if rng.random() < a.codec:
        samples = through_codec(samples, CODECS[rng.integers(len(CODECS))])
    return np.clip(samples, -1.0, 1.0).astype(np.float32)


@lru_cache(maxsize=64)
def _warp(factor: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """For each band the band below, the band above and the share of the latter of what it becomes."""
    fe = FRONT_END

    def mel(hz: np.ndarray) -> np.ndarray:
        return 2595 * np.log10(1 + hz / 700)

    low, high = mel(np.array([fe.f_min_hz, fe.f_max_hz]))
    step = (high - low) / (fe.n_mels + 1)
    centre_hz = 700 * (10 ** ((low + step * np.arange(1, fe.n_mels + 1)) / 2595) - 1)
    # Straight up to 4800 Hz, then to the upper end unmoved.
    knee, top = 4800 * min(factor, 1.0), fe.f_max_hz
    below = centre_hz / factor
    above = top - (top - knee / factor) / (top - knee) * (top - centre_hz)
    source = (mel(np.where(centre_hz <= knee, below, above)) - low) / step - 1
    source = np.clip(source, 0, fe.n_mels - 1)
    first = np.minimum(source.astype(int), fe.n_mels - 2)
    return torch.from_numpy(first), torch.from_numpy(first + 1), torch.from_numpy((source - first).astype(np.float32))


def warp_bands(mel: torch.Tensor, a: Augmentation, rng: np.random.Generator) -> torch.Tensor:
    """Log-mel [T, 80] as of a shorter or longer vocal tract."""
    if rng.random() >= a.vtlp:
        return mel
    first, second, share = _warp(round(rng.uniform(*a.vtlp_factor), 2))
    return mel[:, first] * (1 - share) + mel[:, second] * share


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
