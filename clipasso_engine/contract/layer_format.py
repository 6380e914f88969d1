"""How a sketch is written in SVG, the same by the command line and by the extension: names, metadata, path data.

Standard library only and Python 3.8, since the extension imports it inside Inkscape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from . import texts
from .choices import PARTS, Part
from .sketch import Point

NAMESPACE = "https://clipasso-inkscape.org/ns/sketch"
PREFIX = "clipasso"
"""Register it with lxml (``lxml.etree.register_namespace``), or the attributes come out under ns0."""

IMPORTANCE = f"{{{NAMESPACE}}}importance"
"""Attribute of a stroke's path: 0..1, the most telling stroke of its sketch has 1."""

COLOUR = f"{{{NAMESPACE}}}colour"
"""Attribute of a stroke's path: ``#rrggbb``, the photo's colour along it, whatever colour it is drawn in."""

BRUSH = f"{{{NAMESPACE}}}brush"
"""Attribute of a path, and of what it uses in the defs: the brush that draws it; a plain stroke has none."""

WIDTH = f"{{{NAMESPACE}}}width"
"""Attribute of a path: its plain stroke's width and the width it is drawn with, where that is another."""

LOOK = f"{{{NAMESPACE}}}look"
"""Attribute of a layer: how its strokes were last painted, where that is not plain."""

PAPER_OF = f"{{{NAMESPACE}}}paper-of"
"""Attribute of a layer of tracing paper: the id of the photo that it lies over."""


@dataclass(frozen=True)
class LayerMetadata:
    """What made a sketch layer. Each field is one attribute of the layer's ``<g>``."""

    strokes: int  # the number asked for; the layer may hold fewer
    seed: int
    guidance: str  # the report's ``guidance``
    engine: str  # the engine's version
    photo_sha256: str  # of the photo file's bytes
    photo_id: str = ""  # id of the document's <image>; empty outside Inkscape
    segments: int = 1  # cubics that a stroke may have
    part: Part = "object"  # of the photo that is drawn

    def to_attributes(self) -> dict[str, str]:
        """``{"{NAMESPACE}photo-id": "image1", ...}``, ready for ``element.set``; without what is empty or usual."""
        usual = {"segments": 1, "part": "object"}
        return {_attribute(name): str(value) for name, value in vars(self).items() if value != usual.get(name, "")}

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, str]) -> LayerMetadata | None:
        """The metadata of a layer; None if these attributes are not those of a sketch layer."""
        try:
            return cls(
                strokes=int(attributes[_attribute("strokes")]),
                seed=int(attributes[_attribute("seed")]),
                guidance=attributes.get(_attribute("guidance"), ""),
                engine=attributes.get(_attribute("engine"), ""),
                photo_sha256=attributes.get(_attribute("photo_sha256"), ""),
                photo_id=attributes.get(_attribute("photo_id"), ""),
                segments=int(attributes.get(_attribute("segments"), 1)),
                part=next((part for part in PARTS if part == attributes.get(_attribute("part"))), "object"),
            )
        except (KeyError, ValueError):
            return None


LABELS: Mapping[Part, tuple[str, str]] = {
    "object": (texts.LAYER_OF_ONE_STROKE, texts.LAYER_OF_STROKES),
    "background": (texts.BACKGROUND_OF_ONE_STROKE, texts.BACKGROUND_OF_STROKES),
}
"""The names of the layers with a part of the photo: of one stroke, of ``{count}``."""


def layer_label(strokes: int, translate: Callable[[str], str] = str, part: Part = "object") -> str:
    """The name of a level's layer: ``"Sketch, 16 strokes"``, in the language that ``translate`` leads to."""
    one, several = LABELS[part]
    return translate(one if strokes == 1 else several).format(count=strokes)


def layer_id(level: int, part: Part = "object") -> str:
    """The id of a level's layer, where it is not taken: ``"sketch-16"``."""
    return f"{'sketch' if part == 'object' else part}-{level}"


def stroke_style(width: float, decimals: int = 2) -> str:
    """The ``style`` of a plain stroke's path: a black line of that width with round ends and no fill."""
    return (
        "fill:none;stroke:#000000;stroke-linecap:round;stroke-linejoin:round;"
        f"stroke-width:{format_number(width, decimals)}"
    )


def path_data(points: Iterable[Point], decimals: int = 2) -> str:
    """Joined cubics as ``"M x,y C x,y x,y x,y C ..."``; ``points`` are their 3 k + 1 control points (x, y).

    Two ``decimals`` are fine for photo pixels; a document in millimetres or inches needs more.
    """
    start, *controls = (f"{format_number(x, decimals)},{format_number(y, decimals)}" for x, y in points)
    cubics = (" ".join(controls[first : first + 3]) for first in range(0, len(controls), 3))
    return " C ".join([f"M {start}", *cubics])


def format_number(value: float, decimals: int = 2) -> str:
    """The shortest plain decimal, whatever the locale: no exponent, no trailing zeros, no ``-0``.

    Raises `ValueError` if ``value`` is not finite.
    """
    if value - value != 0:
        raise ValueError(f"not a finite number: {value!r}")
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _attribute(field_name: str) -> str:
    return f"{{{NAMESPACE}}}{field_name.replace('_', '-')}"
