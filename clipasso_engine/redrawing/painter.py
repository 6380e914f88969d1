"""Strokes painted on white paper, pixel by pixel and as far as they are drawn: what films are made of.

Kept apart from the engine's rasteriser, which knows black strokes of one piece; this one paints colours, brushes'
outlines, dashes, and parts of a stroke.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..bezier.cubics import Array
from .animated_svg import UNCOVERING
from .drawing import Box, Line, walked

Picture = NDArray[np.uint8]
"""[height, width, 3], sRGB, or [height, width] where all is grey."""

_FINER = 4  # samples on a pixel's side, of outlines; more give smoother edges
_APART = 0.3  # pixels between the points of a line to which distances are measured; less is more exact
_FAR = 12_000.0  # pixels: what lies farther outside is drawn nearer, where it is not seen either
_SHIFT = 4  # bits of a sample's fraction that OpenCV draws with


class Paper:
    """A sketch that comes to be: call `at` with growing shares."""

    def __init__(self, lines: Sequence[Line], box: Box, size: tuple[int, int]) -> None:
        """``size``: width and height in pixels of what ``box`` shows."""
        self._scale = min(size[0] / box[2], size[1] / box[3])
        self._strokes = [_Stroke(line, box, self._scale, size) for line in lines]
        self._done = np.full((size[1], size[0], 3), 255.0, np.float32)
        self._finished: set[int] = set()
        self._grey = all(len(set(line.colour)) == 1 for line in lines)

    def at(self, shares: Sequence[float]) -> Picture:
        """The paper when 0..1 of each line are drawn; lines that were finished before stay so."""
        begun: list[tuple[int, float]] = []
        for index, share in enumerate(shares):
            if share >= 1 and index not in self._finished and not begun:
                self._strokes[index].paint(self._done, 1.0)
                self._finished.add(index)
            elif share > 0 and index not in self._finished:
                begun.append((index, share))
        paper = self._done.copy() if begun else self._done
        for index, share in begun:
            self._strokes[index].paint(paper, share)
        return np.rint(paper[..., 0] if self._grey else paper).astype(np.uint8)


class _Stroke:
    """One line in pixels."""

    def __init__(self, line: Line, box: Box, scale: float, size: tuple[int, int]) -> None:
        self._line, self._scale = line, scale
        self._origin = np.array(box[:2])
        self._path = self._pixels(line.points)
        self._along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(self._path, axis=0), axis=1))])
        self._outline = [self._pixels(chain) for chain in line.outline]
        reach = line.width * scale * UNCOVERING / 2 + 2
        low = np.floor(self._path.min(axis=0) - reach).astype(int)
        high = np.ceil(self._path.max(axis=0) + reach).astype(int)
        self._left, self._top = np.clip(low, 0, size)
        self._right, self._bottom = np.clip(high, 0, size)

    def paint(self, paper: NDArray[np.float32], share: float) -> None:
        """Paint the first ``share`` of it."""
        if self._right <= self._left or self._bottom <= self._top:
            return
        part = paper[self._top : self._bottom, self._left : self._right]
        ink = self._ink(share)[..., None] * np.float32(self._line.opacity)
        colour = np.array(self._line.colour, np.float32)
        if self._line.multiplied:
            part *= 1 - ink * (1 - colour / 255)
        else:
            part += ink * (colour - part)

    def _ink(self, share: float) -> NDArray[np.float32]:
        """How much of each pixel around it is covered, 0..1."""
        line, width = self._line, self._line.width * self._scale
        until = share * float(self._along[-1])
        if line.outline:
            uncovered = self._covered([self._until(until)], width * UNCOVERING)
            return np.minimum(uncovered, self._filled())
        if line.dashes:
            return self._covered(self._dashed(until), width)
        return self._covered([self._until(until)], width)

    def _covered(self, paths: Sequence[Array], width: float) -> NDArray[np.float32]:
        """A line of that width along paths, with round ends: each pixel by how far its middle is from the line.

        Lines thinner than a pixel are drawn a pixel wide, and fainter.
        """
        near = np.zeros((self._bottom - self._top, self._right - self._left), np.uint8)
        inside = [path - (self._left, self._top) for path in paths]
        fixed = [np.rint((path - 0.5) * (1 << _SHIFT)).astype(np.int32) for path in inside]
        cv2.polylines(near, fixed, False, 1, 2 * math.ceil(width / 2) + 3, cv2.LINE_8, _SHIFT)
        rows, columns = near.nonzero()
        tree = cKDTree(np.concatenate([_dense(path) for path in inside]))
        away, _nearest = tree.query(np.column_stack([columns, rows]) + 0.5)
        ink = np.zeros(near.shape, np.float32)
        ink[rows, columns] = np.clip(max(width, 1.0) / 2 + 0.5 - away, 0.0, 1.0) * min(width, 1.0)
        return ink

    def _filled(self) -> NDArray[np.float32]:
        size = (self._right - self._left, self._bottom - self._top)
        samples = np.zeros((size[1] * _FINER, size[0] * _FINER), np.uint8)
        for chain in self._outline:  # one after the other: what overlaps is painted all the same
            fine = (chain - (self._left, self._top)) * _FINER - 0.5
            cv2.fillPoly(samples, [np.rint(fine * (1 << _SHIFT)).astype(np.int32)], 255, cv2.LINE_8, _SHIFT)
        small = cv2.resize(samples, size, interpolation=cv2.INTER_AREA)
        return small.astype(np.float32) / np.float32(255)

    def _until(self, length: float, since: float = 0.0) -> Array:
        inside = (self._along > since) & (self._along < length)
        ends = np.array(
            [[np.interp(at, self._along, self._path[:, axis]) for axis in (0, 1)] for at in (since, length)]
        )
        return np.concatenate([ends[:1], self._path[inside], ends[1:]])

    def _dashed(self, until: float) -> list[Array]:
        parts: list[Array] = []
        at, index = 0.0, 0
        while at < until and len(parts) < 10_000:
            step = self._line.dashes[index % len(self._line.dashes)] * self._scale
            if index % 2 == 0:
                parts.append(self._until(min(at + step, until), at))
            at, index = at + step, index + 1
        return parts or [self._until(0.0)]

    def _pixels(self, chain: Array) -> Array:
        pixels: Array = (walked(chain) - self._origin) * self._scale
        return np.clip(pixels, -_FAR, _FAR)


def _dense(path: Array) -> Array:
    """Points along a path at most `_APART` pixels apart."""
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.linspace(0.0, along[-1], 2 + int(along[-1] / _APART))
    return np.column_stack([np.interp(at, along, path[:, axis]) for axis in (0, 1)])
