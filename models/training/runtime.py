"""The host's side of the ONNX contract, with onnxruntime: caches, `left_len`, end of input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

from features import FRONT_END, LogMel
from model import WHOLE

FLUSH_MS = 480


def padded_samples(samples: int, chunk: int, multiple: int = 32) -> int:
    """Samples of the take with its 480 ms of zeros and the zeros that fill its last chunk.

    `chunk` counts encoder frames; WHOLE goes in chunks of 512 frames and pads the last to a multiple of 32.
    """
    fe = FRONT_END
    frames = fe.frames(samples + FLUSH_MS * fe.sample_rate_hz // 1000)
    encoder = -(-frames // 4)
    step = chunk if chunk != WHOLE else multiple
    encoder = -(-encoder // step) * step
    return (4 * encoder - 1) * fe.hop_samples + fe.window_samples


def take_features(samples: np.ndarray, chunk: int) -> np.ndarray:
    """f32 samples [N] -> features [T, 80] of the padded take, T a multiple of 4 * chunk."""
    import torch

    total = padded_samples(len(samples), chunk)
    padded = np.pad(samples, (0, total - len(samples)))
    return LogMel()(torch.from_numpy(padded)).numpy()


class OnnxStream:
    """One ONNX file; `run` plays features through it chunk by chunk."""

    def __init__(self, path: Path, threads: int = 1):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Extended optimisation turns DequantizeLinear + MatMul into kernels that quantise the activations
        # as well (log-probs off by up to 1.8 on real speech, onnxruntime 1.32). Basic computes the file as written.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.shapes = {i.name: i.shape for i in self.session.get_inputs() if i.name.startswith("cache_")}
        self.left_frames = self.shapes["cache_keys"][2]

    def run(self, features: np.ndarray, chunk: int) -> np.ndarray:
        """Features [T, 80], T a multiple of 4 * chunk -> log-probs [T / 2, V]."""
        step = 4 * (chunk if chunk != WHOLE else min(512, len(features) // 4))
        caches = {name: np.zeros(shape, np.float32) for name, shape in self.shapes.items()}
        left_len, rows = 0, []
        for start in range(0, len(features), step):
            feeds = {"features": features[None, start : start + step], "left_len": np.array([left_len]), **caches}
            log_probs, *following = self.session.run(None, feeds)
            caches = dict(zip(self.shapes, following))
            left_len = min(self.left_frames, left_len + step // 4)
            rows.append(log_probs[0])
        return np.concatenate(rows)
