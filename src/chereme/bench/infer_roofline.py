"""`infer-roofline`: what a clip costs in ONNX Runtime, beside its multiplications at this machine's matrix rate."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from chereme.bench import BenchResult
from chereme.bundle import Bundle, find_bundle
from chereme.dataset.importers import IMPORTERS
from chereme.places import data_folder
from chereme.recognize import DEFAULT_BUNDLE, Recognizer
from chereme.types import Bools, Floats

__all__ = ["count_flops", "gemm_rate", "measure"]

SIDE = 512
"""Rows and columns of the matrices: large enough for the processor's best rate, small enough for its caches."""


def measure(
    data: str | Path | None = None,
    *,
    bundle: str | Path = DEFAULT_BUNDLE,
    clips: str = "isl_include43_poses",
    rounds: int = 300,
) -> BenchResult:
    """Milliseconds of the network on one thread for a clip of median length, over the time its FLOPs would take.

    Both are processor time of the working thread, medians, and take turns, so that other work on the machine meets
    them alike. FLOPs are those of matrix products and convolutions, two for each multiplication and addition.

    Args:
        data: folder of the public data sets.
        bundle: whose model.
        clips: the set whose median length is taken.
        rounds: of both.
    """
    loaded = Bundle.load(find_bundle(bundle))
    recognizer = Recognizer(loaded)
    sequences = [sequence for _, sequence in IMPORTERS[clips](data_folder(data) / clips)]
    middle = sorted(sequences, key=lambda sequence: sequence.seconds)[len(sequences) // 2]
    values = recognizer.features(middle).values[None]
    mask = np.ones(values.shape[:2], bool)
    flops = count_flops(loaded.onnx_path, values, mask)
    multiply = _product()
    ours_ms, product_ms = _take_turns((lambda: recognizer.score(values, mask), multiply), rounds)
    rate = 2 * SIDE**3 / product_ms * 1e3
    least_ms = flops / rate * 1e3
    return BenchResult(
        "infer-roofline",
        round(ours_ms, 4),
        "ms per clip",
        "its FLOPs at the float32 matrix product rate of one thread, ONNX Runtime",
        round(least_ms, 4),
        round(ours_ms / least_ms, 4),
        rounds,
        {
            "goal": "ratio <= 2.5",
            "bundle": loaded.name,
            "frames": values.shape[1],
            "clip_seconds": round(middle.seconds, 2),
            "gflop": round(flops / 1e9, 5),
            "gflop_per_second": round(rate / 1e9, 2),
            "matrix_side": SIDE,
        },
    )


def gemm_rate(rounds: int = 50) -> float:
    """FLOPs per second of float32 matrix products in ONNX Runtime, one thread; median, in processor time."""
    (ms,) = _take_turns((_product(),), rounds)
    return 2 * SIDE**3 / ms * 1e3


def count_flops(path: Path, values: Floats, mask: Bools) -> int:
    """FLOPs of the matrix products and convolutions of an ONNX model for one batch.

    The model runs once, since shapes inside it depend on the clip.

    Args:
        path: of the model.
        values: features (B, T, F).
        mask: (B, T).
    """
    model = onnx.load(path)
    counted = [node for node in model.graph.node if node.op_type in ("MatMul", "Gemm", "Conv")]
    fixed = {one.name: tuple(one.dims) for one in model.graph.initializer}
    names = {name for node in counted for name in (*node.input[:2], node.output[0])} - set(fixed)
    already = {output.name for output in model.graph.output} | {one.name for one in model.graph.input}
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in sorted(names - already))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    outputs = [output.name for output in session.get_outputs()]
    found = session.run(outputs, {"features": values, "mask": mask})
    shapes = {**fixed, "features": values.shape} | {n: np.shape(v) for n, v in zip(outputs, found, strict=True)}
    return sum(_flops(node, shapes) for node in counted)


def _flops(node: onnx.NodeProto, shapes: dict[str, tuple[int, ...]]) -> int:
    first, second = (shapes[name] for name in node.input[:2])
    if node.op_type == "Conv":
        inner = int(np.prod(second[1:]))  # channels of a group, times the kernel
    elif node.op_type == "Gemm" and any(a.name == "transA" and a.i for a in node.attribute):
        inner = first[0]
    else:
        inner = first[-1]
    return 2 * inner * int(np.prod(shapes[node.output[0]]))


def _product() -> Callable[[], object]:
    """A product of two square matrices in ONNX Runtime, one thread."""
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(2, SIDE, SIDE)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["left", "right"], ["product"])],
        "product",
        [helper.make_tensor_value_info("left", TensorProto.FLOAT, [SIDE, SIDE])],
        [helper.make_tensor_value_info("product", TensorProto.FLOAT, [SIDE, SIDE])],
        [numpy_helper.from_array(right, "right")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"left": left})


def _take_turns(functions: tuple[Callable[[], object], ...], rounds: int) -> list[float]:
    """Median milliseconds of each, in turn, after five rounds that are not counted."""
    taken: list[list[float]] = [[] for _ in functions]
    for round_ in range(rounds + 5):
        for function, times in zip(functions, taken, strict=True):
            begun = time.thread_time()
            function()
            if round_ >= 5:
                times.append(time.thread_time() - begun)
    return [1000 * median(times) for times in taken]
