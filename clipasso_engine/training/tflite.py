"""Reads a network out of a TensorFlow Lite file, as a `GraphNetwork`.

Needs the package ai-edge-litert, an extra of training: the engine itself does without it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..weights.graph_network import GraphNetwork

Operator = Any  # of the file's schema (https://github.com/tensorflow/tensorflow, schema.fbs), as are tensors
Lines = list[dict[str, Any]]

_SAME = 0  # padding that keeps the size, by the schema; the other value is none at all
_RELU = 1  # fused activation, by the schema


def convert(data: bytes, outputs: Sequence[str] = ()) -> GraphNetwork:
    """The network in a file's ``data``, its weights in 32-bit floats.

    ``outputs`` name what it returns in the order of the file's own outputs. A last step that only changes an output's
    shape is left out. Raises `KeyError` for an operation that is not known here.
    """
    graph = _Graph(data)
    for operator in graph.operators:
        _READERS[graph.kind(operator)](graph, operator)
    made = [graph.name(index) for index in graph.outputs]
    renamed = dict(zip(made, outputs, strict=True)) if outputs else {}
    nodes = [{**node, "to": renamed.get(node["to"], node["to"])} for node in graph.nodes]
    for node in nodes:
        node["of"] = [renamed.get(name, name) for name in node["of"]]
    network = GraphNetwork(nodes, list(outputs) or made, {n: v.shape for n, v in graph.weights.items()})
    network.load_state_dict(graph.weights)
    return network.eval().requires_grad_(False)


@dataclass
class _Graph:
    """A file that is being read, and what came of it so far."""

    data: bytes
    nodes: Lines = field(default_factory=list)
    weights: dict[str, Tensor] = field(default_factory=dict)
    _alias: dict[int, str] = field(default_factory=dict)
    _source: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from ai_edge_litert import schema_py_generated as schema

        self._model = schema.ModelT.InitFromPackedBuf(self.data, 0)
        self._kinds = {code: name for name, code in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
        self._graph = self._model.subgraphs[0]
        self.operators: list[Operator] = self._graph.operators
        self.outputs: list[int] = list(self._graph.outputs)
        self._alias[self._graph.inputs[0]] = "image"
        filled = [o.outputs[0] for o in self.operators if self.kind(o) == "DENSIFY"]
        self._dense = _densified(self.data, filled) if filled else {}

    def kind(self, operator: Operator) -> str:
        code = self._model.operatorCodes[operator.opcodeIndex]
        name = self._kinds[max(code.builtinCode, code.deprecatedBuiltinCode)]
        return code.customCode.decode() if name == "CUSTOM" else name

    def name(self, index: int) -> str:
        return self._alias.get(index, f"v{index}")

    def shape(self, index: int) -> list[int]:
        return [int(size) for size in self._graph.tensors[index].shape]

    def constant(self, index: int) -> NDArray[Any]:
        """The values of a constant, also where 16-bit floats were made 32-bit ones or a sparse one was filled."""
        index = self._source.get(index, index)
        if index in self._dense:
            return self._dense[index]
        tensor = self._graph.tensors[index]
        kind = {0: np.float32, 1: np.float16, 2: np.int32}[tensor.type]
        raw = bytes(self._model.buffers[tensor.buffer].data)
        return np.frombuffer(raw, kind).reshape(self.shape(index)).copy()

    def weight(self, values: NDArray[Any]) -> str:
        name = f"w{len(self.weights)}"
        self.weights[name] = torch.from_numpy(np.ascontiguousarray(values, np.float32))
        return name

    def same(self, index: int, source: int) -> None:
        """The tensor ``index`` is the tensor ``source``, in other numbers or under another name."""
        self._source[index] = self._source.get(source, source)
        if source in self._alias or not self._is_constant(source):
            self._alias[index] = self.name(source)

    def _is_constant(self, index: int) -> bool:
        data = self._model.buffers[self._graph.tensors[index].buffer].data
        return data is not None and len(data) > 0

    def add(self, op: str, of: list[str], operator: Operator, **attributes: Any) -> None:
        self.nodes.append({"op": op, "of": of, "to": self.name(operator.outputs[0]), **attributes})


def _densified(data: bytes, filled: Sequence[int]) -> dict[int, NDArray[Any]]:
    """The values of the ``filled`` sparse constants by tensor, which the file's own interpreter knows."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES  # a delegate would not tell what it works with
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that preserving all tensors costs memory
        interpreter = Interpreter(
            model_content=data, experimental_preserve_all_tensors=True, experimental_op_resolver_type=plain
        )
    interpreter.allocate_tensors()
    interpreter.invoke()
    return {int(index): interpreter.get_tensor(index).copy() for index in filled}


