"""What comes back from the engine: a sketch of strokes; and the geometry that jobs and sketches are told in."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Tuple

from .choices import PARTS, Part, check

Point = Tuple[float, float]
Curve = Tuple[Point, ...]
"""The 4 control points of a cubic Bézier curve."""
Ring = Tuple[Point, ...]
"""The corners of a closed polygon."""
Shape = Tuple[Ring, ...]
"""An area: what lies inside an odd number of its rings."""
Curves = Tuple[Curve, ...]
Shapes = Tuple[Shape, ...]


@dataclass(frozen=True)
class Stroke:
    """One to `MAX_SEGMENTS` cubic Bézier curves, each of which begins where the one before it ends.

    Points are (x, y) in photo pixels, origin at the photo's top left corner, y down.
    """

    points: tuple[Point, ...]  # 3 k + 1 control points of k curves
    width: float  # photo pixels
    importance: float = 1.0  # 0..1, the most telling stroke of the sketch has 1
    colour: str = ""  # "#rrggbb", the photo's along the stroke; empty where it was not looked at

    @classmethod
    def of(cls, points: Iterable[Iterable[float]], width: float, importance: float = 1.0, colour: str = "") -> Stroke:
        """A stroke from numbers of any kind, for example the rows of an array [3 k + 1, 2]."""
        return cls(tuple((float(x), float(y)) for x, y in points), float(width), float(importance), colour)


@dataclass(frozen=True)
class Sketch:
    """A finished drawing of at most ``level`` strokes, most important first, over a photo of ``width x height`` px."""

    level: int
    width: int
    height: int
    strokes: tuple[Stroke, ...]
    loss: float
    part: Part = "object"  # of the photo that is drawn

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Sketch:
        strokes = tuple(
            Stroke.of(stroke["points"], stroke["width"], stroke["importance"], str(stroke.get("colour", "")))
            for stroke in data["strokes"]
        )
        part: Part = data.get("part", "object")  # older versions drew nothing else
        check("part", part, PARTS)
        return cls(int(data["level"]), int(data["width"]), int(data["height"]), strokes, float(data["loss"]), part)
