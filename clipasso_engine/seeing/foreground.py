"""What to draw and what to leave out: the object's mask, from a small network that comes with the engine.

The network is U²-Net's small model with its authors' weights (`foreground_network`; docs/foreground-network.md tells
where they come from): it marks what people look at first in a photo. A photo's alpha channel, where it has one, or
shapes drawn over it, say better.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import expit

from ..weights import bundled
from ..weights.opencv_network import Network

WEIGHTS, WEIGHTS_SHA256 = bundled.FOREGROUND, bundled.FOREGROUND_SHA256

_SIDE = 320  # px: photos were squeezed into squares of this side in training
_LONGEST = 4  # times longer than broad: what is longer shows nothing any more in a square
_EXTENDED = 2  # so it is extended by its edge's colours until it is only so many times longer
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_SEEN = 0.1  # score from which on the network has seen something
_LIKELY = 0.3  # score from which on a region may be part of the object though the mask left it out
_AGREEING = 0.8  # of their union that two looks at the same object have in common
_EDGE = 5.0  # px: Gaussian that makes an edge of the near look's keeping
_PIECE = 0.04  # of the largest piece's area: smaller ones go
_HOLE = 0.004  # of the canvas: smaller holes close


@dataclass(frozen=True)
class Foreground:
    """The object found in a photo."""

    mask: NDArray[np.bool_]  # [h, w] the object, sharp
    score: NDArray[np.float32]  # [h, w] in 0..1, how surely each pixel belongs to it

    @property
    def region(self) -> NDArray[np.bool_]:
        """[h, w]: the object and what may well be part of it."""
        return self.mask | (self.score > _LIKELY)

    def certainty(self) -> float:
        """How sure the score is of where the object ends, 0..1: of a clear object nearly every pixel is in or out."""
        seen = self.score > _SEEN
        return float(np.abs(2 * self.score[seen] - 1).mean()) if seen.any() else 0.0


def load(weights: Path = WEIGHTS, sha256: str = WEIGHTS_SHA256) -> Network:
    """The trained network; raises what `bundled.network` raises."""
    return bundled.network(weights, sha256)


def of_score(score: NDArray[np.float32]) -> Foreground:
    """The object whose pixels score [h, w]; small pieces go, small holes close."""
    return Foreground(_cleaned(score > 0.5), score)


def refined(whole: Foreground, near: Foreground) -> Foreground:
    """The object as it was seen in the ``whole`` photo, its edge as it was seen from ``near``, both on one canvas.

    From near the network may take a part for the whole, or something held or stood on for the object.
    """
    union = int((whole.mask | near.mask).sum())
    if union == 0 or int((whole.mask & near.mask).sum()) < _AGREEING * union:
        return whole
    sure = np.abs(2 * ndimage.gaussian_filter(whole.mask.astype(np.float32), _EDGE, mode="nearest") - 1)
    return of_score((sure * whole.score + (1 - sure) * near.score).astype(np.float32))


def from_alpha(alpha: NDArray[np.float32]) -> Foreground:
    """The object of a cut-out photo: its alpha channel [h, w] in 0..1 is the mask."""
    return Foreground(alpha > 0.5, alpha)


def predict(network: Network, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How surely each pixel of a photo [h, w, 3] belongs to its salient object: float32 [h, w] in 0..1."""
    height, width = rgb.shape[:2]
    if max(height, width) <= _LONGEST * min(height, width):
        return _squeezed(network, rgb)
    above, left = (max(0, (-(-side // _EXTENDED) - own) // 2) for side, own in ((width, height), (height, width)))
    extended = np.pad(rgb, ((above, above), (left, left), (0, 0)), mode="edge")
    return _squeezed(network, extended)[above : above + height, left : left + width]


def _squeezed(network: Network, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    height, width = rgb.shape[:2]
    shrinks = min(height, width) > _SIDE
    square = cv2.resize(rgb, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    values = square.astype(np.float32) / max(1, int(square.max()))
    values = (values - np.array(_MEAN, np.float32)) / np.array(_DEVIATION, np.float32)
    score = expit(network(values.transpose(2, 0, 1)[None])["logits"][0, 0])
    return cv2.resize(score, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)


def _cleaned(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pieces of at least `_PIECE` of the largest one's area, their small holes closed."""
    label, _ = ndimage.label(mask)
    area = np.bincount(label.ravel())
    area[0] = 0
    kept = (area >= max(1.0, _PIECE * area.max()))[label] & mask
    holes, _ = ndimage.label(~kept)
    size = np.bincount(holes.ravel())
    result: NDArray[np.bool_] = kept | ((size < _HOLE * mask.size)[holes] & ~kept)
    return result
