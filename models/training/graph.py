"""The ONNX graph of `model.Conformer.stream`, written node by node, and weights read back from it.

By hand rather than by `torch.onnx.export`, so that only operators that the page reads appear
(src/model/operators; no Einsum, Where, ScatterND, Gemm, control flow), the batch is concrete, and every initialiser bears
the name of its PyTorch parameter. MatMul right-hand sides are stored [in, out]. Quantised weights are
int8 with a per-output-channel scale through DequantizeLinear, zero point 0, |q| <= 127.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from features import FRONT_END
from model import Conformer, ModelConfig, rotary_tables

OPSET = 17
QUANTISE_FROM = 2048
"""Weights with fewer elements stay f32 (first convolution, depthwise kernels): they save nothing."""


def is_matmul(name: str, shape: tuple[int, ...]) -> bool:
    return name.endswith(".weight") and len(shape) == 2


def quantise(weight: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric int8 by slice along `axis`: (q, scale f32 [shape[axis]]), weight ~ q * scale."""
    others = tuple(i for i in range(weight.ndim) if i != axis)
    scale = np.maximum(np.abs(weight).max(axis=others), 1e-8) / 127.0
    shape = [1] * weight.ndim
    shape[axis] = -1
    q = np.clip(np.rint(weight / scale.reshape(shape)), -127, 127).astype(np.int8)
    return q, scale.astype(np.float32)


