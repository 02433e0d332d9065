"""Impulse responses of shoebox rooms by the image-source method (Allen and Berkley 1979)."""

from __future__ import annotations

import numpy as np

from corpus import SAMPLE_RATE_HZ

SOUND_M_PER_S = 343.0
ORDER = 8
"""Most reflections along one axis."""


def impulse_response(rng: np.random.Generator, seconds: float = 0.4) -> np.ndarray:
    """f32 [N <= seconds]: a random room, speaker and microphone; begins with the direct sound, whose height is 1.

    Rooms from a cupboard to a small hall, absorption 0.15 to 0.8, speaker 0.2 to 3 m from the microphone.
    """
    size = rng.uniform([2.0, 2.0, 2.2], [8.0, 7.0, 4.0])
    reflection = np.sqrt(1.0 - rng.uniform(0.15, 0.8))
    microphone = rng.uniform(0.3, size - 0.3)
    way = rng.standard_normal(3)
    distance = np.exp(rng.uniform(np.log(0.2), np.log(3.0)))
    speaker = np.clip(microphone + distance * way / np.linalg.norm(way), 0.1, size - 0.1)
    counts = np.arange(-ORDER, ORDER + 1)
    n = np.stack(np.meshgrid(counts, counts, counts, indexing="ij"), axis=-1).reshape(-1, 3)
    # Image n lies in the n-th mirrored room along each axis.
    images = n * size + np.where(n % 2 == 0, speaker, size - speaker)
    path = np.linalg.norm(images - microphone, axis=1)
    height = reflection ** np.abs(n).sum(axis=1) / path
    at = path / SOUND_M_PER_S * SAMPLE_RATE_HZ
    direct = int(np.floor(at.min()))
    place = np.floor(at).astype(int) - direct
    part = at - np.floor(at)
    response = np.zeros(int(seconds * SAMPLE_RATE_HZ) + 1)
    kept = place < len(response) - 1
    np.add.at(response, place[kept], (height * (1 - part))[kept])
    np.add.at(response, place[kept] + 1, (height * part)[kept])
    return (response / response[:2].sum()).astype(np.float32)


def bank(count: int = 120, seed: int = 0) -> list[np.ndarray]:
    """`count` rooms, the same for every run."""
    rng = np.random.default_rng(seed)
    return [impulse_response(rng) for _ in range(count)]
