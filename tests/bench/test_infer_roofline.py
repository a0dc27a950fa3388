"""FLOPs counted by hand, and the ratio made of them."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from chereme.bench import infer_roofline
from chereme.bench.infer_roofline import count_flops, gemm_rate, measure


def test_flops_by_hand(tmp_path):
    """Of 5 frames of 4 features: a product (4 to 6), a depthwise convolution over 3 frames, a Gemm of the mean."""
    weights = {
        "to6": np.zeros((4, 6), np.float32),
        "kernel": np.zeros((6, 1, 3), np.float32),
        "to2": np.zeros((2, 6), np.float32),
    }
    nodes = [
        helper.make_node("MatMul", ["features", "to6"], ["wide"]),
        helper.make_node("Transpose", ["wide"], ["turned"], perm=[0, 2, 1]),
        helper.make_node("Conv", ["turned", "kernel"], ["smooth"], group=6, pads=[1, 1]),
        helper.make_node("ReduceMean", ["smooth"], ["middle"], axes=[2], keepdims=0),
        helper.make_node("Gemm", ["middle", "to2"], ["logits"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "counted",
        [
            helper.make_tensor_value_info("features", TensorProto.FLOAT, ["B", "T", 4]),
            helper.make_tensor_value_info("mask", TensorProto.BOOL, ["B", "T"]),
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["B", 2])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, tmp_path / "model.onnx")
    product, convolution, gemm = 2 * 5 * 4 * 6, 2 * 5 * 6 * 3, 2 * 6 * 2
    found = count_flops(tmp_path / "model.onnx", np.zeros((1, 5, 4), np.float32), np.ones((1, 5), bool))
    assert found == product + convolution + gemm


def test_a_bundles_flops_grow_with_the_clip(small_bundle):
    from chereme.recognize import Recognizer

    path = Recognizer.load(small_bundle).bundle.onnx_path
    width = Recognizer.load(small_bundle)._session.get_inputs()[0].shape[-1]
    counts = [count_flops(path, np.zeros((1, t, width), np.float32), np.ones((1, t), bool)) for t in (20, 40)]
    assert counts[0] > 2 * 20 * width * 16  # the first layer alone
    assert 1.9 < counts[1] / counts[0] < 2.3


def test_the_ratio_is_time_over_least_time(small_bundle, signing, monkeypatch, tmp_path):
    monkeypatch.setitem(infer_roofline.IMPORTERS, "isl_include43_poses", lambda folder: [(None, signing)])
    result = measure(tmp_path, bundle=small_bundle, rounds=20)
    assert result.ratio == pytest.approx(result.value / result.peer_value, rel=0.2)
    assert result.details["clip_seconds"] == 2.0
    assert result.details["gflop"] > 0
    assert gemm_rate(5) > 1e8
