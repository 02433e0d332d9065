"""The log-mel front end of the model ("model" preset), in torch.

Frame i covers samples [160 i, 160 i + 400): no centring, no padding, no dither, no pre-emphasis.
N samples give 0 frames if N < 400, else 1 + (N - 400) // 160. Window: periodic Hann of 400, zero
padded on the right to 512. 80 triangular HTK filters over the power spectrum (torchaudio's
`melscale_fbanks`, no area normalisation), then ln(max(mel, 1e-6)).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torchaudio


@dataclass(frozen=True)
class FrontEnd:
    """Parameters as `manifest.toml` states them under [model.front_end]."""

    sample_rate_hz: int = 16_000
    window_samples: int = 400
    hop_samples: int = 160
    n_fft: int = 512
    n_mels: int = 80
    f_min_hz: float = 20.0
    f_max_hz: float = 7600.0
    floor: float = 1e-6

    @property
    def silence(self) -> float:
        """The value of every band in digital silence."""
        return float(torch.log(torch.tensor(self.floor)))

    def frames(self, samples: int) -> int:
        """Number of frames that `samples` samples give."""
        if samples < self.window_samples:
            return 0
        return 1 + (samples - self.window_samples) // self.hop_samples


FRONT_END = FrontEnd()


class LogMel(torch.nn.Module):
    """f32 samples [B, N] (or [N]) in [-1, 1] -> log-mel [B, T, 80] (or [T, 80]), T = frames(N)."""

    def __init__(self, front_end: FrontEnd = FRONT_END):
        super().__init__()
        self.front_end = front_end
        self.register_buffer("window", torch.hann_window(front_end.window_samples, periodic=True))
        self.register_buffer(
            "filters",
            torchaudio.functional.melscale_fbanks(
                front_end.n_fft // 2 + 1,
                f_min=front_end.f_min_hz,
                f_max=front_end.f_max_hz,
                n_mels=front_end.n_mels,
                sample_rate=front_end.sample_rate_hz,
                norm=None,
                mel_scale="htk",
            ),
        )

    @torch.no_grad()
    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        fe = self.front_end
        if samples.shape[-1] < fe.window_samples:
            return samples.new_zeros(*samples.shape[:-1], 0, fe.n_mels)
        frames = samples.unfold(-1, fe.window_samples, fe.hop_samples) * self.window
        spectrum = torch.fft.rfft(frames, n=fe.n_fft)
        power = spectrum.real.square() + spectrum.imag.square()
        return torch.log(torch.clamp(power @ self.filters, min=fe.floor))
