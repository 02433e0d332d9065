"""Muon for the blocks' matrices, AdamW for everything else.

Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/): momentum, then the nearest
(semi-)orthogonal matrix by a quintic Newton-Schulz iteration. Matrices of one shape go through the
iteration together. The step is scaled by 0.2 sqrt(max(rows, columns)) as in Liu et al. 2025
(arXiv:2502.16982), so that AdamW's learning rate and weight decay serve both.
"""

from __future__ import annotations

from collections import defaultdict

import torch
import torch.distributed as dist
from torch import Tensor, nn

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def has_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is quicker than float32 there: a CPU without the instructions emulates it, eight times slower."""
    return device.type != "cpu" or torch.ops.mkldnn._is_mkldnn_bf16_supported()


def orthogonalise(g: Tensor, steps: int) -> Tensor:
    """g [K, r, c] with r <= c -> each matrix's singular values brought near 1."""
    a, b, c = COEFFICIENTS
    x = g / (g.norm(dim=(1, 2), keepdim=True) + 1e-7)
    if has_bfloat16(g.device):
        x = x.bfloat16()
    for _ in range(steps):
        s = x @ x.transpose(1, 2)
        x = a * x + (b * s + c * s @ s) @ x
    return x.float()


class Muon(torch.optim.Optimizer):
    def __init__(self, params, lr: float = 1e-3, momentum: float = 0.95, weight_decay: float = 0.01, steps: int = 4):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "steps": steps})

    @torch.no_grad()
    def step(self) -> None:
        """One step. Where several workers train, each orthogonalises its part of every shape's matrices."""
        workers = dist.get_world_size() if dist.is_initialized() else 1
        rank = dist.get_rank() if dist.is_initialized() else 0
        for group in self.param_groups:
            shapes: dict[tuple[int, int], list[Tensor]] = defaultdict(list)
            for p in group["params"]:
                if p.grad is not None:
                    shapes[tuple(p.shape)].append(p)
            batches = {shape: self.directions(params, group["momentum"]) for shape, params in shapes.items()}
            mine = [orthogonalise(split(g, workers)[rank], group["steps"]) for g in batches.values()]
            everyone = gather(mine, workers)
            for i, (shape, params) in enumerate(shapes.items()):
                updates = torch.cat([parts[i] for parts in everyone])
                scale = 0.2 * max(shape) ** 0.5
                for p, u in zip(params, updates):
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                    p.add_(u.T if shape[0] > shape[1] else u, alpha=-group["lr"] * scale)

    def directions(self, params: list[Tensor], momentum: float) -> Tensor:
        """Nesterov momentum of matrices of one shape, stacked, lying on their long side [K, r, c], r <= c."""
        moved = []
        for p in params:
            buffer = self.state[p].setdefault("momentum", torch.zeros_like(p))
            buffer.lerp_(p.grad, 1 - momentum)
            g = p.grad.lerp(buffer, momentum)
            moved.append(g.T if p.shape[0] > p.shape[1] else g)
        return torch.stack(moved)


def split(stack: Tensor, workers: int) -> list[Tensor]:
    """Parts of like size, padded with zero matrices where the count does not divide."""
    missing = -len(stack) % workers
    padded = torch.cat([stack, stack.new_zeros(missing, *stack.shape[1:])]) if missing else stack
    return list(padded.chunk(workers))


def gather(mine: list[Tensor], workers: int) -> list[list[Tensor]]:
    """Every worker's list of tensors (all of the same shapes), in one exchange."""
    if workers == 1:
        return [mine]
    flat = torch.cat([part.flatten() for part in mine])
    received = [torch.empty_like(flat) for _ in range(workers)]
    dist.all_gather(received, flat)
    sizes = [part.numel() for part in mine]
    return [[piece.view_as(part) for piece, part in zip(one.split(sizes), mine)] for one in received]


class Optimiser:
    """Both optimisers under one learning rate."""

    def __init__(self, model: nn.Module, kind: str, weight_decay: float = 0.01):
        named = list(model.named_parameters())
        matrices = [p for n, p in named if kind == "muon" and n.startswith("blocks.") and p.ndim == 2]
        taken = {id(p) for p in matrices}
        rest = [p for _, p in named if id(p) not in taken]
        decayed = [p for p in rest if p.ndim > 1]
        plain = [p for p in rest if p.ndim <= 1]
        self.parts: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(
                [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}],
                betas=(0.9, 0.98),
                eps=1e-8,
                fused=True,
            )
        ]
        if matrices:
            self.parts.append(Muon(matrices, weight_decay=weight_decay))

    def step(self, lr: float) -> None:
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = lr
            part.step()

    def state_dict(self) -> list[dict]:
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, states: list[dict]) -> None:
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)
            for p, kept in part.state.items():
                for name, value in kept.items():
                    if value.shape == p.shape:
                        # Laid out in memory as the weight is, which the fused step takes for granted.
                        kept[name] = torch.empty_like(p).copy_(value)
