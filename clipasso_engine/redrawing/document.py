"""An SVG document read: the sketch layers in it that are meant, with their strokes as they look on the page.

The documents are ours, and what Inkscape and its users made of them: moved, scaled, restacked, painted with brushes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from xml.etree import ElementTree as ET

import numpy as np
from PIL import ImageColor
from scipy.spatial import cKDTree

from ..bezier.cubics import Array
from ..contract import layer_format
from ..contract.codes import ErrorCode
from ..contract.errors import CodedError, cut
from ..contract.layer_format import LayerMetadata
from . import path_data
from .drawing import Drawing, Layer, Line, walked

MAX_DOCUMENT = 256 << 20
"""Bytes; reading takes several times that in memory."""

MAX_LINES = 2000
"""Strokes: the time that an order of them takes grows with the square of their number, and faster."""

_SVG = "{http://www.w3.org/2000/svg}"
_INKSCAPE = "{http://www.inkscape.org/namespaces/inkscape}"
_MILLIMETRES = {"mm": 1.0, "cm": 10.0, "in": 25.4, "pt": 25.4 / 72, "pc": 25.4 / 6, "px": 25.4 / 96, "": 25.4 / 96}
_LENGTH = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(mm|cm|in|pt|pc|px|)\s*$")
_INHERITED = ("stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "fill", "fill-opacity", "visibility")
_MAX_DEPTH = 200  # of groups within each other; more are no drawing


@dataclass(frozen=True)
class _Place:
    """What surrounds an element has made of it."""

    matrix: Array = field(default_factory=lambda: np.eye(3)[:2])
    style: Mapping[str, str] = field(default_factory=dict)
    opacity: float = 1.0
    shown: bool = True
    depth: int = 0


@dataclass(frozen=True)
class Choice:
    """Which sketches of a document are meant: those with these ids, of this level, or else those that are shown."""

    level: int = 0
    layers: Sequence[str] = ()


def read(content: bytes, name: str, choice: Choice = Choice()) -> Drawing:
    """The sketches of an SVG document that are meant; strokes and layers that are hidden are left out.

    Raises `CodedError` if it cannot be read, if there is no sketch in it, or not the one that is meant. ``name`` is
    what the sentence calls it.
    """
    root = _parsed(content, name)
    found = list(_sketches(root))
    if not found:
        raise CodedError(ErrorCode.SKETCH_MISSING, file=name)
    layers = [
        Layer(
            element.get("id") or "",
            element.get(f"{_INKSCAPE}label") or layer_format.layer_label(metadata.strokes, part=metadata.part),
            metadata.strokes,
            metadata.part,
            tuple(_lines(element, place)),
            tuple(metadata.to_attributes().items()),
        )
        for element, metadata, place in _meant(found, choice, name)
    ]
    layers = [layer for layer in layers if layer.lines]
    if not layers:
        raise CodedError(ErrorCode.SKETCH_EMPTY, file=name)
    count = sum(len(layer.lines) for layer in layers)
    if count > MAX_LINES:
        raise CodedError(ErrorCode.SKETCH_TOO_LARGE, file=name, count=count, most=MAX_LINES)
    box, unit = _page(root)
    return Drawing(box, unit, tuple(layers))


def _parsed(content: bytes, name: str) -> ET.Element:
    try:
        if len(content) > MAX_DOCUMENT:
            raise ValueError(f"more than {MAX_DOCUMENT >> 20} MB")
        if b"<!ENTITY" in content.replace(b"\0", b""):  # which can make it grow without bounds
            raise ValueError("it declares entities")
        root = ET.fromstring(content)
        if root.tag != f"{_SVG}svg":
            raise ValueError(f"its root is {cut(root.tag, 80)}")
    except (ET.ParseError, ValueError, LookupError) as error:  # LookupError: an encoding that there is not
        raise CodedError(ErrorCode.DOCUMENT_UNREADABLE, file=name, reason=cut(str(error), 200)) from None
    return root


_Found = tuple[ET.Element, LayerMetadata, _Place]


def _sketches(root: ET.Element) -> Iterator[_Found]:
    """Every sketch layer, the lowest first, and what is around it."""
    for element, place in _within(root, _Place()):
        if element.tag == f"{_SVG}g":
            metadata = LayerMetadata.from_attributes(element.attrib)
            if metadata is not None:
                yield element, metadata, place


def _within(root: ET.Element, place: _Place) -> Iterator[tuple[ET.Element, _Place]]:
    """All elements in ``root``, in the order of the document, each with its own place."""
    waiting = [(child, place) for child in reversed(root)]
    while waiting:
        element, around = waiting.pop()
        if not isinstance(element.tag, str) or element.tag in (f"{_SVG}defs", f"{_SVG}symbol", f"{_SVG}clipPath"):
            continue
        own = _placed(element, around)
        yield element, own
        if own.depth < _MAX_DEPTH:
            waiting += [(child, own) for child in reversed(element)]


def _placed(element: ET.Element, around: _Place) -> _Place:
    style = _style(element)
    inherited = {**around.style, **{name: style[name] for name in _INHERITED if name in style}}
    own = np.vstack([path_data.matrix(element.get("transform") or ""), [0, 0, 1]])
    return _Place(
        matrix=(np.vstack([around.matrix, [0, 0, 1]]) @ own)[:2],
        style=inherited,
        opacity=around.opacity * _share(style.get("opacity", "")),
        shown=around.shown and style.get("display") != "none",
        depth=around.depth + 1,
    )


def _meant(found: Sequence[_Found], choice: Choice, name: str) -> list[_Found]:
    if choice.layers:
        named = [one for one in found if one[0].get("id") in choice.layers]
        if named:
            return [_as_shown(one) for one in named]
    shown = [one for one in found if one[2].shown]
    if choice.level:
        of_level = [one for one in found if one[1].strokes == choice.level and one[1].part == "object"]
        if not of_level:
            levels = sorted({one[1].strokes for one in found if one[1].part == "object"}, reverse=True)
            told = ", ".join(map(str, levels))
            raise CodedError(ErrorCode.SKETCH_LEVEL_MISSING, file=name, level=choice.level, levels=told)
        best = next((one for one in of_level if one[2].shown), of_level[0])  # of candidates the one shown, or the best
        return [*(one for one in shown if one[1].part == "background"), _as_shown(best)]
    if not shown:
        raise CodedError(ErrorCode.SKETCH_HIDDEN, file=name)
    return shown


def _as_shown(one: _Found) -> _Found:
    return one[0], one[1], replace(one[2], shown=True)


def _lines(layer: ET.Element, place: _Place) -> Iterator[Line]:
    for element, own in _within(layer, place):
        if own.shown and own.style.get("visibility") not in ("hidden", "collapse"):
            yield from _lines_of(element, own)


def _lines_of(element: ET.Element, place: _Place) -> Iterator[Line]:
    data = _data(element)
    centre = element.get(f"{_INKSCAPE}original-d")
    scale = float(np.sqrt(abs(np.linalg.det(place.matrix[:, :2]))))
    style = place.style
    outline: tuple[Array, ...] = ()
    if centre and style.get("stroke", "none") == "none":  # painted along its line by a path effect
        outline = tuple(path_data.moved(chain, place.matrix) for chain in path_data.chains(data))
        data = centre
    paint = "fill" if outline else "stroke"
    if style.get(paint, "none") == "none":
        if style.get("fill", "#000000") == "none":
            return
        paint = "fill"  # filled by hand: its edge is drawn
    opacity = place.opacity * _share(style.get(f"{paint}-opacity", ""))
    width = length(style.get("stroke-width", "1"), 1.0) * scale
    for chain in path_data.chains(data):
        points = path_data.moved(chain, place.matrix)
        if not np.abs(points).max() <= path_data.MAX_COORDINATE:  # nan, too
            continue
        yield Line(
            id=element.get("id") or "",
            points=points,
            width=max(_widest(points, outline) if outline else width, 1e-6),
            colour=_colour(style[paint]) if paint in style else (0, 0, 0),
            opacity=opacity,
            importance=_share(element.get(layer_format.IMPORTANCE) or ""),
            sketched=layer_format.IMPORTANCE in element.attrib,
            outline=outline,
            dashes=_dashes(style.get("stroke-dasharray", ""), scale),
            multiplied=_style(element).get("mix-blend-mode") == "multiply",
        )


def _data(element: ET.Element) -> str:
    """Path data of an element that draws a line; nothing for all others."""
    tag = element.tag.removeprefix(_SVG)
    if tag == "path":
        return element.get("d") or ""
    if tag in ("polyline", "polygon"):
        return path_data.polyline(element.get("points") or "", closed=tag == "polygon")
    if tag == "line":
        x1, y1, x2, y2 = (length(element.get(name) or "0", 0.0) for name in ("x1", "y1", "x2", "y2"))
        return f"M {x1} {y1} L {x2} {y2}"
    if tag == "rect":
        x, y, width, height = (length(element.get(name) or "0", 0.0) for name in ("x", "y", "width", "height"))
        return f"M {x} {y} h {width} v {height} h {-width} Z" if width > 0 and height > 0 else ""
    if tag in ("circle", "ellipse"):
        return _ellipse(element)
    return ""


def _ellipse(element: ET.Element) -> str:
    x, y, r, rx, ry = (length(element.get(name) or "0", 0.0) for name in ("cx", "cy", "r", "rx", "ry"))
    rx, ry = rx or r, ry or r
    return f"M {x - rx} {y} a {rx} {ry} 0 1 0 {2 * rx} 0 a {rx} {ry} 0 1 0 {-2 * rx} 0" if rx > 0 and ry > 0 else ""


def _style(element: ET.Element) -> dict[str, str]:
    """What an element says of its look, by attributes or by its style, which counts for more."""
    names = (*_INHERITED, "opacity", "display")
    found = {name: element.attrib[name] for name in names if name in element.attrib}
    for part in (element.get("style") or "").split(";"):
        name, _, value = part.partition(":")
        found[name.strip()] = value.replace("!important", "").strip()
    return {name: value for name, value in found.items() if value != "inherit"}


def _share(text: str) -> float:
    """A number in 0..1; 1 where it is not said, or not understood."""
    try:
        number = float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        return 1.0
    return min(1.0, max(0.0, number)) if number == number else 1.0


def _colour(text: str) -> tuple[int, int, int]:
    try:
        return ImageColor.getrgb(text)[:3]
    except ValueError:  # a gradient or a pattern
        return (0, 0, 0)


def _dashes(text: str, scale: float) -> tuple[float, ...]:
    lengths = [length(word, -1.0) for word in text.replace(",", " ").split()]
    if not lengths or min(lengths) < 0 or not sum(lengths):
        return ()
    lengths = lengths * (1 + len(lengths) % 2)
    return tuple(each * scale for each in lengths)


def _widest(line: Array, outline: Sequence[Array]) -> float:
    """The width that an outline has at most along its line."""
    edge = np.concatenate([walked(chain) for chain in outline])
    return 2 * float(cKDTree(walked(line)).query(edge)[0].max())


def length(text: str, otherwise: float) -> float:
    """A length in px; ``otherwise`` where it is not understood."""
    match = _LENGTH.match(text)
    if match is None:
        return otherwise
    number, unit = match.groups()
    return float(number) * (_MILLIMETRES[unit] / _MILLIMETRES["px"] if unit else 1.0)


def _page(root: ET.Element) -> tuple[tuple[float, float, float, float], float]:
    """Left, top, width and height of the page in the units of its viewBox, and such a unit in millimetres."""
    box = [float(number) for number in re.findall(path_data.NUMBER, root.get("viewBox") or "")]
    sides = [length(root.get(name) or "", 0.0) for name in ("width", "height")]
    if len(box) != 4 or min(box[2:]) <= 0:
        width, height = (side or 100.0 for side in sides)
        return (0.0, 0.0, width, height), _MILLIMETRES["px"]
    unit = (sides[0] / box[2] if sides[0] > 0 else sides[1] / box[3] if sides[1] > 0 else 1.0) * _MILLIMETRES["px"]
    return (box[0], box[1], box[2], box[3]), unit
