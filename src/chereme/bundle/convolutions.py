"""Make an ONNX model's convolutions over time the kind that ONNX Runtime has fast code for."""

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import helper, numpy_helper

__all__ = ["over_pictures"]


def over_pictures(model: onnx.ModelProto) -> onnx.ModelProto:
    """Turn each convolution over (B, C, T) into the same one over pictures (B, C, 1, T) of a single row.

    ONNX Runtime holds pictures in blocks of channels and has direct kernels for them; along a single axis it
    copies windows and multiplies. The answers stay the same; `chereme bench infer-torch` shows what it saves.

    Args:
        model: as exported; changed in place, and returned. Convolutions of one channel, for which there is no
            block to fill, stay as they are.
    """
    graph = model.graph
    rows = {
        weight.name: numpy_helper.from_array(numpy_helper.to_array(weight)[:, :, None], f"{weight.name}/row")
        for weight in graph.initializer
        if len(weight.dims) == 3 and weight.dims[0] > 1
    }
    axis = numpy_helper.from_array(np.array([2], np.int64), "picture_row")
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "Conv" and node.input[1] in rows:
            nodes += _convolution(node, rows[node.input[1]].name, axis.name)
        else:
            nodes.append(node)
    used = {name for node in nodes for name in node.input}
    weights = [w for w in [*graph.initializer, *rows.values(), axis] if w.name in used]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(weights)
    onnx.checker.check_model(model)
    return model


def _convolution(node: onnx.NodeProto, weight: str, axis: str) -> Iterator[onnx.NodeProto]:
    """The nodes that stand for one convolution along a single axis."""
    given = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    before, after = given.get("pads", (0, 0))
    wide, made = f"{node.name}/wide", f"{node.name}/made"
    yield helper.make_node("Unsqueeze", [node.input[0], axis], [wide], f"{node.name}/unsqueeze")
    yield helper.make_node(
        "Conv",
        [wide, weight, *node.input[2:]],
        [made],
        node.name,
        group=given.get("group", 1),
        strides=[1, *given.get("strides", (1,))],
        dilations=[1, *given.get("dilations", (1,))],
        pads=[0, before, 0, after],
    )
    yield helper.make_node("Squeeze", [made, axis], list(node.output), f"{node.name}/squeeze")
