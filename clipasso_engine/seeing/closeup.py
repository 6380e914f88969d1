"""Where in the photo to look: without a printed frame, and near enough that the object fills the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..bezier.cubics import Array

_BAND = 0.08  # of a side: how far in a printed frame may reach
_UNBROKEN = 0.85  # of a side's length that its line must cover
_STRONG = 0.3  # boundary strength that counts as its line
_MARGIN = 0.08  # of the object's size kept around it
_WORTH = 0.8  # a close-up of more than this part of the photo's long side shows nothing new
_SMALLEST = 48  # px: a smaller piece of the photo has no more detail to show


@dataclass(frozen=True)
class Box:
    """A rectangle of photo pixels: rows ``top`` to ``bottom``, columns ``left`` to ``right``, the ends not included."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def crop(self, pixels: NDArray) -> NDArray:
        """The part of ``pixels`` [H, W, ...] inside the box."""
        return pixels[self.top : self.bottom, self.left : self.right]

    def to_map(self, points: Array, size: tuple[int, int]) -> Array:
        """Photo pixels [..., 2] in pixels of a map of ``size`` (width, height) that shows the box."""
        result: Array = (points - [self.left, self.top]) / self._step(size)
        return result

    def from_map(self, points: Array, size: tuple[int, int]) -> Array:
        """The reverse of `to_map`."""
        result: Array = points * self._step(size) + [self.left, self.top]
        return result

    def _step(self, size: tuple[int, int]) -> Array:
        """Photo pixels [2] for each pixel of such a map, in x and in y."""
        return np.array([self.width / size[0], self.height / size[1]])

    def scaled(self, frame: Box, shape: tuple[int, int]) -> Box:
        """The box in the pixels of a map [h, w] of ``frame``, of at least one pixel."""
        rows, columns = shape[0] / frame.height, shape[1] / frame.width
        left, top = int((self.left - frame.left) * columns), int((self.top - frame.top) * rows)
        right, bottom = round((self.right - frame.left) * columns), round((self.bottom - frame.top) * rows)
        return Box(left, top, max(right, left + 1), max(bottom, top + 1))


def inside_frame(boundary: NDArray[np.float32], height: int, width: int) -> Box:
    """The photo of ``height`` x ``width`` px without a frame printed into it, from its boundary map [h, w].

    Such a frame is an unbroken straight line near each of at least two opposite sides. Without one: the whole photo.
    """
    strong = boundary > _STRONG
    left, right = _inset(strong.T), _inset(strong.T[::-1])
    top, bottom = _inset(strong), _inset(strong[::-1])
    if not (left and right):
        left = right = 0
    if not (top and bottom):
        top = bottom = 0
    rows, columns = height / boundary.shape[0], width / boundary.shape[1]
    return Box(
        int(np.ceil(left * columns)),
        int(np.ceil(top * rows)),
        width - int(np.ceil(right * columns)),
        height - int(np.ceil(bottom * rows)),
    )


def _inset(strong: NDArray[np.bool_]) -> int:
    """How many rows from the first on are frame, its line included; 0 without one."""
    band = strong[: max(2, round(_BAND * len(strong)))]
    covered = band.mean(axis=1) > _UNBROKEN
    return int(np.flatnonzero(covered)[-1]) + 3 if covered.any() else 0


def around(mask: NDArray[np.bool_], frame: Box) -> Box:
    """The part of ``frame`` that the object fills, with some air; all of it where that is nearly the same.

    ``mask`` [h, w] shows the object in ``frame``.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return frame
    scale_y, scale_x = frame.height / mask.shape[0], frame.width / mask.shape[1]
    top, bottom = rows[0] * scale_y, (rows[-1] + 1) * scale_y
    left, right = columns[0] * scale_x, (columns[-1] + 1) * scale_x
    air = _MARGIN * max(bottom - top, right - left)
    box = Box(
        frame.left + int(max(0, left - air)),
        frame.top + int(max(0, top - air)),
        frame.left + int(min(frame.width, np.ceil(right + air))),
        frame.top + int(min(frame.height, np.ceil(bottom + air))),
    )
    large = max(box.width, box.height) > _WORTH * max(frame.width, frame.height)
    return frame if large or min(box.width, box.height) < _SMALLEST else box
