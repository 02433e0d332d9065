"""Every English voice that espeak-ng, flite and festival offer here, each varied in rate and pitch.

A `Voice` renders many lines at once (festival starts slowly) to f32 samples and their rate. All are free
software from Debian: espeak-ng (GPL-3), flite with the CMU Arctic voices awb, rms, slt and the diphone voice
kal (BSD-like), festival with kal, ked (BSD-like) and the HTS voice cmu_us_slt_arctic. Left out: espeak's MBROLA voices
(not free), flite's 8 kHz kal, its awb_time (says the time only), and variants that are robots, jokes or that no
human sounds like. flite's rms and festival's HTS voice have one pitch.
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

ESPEAK_ACCENTS = {
    "en-us": 0.4, "en-gb": 0.14, "en-gb-x-rp": 0.1, "en-gb-scotland": 0.08, "en-gb-x-gbclan": 0.06,
    "en-gb-x-gbcwmd": 0.06, "en-029": 0.06, "en-us-nyc": 0.1,
}  # fmt: skip
ESPEAK_TIMBRES = (
    "m1 m2 m3 m4 m5 m6 m7 m8 f1 f2 f3 f4 f5 klatt klatt2 klatt3 klatt4 klatt6 adam alex alicia andrea andy annie aunty "
    "belinda benjamin boris caleb david ed edward edward2 gene gene2 grandma grandpa hugo iven iven2 iven3 iven4 jacky "
    "john lee linda marco mario max michael michel miguel mike norbert pablo paul pedro quincy rob robert sandro shelby "
    "steph steph2 steph3 travis victor zac anika antonio marcelo henrique diogo denis gustave whisper whisperf"
).split()
"""Names of `espeak-ng --voices=variant`, without the robots and the jokes; matched whatever their case."""
FLITE = {"slt": 0.3, "rms": 0.3, "awb": 0.25, "kal16": 0.15}
FESTIVAL = {"voice_cmu_us_slt_arctic_hts": 0.4, "voice_ked_diphone": 0.35, "voice_kal_diphone": 0.25}
ENGINES = {"espeak": 0.5, "flite": 0.35, "festival": 0.15}
"""Shares of the clips: espeak has by far the most voices, flite the most human ones."""


@dataclass(frozen=True)
class Voice:
    """`rate` 1 is the engine's own; `pitch` from 0 to 1 within what it offers."""

    engine: str
    name: str
    rate: float
    pitch: float

    @property
    def label(self) -> str:
        return f"{self.engine}:{self.name}"


def timbres() -> dict[str, str]:
    """Lower-case name -> the name installed espeak-ng knows."""
    listed = subprocess.run(["espeak-ng", "--voices=variant"], capture_output=True, text=True, check=True).stdout
    files = [word.removeprefix("!v/") for line in listed.splitlines() for word in line.split() if word.startswith("!v/")]
    installed = {name.lower(): name for name in files}
    return {name: installed[name] for name in ESPEAK_TIMBRES if name in installed}


def _weighted(rng: np.random.Generator, shares: dict[str, float]) -> str:
    chances = np.array([*shares.values()])
    return [*shares][rng.choice(len(shares), p=chances / chances.sum())]


def draw(rng: np.random.Generator, engine: str, known: dict[str, str]) -> Voice:
    """A voice of `engine`; `known` from `timbres`."""
    rate, pitch = float(np.exp(rng.normal(0.0, 0.13))), float(rng.beta(2.0, 2.0))
    if engine == "espeak":
        name = f"{_weighted(rng, ESPEAK_ACCENTS)}+{known[[*known][rng.integers(len(known))]]}"
    else:
        name = _weighted(rng, FLITE if engine == "flite" else FESTIVAL)
    return Voice(engine, name, rate, pitch)


def _read(path: Path) -> tuple[np.ndarray, int] | None:
    try:
        samples, rate_hz = soundfile.read(str(path), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError):
        return None
    return samples[:, 0], rate_hz


def _run(command: list[str]) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, check=False)


def _festival(items: list[tuple[Voice, str]], folder: Path) -> None:
    lines = []
    for i, (voice, say) in enumerate(items):
        # Of the diphone voices; model_f0 is what their intonation was trained on.
        mean_hz = 85 + 90 * voice.pitch
        lines.append(f"(set! int_lr_params '((target_f0_mean {mean_hz:.0f}) (target_f0_std {mean_hz / 8:.0f}) "
                     "(model_f0_mean 170) (model_f0_std 34)))")  # fmt: skip
        quoted = say.replace("\\", "").replace('"', "")
        lines += [f"({voice.name})", f"(Parameter.set 'Duration_Stretch {1 / voice.rate:.2f})",
                  f'(utt.save.wave (utt.synth (Utterance Text "{quoted}")) "{folder}/{i}.wav" \'riff)']  # fmt: skip
    (folder / "say.scm").write_text("\n".join(lines), encoding="ascii")
    subprocess.run(["festival", "-b", str(folder / "say.scm")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   timeout=600, check=False)  # fmt: skip


def render(items: list[tuple[Voice, str]]) -> list[tuple[np.ndarray, int] | None]:
    """Samples and rate in Hz of each (voice, what to say), all of one engine; None where the engine failed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if items[0][0].engine == "festival":
            _festival(items, folder)
        for i, (voice, say) in enumerate(items):
            out = str(folder / f"{i}.wav")
            if voice.engine == "espeak":
                speed, pitch = str(int(165 * voice.rate)), str(int(20 + 60 * voice.pitch))
                _run(["espeak-ng", "-v", voice.name, "-s", speed, "-p", pitch, "-w", out, say])
            elif voice.engine == "flite":
                stretch, shift = 1 / voice.rate, np.exp(0.6 * (voice.pitch - 0.5))
                features = ["--setf", f"duration_stretch={stretch:.2f}", "--setf", f"f0_shift={shift:.2f}"]
                _run(["flite", "-voice", voice.name, *features, "-t", say, out])
        return [_read(folder / f"{i}.wav") for i in range(len(items))]
