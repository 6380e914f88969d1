"""What a photo's alpha channel says: which part is the object, and on which ground it can be seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WHITE, DARK = 255, 64
"""Grounds that a cut-out is laid on; grey of 8 bits. White is the paper; on the dark one, what is white can be seen."""

_NOTHING = 0.02  # of 0..1: alpha that nobody can see; more refuses photos that are only faint
_SAME = 0.1  # of 0..1: alpha that varies by no more is the same everywhere; more ignores faint cut-outs
_ALL = 0.98  # of the photo: an object that covers more leaves out no more than a rim or rounded corners
_AS_WHITE = 16.0  # of 255: an object this much darker than white, in the middle, can hardly be seen on it


def flattened(rgba: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.float32] | None]:
    """A photo [h, w, 4] as ``rgb`` [h, w, 3] on a ground, and its ``alpha`` [h, w] in 0..1.

    ``alpha`` is None where it tells no object from a background: the same everywhere, or opaque but for a rim. One that
    is the same everywhere is left out of ``rgb``, too. Raises `ValueError` if nothing can be seen at all.
    """
    pixels = rgba[..., :3]
    alpha = rgba[..., 3].astype(np.float32) / np.float32(255)
    low, high = float(alpha.min()), float(alpha.max())
    if high < _NOTHING:
        raise ValueError("wholly transparent")
    if high - low <= _SAME:
        return np.ascontiguousarray(pixels), None
    inside = alpha > high / 2
    ground = DARK if _is_lost_on_white(pixels[inside]) else WHITE
    opacity = alpha[..., None]
    rgb = np.rint(pixels * opacity + ground * (1 - opacity)).astype(np.uint8)
    return rgb, None if float(inside.mean()) > _ALL else alpha


def _is_lost_on_white(pixels: NDArray[np.uint8]) -> bool:
    """Whether the object, pixels [N, 3], is as white as the paper."""
    return float(np.median(pixels.mean(axis=1))) > 255 - _AS_WHITE
