"""What a sketch layer remembers beside `layer_format.LayerMetadata`: what was drawn, where, and its other levels.

With it, what was changed by hand can be told from what was not, and other levels can be drawn without the engine. All
of it is in attributes, which survive saving, plain SVG, duplicating, and pasting into another document.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, Iterable, Tuple

import inkex

from clipasso_engine.contract import layer_format
from clipasso_engine.contract.sketch import Curve, Point, Shape, Stroke

from ..document.viewport import Rectangle

NUMBER = f"{{{layer_format.NAMESPACE}}}number"
"""Attribute of a stroke's path: its number in `LayerRecord.drawn`."""
STYLE = f"{{{layer_format.NAMESPACE}}}style"
"""Attribute of a stroke's path: the ``style`` it was given, whatever has been made of it since."""

_SIZE, _PLACE, _VIEW, _DRAWN, _ERASED, _LEVELS, _MASK, _DETAILS = _ATTRIBUTES = tuple(
    f"{{{layer_format.NAMESPACE}}}{name}"
    for name in ("photo-size", "place", "view", "drawn", "erased", "levels", "mask", "details")
)

Levels = Dict[int, Tuple[Stroke, ...]]
"""The abstraction path: by number of strokes, in photo pixels, the most important first."""


@dataclass(frozen=True)
class LayerRecord:
    """Each field is one attribute of the layer."""

    size: tuple[int, int]  # of the photo, in pixels
    place: inkex.Transform  # from photo pixels to the layer's coordinates when it was drawn
    view: Rectangle  # the part of the photo that is seen, in photo pixels
    drawn: dict[int, Curve]  # the 3 k + 1 points of each stroke as drawn, by its number, in the layer's coordinates
    erased: tuple[Curve, ...] = ()  # 4 points each, in photo pixels: deleted by hand, not to be drawn again
    levels: Levels = field(default_factory=dict)
    mask: tuple[Shape, ...] = ()  # shapes that said what to draw, in shares of the photo's width and height
    details: tuple[Shape, ...] = ()  # and those that said where more finely

    def write(self, layer: inkex.BaseElement) -> None:
        for name, text in self._texts().items():
            if text:
                layer.set(name, text)
            else:
                layer.pop(name)

    @classmethod
    def read(cls, layer: inkex.BaseElement) -> LayerRecord | None:
        """The record of a layer; None if it has none, or one that cannot be read."""
        texts = {name: layer.get(name) or "" for name in _ATTRIBUTES}
        try:
            width, height = (int(word) for word in texts[_SIZE].split())
            a, b, c, d, e, f = (float(word) for word in texts[_PLACE].split())
            left, top, right, bottom = (float(word) for word in (texts[_VIEW] or f"0 0 {width} {height}").split())
            numbered = (text.split(" ", 1) for text in texts[_DRAWN].split(";") if text)
            return cls(
                size=(width, height),
                place=inkex.Transform((a, b, c, d, e, f)),
                view=(left, top, right, bottom),
                drawn={int(number): _curve(text) for number, text in numbered},
                erased=tuple(_curve(text) for text in texts[_ERASED].split(";") if text),
                levels=dict(_level(text) for text in texts[_LEVELS].split("|") if text),
                mask=_shapes(texts[_MASK]),
                details=_shapes(texts[_DETAILS]),
            )
        except ValueError:
            return None

    def _texts(self) -> dict[str, str]:
        whole = (0.0, 0.0, float(self.size[0]), float(self.size[1]))
        place = self.place
        return {
            _SIZE: "{} {}".format(*self.size),
            _PLACE: " ".join(_digits(value) for value in (place.a, place.b, place.c, place.d, place.e, place.f)),
            _VIEW: "" if self.view == whole else " ".join(_digits(value) for value in self.view),
            _DRAWN: ";".join(f"{number} {_curve_text(curve)}" for number, curve in self.drawn.items()),
            _ERASED: ";".join(_curve_text(curve) for curve in self.erased),
            _LEVELS: "|".join(f"{level} {_level_text(strokes)}" for level, strokes in sorted(self.levels.items())),
            _MASK: _shapes_text(self.mask),
            _DETAILS: _shapes_text(self.details),
        }


def _digits(value: float) -> str:
    return format(value, ".9g")


def _curve_text(curve: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{_digits(x)},{_digits(y)}" for x, y in curve)


def _shapes_text(shapes: Iterable[Shape]) -> str:
    return "|".join(";".join(_curve_text(ring) for ring in shape) for shape in shapes)


def _shapes(text: str) -> tuple[Shape, ...]:
    return tuple(tuple(_points(ring) for ring in shape.split(";")) for shape in text.split("|") if shape)


def _curve(text: str) -> Curve:
    points = _points(text)
    if len(points) < 4 or len(points) % 3 != 1:
        raise ValueError(f"not the 4, 7, 10 ... points of a stroke: {text!r}")
    return points


def _points(text: str) -> tuple[Point, ...]:
    points = tuple(tuple(float(number) for number in word.split(",")) for word in text.split())
    if any(len(point) != 2 for point in points):
        raise ValueError(f"not points: {text!r}")
    return tuple((point[0], point[1]) for point in points)


def _level_text(strokes: Iterable[Stroke]) -> str:
    return ";".join(
        " ".join(
            [
                layer_format.format_number(stroke.width, 2),
                layer_format.format_number(stroke.importance, 3),
                stroke.colour or "-",
                *(f"{layer_format.format_number(x, 1)},{layer_format.format_number(y, 1)}" for x, y in stroke.points),
            ]
        )
        for stroke in strokes
    )


def _level(text: str) -> tuple[int, tuple[Stroke, ...]]:
    number, _, strokes = text.partition(" ")
    return int(number), tuple(_stroke(stroke) for stroke in strokes.split(";") if stroke)


def _stroke(text: str) -> Stroke:
    width, importance, colour, curve = text.split(" ", 3)
    return Stroke(_curve(curve), float(width), float(importance), "" if colour == "-" else colour)
