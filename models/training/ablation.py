"""Trains a list of configurations for an equal budget each and tabulates their dev WER.

    git show 1f26c6f:models/base.int8.onnx > /tmp/first.onnx
    python models/training/ablation.py --start-from /tmp/first.onnx --steps 400 [--only NAME ...] [-- further train.py arguments]
    python models/training/ablation.py --steps 2000 [--only NAME ...] [-- further train.py arguments]

From random weights no text forms in a budget that two CPU cores could give some twenty runs; so those start
from one model. Units and sizes, which a start from a model is unfair to, are compared from random weights, a few
rows with a larger budget. The budget is in steps, so that a busy machine does not favour anyone. A configuration's
run is `runs/ablation-STEPS/NAME` (`runs/ablation-random-STEPS/NAME`); its row goes to `results.tsv` beside it. Called again, it goes on:
finished rows are kept, an unfinished run resumes from its checkpoint. The last lines printed are the
Markdown table for the model card.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
from pathlib import Path

import torch

from augment import FAMILIES
from corpus import DEFAULT_CACHE, DEFAULT_SPEECH, HERE, open_speech
from evaluate import corpora, evaluate, torch_runner
from export import load_checkpoint
from model import parameter_count
from units import Pieces, pieces_file, units_of

MADE = ["--synthetic", "0.2", "--spliced", "0.25"]
REFERENCE = ["--no-curriculum", *MADE, "--augmentation", "light"]
SCRATCH = ["--synthetic", "0.3", "--augmentation", "light"]
NEW_HEADS = ["--anew", "head", "--anew", "middle", "--anew", "condition"]
ONE_ROW = ["--set", "rows_per_frame=1"]
PIECES = 128
OF_PIECES = [*ONE_ROW, "--set", f"tokens={PIECES}"]
FOUR_BLOCKS = ["--set", "blocks=4", "--set", "middle=2"]
TWELVE_BLOCKS = ["--set", "blocks=12", "--set", "middle=6"]
CONFIGURATIONS: dict[str, list[str]] = {
    "reference": REFERENCE,
    "reference, other seed": [*REFERENCE, "--seed", "1"],
    "nothing made": ["--no-curriculum", "--augmentation", "light"],
    "no synthesis": ["--no-curriculum", "--spliced", "0.25", "--augmentation", "light"],
    "synthesis 50 %": [*REFERENCE, "--synthetic", "0.5"],
    "no splices": ["--no-curriculum", "--synthetic", "0.2", "--augmentation", "light"],
    "no augmentation": [*REFERENCE, *(f"--without={family}" for family in FAMILIES)],
    "full augmentation": [*REFERENCE, "--augmentation", "full"],
    "two consistent views, masked": [*REFERENCE, "--augmentation", "masked", "--consistency", "0.2", "--batch-seconds", "12"],
    "dropout 10 %": [*REFERENCE, "--dropout", "0.1"],
    "characters, heads anew": [*REFERENCE, *NEW_HEADS],
    "characters, one row a frame": [*REFERENCE, *NEW_HEADS, *ONE_ROW],
    f"{PIECES} pieces of words, one row a frame": [*REFERENCE, *NEW_HEADS, *OF_PIECES],
    "6 blocks": [*REFERENCE, "--set", "blocks=6"],
    "10 blocks": [*REFERENCE, "--set", "blocks=10", "--set", "middle=5"],
    "12 blocks": [*REFERENCE, *TWELVE_BLOCKS],
    "whole utterance teaches chunks": [*REFERENCE, "--teach", "0.3"],
    "AdamW instead of Muon": [*REFERENCE, "--optimiser", "adamw"],
    **{f"no {family}": [*REFERENCE, "--without", family] for family in FAMILIES},
}  # fmt: skip
"""Name -> arguments of train.py. Each differs from the reference in one thing."""
FROM_RANDOM_WEIGHTS: dict[str, list[str]] = {
    "characters, two rows a frame, 8 blocks": SCRATCH,
    f"{PIECES} pieces of words, one row a frame": [*SCRATCH, *OF_PIECES],
    "4 blocks": [*SCRATCH, *FOUR_BLOCKS],
    "12 blocks": [*SCRATCH, *TWELVE_BLOCKS],
    "characters, one row a frame": [*SCRATCH, *ONE_ROW],
    "4 blocks, no synthesis": [*FOUR_BLOCKS, "--augmentation", "light"],
}  # fmt: skip
"""The same without --start-from."""
COLUMNS = ["name", "parameters", "steps", "mean", "cer", "whole", "lookahead_320"]


def folder_name(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name)


def score(checkpoint: Path, speech: Path, cache_folder: Path) -> dict[str, str]:
    """Greedy WER of the averaged weights: mean of the dev corpora (CER too), whole take by corpus, and at 320 ms."""
    model = load_checkpoint(checkpoint)
    clips, cache, _ = open_speech(speech, cache_folder)
    rows = evaluate(torch_runner(model), corpora(clips), cache, [None, 320], units_of(model.config.tokens, cache_folder))
    mean = {row["lookahead_ms"]: row for row in rows if row["corpus"] == "mean"}
    whole = ", ".join(f"{row['corpus']} {100 * row['wer']:.1f}" for row in rows
                      if row["lookahead_ms"] is None and row["corpus"] != "mean")  # fmt: skip
    return {"parameters": f"{parameter_count(model) / 1e6:.2f} M", "mean": f"{100 * mean[None]['wer']:.1f}",
            "cer": f"{100 * mean[None]['cer']:.1f}", "whole": whole, "lookahead_320": f"{100 * mean[320]['wer']:.1f}"}  # fmt: skip


def learn_pieces(speech: Path, cache_folder: Path) -> None:
    """The pieces of the training clips' text, if they are not there yet."""
    file = pieces_file(PIECES, cache_folder)
    if not file.exists():
        clips, _, _ = open_speech(speech, cache_folder)
        Pieces.learn((clip.text for clip in clips if clip.split == "train" and clip.text), PIECES, file)


