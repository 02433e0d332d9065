"""Greedy WER and CER by corpus, for the whole take and each lookahead.

    python models/training/evaluate.py --model models/base.int8.onnx         (onnxruntime)
    python models/training/evaluate.py --checkpoint runs/base/last.pt        (PyTorch)

Both play the take as the page does: 480 ms of zeros after it, then zeros to fill the chunk. Text is
scored as it stands in the manifest, lower case.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import jiwer
import numpy as np
import torch

from corpus import DEFAULT_CACHE, DEFAULT_SPEECH, AudioCache, Clip, open_speech
from model import WHOLE, Conformer
from runtime import OnnxStream, take_features
from units import CHARACTERS, Units, decode_greedy, units_of

LOOKAHEAD_CHUNKS = {None: WHOLE, 0: 1, 160: 4, 320: 8, 640: 16, 1280: 32}
"""Lookahead in ms (None: whole take) -> encoder frames a chunk."""

Runner = Callable[[np.ndarray, int], np.ndarray]
"""Features [T, 80], encoder frames a chunk -> log-probs [T / 2, V]."""


def torch_runner(model: Conformer) -> Runner:
    """PyTorch's masked forward, which equals the chunked one; takes beyond 512 frames in 512s."""

    @torch.no_grad()
    def run(features: np.ndarray, chunk: int) -> np.ndarray:
        x = model.normalise(torch.from_numpy(features))[None]
        return model(x, chunk or model.config.max_chunk)[0][0].numpy()

    return run


def transcribe(run: Runner, samples: np.ndarray, chunk: int, units: Units = CHARACTERS) -> str:
    log_probs = run(take_features(samples, chunk), chunk)
    return decode_greedy(log_probs.argmax(axis=1).tolist(), units)


def corpora(clips: Iterable[Clip], split: str = "dev", most: int | None = None) -> dict[str, list[Clip]]:
    """Clips of a split with text, by corpus; of each corpus at most `most`, evenly spaced."""
    found: dict[str, list[Clip]] = {}
    for clip in clips:
        if clip.split == split and clip.text:
            found.setdefault(clip.corpus, []).append(clip)
    return {corpus: evenly(chosen, most) for corpus, chosen in sorted(found.items())}


def evenly(clips: list[Clip], most: int | None) -> list[Clip]:
    return clips[:: max(1, len(clips) // most)][:most] if most else clips


def score(references: list[str], hypotheses: list[str]) -> tuple[float, float]:
    """WER and CER over all pairs, as fractions."""
    return jiwer.wer(references, hypotheses), jiwer.cer(references, hypotheses)


def quick_scores(model: Conformer, clips: list[Clip], cache: AudioCache, count: int = 40) -> str:
    """One line for the training log: greedy WER of the first `count` clips a corpus, whole take."""
    run, units, parts, example = torch_runner(model), units_of(model.config.tokens, cache.folder), [], ""
    for corpus, chosen in corpora(clips, most=count).items():
        texts = [transcribe(run, cache.float_samples(clip.id), WHOLE, units) for clip in chosen]
        parts.append(f"{corpus} {100 * score([clip.text for clip in chosen], texts)[0]:.1f}")
        if corpus == "commonvoice-dev":
            example = f"\t[{chosen[0].text}] -> [{texts[0]}]"
    return "WER " + ", ".join(parts) + example


def evaluate(run: Runner, by_corpus: dict[str, list[Clip]], cache: AudioCache, lookaheads: list[int | None],
             units: Units = CHARACTERS) -> list[dict]:  # fmt: skip
    """Rows of {corpus, lookahead_ms, clips, words, wer, cer}, and a "mean" over corpora by lookahead."""
    rows = []
    for lookahead in lookaheads:
        chunk = LOOKAHEAD_CHUNKS[lookahead]
        of_this = []
        for corpus, chosen in by_corpus.items():
            references = [clip.text for clip in chosen]
            texts = [transcribe(run, cache.float_samples(clip.id), chunk, units) for clip in chosen]
            wer, cer = score(references, texts)
            words = sum(len(text.split()) for text in references)
            of_this.append({"corpus": corpus, "lookahead_ms": lookahead, "clips": len(chosen), "words": words,
                            "wer": wer, "cer": cer, "texts": list(zip(references, texts))})  # fmt: skip
        rows += of_this
        means = {key: float(np.mean([row[key] for row in of_this])) for key in ("wer", "cer")}
        rows.append({"corpus": "mean", "lookahead_ms": lookahead, **means})
    return rows


def table(rows: list[dict]) -> str:
    """Markdown: a line a corpus, a column a lookahead, cells WER / CER in percent."""
    lookaheads = list(dict.fromkeys(row["lookahead_ms"] for row in rows))
    titles = ["whole take" if ms is None else f"{ms} ms" for ms in lookaheads]
    lines = [f"| corpus | {' | '.join(titles)} |", "|---|" + "---|" * len(titles)]
    for corpus in dict.fromkeys(row["corpus"] for row in rows):
        cells = {row["lookahead_ms"]: row for row in rows if row["corpus"] == corpus}
        texts = [f"{100 * cells[ms]['wer']:.1f} / {100 * cells[ms]['cer']:.1f}" for ms in lookaheads]
        lines.append(f"| {corpus} | {' | '.join(texts)} |")
    return "\n".join(lines)


MARKS = ("<!-- evaluation: begin -->", "<!-- evaluation: end -->")


def write_card(path: Path, text: str, marks: tuple[str, str] = MARKS) -> None:
    """Puts the table between two marks of the model card."""
    begin, end = marks
    card = path.read_text(encoding="utf-8")
    before, rest = card.split(begin, 1)
    _, after = rest.split(end, 1)
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--model", type=Path, help="ONNX file")
    source.add_argument("--checkpoint", type=Path, help="training checkpoint")
    parser.add_argument("--speech", type=Path, default=DEFAULT_SPEECH)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--split", choices=["dev", "train"], default="dev",
                        help="train: how far it has learnt its own data")  # fmt: skip
    parser.add_argument("--most", type=int, help="clips a corpus, evenly spaced; all when not given")
    parser.add_argument("--lookahead", action="append", help="ms or 'whole'; all when not given")
    parser.add_argument("--weights", choices=["average", "model"], default="average", help="of the checkpoint")
    parser.add_argument("--masked", action="store_true", help="play the ONNX file's weights by PyTorch's masked "
                        "forward: the same numbers to rounding, far quicker for short chunks")  # fmt: skip
    parser.add_argument("--left-frames", type=int, help="another left context of the attention than the model was trained with, "
                        "encoder frames of 40 ms; with --checkpoint or --masked")  # fmt: skip
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, help="also write the rows, with every text, here")
    parser.add_argument("--card", type=Path, help="model card whose table to replace")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    if a.model and not a.masked:
        if a.left_frames:
            parser.error("--left-frames needs --checkpoint or --masked: the ONNX file's caches have a length")
        run: Runner = OnnxStream(a.model, threads=a.threads).run
    else:
        import graph
        from export import load_checkpoint

        model = graph.load(a.model).eval() if a.model else load_checkpoint(a.checkpoint, a.weights)
        if a.left_frames:
            model.config = replace(model.config, left_frames=a.left_frames)
        run = torch_runner(model)
    chosen = [None if x == "whole" else int(x) for x in a.lookahead] if a.lookahead else list(LOOKAHEAD_CHUNKS)
    clips, cache, _ = open_speech(a.speech, a.cache)
    rows = evaluate(run, corpora(clips, a.split, a.most), cache, chosen)
    print(table(rows))
    if a.card:
        write_card(a.card, table(rows))
    if a.json:
        a.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