def _padding(graph: _Graph, operator: Operator, kernel: Sequence[int]) -> list[int]:
    """Zeros [above, below, left, right] of a convolution, by TensorFlow's rule: what is odd goes below and right."""
    options = operator.builtinOptions
    if options.padding != _SAME:
        return [0, 0, 0, 0]
    height, width = graph.shape(operator.inputs[0])[1:3]
    pads = []
    for size, reach, stride in ((height, kernel[0], options.strideH), (width, kernel[1], options.strideW)):
        total = max((-(-size // stride) - 1) * stride + reach - size, 0)
        pads += [total // 2, total - total // 2]
    return pads


def _convolution(graph: _Graph, operator: Operator) -> None:
    x, kernel, bias = operator.inputs
    values = graph.constant(kernel)
    depthwise = graph.kind(operator) == "DEPTHWISE_CONV_2D"
    # [outputs, rows, columns, inputs], or [1, rows, columns, channels] of a convolution of each channel by itself
    values = values.transpose(3, 0, 1, 2) if depthwise else values.transpose(0, 3, 1, 2)
    options = operator.builtinOptions
    attributes: dict[str, Any] = {"stride": int(options.strideH), "pad": _padding(graph, operator, values.shape[2:])}
    if depthwise:
        attributes["groups"] = len(values)
    weights = [graph.weight(values), graph.weight(graph.constant(bias))]
    graph.add("convolution", [graph.name(x), *weights], operator, **attributes, **_relu(operator))


def _relu(operator: Operator) -> dict[str, bool]:
    return {"relu": True} if operator.builtinOptions.fusedActivationFunction == _RELU else {}


def _add(graph: _Graph, operator: Operator) -> None:
    graph.add("add", [graph.name(index) for index in operator.inputs], operator, **_relu(operator))


def _prelu(graph: _Graph, operator: Operator) -> None:
    x, slope = operator.inputs
    graph.add("prelu", [graph.name(x), graph.weight(graph.constant(slope).ravel())], operator)


def _pad(graph: _Graph, operator: Operator) -> None:
    _, rows, columns, channels = graph.constant(operator.inputs[1]).tolist()
    graph.add("pad", [graph.name(operator.inputs[0])], operator, by=[*channels, *rows, *columns])


def _reshape(graph: _Graph, operator: Operator) -> None:
    source, target = operator.inputs[0], operator.outputs[0]
    if target in graph.outputs and len(graph.shape(source)) < 4:
        graph.same(target, source)
    else:
        graph.add("reshape", [graph.name(source)], operator, shape=graph.shape(target)[1:])


def _scale(graph: _Graph, operator: Operator) -> None:
    x, factors = operator.inputs
    values = graph.constant(factors).astype(float)
    if values.size == 16:  # of a 4 x 4 matrix, of which the first two rows and three columns say something here
        assert (values[0, 0] == values[0, 1]).all()
        values = values[0, 0, [0, 1, 3]]
    graph.add("scale", [graph.name(x)], operator, by=values.ravel().tolist())


def _plain(op: str, *attributes: tuple[str, Callable[[_Graph, Operator], Any]]) -> Callable[[_Graph, Operator], None]:
    """The reader of an operation on one image or more."""

    def read(graph: _Graph, operator: Operator) -> None:
        of = [graph.name(index) for index in operator.inputs[: 2 if op in ("crop", "in image") else 1]]
        graph.add(op, of, operator, **{name: value(graph, operator) for name, value in attributes})

    return read


def _custom(operator: Operator) -> dict[str, Any]:
    from flatbuffers import flexbuffers

    options: dict[str, Any] = flexbuffers.Loads(bytes(operator.customOptions))
    return options


def _crop_of_landmarks(graph: _Graph, operator: Operator) -> None:
    told = _custom(operator)
    assert told["target_rotation_radians"] == 0
    assert told["scale_x"] == told["scale_y"]
    assert told["output_width"] == told["output_height"]
    graph.add(
        "crop of landmarks",
        [graph.name(operator.inputs[0])],
        operator,
        level=[told["left_rotation_idx"], told["right_rotation_idx"]],
        around=told["subset_idxs"],
        scale=told["scale_x"],
        side=told["output_width"],
    )


def _skip(graph: _Graph, operator: Operator) -> None:
    """What changes no value: 16-bit floats to 32-bit ones, the slice of everything, what `_Graph.constant` fills."""
    if graph.kind(operator) != "DENSIFY":
        graph.same(operator.outputs[0], operator.inputs[0])


_READERS: dict[str, Callable[[_Graph, Operator], None]] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _convolution,
    "PRELU": _prelu,
    "RELU": _plain("relu"),
    "ADD": _add,
    "MUL": _scale,
    "PAD": _pad,
    "MAX_POOL_2D": _plain("pool"),
    "RESHAPE": _reshape,
    "RESIZE_BILINEAR": _plain("resize", ("size", lambda graph, o: graph.shape(o.outputs[0])[1:3])),
    "DEPTH_TO_SPACE": _plain("depth to space", ("block", lambda _, o: int(o.builtinOptions.blockSize))),
    "DEQUANTIZE": _skip,
    "DENSIFY": _skip,
    "STRIDED_SLICE": _skip,
    "Landmarks2TransformMatrix": _crop_of_landmarks,
    "TransformTensorBilinear": _plain("crop", ("side", lambda _, o: _custom(o)["output_width"])),
    "TransformLandmarks": _plain("in image"),
}
