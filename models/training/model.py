"""Streaming conformer with a CTC head.

Two ways through the same weights, equal to rounding:

* `forward(features, chunk)`: whole utterances, batched, with an attention mask that plays the
  chunks; used for training and for quick evaluation.
* `stream(features, state)`: one chunk with caches, batch 1; what `export.py` writes as ONNX.

Shapes: B batch, T feature frames (10 ms), n encoder frames (40 ms, T = 4n), d width, H heads,
L blocks, k kernel of the depthwise convolution, V tokens. Conformer: Gulati et al. 2020
(arXiv:2005.08100); rotary positions: Su et al. 2021 (arXiv:2104.09864); intermediate CTC with
self-conditioning: Nozaki and Komatsu 2021 (arXiv:2104.02724); chunk masks: Zhang et al. 2020
(arXiv:2012.05481).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from depthwise import ShiftedProducts
from features import FRONT_END

WHOLE = 0
"""Chunk length that means the whole utterance."""


@dataclass(frozen=True)
class ModelConfig:
    """Sizes. `middle` is the block (counted from 1) after which the intermediate head sits."""

    d: int = 128
    heads: int = 4
    blocks: int = 8
    feed_forward: int = 512
    kernel: int = 11
    channels: int = 32
    middle: int = 4
    tokens: int = 29
    rows_per_frame: int = 2
    left_frames: int = 64
    max_chunk: int = 512
    rotary_base: float = 10_000.0
    dropout: float = 0.0

    @property
    def head_dim(self) -> int:
        return self.d // self.heads

    def as_dict(self) -> dict:
        return asdict(self)


TINY = ModelConfig(d=32, heads=2, blocks=2, feed_forward=64, kernel=5, channels=8, middle=1)


def rotary_tables(config: ModelConfig, length: int) -> tuple[Tensor, Tensor]:
    """cos and sin, each [length, head_dim / 2]."""
    half = config.head_dim // 2
    rate = config.rotary_base ** (-torch.arange(half, dtype=torch.float64) / half)
    angle = torch.arange(length, dtype=torch.float64)[:, None] * rate
    return angle.cos().float(), angle.sin().float()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotates the halves of the last axis of x [.., length, head_dim]; tables [length, head_dim / 2]."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)


def chunk_bias(frames: int, chunk: int, left: int, device: torch.device) -> Tensor | None:
    """Additive mask [frames, frames]: a frame sees its own chunk and `left` frames before it."""
    if chunk == WHOLE or chunk >= frames:
        return None
    at = torch.arange(frames, device=device)
    start = (at // chunk) * chunk
    seen = (at[None, :] >= start[:, None] - left) & (at[None, :] < start[:, None] + chunk)
    return torch.zeros(frames, frames, device=device).masked_fill_(~seen, -1e4)


class Subsampling(nn.Module):
    """Two 3x3 convolutions of stride 2, then a linear layer: [B, 4n + 3, 80] -> [B, n, d]."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        c = config.channels
        self.conv1 = nn.Conv2d(1, c, 3, stride=2, padding=(0, 1))
        self.conv2 = nn.Conv2d(c, c, 3, stride=2, padding=(0, 1))
        self.linear = nn.Linear(c * (FRONT_END.n_mels // 4), config.d)

    def forward(self, x: Tensor) -> Tensor:
        x = F.silu(self.conv1(x.unsqueeze(1)))
        x = F.silu(self.conv2(x))
        return self.linear(x.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, config: ModelConfig):
        super().__init__()
        self.norm = nn.LayerNorm(config.d)
        self.up = nn.Linear(config.d, config.feed_forward)
        self.down = nn.Linear(config.feed_forward, config.d)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(F.silu(self.up(self.norm(x))))


class Attention(nn.Module):
    def __init__(self, config: ModelConfig):
        super().__init__()
        self.heads, self.head_dim = config.heads, config.head_dim
        self.norm = nn.LayerNorm(config.d)
        self.query = nn.Linear(config.d, config.d)
        self.key = nn.Linear(config.d, config.d, bias=False)
        self.value = nn.Linear(config.d, config.d)
        self.out = nn.Linear(config.d, config.d)

    def split(self, x: Tensor) -> Tensor:
        """[B, n, d] -> [B, H, n, head_dim]"""
        return x.unflatten(2, (self.heads, self.head_dim)).transpose(1, 2)

    def forward(self, x: Tensor, tables: tuple[Tensor, Tensor], bias: Tensor | None) -> Tensor:
        x = self.norm(x)
        q = rotate(self.split(self.query(x) * self.head_dim**-0.5), *tables)
        k = rotate(self.split(self.key(x)), *tables)
        v = self.split(self.value(x))
        # Written out: on CPUs quicker than the fused kernel, whose backward pass is slow for heads this small.
        scores = q @ k.transpose(2, 3)
        if bias is not None:
            scores = scores + bias.to(v.dtype)
        mixed = scores.softmax(dim=-1).to(v.dtype) @ v
        return self.out(mixed.transpose(1, 2).flatten(2))

    def stream(
        self, x: Tensor, keys: Tensor, values: Tensor, tables: tuple[Tensor, Tensor], bias: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """x [1, n, d], caches [1, left, d], tables and bias over the window left + n."""
        left = keys.shape[1]
        x = self.norm(x)
        keys = torch.cat([keys, self.key(x)], dim=1)
        values = torch.cat([values, self.value(x)], dim=1)
        cos, sin = tables
        q = rotate(self.split(self.query(x) * self.head_dim**-0.5), cos[left:], sin[left:])
        k = rotate(self.split(keys), cos, sin)
        scores = q @ k.transpose(2, 3) + bias
        mixed = scores.softmax(dim=-1) @ self.split(values)
        return self.out(mixed.transpose(1, 2).flatten(2)), keys[:, -left:], values[:, -left:]


class Convolution(nn.Module):
    """Pointwise, GLU, causal depthwise, LayerNorm, SiLU, pointwise."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.kernel = config.kernel
        self.norm = nn.LayerNorm(config.d)
        self.up = nn.Linear(config.d, 2 * config.d)
        self.depthwise = nn.Conv1d(config.d, config.d, config.kernel, groups=config.d)
        self.norm2 = nn.LayerNorm(config.d)
        self.down = nn.Linear(config.d, config.d)

    def gated(self, x: Tensor) -> Tensor:
        return F.glu(self.up(self.norm(x)), dim=-1)

    def rest(self, padded: Tensor) -> Tensor:
        """padded [B, k - 1 + n, d] -> [B, n, d]"""
        if torch.is_grad_enabled() and padded.device.type == "cpu":
            x = ShiftedProducts.apply(padded, self.depthwise.weight[:, 0].T, self.depthwise.bias)
        else:
            x = self.depthwise(padded.transpose(1, 2)).transpose(1, 2)
        return self.down(F.silu(self.norm2(x)))

    def forward(self, x: Tensor) -> Tensor:
        return self.rest(F.pad(self.gated(x), (0, 0, self.kernel - 1, 0)))

    def stream(self, x: Tensor, cache: Tensor) -> tuple[Tensor, Tensor]:
        padded = torch.cat([cache, self.gated(x)], dim=1)
        return self.rest(padded), padded[:, -(self.kernel - 1) :]


class Dropout(nn.Module):
    """Dropout whose masks are stretches, at random places, of one random sequence that `draw` makes for each forward:
    numbers of its own for each of the 48 masks would take a tenth of a step's time on a CPU."""

    PLACES = 1 << 16

    def __init__(self, chance: float):
        super().__init__()
        self.chance = chance
        self.sequence: Tensor | None = None

    def draw(self, x: Tensor) -> None:
        """For tensors of the shape of x, or smaller."""
        if self.training and self.chance:
            kept = torch.rand(x.numel() + self.PLACES, device=x.device) >= self.chance
            self.sequence = (kept / (1.0 - self.chance)).to(x.dtype)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.chance:
            return x
        start = int(torch.randint(self.PLACES, (1,)))
        return x * self.sequence[start : start + x.numel()].view_as(x)


class Block(nn.Module):
    def __init__(self, config: ModelConfig):
        super().__init__()
        self.ff1 = FeedForward(config)
        self.attention = Attention(config)
        self.conv = Convolution(config)
        self.ff2 = FeedForward(config)
        self.norm = nn.LayerNorm(config.d)

    def forward(self, x: Tensor, tables: tuple[Tensor, Tensor], bias: Tensor | None, dropout: Dropout) -> Tensor:
        x = torch.add(x, dropout(self.ff1(x)), alpha=0.5)
        x = x + dropout(self.attention(x, tables, bias))
        x = x + dropout(self.conv(x))
        x = torch.add(x, dropout(self.ff2(x)), alpha=0.5)
        return self.norm(x)

    def stream(
        self, x: Tensor, keys: Tensor, values: Tensor, conv: Tensor, tables: tuple[Tensor, Tensor], bias: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        x = x + 0.5 * self.ff1(x)
        mixed, keys, values = self.attention.stream(x, keys, values, tables, bias)
        x = x + mixed
        mixed, conv = self.conv.stream(x, conv)
        x = x + mixed
        x = x + 0.5 * self.ff2(x)
        return self.norm(x), keys, values, conv


@dataclass
class State:
    """What one chunk leaves to the next; the ONNX caches and `left_len`."""

    features: Tensor  # [1, 3, 80], normalised
    keys: Tensor  # [L, 1, left, d]
    values: Tensor  # [L, 1, left, d]
    conv: Tensor  # [L, 1, k - 1, d]
    left_len: int  # valid cached frames, counted from the end


class Conformer(nn.Module):
    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(FRONT_END.n_mels))
        self.register_buffer("scale", torch.ones(FRONT_END.n_mels))
        rows = config.rows_per_frame * config.tokens
        self.subsampling = Subsampling(config)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.blocks))
        self.dropout = Dropout(config.dropout)
        self.middle = nn.Linear(config.d, rows)
        self.condition = nn.Linear(rows, config.d)
        self.head = nn.Linear(config.d, rows)

    def normalise(self, features: Tensor) -> Tensor:
        """Global per-band normalisation: (x - mean) * scale, scale = 1 / std."""
        return (features - self.mean) * self.scale

    def rows(self, logits: Tensor) -> Tensor:
        """[B, n, rows * V] -> log-probabilities [B, rows * n, V]"""
        split = logits.float().unflatten(2, (self.config.rows_per_frame, self.config.tokens))
        return split.flatten(1, 2).log_softmax(dim=-1)

    def conditioned(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x with the intermediate posteriors added in, and those as log-probabilities."""
        log_probs = self.rows(self.middle(x))
        posterior = log_probs.exp().reshape(x.shape[0], x.shape[1], -1)
        return x + self.condition(posterior), log_probs

    def forward(self, normalised: Tensor, chunk: int) -> tuple[Tensor, Tensor]:
        """Normalised features [B, 4n, 80] -> log-probs [B, 2n, V] of the head and of the middle."""
        x = self.subsampling(F.pad(normalised, (0, 0, 3, 0)))
        frames = x.shape[1]
        cos, sin = rotary_tables(self.config, frames)
        tables = (cos.to(x), sin.to(x))
        bias = chunk_bias(frames, chunk, self.config.left_frames, x.device)
        self.dropout.draw(x)
        middle = None
        for i, block in enumerate(self.blocks, start=1):
            x = block(x, tables, bias, self.dropout)
            if i == self.config.middle:
                x, middle = self.conditioned(x)
        return self.rows(self.head(x)), middle

    def start(self) -> State:
        """The state before the first chunk."""
        c, device = self.config, self.mean.device
        return State(
            features=torch.zeros(1, 3, FRONT_END.n_mels, device=device),
            keys=torch.zeros(c.blocks, 1, c.left_frames, c.d, device=device),
            values=torch.zeros(c.blocks, 1, c.left_frames, c.d, device=device),
            conv=torch.zeros(c.blocks, 1, c.kernel - 1, c.d, device=device),
            left_len=0,
        )

    def stream(self, features: Tensor, state: State) -> tuple[Tensor, State]:
        """Features [1, 4n, 80] as they come from the front end -> log-probs [1, 2n, V], next state."""
        left = self.config.left_frames
        x = self.normalise(features)
        window = torch.cat([state.features, x], dim=1)
        x = self.subsampling(window)
        frames = x.shape[1]
        cos, sin = rotary_tables(self.config, left + frames)
        tables = (cos.to(x.device), sin.to(x.device))
        index = torch.arange(left + frames, device=x.device)
        bias = (left - state.left_len - index).clamp(0, 1) * -1e4
        keys, values, conv = [], [], []
        for i, block in enumerate(self.blocks, start=1):
            j = i - 1
            x, k, v, c = block.stream(x, state.keys[j], state.values[j], state.conv[j], tables, bias)
            keys.append(k), values.append(v), conv.append(c)
            if i == self.config.middle:
                x, _ = self.conditioned(x)
        after = State(
            features=window[:, -3:],
            keys=torch.stack(keys),
            values=torch.stack(values),
            conv=torch.stack(conv),
            left_len=min(left, state.left_len + frames),
        )
        return self.rows(self.head(x)), after


def parameter_count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())
