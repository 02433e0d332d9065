"""Whether training and the page say the same: WER of the checkpoint in PyTorch, of the float ONNX and of the int8 ONNX in Rust.

    cargo build --release --bin eval
    python models/training/agreement.py --checkpoint models/training/runs/base/last.pt --card models/README.md

Every dev clip, greedy, for the whole take and each lookahead: PyTorch's masked forward, Rust chunk by chunk with caches
(the page's library, without its gate for non-speech). The checkpoint is exported anew, and its int8 file must be the shipped
one, byte for byte. Rates are over all words of the dev set together, so that each counts the same.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path

import onnx
import torch

import graph
from corpus import DEFAULT_CACHE, DEFAULT_SPEECH, REPOSITORY, open_speech
from evaluate import LOOKAHEAD_CHUNKS, corpora, evaluate, torch_runner, write_card
from export import load_checkpoint
from model import Conformer

MARKS = ("<!-- agreement: begin -->", "<!-- agreement: end -->")
MOST_APART = 0.003


def pooled(rows: list[dict]) -> dict[int | None, float]:
    """WER over all words of all corpora, by lookahead."""
    of_corpora = [row for row in rows if row["corpus"] != "mean"]
    rates = {}
    for ms in LOOKAHEAD_CHUNKS:
        these = [row for row in of_corpora if row["lookahead_ms"] == ms]
        rates[ms] = sum(row["wer"] * row["words"] for row in these) / sum(row["words"] for row in these)
    return rates


def in_rust(onnx_file: Path, arithmetic: str, program: Path, speech: Path) -> dict[int | None, float]:
    """Rates of a file with the names and shapes of the shipped one, by `cargo xtask eval`'s program."""
    shipped = REPOSITORY / "models"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(shipped / "tokens.txt", folder)
        shutil.copy(onnx_file, folder / "model.onnx")
        data = onnx_file.read_bytes()
        text, _, _ = (shipped / "manifest.toml").read_text(encoding="utf-8").partition("\n[[language_model]]")
        for key, value in [("file", '"model.onnx"'), ("sha256", f'"{sha256(data).hexdigest()}"'), ("bytes", str(len(data)))]:
            text = re.sub(rf"^{key} = .*$", f"{key} = {value}", text, count=1, flags=re.MULTILINE)
        (folder / "manifest.toml").write_text(text, encoding="utf-8")
        command = [program, "--model", folder / "manifest.toml", "--manifest", speech / "manifest.tsv", "--split", "dev",
                   "--arithmetic", arithmetic, "--no-gate", "--resamples", "100", "--json"]  # fmt: skip
        done = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True)
    return pooled(json.loads(done.stdout))


def in_pytorch(model: Conformer, speech: Path, cache_folder: Path) -> dict[int | None, float]:
    """Rates of the checkpoint's weights by the masked forward that training uses."""
    clips, cache, _ = open_speech(speech, cache_folder)
    return pooled(evaluate(torch_runner(model), corpora(clips), cache, list(LOOKAHEAD_CHUNKS)))


def table(rates: dict[str, dict[int | None, float]]) -> str:
    """Markdown: a line of rates each, in percent, and how far they are apart at each lookahead."""
    titles = ["whole take" if ms is None else f"{ms} ms" for ms in LOOKAHEAD_CHUNKS]
    lines = [f"| WER of all dev words | {' | '.join(titles)} |", "|---|" + "---|" * len(titles)]
    lines += [f"| {name} | {' | '.join(f'{100 * row[ms]:.2f}' for ms in LOOKAHEAD_CHUNKS)} |" for name, row in rates.items()]
    apart = [max(row[ms] for row in rates.values()) - min(row[ms] for row in rates.values()) for ms in LOOKAHEAD_CHUNKS]
    return "\n".join([*lines, f"| furthest apart | {' | '.join(f'{100 * x:.2f}' for x in apart)} |"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True, help="what the shipped file was exported from")
    parser.add_argument("--eval", type=Path, default=REPOSITORY / "target" / "release" / "eval", help="the evaluation's program")
    parser.add_argument("--speech", type=Path, default=DEFAULT_SPEECH)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--card", type=Path, help="model card whose table to replace")
    a = parser.parse_args()
    torch.set_num_threads(1)
    model = load_checkpoint(a.checkpoint)
    shipped = REPOSITORY / "models" / "base.int8.onnx"
    with tempfile.TemporaryDirectory() as name:
        float_file, int8_file = Path(name) / "f32.onnx", Path(name) / "int8.onnx"
        onnx.save(graph.build(model, int8=False), str(float_file))
        onnx.save(graph.build(model, int8=True), str(int8_file))
        if int8_file.read_bytes() != shipped.read_bytes():
            parser.error(f"{shipped} was not exported from {a.checkpoint}")
        rates = {
            "PyTorch, float": in_pytorch(model, a.speech, a.cache),
            "Rust, float": in_rust(float_file, "float", a.eval, a.speech),
            "Rust, int8": in_rust(int8_file, "int8", a.eval, a.speech),
        }
    print(table(rates))
    if a.card:
        write_card(a.card, table(rates), MARKS)
    worst = max(abs(x - y) for one in rates.values() for two in rates.values() for x, y in zip(one.values(), two.values()))
    if worst > MOST_APART:
        raise SystemExit(f"they are {100 * worst:.2f} points apart, more than {100 * MOST_APART}")


if __name__ == "__main__":
    main()
