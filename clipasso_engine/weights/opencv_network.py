"""Networks that OpenCV runs: an ONNX graph without weights, and weights by name out of a safetensors file.

`training.graphs` writes the graphs from the definitions in PyTorch. OpenCV does without a second of imports and 500 MB,
is as fast on a CPU, and gives the same bytes whatever the number of threads (docs/speed.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

Network = Callable[[NDArray[Any]], Mapping[str, Array]]
"""Makes named arrays of an image [1, C, h, w] of numbers that count as 32-bit floats."""

# Fields of ONNX's messages (onnx.proto3) and the numbers of protobuf's kinds of values.
_MODEL_GRAPH, _GRAPH_INITIALIZER = 7, 5
_TENSOR_DIMS, _TENSOR_TYPE, _TENSOR_NAME, _TENSOR_RAW_DATA = 1, 2, 8, 9
_FLOAT = 1
_NUMBER, _BYTES = 0, 2


class OpenCVNetwork:
    """A `Network`."""

    def __init__(self, graph: bytes, tensors: Mapping[str, Array]) -> None:
        """``tensors`` must have all weights that the graph speaks of; others are left out."""
        model = np.frombuffer(graph + _weights(tensors), np.uint8)
        # The older engine of OpenCV does not know all operations.
        self._network: Any = cv2.dnn.readNetFromONNX(model, cv2.dnn.ENGINE_NEW)
        self._outputs: list[str] = list(self._network.getUnconnectedOutLayersNames())

    def __call__(self, image: NDArray[Any]) -> dict[str, Array]:
        """The outputs of an image [1, C, h, w], by name."""
        self._network.setInput(np.ascontiguousarray(image, np.float32))
        return dict(zip(self._outputs, self._network.forward(self._outputs), strict=True))


def _weights(tensors: Mapping[str, Array]) -> bytes:
    """A model that is nothing but initializers; joined to one without, it makes a whole one: so protobuf has it."""
    entries = (_field(_GRAPH_INITIALIZER, _tensor(name, values)) for name, values in tensors.items())
    return _field(_MODEL_GRAPH, b"".join(entries))


def _tensor(name: str, values: Array) -> bytes:
    dims = b"".join(_varint(_TENSOR_DIMS << 3 | _NUMBER) + _varint(size) for size in values.shape)
    kind = _varint(_TENSOR_TYPE << 3 | _NUMBER) + _varint(_FLOAT)
    data = values.astype("<f4").tobytes()
    return dims + kind + _field(_TENSOR_NAME, name.encode()) + _field(_TENSOR_RAW_DATA, data)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    result = bytearray()
    while value >= 128:
        result.append(value & 127 | 128)
        value >>= 7
    return bytes([*result, value])
