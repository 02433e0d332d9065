"""Fixtures for the Rust parity tests: tests/golden/model/.

    python models/training/golden.py

Our own synthetic speech (espeak-ng, three voices, faint seeded noise) -> features of the take -> log-probs of the
float model in PyTorch, for the whole take and chunk by chunk for every lookahead. All .bin files are
little-endian f32, row-major; `golden.json` gives shapes, the model's hash and the end handling:

* `features.bin` holds the take's features, the 480 ms of zeros appended on audio, T a multiple of 4 * 32,
  so that every lookahead's chunks fill it exactly (no further end padding is needed by the test), and long
  enough that the left context overflows and its oldest frames must go;
* `log_probs_whole.bin`, `log_probs_MS.bin`: [T / 2, 29] from the float weights, chunk by chunk with caches;
* `log_probs_int8_whole.bin`, `log_probs_int8_MS.bin`: from the shipped int8 weights (dequantised), by the masked
  forward over the whole take, which has no caches: an independent check of a runtime that has them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import torch
import torchaudio

import graph
from corpus import HERE, REPOSITORY, SAMPLE_RATE_HZ
from evaluate import LOOKAHEAD_CHUNKS
from features import LogMel
from model import Conformer
from runtime import FLUSH_MS, padded_samples
from units import decode_greedy

SENTENCES = [
    ("en-us", "hello world"),
    ("en-gb", "one two three"),
    ("en-us", "the weather was fine all day"),
    ("en-gb", "we walked along the river"),
    ("en-us", "four five six"),
    ("en-gb", "and came back before dark"),
]


def synthesise() -> np.ndarray:
    """int16 [N], 16 kHz: SENTENCES by espeak-ng at a peak of -10 dBFS, over noise at -66 dBFS, seeded."""
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        for i, (voice, text) in enumerate(SENTENCES):
            path = Path(folder) / f"{i}.wav"
            subprocess.run(["espeak-ng", "-v", voice, "-s", "170", "-w", str(path), text], check=True)
            samples, rate_hz = soundfile.read(str(path), dtype="float32")
            at_16k = torchaudio.functional.resample(torch.from_numpy(samples), rate_hz, SAMPLE_RATE_HZ).numpy()
            parts += [at_16k, np.zeros(SAMPLE_RATE_HZ // 8, np.float32)]
    joined = np.concatenate(parts)
    joined *= 10 ** (-10 / 20) / np.abs(joined).max()
    joined += 5e-4 * np.random.default_rng(7).standard_normal(len(joined), dtype=np.float32)
    return np.rint(joined * 32767).astype("<i2")


@torch.no_grad()
def streamed(model: Conformer, features: torch.Tensor, chunk: int) -> np.ndarray:
    """PyTorch, chunk by chunk with caches: [T, 80] -> [T / 2, V]."""
    step = 4 * chunk if chunk else len(features)
    state, rows = model.start(), []
    for start in range(0, len(features), step):
        log_probs, state = model.stream(features[None, start : start + step], state)
        rows.append(log_probs[0])
    return torch.cat(rows).numpy()


@torch.no_grad()
def masked(model: Conformer, features: torch.Tensor, chunk: int) -> np.ndarray:
    """PyTorch, the training forward over the whole take with the chunk mask: [T, 80] -> [T / 2, V]."""
    return model(model.normalise(features)[None], chunk)[0][0].numpy()


def write(folder: Path, float_model: Path, int8_model: Path) -> dict:
    """Writes the fixtures; returns what golden.json says."""
    folder.mkdir(parents=True, exist_ok=True)
    spoken = synthesise()
    audio = np.pad(spoken, (0, padded_samples(len(spoken), 32) - len(spoken)))
    features = LogMel()(torch.from_numpy(audio.astype(np.float32) / 32768.0))
    files: dict[str, dict] = {}

    def put(name: str, array: np.ndarray) -> None:
        (folder / name).write_bytes(array.tobytes())
        files[name] = {"shape": list(array.shape), "dtype": str(array.dtype)}

    put("features.bin", features.numpy().astype("<f4"))
    model = graph.load(float_model).eval()
    dequantised = graph.load(int8_model).eval()

    def row(prefix: str, lookahead: int | None, chunk: int, log_probs: np.ndarray) -> dict:
        name = f"{prefix}{'whole' if lookahead is None else lookahead}.bin"
        put(name, log_probs.astype("<f4"))
        greedy = decode_greedy(log_probs.argmax(1).tolist())
        return {"lookahead_ms": lookahead, "chunk_frames": chunk or len(features) // 4, "file": name, "greedy": greedy}

    lookaheads = [row("log_probs_", ms, n, streamed(model, features, n)) for ms, n in LOOKAHEAD_CHUNKS.items()]
    int8_lookaheads = [
        row("log_probs_int8_", ms, n, masked(dequantised, features, n)) for ms, n in LOOKAHEAD_CHUNKS.items()
    ]
    described = {
        "made_by": "models/training/golden.py",
        "speech": [text for _, text in SENTENCES],
        "spoken_samples": len(spoken),
        "flush_ms": FLUSH_MS,
        "end": "480 ms of zeros and zeros up to a multiple of 128 feature frames were appended to the audio",
        "float_weights_sha256": hashlib.sha256(float_model.read_bytes()).hexdigest(),
        "int8_model_sha256": hashlib.sha256(int8_model.read_bytes()).hexdigest(),
        "files": files,
        "lookaheads": lookaheads,
        "int8_lookaheads": int8_lookaheads,
    }
    (folder / "golden.json").write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
    return described


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=REPOSITORY / "tests" / "golden" / "model")
    parser.add_argument("--float-model", type=Path, default=HERE / "export" / "base.f32.onnx")
    parser.add_argument("--int8-model", type=Path, default=REPOSITORY / "models" / "base.int8.onnx")
    a = parser.parse_args()
    torch.set_num_threads(1)  # one frame at a time: threads would only wait for each other
    result = write(a.folder, a.float_model, a.int8_model)
    for row in result["lookaheads"]:
        print(row["lookahead_ms"], row["chunk_frames"], repr(row["greedy"]))
