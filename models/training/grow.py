"""Further blocks for a model, without changing what it computes, so that a deeper one need not start anew.

    python models/training/grow.py runs/mean/last.pt --blocks 12 --out runs/grown/last.pt

`train.py --start-from` grows by itself; the command keeps the grown model, with which the run that starts from it can be
averaged: inside the new blocks are random weights, which must be the same ones.

A new block comes right after an old one. The outputs of its four parts are zero, so that x passes them (Chen et al.
2016, "Net2Net", arXiv:1511.05641), and it takes over the last LayerNorm's gain and bias from the block before, which
keeps 1 and 0: a LayerNorm of what was just normalised changes nothing.
"""

from __future__ import annotations

import argparse
import copy
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from export import load_checkpoint
from model import Block, Conformer

OUTPUTS = ["ff1.down", "attention.out", "conv.down", "ff2.down"]


def grown(model: Conformer, blocks: int) -> Conformer:
    """The same function with `blocks` blocks, the new ones spread evenly; the intermediate head stays after the block
    that it was after, or the new one that follows it.

    Raises ValueError for fewer blocks than there are, and for more than twice as many."""
    old = len(model.blocks)
    if not old <= blocks <= 2 * old:
        raise ValueError(f"{old} blocks can become {old} to {2 * old}, not {blocks}")
    deeper: list[nn.Module] = []
    middle = 0
    for i, block in enumerate(copy.deepcopy(model.blocks), start=1):
        deeper.append(block)
        if i * (blocks - old) // old > (i - 1) * (blocks - old) // old:
            deeper.append(split_off(block, model))
        if i == model.config.middle:
            middle = len(deeper)
    larger = Conformer(replace(model.config, blocks=blocks, middle=middle))
    kept = {name: weight for name, weight in model.state_dict().items() if not name.startswith("blocks.")}
    missing, unexpected = larger.load_state_dict(kept, strict=False)
    assert not unexpected and all(name.startswith("blocks.") for name in missing)
    larger.blocks = nn.ModuleList(deeper)
    return larger.train(model.training)


@torch.no_grad()
def split_off(block: Block, model: Conformer) -> Block:
    """A block that, after `block`, gives what that gave; its last LayerNorm is taken from there."""
    new = Block(model.config)
    for name in OUTPUTS:
        nn.init.zeros_(new.get_submodule(name).weight)
        nn.init.zeros_(new.get_submodule(name).bias)
    new.norm = copy.deepcopy(block.norm)
    block.norm.reset_parameters()
    return new


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, help="whose running average is grown")
    parser.add_argument("--blocks", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    a = parser.parse_args()
    try:
        model = grown(load_checkpoint(a.checkpoint), a.blocks)
    except ValueError as error:
        parser.error(str(error))
    a.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"config": model.config.as_dict(), "average": model.state_dict()}, a.out)


if __name__ == "__main__":
    main()
