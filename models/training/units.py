"""The model's units: characters, and for the ablation pieces of words. Index 0 is CTC's blank."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import sentencepiece

BLANK = 0
TOKENS = ["<blank>", "<space>", "'", *"abcdefghijklmnopqrstuvwxyz"]
"""The characters, as they are shipped."""
_INDEX = {token: i for i, token in enumerate(TOKENS)} | {" ": 1}


class Units(Protocol):
    """Text to indices and back."""

    def encode(self, text: str) -> list[int]:
        """Indices of lower-case text of a-z, apostrophe and space."""

    def decode(self, indices: Iterable[int]) -> str:
        """Text of indices without blanks, single spaces between words."""


class Characters:
    """Space, apostrophe, a-z."""

    def encode(self, text: str) -> list[int]:
        """Raises KeyError on anything else."""
        return [_INDEX[character] for character in text]

    def decode(self, indices: Iterable[int]) -> str:
        return " ".join("".join(" " if index == 1 else TOKENS[index] for index in indices).split())


CHARACTERS = Characters()


class Pieces:
    """Pieces of words by byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909), from SentencePiece's file."""

    def __init__(self, file: Path):
        self.pieces = sentencepiece.SentencePieceProcessor(model_file=str(file))

    def encode(self, text: str) -> list[int]:
        return self.pieces.encode(text)

    def decode(self, indices: Iterable[int]) -> str:
        return " ".join(self.pieces.decode(list(indices)).split())

    @staticmethod
    def learn(texts: Iterable[str], count: int, file: Path) -> None:
        """Writes `count` units, the blank among them, in place of SentencePiece's unknown, which a-z never needs."""
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts), model_prefix=str(file.with_suffix("")), vocab_size=count, model_type="bpe",
            character_coverage=1.0, unk_id=BLANK, bos_id=-1, eos_id=-1, pad_id=-1, minloglevel=2,
        )  # fmt: skip


def units_of(count: int, cache: Path) -> Units:
    """The characters where a model has as many outputs as they are, else the pieces that `cache` has so many of."""
    return CHARACTERS if count == len(TOKENS) else Pieces(pieces_file(count, cache))


def pieces_file(count: int, cache: Path) -> Path:
    return cache / f"pieces-{count}.model"


def decode_greedy(rows: list[int], units: Units = CHARACTERS) -> str:
    """CTC greedy collapse of the best index of each row: merge repeats, drop blanks."""
    return units.decode(index for previous, index in zip([BLANK, *rows], rows) if index not in (previous, BLANK))


def rows_needed(indices: list[int]) -> int:
    """Fewest CTC rows that can emit `indices`: one each, and a blank between equal neighbours."""
    return len(indices) + sum(a == b for a, b in zip(indices, indices[1:]))
