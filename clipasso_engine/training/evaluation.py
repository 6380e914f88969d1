"""How well one boundary map agrees with another, once both are thinned to lines."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

LONG_SIDE = 224
TOLERANCE = 2.0  # pixels
THRESHOLD = 0.5

_SMOOTHING = 1.0  # pixels, of the second derivatives that tell a line's direction


def thin(strength: NDArray[np.float32], threshold: float = THRESHOLD) -> NDArray[np.bool_]:
    """The crests of a boundary map: pixels that are at least ``threshold`` and a maximum across their line.

    Non-maximum suppression along the direction in which the map curves down the most (the Hessian's eigenvector with
    the lowest eigenvalue), against the map's bilinear values one pixel to either side.

    Args:
        strength: [h, w] in 0..1.
    """
    smooth = ndimage.gaussian_filter(strength, _SMOOTHING, mode="nearest")
    rows, columns = np.gradient(smooth)
    yy, yx = np.gradient(rows)
    xx = np.gradient(columns, axis=1)
    # Angle of the eigenvector with the highest eigenvalue; across a bright line it is the other one.
    along = 0.5 * np.arctan2(2 * yx, xx - yy)
    dy, dx = np.cos(along), -np.sin(along)
    y, x = np.indices(strength.shape)
    crest = strength >= threshold
    for sign in (1, -1):
        beside = ndimage.map_coordinates(smooth, [y + sign * dy, x + sign * dx], order=1, mode="nearest")
        crest &= smooth >= beside
    return crest


@dataclass(frozen=True)
class Agreement:
    """Precision: share of the found pixels near an expected one; recall: the reverse. Both 0..1."""

    precision: float
    recall: float

    @property
    def f(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def agreement(found: NDArray[np.bool_], expected: NDArray[np.bool_], tolerance: float = TOLERANCE) -> Agreement:
    """Agreement of two thinned maps [h, w]: a pixel is right if the other map has one within ``tolerance`` pixels.

    Where a map is empty, nothing in it is wrong: two empty maps agree fully.
    """

    def near(those: NDArray[np.bool_], these: NDArray[np.bool_]) -> float:
        if not those.any():
            return 1.0
        if not these.any():
            return 0.0
        distance = ndimage.distance_transform_edt(~these)
        return float((distance[those] <= tolerance).mean())

    return Agreement(precision=near(found, expected), recall=near(expected, found))


def frame_strength(strength: NDArray[np.float32], width: float = 0.02) -> tuple[float, float]:
    """Mean strength on the outer ring of a map [h, w], ``width`` of its long side wide, and on the next such ring.

    Outlines that run into the frame lie on both alike; an outer ring stronger than the next one is a frame drawn.
    """
    pixels = max(1, round(width * max(strength.shape)))
    y, x = np.indices(strength.shape)
    inside = np.minimum(np.minimum(y, strength.shape[0] - 1 - y), np.minimum(x, strength.shape[1] - 1 - x))
    return float(strength[inside < pixels].mean()), float(strength[(inside >= pixels) & (inside < 2 * pixels)].mean())


def median_seconds(action: Callable[[], object], repeats: int) -> float:
    """The median duration of ``action`` in seconds, after one run that does not count."""
    action()
    durations = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        durations.append(time.perf_counter() - start)
    return float(np.median(durations))
