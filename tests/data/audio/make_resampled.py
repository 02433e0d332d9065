#!/usr/bin/env python3
"""Writes resampled.json: what soxr makes of a test signal at many rates, at 16 kHz.

The signal is a formula (`signal` below, the same in tests/audio/resample.rs), so no audio
is stored: a sweep up to 0.9 of the lower Nyquist frequency, and ten harmonics of a voice's
pitch. Made with: python 3.11, numpy 2.4.6, soxr 1.1.0 (quality VHQ).

    python3 tests/data/audio/make_resampled.py
"""

import json
from pathlib import Path

import numpy as np
import soxr

RATES = [8000, 11025, 22050, 32000, 44100, 44101, 48000, 96000, 192000]
SECONDS = 0.75
PICKS = 150


def signal(rate):
    t = np.arange(int(SECONDS * rate)) / rate
    low, high = 100.0, 0.9 * min(rate, 16000) / 2
    x = 0.4 * np.sin(2 * np.pi * (low * t + (high - low) * t * t / (2 * SECONDS)))
    for k in range(1, 11):
        x += 0.3 / k * np.sin(2 * np.pi * 150 * k * t + k * k)
    return x


def main():
    out = []
    for rate in RATES:
        y = soxr.resample(signal(rate), rate, 16000, quality="VHQ")
        # Away from the edges, where each filter sees its own share of the silence outside.
        picks = np.linspace(400, len(y) - 400, PICKS).astype(int)
        out.append(
            {
                "rate_hz": rate,
                "output_len_rounded": len(y),
                "picks": [[int(i), round(float(y[i]), 7)] for i in picks],
            }
        )
    path = Path(__file__).resolve().parent / "resampled.json"
    path.write_text("[\n" + ",\n".join(json.dumps(e) for e in out) + "\n]\n")


if __name__ == "__main__":
    main()
