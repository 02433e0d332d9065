"""Trains a list of configurations for an equal budget each and tabulates their dev WER.

    python models/training/ablation.py --steps 2000 [--only NAME ...] [-- further train.py arguments]

The budget is in steps, so that a busy machine does not favour anyone. A configuration's run is
`runs/ablation-STEPS/NAME`; its row goes to `runs/ablation-STEPS/results.tsv`. Called again, it goes on:
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

from corpus import DEFAULT_CACHE, DEFAULT_SPEECH, HERE, open_speech
from evaluate import corpora, evaluate, torch_runner
from export import load_checkpoint
from model import parameter_count

REFERENCE = ["--synthetic", "0.3", "--augmentation", "light"]
CONFIGURATIONS: dict[str, list[str]] = {
    "reference": REFERENCE,
    "no synthesis": ["--augmentation", "light"],
    "synthesis 15 %": ["--synthetic", "0.15", "--augmentation", "light"],
    "synthesis 60 %": ["--synthetic", "0.6", "--augmentation", "light"],
    "full augmentation": ["--synthetic", "0.3", "--augmentation", "full"],
    **{
        f"no {family}": [*REFERENCE, "--without", family]
        for family in ("speed", "vtlp", "room", "noise", "babble", "gain", "band_limit", "codec", "concatenate", "silence",
                       "empty", "specaugment")
    },
    "one row a frame": [*REFERENCE, "--set", "rows_per_frame=1"],
    "small (width 96, 6 blocks)": [*REFERENCE, "--set", "d=96", "--set", "feed_forward=384", "--set", "blocks=6"],
    "wide (width 192, 8 blocks)": [*REFERENCE, "--set", "d=192", "--set", "feed_forward=768"],
    "deep (width 144, 12 blocks)": [*REFERENCE, "--set", "d=144", "--set", "feed_forward=576", "--set", "blocks=12",
                                    "--set", "middle=6"],
    "AdamW instead of Muon": [*REFERENCE, "--optimiser", "adamw"],
}  # fmt: skip
"""Name -> arguments of train.py. Each differs from the reference in one thing."""
COLUMNS = ["name", "parameters", "steps", "mean", "whole", "lookahead_320"]


def folder_name(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name)


def score(checkpoint: Path, speech: Path, cache_folder: Path) -> dict[str, str]:
    """Greedy WER of the averaged weights: mean of the dev corpora, whole take by corpus, and at 320 ms."""
    model = load_checkpoint(checkpoint)
    clips, cache, _ = open_speech(speech, cache_folder)
    rows = evaluate(torch_runner(model), corpora(clips), cache, [None, 320])
    mean = {row["lookahead_ms"]: row["wer"] for row in rows if row["corpus"] == "mean"}
    whole = ", ".join(f"{row['corpus']} {100 * row['wer']:.1f}" for row in rows
                      if row["lookahead_ms"] is None and row["corpus"] != "mean")  # fmt: skip
    return {"parameters": f"{parameter_count(model) / 1e6:.2f} M", "mean": f"{100 * mean[None]:.1f}", "whole": whole,
            "lookahead_320": f"{100 * mean[320]:.1f}"}  # fmt: skip


def finished(results: Path) -> dict[str, dict[str, str]]:
    if not results.exists():
        return {}
    with open(results, newline="", encoding="utf-8") as file:
        return {row["name"]: row for row in csv.DictReader(file, delimiter="\t")}


def table(rows: dict[str, dict[str, str]]) -> str:
    lines = ["| configuration | parameters | mean WER, whole take | mean WER, 320 ms | by corpus, whole take |", "|---|---|---|---|---|"]
    lines += [f"| {r['name']} | {r['parameters']} | {r['mean']} | {r['lookahead_320']} | {r['whole']} |" for r in rows.values()]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2000, help="each configuration's budget")
    parser.add_argument("--only", action="append", choices=list(CONFIGURATIONS), help="these rows; all when not given")
    parser.add_argument("--speech", type=Path, default=DEFAULT_SPEECH)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("further", nargs="*", help="arguments for every train.py, after --")
    a = parser.parse_args()
    torch.set_num_threads(1)
    top = f"ablation-{a.steps}"
    results = HERE / "runs" / top / "results.tsv"
    results.parent.mkdir(parents=True, exist_ok=True)
    for name in a.only or CONFIGURATIONS:
        if name in finished(results):
            continue
        run = f"{top}/{folder_name(name)}"
        budget = ["--minutes", "100000", "--steps", str(a.steps)]
        places = ["--speech", str(a.speech), "--cache", str(a.cache)]
        command = [sys.executable, str(HERE / "train.py"), "--run", run, *budget, *places, *CONFIGURATIONS[name], *a.further]
        subprocess.run(command, check=True)
        row = {"name": name, "steps": str(a.steps), **score(HERE / "runs" / run / "last.pt", a.speech, a.cache)}
        new = not results.exists()
        with open(results, "a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, delimiter="\t")
            if new:
                writer.writeheader()
            writer.writerow(row)
    print(table(finished(results)))


if __name__ == "__main__":
    main()
