"""Convolutions over pictures of one row answer as those over time."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from chereme.bundle.convolutions import over_pictures


def network(weight: np.ndarray, bias: np.ndarray | None = None, twice: bool = False, **attributes) -> onnx.ModelProto:
    """One convolution, or the same weights twice in a row, over (B, C, T)."""
    constants = [numpy_helper.from_array(weight.astype(np.float32), "w")]
    names = ["w"]
    if bias is not None:
        constants.append(numpy_helper.from_array(bias.astype(np.float32), "b"))
        names.append("b")
    nodes = [helper.make_node("Conv", ["x", *names], ["h" if twice else "y"], "first", **attributes)]
    if twice:
        nodes.append(helper.make_node("Conv", ["h", *names], ["y"], "second", **attributes))
    ports = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", None, "time"]) for n in "xy"]
    graph = helper.make_graph(nodes, "g", ports[:1], ports[1:], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def answer(model: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": x})[0])


@pytest.mark.parametrize(
    ("shape", "attributes"),
    [
        pytest.param((6, 4, 1), {}, id="pointwise"),
        pytest.param((4, 1, 5), {"group": 4, "pads": [2, 2]}, id="depthwise"),
        pytest.param((6, 4, 3), {"pads": [2, 0], "dilations": [2]}, id="padded on one side, dilated"),
        pytest.param((6, 4, 3), {"strides": [2]}, id="every second frame"),
    ],
)
@pytest.mark.parametrize("biased", [True, False])
def test_the_answer_stays(shape, attributes, biased, rng):
    weight, bias = rng.normal(size=shape), rng.normal(size=shape[0]) if biased else None
    x = rng.normal(size=(3, 4, 17)).astype(np.float32)
    expected = answer(network(weight, bias, **attributes), x)
    changed = over_pictures(network(weight, bias, **attributes))
    assert [n.op_type for n in changed.graph.node] == ["Unsqueeze", "Conv", "Squeeze"]
    np.testing.assert_allclose(answer(changed, x), expected, atol=1e-5)


def test_weights_used_twice(rng):
    weight = rng.normal(size=(4, 4, 3))
    x = rng.normal(size=(1, 4, 9)).astype(np.float32)
    expected = answer(network(weight, twice=True), x)
    changed = over_pictures(network(weight, twice=True))
    assert len(changed.graph.initializer) == 2  # the weights in their new shape, and the axis
    np.testing.assert_allclose(answer(changed, x), expected, atol=1e-5)


def test_one_channel_stays_as_it_is(rng):
    changed = over_pictures(network(rng.normal(size=(1, 1, 5))))
    assert [n.op_type for n in changed.graph.node] == ["Conv"]
    assert [w.name for w in changed.graph.initializer] == ["w"]
