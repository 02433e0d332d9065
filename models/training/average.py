"""Averages the weights of several runs into one checkpoint.

    python models/training/average.py --out runs/mean/last.pt runs/eighth/last.pt runs/tenth/last.pt

Runs that go on from one another, or from the same weights, lie in one basin, and the middle between them is often better
than either on speech that neither has heard (Wortsman et al. 2022, "Model soups", arXiv:2203.05482). Whether it is here
`evaluate.py --checkpoint` says. What is averaged are the runs' own running averages; the result has no optimiser and
cannot be trained further.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch


def average(checkpoints: Sequence[Path], shares: Sequence[float]) -> dict[str, Any]:
    """A checkpoint with the weighted mean of the checkpoints' running averages.

    Raises ValueError where the models are of different shape."""
    saved = [torch.load(path, map_location="cpu", weights_only=True) for path in checkpoints]
    shapes = [one["config"] | {"dropout": 0.0} for one in saved]
    if any(shape != shapes[0] for shape in shapes):
        raise ValueError("the checkpoints are of models of different shape")
    mean = {
        key: sum(one["average"][key].double() * share for one, share in zip(saved, shares)).div(sum(shares)).to(value.dtype)
        for key, value in saved[0]["average"].items()
    }
    return {"config": shapes[0], "average": mean}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--shares", type=float, nargs="+", help="one a checkpoint; equal without")
    parser.add_argument("--out", type=Path, required=True)
    a = parser.parse_args()
    shares = a.shares or [1.0] * len(a.checkpoints)
    if len(shares) != len(a.checkpoints):
        parser.error(f"{len(shares)} shares for {len(a.checkpoints)} checkpoints")
    try:
        mean = average(a.checkpoints, shares)
    except ValueError as error:
        parser.error(str(error))
    a.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(mean, a.out)


if __name__ == "__main__":
    main()