def finished(results: Path) -> dict[str, dict[str, str]]:
    if not results.exists():
        return {}
    with open(results, newline="", encoding="utf-8") as file:
        return {row["name"]: row for row in csv.DictReader(file, delimiter="\t")}


def of_all_words(row: dict[str, str], words: dict[str, int]) -> float:
    """WER in percent of all dev words together, from a row's rates by corpus: of librivox-clips' 71 words one alone moves
    the plain mean by a third of a point."""
    rates = {corpus: float(rate) for corpus, rate in (part.rsplit(" ", 1) for part in row["whole"].split(", "))}
    return sum(words[corpus] * rate for corpus, rate in rates.items()) / sum(words[corpus] for corpus in rates)


def table(rows: dict[str, dict[str, str]], words: dict[str, int]) -> str:
    titles = ["configuration", "parameters", "WER of all words", "mean WER / CER, whole take", "mean WER, 320 ms", "by corpus, whole take"]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    lines += [f"| {r['name']} | {r['parameters']} | {of_all_words(r, words):.1f} | {r['mean']} / {r['cer']} | {r['lookahead_320']} | {r['whole']} |"
              for r in rows.values()]  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2000, help="each configuration's budget")
    parser.add_argument("--start-from", type=Path, help="a shipped ONNX that all configurations start from, as far as its shapes fit; "
                        "without it the rows are those from random weights")  # fmt: skip
    parser.add_argument("--only", action="append", choices=[*CONFIGURATIONS, *FROM_RANDOM_WEIGHTS], help="these rows; all when not given")
    parser.add_argument("--speech", type=Path, default=DEFAULT_SPEECH)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("further", nargs="*", help="arguments for every train.py that has none of its own, after --")
    a = parser.parse_args()
    if a.start_from:
        configurations, start, top = CONFIGURATIONS, ["--start-from", str(a.start_from)], f"ablation-{a.steps}"
    else:
        configurations, start, top = FROM_RANDOM_WEIGHTS, [], f"ablation-random-{a.steps}"
    unknown = [name for name in a.only or [] if name not in configurations]
    if unknown:
        parser.error(f"{', '.join(unknown)}: only {'without' if a.start_from else 'with'} --start-from")
    torch.set_num_threads(1)
    learn_pieces(a.speech, a.cache)
    results = HERE / "runs" / top / "results.tsv"
    results.parent.mkdir(parents=True, exist_ok=True)
    for name in a.only or configurations:
        if name in finished(results):
            continue
        run = f"{top}/{folder_name(name)}"
        budget = ["--minutes", "100000", "--steps", str(a.steps)]
        places = ["--speech", str(a.speech), "--cache", str(a.cache)]
        command = [sys.executable, str(HERE / "train.py"), "--run", run, *budget, *places, *start, *a.further, *configurations[name]]
        subprocess.run(command, check=True)
        row = {"name": name, "steps": str(a.steps), **score(HERE / "runs" / run / "last.pt", a.speech, a.cache)}
        new = not results.exists()
        with open(results, "a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, delimiter="\t")
            if new:
                writer.writeheader()
            writer.writerow(row)
    clips, _, _ = open_speech(a.speech, a.cache)
    words = {corpus: sum(len(clip.text.split()) for clip in chosen) for corpus, chosen in corpora(clips).items()}
    print(table(finished(results), words))


if __name__ == "__main__":
    main()