class Builder:
    """Collects nodes and initialisers; each method adds one operator and returns its output's name."""

    def __init__(self, weights: dict[str, np.ndarray], int8: bool):
        self.weights, self.int8 = weights, int8
        self.nodes: list[onnx.NodeProto] = []
        self.initialisers: dict[str, np.ndarray] = {}

    def op(self, kind: str, *inputs: str, outputs: int = 1, name: str | None = None, **attributes):
        base = name or f"{kind.lower()}_{len(self.nodes)}"
        names = [base] if outputs == 1 else [f"{base}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=f"n_{base}", **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, name: str, value, dtype=np.float32) -> str:
        self.initialisers.setdefault(name, np.asarray(value, dtype=dtype))
        return name

    def ints(self, *values: int) -> str:
        name = "i_" + "_".join(str(v).replace("-", "m") for v in values)
        return self.constant(name, values, np.int64)

    def number(self, value: float) -> str:
        return self.constant(f"c_{value:g}".replace("-", "m").replace(".", "p"), value)

    def weight(self, name: str) -> str:
        """The parameter `name`, once in the graph, dequantised where it is stored as int8."""
        if name in self.initialisers or f"{name}.q" in self.initialisers:
            return name
        value = self.weights[name]
        matmul = is_matmul(name, value.shape)
        if matmul:
            value = np.ascontiguousarray(value.T)
        if not (self.int8 and name.endswith(".weight") and value.ndim > 1 and value.size >= QUANTISE_FROM):
            return self.constant(name, value)
        axis = 1 if matmul else 0
        q, scale = quantise(value, axis)
        self.constant(f"{name}.q", q, np.int8)
        self.constant(f"{name}.scale", scale)
        self.constant(f"{name}.zero", np.zeros_like(scale), np.int8)
        return self.op("DequantizeLinear", f"{name}.q", f"{name}.scale", f"{name}.zero", name=name, axis=axis)

    def linear(self, x: str, name: str, bias: bool = True) -> str:
        y = self.op("MatMul", x, self.weight(f"{name}.weight"))
        return self.op("Add", y, self.weight(f"{name}.bias")) if bias else y

    def norm(self, x: str, name: str) -> str:
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.op("LayerNormalization", x, scale, bias, axis=-1, epsilon=1e-5)

    def silu(self, x: str) -> str:
        return self.op("Mul", x, self.op("Sigmoid", x))

    def slice(self, x: str, start: str, end: str, axis: int) -> str:
        return self.op("Slice", x, start, end, self.ints(axis))

    def last(self, x: str, count: int, axis: int, name: str | None = None) -> str:
        inputs = [x, self.ints(-count), self.ints(2**31 - 1), self.ints(axis)]
        return self.op("Slice", *inputs, name=name)


def _conv2d(b: Builder, x: str, name: str) -> str:
    """3x3, stride 2, valid in time, one zero either side in frequency, SiLU."""
    inputs = [x, b.weight(f"{name}.weight"), b.weight(f"{name}.bias")]
    return b.silu(b.op("Conv", *inputs, kernel_shape=[3, 3], strides=[2, 2], pads=[0, 1, 0, 1]))


def _feed_forward(b: Builder, x: str, name: str) -> str:
    y = b.linear(b.silu(b.linear(b.norm(x, f"{name}.norm"), f"{name}.up")), f"{name}.down")
    return b.op("Add", x, b.op("Mul", y, b.number(0.5)))


def _rotate(b: Builder, x: str, cos: str, sin: str, half: int) -> str:
    a, z = b.op("Split", x, b.ints(half, half), outputs=2, axis=3)
    first = b.op("Sub", b.op("Mul", a, cos), b.op("Mul", z, sin))
    second = b.op("Add", b.op("Mul", z, cos), b.op("Mul", a, sin))
    return b.op("Concat", first, second, axis=3)


def _attention(b: Builder, c: ModelConfig, x: str, name: str, keys: str, values: str, t: dict[str, str]):
    """Returns the block's output and the next key and value caches, [1, left, d]."""
    y = b.norm(x, f"{name}.norm")
    keys = b.op("Concat", keys, b.linear(y, f"{name}.key", bias=False), axis=1)
    values = b.op("Concat", values, b.linear(y, f"{name}.value"), axis=1)

    def split(z: str) -> str:
        heads = b.op("Reshape", z, b.ints(1, -1, c.heads, c.head_dim))
        return b.op("Transpose", heads, perm=[0, 2, 1, 3])

    half = c.head_dim // 2
    q = b.op("Mul", split(b.linear(y, f"{name}.query")), b.constant("attention_scale", c.head_dim**-0.5))
    q = _rotate(b, q, t["query_cos"], t["query_sin"], half)
    k = b.op("Transpose", _rotate(b, split(keys), t["cos"], t["sin"], half), perm=[0, 1, 3, 2])
    scores = b.op("Add", b.op("MatMul", q, k), t["bias"])
    mixed = b.op("MatMul", b.op("Softmax", scores, axis=-1), split(values))
    mixed = b.op("Reshape", b.op("Transpose", mixed, perm=[0, 2, 1, 3]), b.ints(1, -1, c.d))
    out = b.op("Add", x, b.linear(mixed, f"{name}.out"))
    return out, b.last(keys, c.left_frames, 1), b.last(values, c.left_frames, 1)


def _convolution(b: Builder, c: ModelConfig, x: str, name: str, cache: str):
    """Returns the block's output and the next convolution cache, [1, k - 1, d]."""
    y = b.linear(b.norm(x, f"{name}.norm"), f"{name}.up")
    value, gate = b.op("Split", y, b.ints(c.d, c.d), outputs=2, axis=2)
    padded = b.op("Concat", cache, b.op("Mul", value, b.op("Sigmoid", gate)), axis=1)
    y = b.op("Transpose", padded, perm=[0, 2, 1])
    inputs = [y, b.weight(f"{name}.depthwise.weight"), b.weight(f"{name}.depthwise.bias")]
    y = b.op("Conv", *inputs, group=c.d, kernel_shape=[c.kernel])
    y = b.silu(b.norm(b.op("Transpose", y, perm=[0, 2, 1]), f"{name}.norm2"))
    return b.op("Add", x, b.linear(y, f"{name}.down")), b.last(padded, c.kernel - 1, 1)


def _window_tables(b: Builder, c: ModelConfig, x: str) -> dict[str, str]:
    """Rotary tables and the mask of the window left + n, cut to length by the one Shape of the graph."""
    length = c.left_frames + c.max_chunk
    cos, sin = rotary_tables(c, length)
    frames = b.slice(b.op("Shape", x), b.ints(1), b.ints(2), 0)
    end = b.op("Add", frames, b.ints(c.left_frames))
    start = b.ints(0)
    tables = {
        "cos": b.slice(b.constant("rotary_cos", cos.numpy()), start, end, 0),
        "sin": b.slice(b.constant("rotary_sin", sin.numpy()), start, end, 0),
    }
    for part in ("cos", "sin"):
        tables[f"query_{part}"] = b.slice(f"rotary_{part}", b.ints(c.left_frames), end, 0)
    # -1e4 on the cached frames that are not valid: clip(left - left_len - index, 0, 1) * -1e4
    index = b.slice(b.constant("window_index", np.arange(length)), start, end, 0)
    valid = b.op("Cast", "left_len", to=TensorProto.FLOAT)
    unused = b.op("Sub", b.op("Sub", b.constant("left_frames", [c.left_frames]), valid), index)
    zero, one = b.constant("zero", 0.0), b.constant("one", 1.0)
    tables["bias"] = b.op("Mul", b.op("Clip", unused, zero, one), b.constant("masked", -1e4))
    return tables


def build(model: Conformer, int8: bool) -> onnx.ModelProto:
    """The contract's graph, symbolic in T."""
    c = model.config
    weights = {k: v.detach().float().cpu().numpy() for k, v in model.state_dict().items()}
    b = Builder(weights, int8)
    x = b.op("Mul", b.op("Sub", "features", b.weight("mean")), b.weight("scale"))
    window = b.op("Concat", "cache_features", x, axis=1)
    b.last(window, 3, 1, name="cache_features_next")
    x = b.op("Reshape", window, b.ints(1, 1, -1, FRONT_END.n_mels))
    x = _conv2d(b, _conv2d(b, x, "subsampling.conv1"), "subsampling.conv2")
    x = b.op("Reshape", b.op("Transpose", x, perm=[0, 2, 1, 3]), b.ints(1, -1, c.channels * FRONT_END.n_mels // 4))
    x = b.linear(x, "subsampling.linear")
    tables = _window_tables(b, c, x)
    parts, following = {}, {"keys": [], "values": [], "conv": []}
    for kind in following:
        split = b.op("Split", f"cache_{kind}", b.ints(*[1] * c.blocks), outputs=c.blocks, axis=0)
        parts[kind] = [b.op("Squeeze", part, b.ints(0)) for part in split]
    for i in range(c.blocks):
        name = f"blocks.{i}"
        x = _feed_forward(b, x, f"{name}.ff1")
        x, keys, values = _attention(b, c, x, f"{name}.attention", parts["keys"][i], parts["values"][i], tables)
        x, conv = _convolution(b, c, x, f"{name}.conv", parts["conv"][i])
        x = b.norm(_feed_forward(b, x, f"{name}.ff2"), f"{name}.norm")
        for kind, value in (("keys", keys), ("values", values), ("conv", conv)):
            following[kind].append(b.op("Unsqueeze", value, b.ints(0)))
        if i + 1 == c.middle:
            rows = b.op("Reshape", b.linear(x, "middle"), b.ints(1, -1, c.tokens))
            posterior = b.op("Softmax", rows, axis=-1)
            posterior = b.op("Reshape", posterior, b.ints(1, -1, c.rows_per_frame * c.tokens))
            x = b.op("Add", x, b.linear(posterior, "condition"))
    for kind, values in following.items():
        b.op("Concat", *values, axis=0, name=f"cache_{kind}_next")
    rows = b.op("Reshape", b.linear(x, "head"), b.ints(1, -1, c.tokens))
    b.op("LogSoftmax", rows, axis=-1, name="log_probs")
    return _finish(b, c)


def cache_shapes(c: ModelConfig) -> dict[str, list[int]]:
    """Shapes of the caches by input name, in the order of the contract."""
    return {
        "cache_features": [1, 3, FRONT_END.n_mels],
        "cache_keys": [c.blocks, 1, c.left_frames, c.d],
        "cache_values": [c.blocks, 1, c.left_frames, c.d],
        "cache_conv": [c.blocks, 1, c.kernel - 1, c.d],
    }


def _finish(b: Builder, c: ModelConfig) -> onnx.ModelProto:
    def value(name: str, shape: list, kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, shape)

    caches = cache_shapes(c)
    graph = helper.make_graph(
        b.nodes,
        "conformer_ctc",
        [value("features", [1, "T", FRONT_END.n_mels])]
        + [value(name, shape) for name, shape in caches.items()]
        + [value("left_len", [1], TensorProto.INT64)],
        [value("log_probs", [1, "R", c.tokens])]
        + [value(f"{name}_next", shape) for name, shape in caches.items()],
        [numpy_helper.from_array(array, name) for name, array in b.initialisers.items()],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="models/training")
    proto.ir_version = 8
    helper.set_model_props(proto, {key: str(v) for key, v in c.as_dict().items()})
    onnx.checker.check_model(proto, full_check=True)
    return proto


def load(path: Path) -> Conformer:
    """A model with the sizes and weights of an ONNX file that `build` wrote, int8 dequantised."""
    proto = onnx.load(str(path))
    kinds = {key: type(v) for key, v in ModelConfig().as_dict().items()}
    config = ModelConfig(**{p.key: kinds[p.key](p.value) for p in proto.metadata_props if p.key in kinds})
    arrays = {i.name: numpy_helper.to_array(i) for i in proto.graph.initializer}
    model = Conformer(config)
    state = model.state_dict()
    for name, target in state.items():
        matmul = is_matmul(name, tuple(target.shape))
        if f"{name}.q" in arrays:
            shape = [1] * target.ndim
            shape[1 if matmul else 0] = -1
            array = arrays[f"{name}.q"].astype(np.float32) * arrays[f"{name}.scale"].reshape(shape)
        else:
            array = arrays[name]
        state[name] = torch.from_numpy(np.array(array.T if matmul else array))
    model.load_state_dict(state)
    return model
