"""A sketch as it is drawn once more: lines with their looks, in layers. Lengths are the document's units, y down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..bezier import cubics
from ..bezier.cubics import Array
from ..contract.choices import Part

Box = tuple[float, float, float, float]
"""Left, top, width and height."""

SAMPLES = 32
"""Points along a cubic where a curve is walked along; more follow it more closely."""


@dataclass(frozen=True, eq=False)
class Line:
    """What is drawn in one go."""

    id: str  # of the element
    points: Array  # [3 k + 1, 2] control points of k joined cubics
    width: float
    colour: tuple[int, int, int] = (0, 0, 0)
    opacity: float = 1.0  # 0..1
    importance: float = 1.0  # 0..1
    sketched: bool = True  # not added by hand
    outline: tuple[Array, ...] = ()  # what a brush paints along the line, closed chains [3 k + 1, 2]; else the width
    dashes: tuple[float, ...] = ()  # lengths of dash, gap, dash, ...; none: drawn through
    multiplied: bool = False  # whether it darkens what lies under it, as a marker does

    @property
    def is_plain(self) -> bool:
        """Whether it is a line of one width, drawn through."""
        return not self.outline and not self.dashes

    @property
    def length(self) -> float:
        return float(cubics.lengths(self.points))

    def walked(self) -> Array:
        """A polyline [M, 2] along it."""
        return walked(self.points)


@dataclass(frozen=True, eq=False)
class Layer:
    """The strokes of one sketch, the lowest first."""

    id: str
    label: str
    level: int
    part: Part
    lines: tuple[Line, ...]
    attributes: tuple[tuple[str, str], ...] = ()  # what made it, as the document has it


@dataclass(frozen=True, eq=False)
class Drawing:
    """The sketches of a document that are meant."""

    box: Box  # of the page
    unit: float  # millimetres
    layers: tuple[Layer, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for layer in self.layers for line in layer.lines)


def walked(points: Array) -> Array:
    """A polyline [M, 2] along joined cubics [3 k + 1, 2]."""
    return cubics.sample(points, SAMPLES * ((len(points) - 1) // 3) + 1)


def extent(lines: Sequence[Line], margin: float = 0.05) -> Box:
    """Left, top, width and height of what the lines cover, with a ``margin`` as a share of the longer side."""
    low = np.min([line.walked().min(axis=0) - line.width / 2 for line in lines], axis=0)
    high = np.max([line.walked().max(axis=0) + line.width / 2 for line in lines], axis=0)
    edge = margin * max(float((high - low).max()), 1e-6)
    left, top = (low - edge).tolist()
    width, height = (high - low + 2 * edge).tolist()
    return left, top, width, height
