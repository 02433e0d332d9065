"""Our decoders beside pyctcdecode and flashlight-text, by turns in one run, on the same log-probs.

    cargo xtask bench --decoding --peers        # or this file, with python3

It has our benchmark built, writes the shipped language model as ARPA for the others, and installs
them as tests/golden/environment.py says. Prints median milliseconds a second of audio, their spread,
and two ratios to ours, turn by turn: to ours as on the page, and to ours pruned as the peer is. The peers run as that
file sets them, at the width named.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/golden/beam"
sys.path[:0] = [str(GOLDEN), str(GOLDEN.parent)]

import environment

environment.enter("peers", environment.DECODERS)

import numpy as np

TURNS, WIDTHS = 5, (8, 64)
CARGO = os.environ.get("CARGO", "cargo")
# It takes its own times: what Cargo does before is in none.
OURS = [CARGO, "bench", "--quiet", "--no-default-features", "--bench", "decoders"]
ARPA = ROOT / "target/english.arpa"


def peers(arpa, width):
    """The decoders of make.py at another width; its constant is read from the environment."""
    os.environ["WIDTH"] = str(width)
    sys.argv = ["make.py", "none"]
    sys.modules.pop("make", None)
    import make

    made = make.Peers(arpa)
    return {
        f"pyctcdecode {width}": lambda rows: made.pyctc(made.pyctcdecode_plain, rows),
        f"pyctcdecode+lm {width}": lambda rows: made.pyctc(made.pyctcdecode, rows),
        f"flashlight {width}": made.flashlight_free,
        f"flashlight+lm {width}": made.flashlight_lexicon,
    }, made


def clips():
    rows = np.fromfile(GOLDEN / "clips.u8", np.uint8).reshape(-1, 29).astype(np.float32) / -20
    lengths = [clip["rows"] for clip in json.loads((GOLDEN / "peers.json").read_text())["clips"]]
    return np.split(rows, np.cumsum(lengths)[:-1])


def write_arpa():
    """The shipped language model, for the others."""
    run = [CARGO, "run", "--quiet", "--release", "--no-default-features", "--bin", "lm", "--"]
    subprocess.check_call([*run, "arpa", "--model", "models/english.lm", "--out", ARPA], cwd=ROOT)


def our_times():
    """Milliseconds a second of audio by decoder."""
    return json.loads(subprocess.check_output(OURS, cwd=ROOT))


def main():
    write_arpa()
    our_times()  # builds it
    audio = clips()
    seconds = sum(map(len, audio)) * 0.02
    decoders, kept = {}, []
    for width in WIDTHS:
        made, keep = peers(ARPA, width)
        decoders.update(made)
        kept.append(keep)
    times = {}
    for turn in range(TURNS):
        for name, ms in our_times().items():
            times.setdefault(f"ours, {name}", []).append(ms)
        for name, decode in decoders.items():
            start = time.perf_counter()
            for rows in audio:
                decode(rows)
            times.setdefault(name, []).append((time.perf_counter() - start) * 1e3 / seconds)
        print(f"turn {turn + 1} of {TURNS}", file=sys.stderr)
    for name, all_ms in times.items():
        print(f"{name:48} {statistics.median(all_ms):8.3f} ms/s  ({min(all_ms):.3f}–{max(all_ms):.3f})")
    for width in WIDTHS:
        for peer in ("pyctcdecode", "flashlight"):
            for ours, suffix in (("beam", ""), ("beam+lm", "+lm")):
                for pruning in ("", f", pruned as {peer}"):
                    pairs = zip(times[f"{peer}{suffix} {width}"], times[f"ours, {ours} {width}{pruning}"])
                    ratios = [theirs / mine for theirs, mine in pairs]
                    spread = f"{statistics.median(ratios):.1f} ({min(ratios):.1f}–{max(ratios):.1f})"
                    print(f"{peer}{suffix} {width} ÷ ours{pruning}: {spread}")


if __name__ == "__main__":
    main()
