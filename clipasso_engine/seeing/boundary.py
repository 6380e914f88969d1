"""The boundary network: where would a person draw the outlines of this photo?

A compact convolutional network that learned the maps of HED (Xie & Tu, ICCV 2015), an edge detector trained on human
boundary drawings; `clipasso_engine.training` trains it and docs/boundary-network.md tells how and how well. Its weights
live in the package, so nothing is downloaded. Torch is imported on first use: the constants below cost nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..weights import bundled

if TYPE_CHECKING:
    from torch import nn

    from .boundary_network import BoundaryNetwork

WEIGHTS, WEIGHTS_SHA256 = bundled.BOUNDARY, bundled.BOUNDARY_SHA256

PADDING = 32
"""Pixels of mirrored photo around the photo while the network looks, or it would take the frame for an outline."""


def load(device: Any = "cpu", weights: Path = WEIGHTS, sha256: str = WEIGHTS_SHA256) -> BoundaryNetwork:
    """The trained network on ``device``; raises what `bundled.filled` raises."""
    from .boundary_network import BoundaryNetwork

    return bundled.filled(BoundaryNetwork(), weights, sha256, device)


def predict(network: nn.Module, rgb: NDArray[np.uint8], long_side: int = 256) -> NDArray[np.float32]:
    """How likely each pixel of a photo lies on an outline.

    Args:
        network: what `load` returned, or anything else that makes boundary logits [B, 1, h, w] of photos [B, 3, h, w].
        rgb: the photo [H, W, 3]; it is resized so that its longer side has ``long_side`` pixels.

    Returns:
        float32 [h, w] in 0..1. The photo's frame is not taken for an outline.
    """
    import torch

    photo = padded(resized(rgb, long_side))
    parameter = next(network.parameters())
    x = torch.from_numpy(photo).permute(2, 0, 1)[None].to(parameter.device, parameter.dtype) / 255
    with torch.inference_mode():
        strength = torch.sigmoid(network(x.contiguous(memory_format=torch.channels_last)))[0, 0]
    return strength[PADDING:-PADDING, PADDING:-PADDING].float().cpu().numpy()


def resized(rgb: NDArray[np.uint8], long_side: int) -> NDArray[np.uint8]:
    """The photo [H, W, 3] with its longer side ``long_side`` pixels and its proportions kept (at least 1 px high)."""
    from PIL import Image

    height, width = rgb.shape[:2]
    scale = long_side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if size == (width, height):
        return rgb
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))


def padded(rgb: NDArray[np.uint8], padding: int = PADDING) -> NDArray[np.uint8]:
    """The photo [H, W, 3] with ``padding`` mirrored pixels on every side."""
    return np.pad(rgb, ((padding, padding), (padding, padding), (0, 0)), mode="reflect")
