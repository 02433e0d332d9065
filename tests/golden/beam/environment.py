"""The other decoders in an environment of their own, with exactly these versions from their registry.

Needs Python 3.9 to 3.12 with venv, and a C++ compiler, because kenlm comes as source (some minutes).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PINNED = (
    "pyctcdecode==0.5.0",
    "flashlight-text==0.0.7",
    "kenlm==0.3.0",
    "numpy==1.26.4",
    # What pyctcdecode needs.
    "hypothesis==6.170.17",
    "pygtrie==2.6.2",
    "sortedcontainers==2.4.0",
)
ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / ".tools/peers"


def enter():
    """Goes on in the environment, which is made if it is not there or of other versions."""
    if Path(sys.prefix).resolve() == FOLDER.resolve():
        return
    python, installed = FOLDER / "bin/python", FOLDER / "installed"
    if not installed.is_file() or installed.read_text() != "\n".join(PINNED):
        print(f"installing {', '.join(PINNED)} into {FOLDER}", file=sys.stderr)
        shutil.rmtree(FOLDER, ignore_errors=True)
        subprocess.check_call([sys.executable, "-m", "venv", FOLDER])
        # What is printed is for whoever reads our output.
        subprocess.check_call([python, "-m", "pip", "install", "--no-deps", *PINNED], stdout=sys.stderr)
        installed.write_text("\n".join(PINNED))
    os.execv(python, [str(python), *sys.argv])
