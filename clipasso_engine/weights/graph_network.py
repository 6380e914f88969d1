"""Networks that are kept as a list of operations beside their weights, in one safetensors file.

The two face networks come from elsewhere as such lists, with a hundred and more small convolutions each; written out as
classes they would say no more. `training.tflite` makes the files. Images are [B, C, H, W] here, channels last there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

Node = Mapping[str, Any]
"""One operation: ``op`` its name in `OPERATIONS`, ``of`` the values it takes and ``to`` the one it makes, further keys
its attributes. Values that start with ``w`` are weights, ``image`` is the network's input."""


class GraphNetwork(nn.Module):
    """Runs its nodes one after the other."""

    def __init__(self, nodes: Sequence[Node], outputs: Sequence[str], shapes: Mapping[str, Sequence[int]]) -> None:
        """``outputs`` are the values that `forward` returns, ``shapes`` those of the weights by name."""
        super().__init__()
        self.nodes, self.outputs = list(nodes), list(outputs)
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.zeros(*shape)))
        self._last_use = {name: place for place, node in enumerate(self.nodes) for name in node["of"]}

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """The outputs of a batch of images, by name."""
        values: dict[str, Tensor] = {"image": image, **dict(self.named_parameters())}
        for place, node in enumerate(self.nodes):
            values[node["to"]] = OPERATIONS[node["op"]](node, *(values[name] for name in node["of"]))
            for name in node["of"]:
                if self._last_use[name] == place and name not in self.outputs:
                    values.pop(name, None)
        return {name: values[name] for name in self.outputs}

    def description(self) -> dict[str, str]:
        """What `of_file` needs beside the weights, as a safetensors file's metadata."""
        # One entry, since a file keeps several in no certain order.
        return {"graph": json.dumps({"outputs": self.outputs, "nodes": self.nodes}, separators=(",", ":"))}

    @classmethod
    def of_file(cls, data: bytes) -> GraphNetwork:
        """A network of the shape that a safetensors file tells, its weights zero."""
        # https://huggingface.co/docs/safetensors: 8 bytes that say how long the JSON header after them is
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        graph = json.loads(header.pop("__metadata__")["graph"])
        shapes = {name: entry["shape"] for name, entry in header.items()}
        return cls(graph["nodes"], graph["outputs"], shapes)


def _activated(node: Node, x: Tensor) -> Tensor:
    return functional.relu(x) if node.get("relu") else x


def _convolution(node: Node, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    top, bottom, left, right = node["pad"]
    stride, groups = node["stride"], node.get("groups", 1)
    if (top, left) == (bottom, right):
        return _activated(node, functional.conv2d(x, weight, bias, stride, (top, left), 1, groups))
    padded = functional.pad(x, (left, right, top, bottom))
    return _activated(node, functional.conv2d(padded, weight, bias, stride, 0, 1, groups))


def _padded(node: Node, x: Tensor) -> Tensor:
    """Zeros around: ``by`` is [channels before, after, rows before, after, columns before, after]."""
    front, back, top, bottom, left, right = node["by"]
    return functional.pad(x, (left, right, top, bottom, front, back))


def _reshaped(node: Node, x: Tensor) -> Tensor:
    """[B, C, H, W] in the order of channels last, as [B, *shape]."""
    return x.permute(0, 2, 3, 1).reshape(len(x), *node["shape"])


def _enlarged(node: Node, x: Tensor) -> Tensor:
    return functional.interpolate(x, tuple(node["size"]), mode="bilinear", align_corners=False)


def _depth_to_space(node: Node, x: Tensor) -> Tensor:
    """Channels as blocks of pixels; in TensorFlow's order a pixel's place comes before its channel."""
    size = node["block"]
    batch, channels, height, width = x.shape
    blocks = x.reshape(batch, size, size, channels // size**2, height, width)
    return blocks.permute(0, 3, 4, 1, 5, 2).reshape(batch, channels // size**2, height * size, width * size)


def _crop_of_landmarks(node: Node, points: Tensor) -> Tensor:
    """[B, 2, 3]: where the pixels of a ``side`` x ``side`` crop around some landmarks [B, L, >= 2] lie.

    The crop is upright for the line through the landmarks ``level`` and ``scale`` times as large as the box around the
    landmarks ``around``. (MediaPipe's Landmarks2TransformMatrix, version 2.)
    """
    xy = points[..., :2]
    first, second = (xy[:, index] for index in node["level"])
    angle = torch.atan2(second[:, 1] - first[:, 1], second[:, 0] - first[:, 0])
    cos, sin = torch.cos(angle), torch.sin(angle)
    turn = torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], -2)  # crop -> image
    upright = xy[:, node["around"]] @ turn  # that is turn's inverse, from the left
    low, high = upright.amin(1), upright.amax(1)
    centre = (turn @ ((low + high) / 2)[..., None])[..., 0]
    linear = turn * ((high - low) * node["scale"] / node["side"])[:, None, :]
    shift = centre - linear.sum(-1) * node["side"] / 2
    return torch.cat([linear, shift[..., None]], -1)


def _cropped(node: Node, x: Tensor, matrix: Tensor) -> Tensor:
    """``side`` x ``side`` bilinear samples of x [B, C, H, W], none outside. (TransformTensorBilinear, version 2.)"""
    side, (height, width) = node["side"], x.shape[-2:]
    middle = torch.arange(side, device=x.device, dtype=x.dtype) + 0.5
    rows, columns = torch.meshgrid(middle, middle, indexing="ij")
    places = torch.stack([columns, rows, torch.ones_like(rows)], -1) @ matrix[:, None].transpose(-1, -2)
    limits = torch.tensor([width, height], device=x.device, dtype=x.dtype)
    inside = ((places >= 0.5) & (places <= limits - 0.5)).all(-1)
    samples = functional.grid_sample(x, 2 * places / limits - 1, padding_mode="border", align_corners=False)
    return samples * inside[:, None]


def _scaled(node: Node, x: Tensor) -> Tensor:
    """x times ``by``, one factor or one for each place of the last dimension."""
    return x * torch.tensor(node["by"], device=x.device, dtype=x.dtype)


def _in_image(node: Node, points: Tensor, matrix: Tensor) -> Tensor:
    """Points of a crop [B, L * 2, 1, 1] as points of the image [B, L, 2]. (TransformLandmarks, version 2.)"""
    flat = points.reshape(len(points), -1, 2)
    return flat @ matrix[:, :, :2].transpose(-1, -2) + matrix[:, None, :, 2]


OPERATIONS: dict[str, Callable[..., Tensor]] = {
    "convolution": _convolution,
    "prelu": lambda _, x, slope: functional.prelu(x, slope),
    "relu": lambda _, x: functional.relu(x),
    "add": lambda node, x, y: _activated(node, x + y),
    "pad": _padded,
    "pool": lambda _, x: functional.max_pool2d(x, 2),
    "reshape": _reshaped,
    "resize": _enlarged,
    "depth to space": _depth_to_space,
    "scale": _scaled,
    "crop of landmarks": _crop_of_landmarks,
    "crop": _cropped,
    "in image": _in_image,
}
