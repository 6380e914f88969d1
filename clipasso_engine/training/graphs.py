"""The networks of the package as ONNX graphs without weights, for OpenCV to run (`weights.opencv_network`).

They are traced from the definitions in PyTorch, which training and tests use; the weights are in safetensors files,
under the same names.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator
from torch import nn

from ..seeing import faces
from ..seeing.boundary_network import BoundaryNetwork
from ..seeing.classifier_network import ClassifierNetwork
from ..seeing.foreground_network import ForegroundNetwork
from ..weights.graph_network import GraphNetwork
from .contributions import Contributions

_OPSET = 17


def boundary() -> bytes:
    """Logits [1, 1, h, w] of photos [1, 3, h, w], sides multiples of 32."""
    return _traced(BoundaryNetwork(), (1, 3, 256, 256), ["logits"], any_size=True)


def foreground() -> bytes:
    """Logits [1, 1, 320, 320] of photos [1, 3, 320, 320]."""
    return _traced(ForegroundNetwork(), (1, 3, 320, 320), ["logits"])


def classifier() -> bytes:
    """`Contributions` of photos [1, 3, h, w], sides multiples of 32, as `fine`, `middle` and `coarse`."""
    return _traced(Contributions(ClassifierNetwork()), (1, 3, 256, 256), ["fine", "middle", "coarse"], any_size=True)


def face_network(weights: bytes) -> bytes:
    """What a face network, given as its safetensors file, says of one picture [1, 3, 192, 192]."""
    network = GraphNetwork.of_file(weights)
    return _traced(_Listed(network), (1, 3, faces.SIDE, faces.SIDE), network.outputs)


def all_of_them() -> dict[str, Callable[[], bytes]]:
    """How to make each, by the name of its weights."""
    return {
        "boundary": boundary,
        "foreground": foreground,
        "classifier": classifier,
        "face_detector": lambda: face_network(faces.DETECTOR.read_bytes()),
        "face_landmarks": lambda: face_network(faces.LANDMARKS.read_bytes()),
    }


class _Listed(nn.Module):
    """A network whose outputs have names, which tracing cannot follow."""

    def __init__(self, network: GraphNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        return list(self.network(image).values())


def _traced(network: nn.Module, shape: Sequence[int], outputs: list[str], any_size: bool = False) -> bytes:
    """The graph; with ``any_size`` for a network in which no number depends on the height and width it is traced at."""
    file: Any = io.BytesIO()
    generator = torch.Generator().manual_seed(0)
    for weight in network.parameters():  # no two alike, or the exporter would take them for one
        weight.data = torch.rand(weight.shape, generator=generator)
    options: dict[str, Any] = {
        "dynamo": False,
        "do_constant_folding": False,
        "opset_version": _OPSET,
        "input_names": ["image"],
        "output_names": outputs,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sizes that tracing fixes, as it shall, and of the newer exporter
        torch.onnx.export(network.eval(), (torch.rand(*shape),), file, **options)
    model = onnx.load_from_string(file.getvalue())
    weights = {name for name, _ in network.named_parameters()}
    before = -1
    while len(model.graph.node) != before:  # what was computed may tell further shapes
        before = len(model.graph.node)
        model = onnx.shape_inference.infer_shapes(model)
        _fold(model.graph, weights)
    graph = model.graph
    _take_slopes_plainly(graph)
    used = {name for node in graph.node for name in node.input} - weights
    kept = [value for value in graph.initializer if value.name in used]
    del graph.initializer[:], graph.value_info[:]
    graph.initializer.extend(kept)
    for node in graph.node:
        node.ClearField("name")
        node.ClearField("doc_string")
        node.input[:] = [name.removeprefix("network.") if name in weights else name for name in node.input]
    if any_size:
        for value in (*graph.input, *graph.output):
            for side, dimension in zip("wh", reversed(value.type.tensor_type.shape.dim), strict=False):
                dimension.dim_param = f"{value.name} {side}"
    return model.SerializeToString(deterministic=True)


def _take_slopes_plainly(graph: onnx.GraphProto) -> None:
    """Let each PReLU have its slopes [C] as they are stored; ONNX would have them [C, 1, 1], OpenCV only unchanged."""
    source = {node.output[0]: node for node in graph.node}
    reshaped = []
    for node in graph.node:
        if node.op_type == "PRelu":
            reshaped.append(source[node.input[1]])
            node.input[1] = reshaped[-1].input[0]
    for node in reshaped:
        graph.node.remove(node)


def _fold(graph: onnx.GraphProto, weights: set[str]) -> None:
    """Compute what does not depend on the image, such as how much to pad; the exporter leaves many small nodes for it.

    The shapes are those of the image it was traced with.
    """
    known = {value.name: numpy_helper.to_array(value) for value in graph.initializer if value.name not in weights}
    shapes = {
        value.name: [size.dim_value for size in value.type.tensor_type.shape.dim]
        for value in (*graph.input, *graph.value_info)
    }
    nodes = []
    for node in graph.node:
        if node.op_type == "Shape" and all(shapes.get(node.input[0], [0])):
            known[node.output[0]] = np.array(shapes[node.input[0]])
        elif all(name in known or not name for name in node.input):
            made: Any = ReferenceEvaluator(node).run(None, {name: known[name] for name in node.input if name})
            known.update(zip(node.output, made, strict=True))
        else:
            nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input} - {value.name for value in graph.initializer}
    graph.initializer.extend(
        numpy_helper.from_array(np.asarray(known[name]), name) for name in sorted(used & known.keys())
    )
