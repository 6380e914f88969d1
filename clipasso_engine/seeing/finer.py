"""A finer look at what was looked at already: the same part of the photo on a larger canvas.

Many strokes have room for what a canvas of 256 px cannot show: spokes, battlements, stripes, hair. What the object is
and where it lies was decided before; here only its boundaries are looked for again, in more detail.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..bezier.cubics import Array
from ..weights.opencv_network import Network
from . import boundary, view
from .foreground import Foreground
from .photo import Photo
from .view import CANVAS, View

CANVASES = ((32, CANVAS), (64, 384), (128, 512), (256, 640), (512, 768))
"""Up to so many strokes -> px: longer side of their canvas. A larger one shows more, in thinner lines, and slower."""

_REACH = 3.0  # px of the canvas of 256: how far apart both looks see the same boundary
_FINE_ONLY = 0.4  # worth of a boundary that only the finer look sees


def canvas(strokes: int) -> int:
    """Px: the longer side of the canvas on which so many strokes are drawn."""
    return next(side for most, side in CANVASES if strokes <= most)


def look(network: Network, picture: Photo, seen: View, side: int) -> View:
    """What was ``seen`` on a canvas whose longer side has ``side`` px."""
    if side == max(seen.size):
        return seen
    rgb = boundary.resized(seen.box.crop(picture.rgb), side)
    larger = replace(
        seen,
        rgb=rgb,
        boundary=boundary.predict(network, seen.box.crop(picture.rgb), side),
        found=_enlarged(seen.found, rgb),
        guess=_enlarged(seen.guess, rgb),
        around=None if seen.around is None else _enlarged_mask(seen.around, rgb),
    )
    return view.with_heads(network, picture.rgb, larger)


def standing(coarse: View, fine: View) -> Array:
    """The factor [h, w] of what lines of the ``fine`` look are worth: less where the ``coarse`` one sees none.

    So form comes before texture, and what few strokes draw stays in the drawing of many.
    """
    if fine.size == coarse.size:
        return np.ones(fine.boundary.shape)
    size = 2 * round(_REACH) + 1
    strength = cv2.resize(ndimage.maximum_filter(coarse.boundary, size), fine.size, interpolation=cv2.INTER_LINEAR)
    result: Array = _FINE_ONLY + (1 - _FINE_ONLY) * np.clip(strength, 0, 1).astype(np.float64)
    return result


def _enlarged(item: Foreground | None, rgb: NDArray[np.uint8]) -> Foreground | None:
    if item is None:
        return None
    score = cv2.resize(item.score, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return Foreground(_enlarged_mask(item.mask, rgb), score.astype(np.float32))


def _enlarged_mask(mask: NDArray[np.bool_], rgb: NDArray[np.uint8]) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = (
        cv2.resize(mask.astype(np.float32), rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR) > 0.5
    )
    return result
