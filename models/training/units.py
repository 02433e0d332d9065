"""The model's units: blank, space, apostrophe, a-z."""

from __future__ import annotations

BLANK = 0
TOKENS = ["<blank>", "<space>", "'", *"abcdefghijklmnopqrstuvwxyz"]
_INDEX = {token: i for i, token in enumerate(TOKENS)} | {" ": 1}


def encode(text: str) -> list[int]:
    """Token indices of lower-case text; raises KeyError on anything outside a-z, apostrophe, space."""
    return [_INDEX[character] for character in text]


def decode_greedy(rows: list[int]) -> str:
    """CTC greedy collapse of the best index of each row: merge repeats, drop blanks."""
    out: list[str] = []
    previous = BLANK
    for index in rows:
        if index not in (previous, BLANK):
            out.append(" " if index == 1 else TOKENS[index])
        previous = index
    return " ".join("".join(out).split())


def rows_needed(indices: list[int]) -> int:
    """Fewest CTC rows that can emit `indices`: one each, and a blank between equal neighbours."""
    return len(indices) + sum(a == b for a, b in zip(indices, indices[1:]))
