"""What is around the object: the whole photo, less the object, for strokes of the background."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from scipy import ndimage

from .view import View

_RIM = 0.015  # of the canvas' diagonal: how far lines of the background end before the object
_LEAST = 0.02  # of the photo that must be left around the object


def standing_out(seen: View) -> View:
    """A view in which what was a guess at the object is the object: what is not on it is drawn with the background."""
    return replace(seen, found=seen.guess, guess=None) if seen.found is None else seen


def around(seen: View, whole: View) -> View | None:
    """The ``whole`` photo without the object that was ``seen``; None where that is none, or leaves nothing.

    Where ``whole`` has an object itself, only what lies on it is seen of the photo.
    """
    if seen.found is None:
        return None
    height, width = whole.boundary.shape
    box = seen.box.scaled(whole.box, (height, width))
    thing = np.zeros((height, width), np.uint8)
    left, top, right, bottom = max(box.left, 0), max(box.top, 0), min(box.right, width), min(box.bottom, height)
    if right <= left or bottom <= top:
        return None
    region = seen.found.region.astype(np.uint8)
    thing[top:bottom, left:right] = cv2.resize(region, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
    free = ndimage.distance_transform_edt(thing == 0) > _RIM * np.hypot(height, width)
    if whole.found is not None:
        free &= whole.found.mask
    if free.mean() < _LEAST:
        return None
    return replace(whole, found=None, guess=None, faces=(), around=free)
