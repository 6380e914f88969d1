"""A sketch for a pen: document -> lines on a page -> a route, or one line -> an SVG file in millimetres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np

from ..bezier.cubics import Array
from ..contract import layer_format
from ..contract.codes import ErrorCode
from ..contract.errors import CodedError
from ..contract.layer_format import format_number as number
from ..contract.redrawing import AS_IT_IS, SHEETS, Plot, Redrawn
from . import document, one_line, path_data, route
from .animated_svg import data, hexadecimal
from .document import Choice
from .drawing import Drawing, Layer, Line, extent

_SVG = "http://www.w3.org/2000/svg"
_INKSCAPE = "http://www.inkscape.org/namespaces/inkscape"

ET.register_namespace("inkscape", _INKSCAPE)
ET.register_namespace(layer_format.PREFIX, layer_format.NAMESPACE)


def plot(wish: Plot) -> Redrawn:
    """The sketches that are meant, on a page, one outermost layer each; with how far and how long the pen goes.

    Raises `CodedError` where there are none, or the page has no room for them.
    """
    drawing = document.read(wish.document, wish.name, Choice(wish.level, wish.layers))
    size, place = _page(drawing, wish)
    scale = float(np.sqrt(abs(np.linalg.det(place[:, :2]))))
    layers, home = [], np.zeros(2)
    for layer in drawing.layers:
        lines = [
            replace(line, points=path_data.moved(line.points, place), width=line.width * scale, outline=(), dashes=())
            for line in layer.lines
        ]
        drawn = one_line.joined(lines) if wish.one_line else in_order(lines, home)
        layers.append(replace(layer, lines=tuple(drawn)))
        home = drawn[-1].points[-1]
    order = tuple(dict.fromkeys(line.id for layer in layers for line in layer.lines))
    return Redrawn((_svg(layers, size),), order, figures(layers, wish))


def in_order(lines: Sequence[Line], home: Array) -> list[Line]:
    """The lines in the order and the direction that keep the pen's travel short."""
    way = route.shortest(route.ends_of([line.points for line in lines]), home)
    return [
        replace(lines[index], points=lines[index].points[::-1].copy()) if backwards else lines[index]
        for index, backwards in way
    ]


def figures(layers: Sequence[Layer], wish: Plot) -> dict[str, float]:
    """``strokes``; ``down`` and ``up``: how far the pen goes on the paper and above it, from the page's top left
    corner on, in millimetres; ``seconds``.
    """
    lines = [line for layer in layers for line in layer.lines]
    ends = route.ends_of([line.points for line in lines])
    down = sum(line.length for line in lines)
    up = float(np.linalg.norm(ends[0, 0])) + route.travel(ends)
    seconds = down / wish.speed + up / wish.travel_speed + wish.lift * len(lines)
    return {"strokes": float(len(lines)), "down": round(down, 1), "up": round(up, 1), "seconds": round(seconds, 1)}


def _page(drawing: Drawing, wish: Plot) -> tuple[tuple[float, float], Array]:
    """Width and height of the page in millimetres, and the matrix [2, 3] that brings the drawing there."""
    if wish.sheet == AS_IT_IS:
        left, top, width, height = drawing.box
        place = np.array([[1.0, 0.0, -left], [0.0, 1.0, -top]]) * drawing.unit
        return (width * drawing.unit, height * drawing.unit), place
    left, top, width, height = extent(drawing.lines, margin=0.0)
    page = SHEETS[wish.sheet]
    if width > height:  # a broad sketch on a broad page
        page = page[::-1]
    room = min(page) - 2 * wish.margin
    if room <= 0:
        sides = [f"{length:g}" for length in (wish.margin, *page)]
        raise CodedError(ErrorCode.MARGIN_TOO_WIDE, margin=sides[0], width=sides[1], height=sides[2])
    scale = min((page[0] - 2 * wish.margin) / width, (page[1] - 2 * wish.margin) / height)
    moved = [page[0] / 2 - scale * (left + width / 2), page[1] / 2 - scale * (top + height / 2)]
    return page, np.array([[scale, 0.0, moved[0]], [0.0, scale, moved[1]]])


def _svg(layers: Sequence[Layer], size: tuple[float, float]) -> bytes:
    width, height = (number(side, 3) for side in size)
    view = {"width": f"{width}mm", "height": f"{height}mm", "viewBox": f"0 0 {width} {height}"}
    root = ET.Element(f"{{{_SVG}}}svg", view)
    for count, layer in enumerate(layers, 1):
        names = {
            "id": f"layer-{count}",
            f"{{{_INKSCAPE}}}groupmode": "layer",
            f"{{{_INKSCAPE}}}label": f"{count} {layer.label}",  # a number is what AxiDraw goes by
            **dict(layer.attributes),
        }
        group = ET.SubElement(root, f"{{{_SVG}}}g", names)
        for index, line in enumerate(layer.lines, 1):
            ET.SubElement(group, f"{{{_SVG}}}path", {"id": f"layer-{count}-stroke-{index}", **_path(line)})
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True, default_namespace=None) + b"\n"


def _path(line: Line) -> dict[str, str]:
    style = layer_format.stroke_style(line.width, 3).replace("#000000", hexadecimal(line.colour))
    importance = {layer_format.IMPORTANCE: number(line.importance, 4)}
    return {"d": data(line.points), "style": style, **importance}
