"""Other people's tools in environments of their own, with exactly these versions from their registries."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# Needs Python 3.9 to 3.12 with venv, and a C++ compiler, because kenlm comes as source (some minutes).
DECODERS = (
    "pyctcdecode==0.5.0",
    "flashlight-text==0.0.7",
    "kenlm==0.3.0",
    "numpy==1.26.4",
    # What pyctcdecode needs.
    "hypothesis==6.170.17",
    "pygtrie==2.6.2",
    "sortedcontainers==2.4.0",
)
# click is what jiwer needs.
JIWER = ("jiwer==4.0.0", "rapidfuzz==3.14.6", "click==8.3.1")
SCTK = "2.4.10-20151007-1312Z+dfsg2-3.1"
TOOLS = Path(__file__).resolve().parents[2] / ".tools"


def enter(name, pinned):
    """Goes on in the environment `.tools/NAME`, which is made if it is not there or of other versions."""
    folder = TOOLS / name
    if Path(sys.prefix).resolve() == folder.resolve():
        return
    python, installed = folder / "bin/python", folder / "installed"
    if not installed.is_file() or installed.read_text() != "\n".join(pinned):
        print(f"installing {', '.join(pinned)} into {folder}", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.check_call([sys.executable, "-m", "venv", folder])
        # What is printed is for whoever reads our output.
        subprocess.check_call([python, "-m", "pip", "install", "--no-deps", *pinned], stdout=sys.stderr)
        installed.write_text("\n".join(pinned))
    os.execv(python, [str(python), *sys.argv])


def need_sctk():
    """Installs Debian's sctk, whose sclite counts errors, where it is missing; only root can."""
    if shutil.which("sctk") is None:
        subprocess.check_call(["apt-get", "install", "--yes", f"sctk={SCTK}"], stdout=sys.stderr)
