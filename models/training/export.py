"""Writes what ships: float and int8 ONNX, tokens.txt, manifest.toml; checks them first.

    python models/training/export.py [--checkpoint runs/base/last.pt]   (without: random weights)

Checks, with onnxruntime on both files: chunk by chunk equals PyTorch's masked forward over the
whole input, with the file's weights, for every chunk length; and reports how far int8 is from float.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
import torch

import graph
from corpus import HERE, REPOSITORY
from features import FRONT_END
from model import WHOLE, Conformer, ModelConfig, parameter_count
from runtime import OnnxStream
from units import TOKENS

LOOKAHEADS_MS = [0, 160, 320, 640, 1280]
CHUNKS = [1, 4, 8, 16, 32]
"""Encoder frames a chunk for each of LOOKAHEADS_MS."""


def load_checkpoint(path: Path, weights: str = "average") -> Conformer:
    """A training checkpoint's weights: "average" (the running one) or "model" (the last step's)."""
    saved = torch.load(path, map_location="cpu", weights_only=True)
    model = Conformer(ModelConfig(**saved["config"]))
    model.load_state_dict(saved[weights])
    return model.eval()


@torch.no_grad()
def check(model: Conformer, float_path: Path, int8_path: Path, features: torch.Tensor) -> dict[str, float]:
    """Largest |delta log-prob| of each ONNX to PyTorch with its weights; mean of int8 to float."""
    worst, worst_int8, drift = 0.0, 0.0, 0.0
    dequantised = graph.load(int8_path).eval()
    single, quantised = OnnxStream(float_path), OnnxStream(int8_path)
    for chunk in [*CHUNKS, WHOLE]:
        want = model(model.normalise(features)[None], chunk)[0][0].numpy()
        step = chunk or features.shape[0] // 4
        got = single.run(features.numpy(), step)
        worst = max(worst, float(np.abs(got - want).max()))
        got_int8 = quantised.run(features.numpy(), step)
        want = dequantised(dequantised.normalise(features)[None], chunk)[0][0].numpy()
        worst_int8 = max(worst_int8, float(np.abs(got_int8 - want).max()))
        drift = max(drift, float(np.abs(got_int8 - got).mean()))
    return {"float_max": worst, "int8_max": worst_int8, "int8_to_float_mean": drift}


def manifest(model: Conformer, name: str, int8_path: Path) -> str:
    """The text of manifest.toml (format 1)."""
    c, fe = model.config, FRONT_END
    data = int8_path.read_bytes()
    millions = parameter_count(model) / 1e6
    caches = "".join(
        f'\n[[model.caches]]\nname = "{key}"\nshape = {shape}\n' for key, shape in graph.cache_shapes(c).items()
    )
    return f"""# Written by models/training/export.py, but for the language models; do not edit above them.
format = 1
default = "{name}"

[[model]]
name = "{name}"
title = "English, conformer CTC, {millions:.1f} M parameters"
file = "{int8_path.name}"
sha256 = "{hashlib.sha256(data).hexdigest()}"
bytes = {len(data)}
licence = "MIT OR Apache-2.0 (weights); see README.md for the data"
language = "en"
precision = "int8"
tokens = "tokens.txt"
sample_rate_hz = {fe.sample_rate_hz}
subsampling = 4
rows_per_frame = {c.rows_per_frame}
blank = 0
left_frames = {c.left_frames}
lookaheads_ms = {LOOKAHEADS_MS}
whole_take_frames = {c.max_chunk}
whole_take_multiple = 32
flush_ms = 480

[model.front_end]
sample_rate_hz = {fe.sample_rate_hz}
window_samples = {fe.window_samples}
window_shape = "hann"
hop_samples = {fe.hop_samples}
n_fft = {fe.n_fft}
n_mels = {fe.n_mels}
f_min_hz = {fe.f_min_hz}
f_max_hz = {fe.f_max_hz}
mel_scale = "htk"
mel_norm = "none"
spectrum = "power"
scaling = {{ kind = "ln", floor = {fe.floor} }}
pre_emphasis = 0.0
framing = "valid"
{caches}"""


def language_models(described: Path) -> str:
    """The manifest's language models, which are made elsewhere (`cargo xtask lm`) and stay."""
    if not described.exists():
        return ""
    _, mark, rest = described.read_text(encoding="utf-8").partition("\n[[language_model]]")
    return mark + rest


def export(model: Conformer, shipped: Path, work: Path, name: str = "base") -> dict[str, float]:
    """Writes `work`/NAME.f32.onnx and, into `shipped`, NAME.int8.onnx, tokens.txt, manifest.toml."""
    model = model.eval()
    shipped.mkdir(parents=True, exist_ok=True)
    work.mkdir(parents=True, exist_ok=True)
    float_path, int8_path = work / f"{name}.f32.onnx", shipped / f"{name}.int8.onnx"
    onnx.save(graph.build(model, int8=False), str(float_path))
    onnx.save(graph.build(model, int8=True), str(int8_path))
    generator = torch.Generator().manual_seed(0)
    features = -6.0 + 3.0 * torch.randn(1024, FRONT_END.n_mels, generator=generator)
    report = check(model, float_path, int8_path, features)
    if max(report["float_max"], report["int8_max"]) > 1e-3:
        raise SystemExit(f"ONNX and PyTorch disagree: {report}")
    reloaded = graph.load(float_path).state_dict()
    if not all(torch.equal(value, reloaded[key]) for key, value in model.state_dict().items()):
        raise SystemExit("weights read back from the ONNX differ")
    (shipped / "tokens.txt").write_text("\n".join(TOKENS) + "\n", encoding="utf-8")
    described = shipped / "manifest.toml"
    text = manifest(model, name, int8_path) + language_models(described)
    described.write_text(text, encoding="utf-8")
    return report


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, help="training checkpoint; random weights without")
    parser.add_argument("--weights", choices=["average", "model"], default="average")
    parser.add_argument("--shipped", type=Path, default=REPOSITORY / "models")
    parser.add_argument("--work", type=Path, default=HERE / "export")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    chosen = load_checkpoint(arguments.checkpoint, arguments.weights) if arguments.checkpoint else Conformer(ModelConfig())
    for key, number in export(chosen, arguments.shipped, arguments.work).items():
        print(f"{key}: {number:.2e}")
