"""The lines worth drawing: outline and ridges of a photo, each point with its weight.

A positive weight is what a stroke there is worth; a negative one is what it costs to draw there all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from . import outline, selection, tracing
from .foreground import Foreground
from .strokes import Array
from .tracing import Chain

_RIM = 0.012  # of the diagonal: how far outside the mask a line still belongs to the object
_OUTSIDE = -0.5  # weight outside the object, in units of the boundary's strength
_UNSURE = ((0.2, 0.4, 0.8), (_OUTSIDE, 0.0, 0.6))  # outside the mask: object score -> weight
_NOISE = 0.1  # boundary strength that means nothing
_OUTLINE = 1.25  # the outline's worth beside a line inside of the same strength
_FAINT = 0.3  # boundary strength below which the outline is a guess of the mask's
_GUESS = -0.1  # weight of such a guess: a stroke may cross a short one, not follow it
_SAME = 5.0  # px: a ridge this near and parallel to the outline is the outline
_FRAME = 0.025  # of the diagonal: a line along the frame this near to it is the frame


@dataclass(frozen=True)
class Lines:
    """Weighted chains on a map of ``height`` x ``width`` px."""

    chains: list[Chain]
    weights: list[Array]  # one [M] for each chain
    height: int
    width: int

    def picture(self) -> NDArray[np.float32]:
        """The lines as a map [h, w]: weight, clipped to 0..1, along lines 2 px wide."""
        result = np.zeros((self.height, self.width), dtype=np.float32)
        for chain, weight in zip(self.chains, self.weights, strict=True):
            for start, end, value in zip(chain.points[:-1], chain.points[1:], np.clip(weight[1:], 0, 1), strict=True):
                if value > 0:
                    layer = np.zeros_like(result)
                    cv2.line(layer, _fixed(start), _fixed(end), float(value), 2, cv2.LINE_8, 3)
                    result = np.maximum(result, layer)
        return result


def _fixed(point: Array) -> tuple[int, int]:
    x, y = np.rint((point - 0.5) * 8).astype(int)  # OpenCV's pixel centres are whole numbers; 3 fractional bits
    return int(x), int(y)


def find(boundary: NDArray[np.float32], found: Foreground | None) -> Lines:
    """The lines of a boundary map [h, w]; of the object alone, its outline first, where one was ``found``."""
    height, width = boundary.shape
    diagonal = float(np.hypot(height, width))
    ridges = tracing.trace(boundary)
    rims = outline.outlines(found.mask, boundary) if found else []
    belongs = _belonging(found, _RIM * diagonal) if found else np.ones(boundary.shape)
    outlined = [np.where(rim.strength > _FAINT, _OUTLINE * rim.strength, _GUESS) for rim in rims]
    drawn = [rim.points[weight > 0] for rim, weight in zip(rims, outlined, strict=True)]
    weights = []
    for ridge in ridges:
        weight = np.maximum(ridge.strength - _NOISE, 0) / (1 - _NOISE) * _sampled(belongs, ridge.points)
        for rim in drawn:
            if len(rim) > 2:
                weight[selection.beside(ridge.points, rim[None], _SAME)] = 0.0
        weight[_along_frame(ridge.points, height, width, _FRAME * diagonal)] = _OUTSIDE
        weights.append(weight)
    return Lines(rims + ridges, outlined + weights, height, width)


def _belonging(found: Foreground, rim: float) -> Array:
    """[h, w]: 1 on the object and up to ``rim`` px outside, less where the mask may err, negative on the background."""
    near = ndimage.maximum_filter(found.score, 5)
    result: Array = np.where(ndimage.distance_transform_edt(~found.mask) <= rim, 1.0, np.interp(near, *_UNSURE))
    return result


def _sampled(values: Array, points: Array) -> Array:
    result: Array = ndimage.map_coordinates(values, points[:, ::-1].T - 0.5, order=1, mode="nearest")
    return result


def _along_frame(points: Array, height: int, width: int, near: float) -> NDArray[np.bool_]:
    """Which points [M] of a polyline run along the frame of the map within ``near`` px of it."""
    tangent = np.abs(np.gradient(points, axis=0))
    level, upright = tangent[:, 1] < 0.2 * tangent[:, 0], tangent[:, 0] < 0.2 * tangent[:, 1]
    x, y = points.T
    result: NDArray[np.bool_] = (level & (np.minimum(y, height - y) < near)) | (
        upright & (np.minimum(x, width - x) < near)
    )
    return result
