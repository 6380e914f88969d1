"""The architecture of the foreground network: U²-Net's small model (Qin et al., "U²-Net: Going Deeper with Nested
U-Structure for Salient Object Detection", Pattern Recognition 2020). Its loading and use: `seeing.foreground`.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

CHANNELS = 64  # that every stage puts out
INNER = 16  # inside a stage
DEPTHS = (7, 6, 5, 4)  # of the U in the stages at strides 1, 2, 4, 8; those at 16 and 32 dilate instead
DILATED = 2  # stages at the lowest resolutions


class _Convolution(nn.Module):
    """A 3 x 3 convolution, its batch normalisation folded in, and a ReLU."""

    def __init__(self, inputs: int, outputs: int, dilation: int = 1) -> None:
        super().__init__()
        self.kernel = nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.kernel(x), inplace=True)


class _Stage(nn.Module):
    """A residual U-block (section 3.1): a small U-Net of ``depth`` levels around which its input's features are added.

    With ``dilated`` the levels widen their sight by dilation 1, 2, 4, ... instead of pooling.
    """

    def __init__(self, inputs: int, depth: int, dilated: bool = False) -> None:
        super().__init__()
        reach = [2**level if dilated else 1 for level in range(depth - 1)]
        last = 2 ** (depth - 1) if dilated else 2
        self.dilated = dilated
        self.entry = _Convolution(inputs, CHANNELS)
        sizes = [CHANNELS, *[INNER] * (depth - 1)]
        self.down = nn.ModuleList(_Convolution(a, b, r) for (a, b), r in zip(pairwise(sizes), reach, strict=True))
        self.bottom = _Convolution(INNER, INNER, last)
        outputs = [INNER] * (depth - 2) + [CHANNELS]
        self.up = nn.ModuleList(_Convolution(2 * INNER, o, r) for o, r in zip(outputs, reversed(reach), strict=True))

    def forward(self, x: Tensor) -> Tensor:
        entry = y = self.entry(x)
        levels: list[Tensor] = []
        for convolution in self.down:
            if levels and not self.dilated:
                y = _halved(y)
            y = convolution(y)
            levels.append(y)
        y = self.bottom(y)
        for convolution, level in zip(self.up, reversed(levels), strict=True):
            y = convolution(torch.cat([_sized(y, level), level], 1))
        return y + entry


class ForegroundNetwork(nn.Module):
    """A U-Net whose stages are U-Nets: six stages down, five up, a side output each, and their weighted sum."""

    def __init__(self) -> None:
        super().__init__()
        kinds = [(depth, False) for depth in DEPTHS] + [(DEPTHS[-1], True)] * DILATED
        self.down = nn.ModuleList(
            _Stage(3 if stage == 0 else CHANNELS, depth, dilated) for stage, (depth, dilated) in enumerate(kinds)
        )
        self.up = nn.ModuleList(_Stage(2 * CHANNELS, depth, dilated) for depth, dilated in reversed(kinds[:-1]))
        self.sides = nn.ModuleList(nn.Conv2d(CHANNELS, 1, 3, padding=1) for _ in kinds)
        self.fuse = nn.Conv2d(len(kinds), 1, 1)

    def forward(self, photo: Tensor) -> Tensor:
        """Logits [B, 1, h, w] of how surely pixels of normalised photos [B, 3, h, w] belong to the salient object."""
        y = photo
        levels: list[Tensor] = []
        for stage in self.down:
            y = stage(_halved(y) if levels else y)
            levels.append(y)
        seen = [y]
        for stage, level in zip(self.up, reversed(levels[:-1]), strict=True):
            y = stage(torch.cat([_sized(y, level), level], 1))
            seen.insert(0, y)
        sides = [side(level) for side, level in zip(self.sides, seen, strict=True)]
        logits: Tensor = self.fuse(torch.cat([_sized(side, photo) for side in sides], 1))
        return logits


def _halved(x: Tensor) -> Tensor:
    return functional.max_pool2d(x, 2, ceil_mode=True)


def _sized(x: Tensor, like: Tensor) -> Tensor:
    if x.shape[-2:] == like.shape[-2:]:
        return x
    return functional.interpolate(x, like.shape[-2:], mode="bilinear", align_corners=False)
