"""Forced alignment of a text by CTC log-probs, with torchaudio."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
import torchaudio

from evaluate import Runner
from model import WHOLE
from runtime import take_features
from units import CHARACTERS

UNHEARD = "#"
"""Stands in a text for words that nobody made out, however many there are."""
UNHEARD_LN = -0.3
"""What a row of such words costs: less than a wrong letter, more than a right one or a blank."""


@dataclass(frozen=True)
class AlignedWord:
    """`start`: the first row of its letters, `end`: the row after the last; `score`: their mean log-probability."""

    text: str
    start: int
    end: int
    score: float


def align_words(log_probs: torch.Tensor, text: str) -> list[AlignedWord]:
    """Log-probs [1, rows, V] and a text, in which `UNHEARD` may stand as a word, -> its words."""
    words = text.split()
    log_probs = F.pad(log_probs, (0, 1), value=UNHEARD_LN)
    tokens: list[int] = []
    spans = []
    for i, word in enumerate(words):
        if i and UNHEARD not in words[i - 1 : i + 1]:
            tokens += CHARACTERS.encode(" ")
        first = len(tokens)
        tokens += [log_probs.shape[2] - 1] if word == UNHEARD else CHARACTERS.encode(word)
        spans.append(slice(first, len(tokens)))
    path, scores = torchaudio.functional.forced_align(log_probs, torch.tensor([tokens], dtype=torch.int32))
    letters = torchaudio.functional.merge_tokens(path[0], scores[0])
    return [AlignedWord(word, letters[span][0].start, letters[span][-1].end, sum(x.score for x in letters[span]) / len(letters[span]))
            for word, span in zip(words, spans)]  # fmt: skip


def align_clip(run: Runner, samples: np.ndarray, text: str, chunk: int = WHOLE) -> list[AlignedWord]:
    """The words of a clip, f32 at 16 kHz, by a model's log-probs in chunks of `chunk` encoder frames."""
    return align_words(torch.from_numpy(run(take_features(samples, chunk), chunk))[None], text)


def mean_score(words: list[AlignedWord]) -> float:
    """Over all letters; 0 where there are none."""
    letters = sum(len(word.text) for word in words)
    return sum(word.score * len(word.text) for word in words) / max(1, letters)
