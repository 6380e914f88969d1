"""The colour a stroke has in the photo, for brushes that draw in the photo's colours."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..bezier.cubics import Array, sample

_FEW = 12  # pixels of the object near a stroke that are too few to speak for it


def along(
    controls: Array, rgb: NDArray[np.uint8], reach: float, mask: NDArray[np.bool_] | None = None
) -> tuple[str, ...]:
    """One colour ``"#rrggbb"`` for each stroke of ``controls`` [S, 3 k + 1, 2], in pixels of ``rgb`` [h, w, 3].

    It is the median, in each channel, of the pixels up to ``reach`` px from the stroke; of those on the object alone
    where a ``mask`` [h, w] tells it from the background, since an outline runs between the two.
    """
    return tuple(_colour(curve, rgb, reach, mask) for curve in sample(controls, 11 * (controls.shape[-2] - 1)))


def _colour(curve: Array, rgb: NDArray[np.uint8], reach: float, mask: NDArray[np.bool_] | None) -> str:
    height, width = rgb.shape[:2]
    inside = np.clip(curve, 0.5, [width - 0.5, height - 0.5])  # a stroke outside has the colour of the nearest edge
    near = np.zeros((height, width), dtype=np.uint8)
    fixed = np.rint((inside - 0.5) * 8).astype(np.int32)  # OpenCV's pixel centres are whole numbers; 3 fractional bits
    cv2.polylines(near, [fixed[:, None]], False, 1, max(1, round(2 * reach)), cv2.LINE_8, 3)
    pixels = near.astype(bool)
    if mask is not None and (pixels & mask).sum() >= _FEW:
        pixels &= mask
    red, green, blue = np.rint(np.median(rgb[pixels], axis=0)).astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"
