"""Which part of a photo tells what is in it: where a network looks that knows a thousand things.

The network is EfficientNet-Lite0 with its authors' weights (`classifier_network`; docs/attention.md tells where they
come from). It tells what it sees, and what each place on three of its maps has to say for that (LayerCAM: Jiang et al.,
"LayerCAM: Exploring Hierarchical Class Activation Maps for Localization", IEEE Transactions on Image Processing 2021).
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..weights import bundled
from ..weights.opencv_network import Network

WEIGHTS, WEIGHTS_SHA256 = bundled.CLASSIFIER, bundled.CLASSIFIER_SHA256

_MAPS = ("fine", "middle", "coarse")
_SIDE = 256  # px: longer side at which the photo is looked at; more takes longer and shows smaller parts
_STEP = 32  # px: sides are multiples of it
_LEAST = 128  # px: a shorter side is extended to it by the colours of its edge
_STEPS = 200  # of attention between none and all; more tell apart what only rounding does
_RIM = 5  # px: from so far the attention of a place counts on the lines around it, which run along its edge
_FULL = 98  # per cent of the object that has less attention than what counts as all; peaks above it say no more


def load(weights: Path = WEIGHTS, sha256: str = WEIGHTS_SHA256) -> Network:
    """The trained network, in the form of `training.contributions`; raises what `bundled.network` raises."""
    return bundled.network(weights, sha256)


def find(network: Network, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How much each pixel of a photo [h, w, 3] tells of what is in it: float32 [h, w] in 0..1.

    Classes count by their probability. Each map's greatest say is 1, so that the fine ones, which know where, count as
    much as the coarse one, which knows what.
    """
    height, width = rgb.shape[:2]
    photo, (top, left, inner_height, inner_width) = _fitted(rgb)
    result = np.zeros((height, width), np.float32)
    said = network(photo.transpose(2, 0, 1)[None].astype(np.float32) / 255)
    for values in (said[name][0] for name in _MAPS):
        full = cv2.resize(values, photo.shape[1::-1], interpolation=cv2.INTER_CUBIC)
        inner = full[top : top + inner_height, left : left + inner_width]
        share = np.asarray(cv2.resize(inner, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
        result += np.maximum(share, 0) / max(float(values.max()), 1e-12)
    # Coarse steps: whatever the last bits are on another machine, the same strokes are chosen.
    return (np.rint(result / max(float(result.max()), 1e-12) * _STEPS) / _STEPS).astype(np.float32)


def on(attention: NDArray[np.float32], mask: NDArray[np.bool_] | None) -> NDArray[np.float32]:
    """The attention [h, w] stretched over 0..1 on what a ``mask`` [h, w] shows, or everywhere."""
    wide = cv2.dilate(attention, np.ones((_RIM, _RIM), np.uint8))
    seen = wide if mask is None or not mask.any() else wide[mask]
    low, high = float(seen.min()), float(np.percentile(seen, _FULL))
    return np.clip((wide - low) / max(high - low, 1e-6), 0, 1).astype(np.float32)


def _fitted(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], tuple[int, int, int, int]]:
    """A photo [h, w, 3] at the size the network looks at, and (top, left, height, width) of where it lies there."""
    height, width = rgb.shape[:2]
    scale = _SIDE / max(height, width)
    inner_height, inner_width = max(1, round(height * scale)), max(1, round(width * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    inner = np.asarray(cv2.resize(rgb, (inner_width, inner_height), interpolation=method), np.uint8)
    rows, columns = (max(_LEAST, -(-side // _STEP) * _STEP) - side for side in (inner_height, inner_width))
    top, left = rows // 2, columns // 2
    padded = np.pad(inner, ((top, rows - top), (left, columns - left), (0, 0)), mode="edge")
    return padded, (top, left, inner_height, inner_width)
