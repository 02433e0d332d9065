"""Forced alignment of a text by CTC log-probs, with torchaudio."""

from __future__ import annotations

import torch
import torchaudio

from units import CHARACTERS


def align_words(log_probs: torch.Tensor, text: str) -> tuple[list[tuple[int, int]], float]:
    """Log-probs [1, rows, V] and a text -> the first row and the row after the last of each word's letters, and the
    mean log-probability of the rows that are no blank."""
    path, scores = torchaudio.functional.forced_align(log_probs, torch.tensor([CHARACTERS.encode(text)], dtype=torch.int32))
    spans = torchaudio.functional.merge_tokens(path[0], scores[0])
    rows, first = [], 0
    for word in text.split():
        rows.append((spans[first].start, spans[first + len(word) - 1].end))
        first += len(word) + 1
    return rows, float(scores[0][path[0] > 0].mean())
