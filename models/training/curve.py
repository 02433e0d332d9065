"""Draws a run's log as an SVG: loss, learning rate and the quick dev scores over time.

    python models/training/curve.py runs/main/log.tsv models/learning-curve.svg
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

WIDTH, PANEL, LEFT, RIGHT, TOP, GAP = 760, 190, 56, 150, 24, 34
COLOURS = ["#1f6fb4", "#c1521b", "#3a8a3a", "#7a4fa3", "#555555"]


def read(path: Path) -> tuple[dict[str, list[tuple[float, float]]], dict[str, list[tuple[float, float]]], list]:
    """(losses, WERs by corpus, learning rates): each a list of (minutes, value)."""
    losses: dict[str, list[tuple[float, float]]] = {"head": [], "middle": []}
    wers: dict[str, list[tuple[float, float]]] = {}
    rates = []
    for line in path.read_text(encoding="utf-8").splitlines():
        minutes = re.search(r"\t([\d.]+) min\t", line)
        if not minutes:
            continue
        at = float(minutes[1])
        if found := re.search(r"loss ([\d.]+)\tmiddle ([\d.]+)(?:\tapart ([\d.]+))?\tlr ([\d.e+-]+)", line):
            for name, value in zip(("head", "middle", "two views apart"), found.groups()):
                if value:
                    losses.setdefault(name, []).append((at, float(value)))
            rates.append((at, 1000 * float(found[4])))
        for corpus, wer in re.findall(r"([a-z0-9-]+) ([\d.]+)(?=[,\t\n]|$)", line.partition("WER ")[2].split("\t")[0]):
            wers.setdefault(corpus, []).append((at, float(wer)))
    return losses, wers, rates


def panel(top: float, title: str, series: dict[str, list[tuple[float, float]]], last: float, zero: bool = False) -> str:
    """One chart: a polyline and its label a series, four grid lines."""
    values = [value for points in series.values() for _, value in points]
    low, high = (0.0 if zero else min(values)), max(values) * 1.02
    plot = WIDTH - LEFT - RIGHT

    def x(at: float) -> float:
        return LEFT + plot * at / last

    def y(value: float) -> float:
        return top + PANEL * (1 - (value - low) / max(1e-9, high - low))

    parts = [f'<text x="{LEFT}" y="{top - 7:.0f}" font-weight="bold">{title}</text>']
    for i in range(5):
        value = low + (high - low) * i / 4
        parts.append(f'<path d="M{LEFT} {y(value):.1f}h{plot}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.3g}</text>')
    label = sorted(series, key=lambda name: series[name][-1][1])
    heights, floor = {}, top + PANEL + 13
    for name in label:
        floor = min(floor - 13, y(series[name][-1][1]) + 4)
        heights[name] = floor
    for colour, (name, points) in zip(COLOURS, series.items()):
        path = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 8}" y="{heights[name]:.1f}" fill="{colour}">{name}</text>')
    return "\n".join(parts)


def draw(log: Path, out: Path) -> None:
    losses, wers, rates = read(log)
    last = max(at for at, _ in losses["head"])
    charts = [("loss, nats a character", losses, False), ("quick greedy WER of the running average, %", wers, True),
              ("learning rate, 10⁻³", {"rate": rates}, True)]  # fmt: skip
    charts = [chart for chart in charts if any(chart[1].values())]
    height = TOP + len(charts) * (PANEL + GAP) + 10
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="11">',
             f'<rect width="{WIDTH}" height="{height}" fill="white"/>']  # fmt: skip
    for i, (title, series, zero) in enumerate(charts):
        parts.append(panel(TOP + i * (PANEL + GAP), title, series, last, zero))
    base = TOP + len(charts) * (PANEL + GAP) - GAP + 14
    for i in range(5):
        at = last * i / 4
        parts.append(f'<text x="{LEFT + (WIDTH - LEFT - RIGHT) * i / 4:.0f}" y="{base}" text-anchor="middle">{at:.0f} min</text>')
    out.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=Path)
    parser.add_argument("out", type=Path)
    a = parser.parse_args()
    draw(a.log, a.out)
