"""Eyes and noses: small dark discs on the object. A boundary map hardly shows them, and without them a face is lost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.color import rgb2gray
from skimage.feature import blob_log

from ..bezier.cubics import Array
from .tracing import Chain

_SIGMA = (2.0, 5.5)  # px: a disc of radius r answers most at sigma = r / sqrt(2)
_RESPONSE = 0.08
_INSIDE = 4.0  # px between a disc and the object's outline, or it belongs to that
_DARKER = 0.06  # grey level, 0..1, by which it is darker than nearly all that surrounds it
_CLEAR, _BESIDE_BEST = 0.11, 0.4  # least score, and least share of the best one's
_MOST = 3  # two eyes and a nose; more are a pattern
_STRENGTH = 2.5  # line strength per grey level of contrast


def find(rgb: NDArray[np.uint8], mask: NDArray[np.bool_] | None) -> list[Chain]:
    """The clearest spots of a photo [h, w, 3], inside ``mask`` [h, w] if there is one, as closed circles."""
    grey = rgb2gray(rgb)
    found = blob_log(1 - grey, _SIGMA[0], _SIGMA[1], num_sigma=6, threshold=_RESPONSE, overlap=0.3)
    inside = np.ones(grey.shape, np.bool_) if mask is None else mask
    depth = ndimage.distance_transform_edt(np.pad(inside, 1, mode="constant"))[1:-1, 1:-1]
    spots = []
    for row, column, sigma in found:
        radius = float(sigma) * 2**0.5
        if depth[int(row), int(column)] >= radius + _INSIDE:
            contrast = _contrast(grey, row, column, radius)
            if contrast > _DARKER:
                spots.append((contrast * min(1.0, radius / 4), float(row), float(column), radius))
    spots.sort(reverse=True)
    best = spots[0][0] if spots else 0.0
    return [_circle(*spot) for spot in spots[:_MOST] if spot[0] >= max(_CLEAR, _BESIDE_BEST * best)]


def _contrast(grey: Array, row: float, column: float, radius: float) -> float:
    """How much darker a disc is than 85 % of the ring around it."""
    reach = int(np.ceil(2.2 * radius))
    top, left = max(0, int(row) - reach), max(0, int(column) - reach)
    window = grey[top : int(row) + reach + 1, left : int(column) + reach + 1]
    y, x = np.indices(window.shape)
    away = np.hypot(y + top - row, x + left - column)
    disc, ring = window[away < 0.8 * radius], window[(away > 1.5 * radius) & (away < 2.2 * radius)]
    return float(np.percentile(ring, 15) - disc.mean()) if len(disc) and len(ring) else 0.0


def _circle(score: float, row: float, column: float, radius: float) -> Chain:
    around = np.linspace(0, 2 * np.pi, max(9, round(2 * np.pi * radius)))
    points = np.stack([column + 0.5 + radius * np.cos(around), row + 0.5 + radius * np.sin(around)], axis=1)
    return Chain(points, np.full(len(points), min(1.0, _STRENGTH * score)), True)
