"""The boundary network: where would a person draw the outlines of this photo?

A compact convolutional network that learned the maps of HED (Xie & Tu, ICCV 2015), an edge detector trained on human
boundary drawings; `clipasso_engine.training` trains it and docs/boundary-network.md tells how and how well. Its weights
live in the package, so nothing is downloaded.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.special import expit

from ..weights import bundled
from ..weights.opencv_network import Network

WEIGHTS, WEIGHTS_SHA256 = bundled.BOUNDARY, bundled.BOUNDARY_SHA256

PADDING = 32
"""Pixels of mirrored photo around the photo while the network looks, or it would take the frame for an outline."""


_STRIDE = 32
"""Px: the network's coarsest, of which both sides must be multiples."""


def load(weights: Path = WEIGHTS, sha256: str = WEIGHTS_SHA256) -> Network:
    """The trained network; raises what `bundled.network` raises."""
    return bundled.network(weights, sha256)


def predict(network: Network, rgb: NDArray[np.uint8], long_side: int = 256) -> NDArray[np.float32]:
    """How likely each pixel of a photo lies on an outline.

    Args:
        network: what `load` returned, or anything else that makes boundary ``logits`` [1, 1, h, w] of photos
            [1, 3, h, w] in 0..1, sides multiples of 32.
        rgb: the photo [H, W, 3]; it is resized so that its longer side has ``long_side`` pixels.

    Returns:
        float32 [h, w] in 0..1. The photo's frame is not taken for an outline.
    """
    photo = padded(resized(rgb, long_side))
    height, width = photo.shape[:2]
    whole = np.pad(photo, ((0, -height % _STRIDE), (0, -width % _STRIDE), (0, 0)), mode="edge")
    logits = network(whole.transpose(2, 0, 1)[None].astype(np.float32) / 255)["logits"][0, 0]
    return np.asarray(expit(logits[PADDING : height - PADDING, PADDING : width - PADDING]), np.float32)


def resized(rgb: NDArray[np.uint8], long_side: int) -> NDArray[np.uint8]:
    """The photo [H, W, 3] with its longer side ``long_side`` pixels and its proportions kept (at least 1 px high)."""
    height, width = rgb.shape[:2]
    scale = long_side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if size == (width, height):
        return rgb
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))


def padded(rgb: NDArray[np.uint8], padding: int = PADDING) -> NDArray[np.uint8]:
    """The photo [H, W, 3] with ``padding`` mirrored pixels on every side."""
    return np.pad(rgb, ((padding, padding), (padding, padding), (0, 0)), mode="reflect")
