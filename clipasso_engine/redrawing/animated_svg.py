"""An animation as one SVG file that needs nothing else: CSS draws the strokes, no script.

Programs that know no CSS animations show the finished sketch, and so does a browser whose user wants less motion.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from ..bezier.cubics import Array
from ..contract import layer_format
from ..contract.layer_format import format_number as number
from .drawing import Box, Line
from .timeline import Timeline

UNCOVERING = 1.15
"""Times a line's width: how wide what uncovers its outline is."""


def render(lines: Sequence[Line], when: Timeline, box: Box, loop: bool, longer_side: int) -> bytes:
    """The SVG file: ``box`` of the drawing, ``longer_side`` pixels large."""
    scale = longer_side / max(box[2:])
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": number(box[2] * scale),
            "height": number(box[3] * scale),
            "viewBox": " ".join(number(value, 3) for value in box),
        },
    )
    style = ET.SubElement(root, "style")
    rules = [f".stroke {{ animation: {number(when.whole, 3)}s linear {'infinite' if loop else 'both'}; }}\n"]
    for index, (line, span) in enumerate(zip(lines, when.spans, strict=True)):
        root.extend(_elements(line, index))
        rules.append(_rule(index, span, when.whole))
    style.text = f"\n@media not all and (prefers-reduced-motion: reduce) {{\n{''.join(rules)}}}\n"
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _rule(index: int, span: tuple[float, float], whole: float) -> str:
    """A stroke is not there, then grows, then stays. Not there is hidden: round ends would show where it begins."""
    begin, end = (number(100 * second / whole, 4) for second in span)
    dash = "stroke-dasharray: 1 2; stroke-dashoffset"
    return (
        f"#stroke-{index} {{ animation-name: draw-{index}; }}\n"
        f"@keyframes draw-{index} {{ 0%, {begin}% {{ visibility: hidden; {dash}: 1; }} "
        f"{end}%, 100% {{ visibility: visible; {dash}: 0; }} }}\n"
    )


def _elements(line: Line, index: int) -> list[ET.Element]:
    """What draws a line: itself, or what a brush or dashes make of it, uncovered by a wide line along it."""
    along = {"id": f"stroke-{index}", "class": "stroke", "d": data(line.points), "pathLength": "1", **_ROUND}
    blend = {"style": "mix-blend-mode: multiply"} if line.multiplied else {}
    if line.is_plain:
        return [ET.Element("path", {**along, **_stroke(line), **blend})]
    mask = ET.Element("mask", {"id": f"uncover-{index}", "maskUnits": "userSpaceOnUse", **_around(line)})
    ET.SubElement(mask, "path", {**along, "stroke": "#fff", "stroke-width": number(line.width * UNCOVERING, 4)})
    look = {"mask": f"url(#uncover-{index})", **blend}
    if line.outline:
        outline = " ".join(f"{data(chain)} Z" for chain in line.outline)
        look |= {"d": outline, "fill": hexadecimal(line.colour), "fill-opacity": number(line.opacity, 3)}
    else:
        dashes = " ".join(number(length, 3) for length in line.dashes)
        look |= {"d": data(line.points), "fill": "none", "stroke-dasharray": dashes, **_stroke(line)}
    return [mask, ET.Element("path", look)]


_ROUND = {"fill": "none", "stroke-linecap": "round", "stroke-linejoin": "round"}


def _stroke(line: Line) -> dict[str, str]:
    opacity = {"stroke-opacity": number(line.opacity, 3)} if line.opacity < 1 else {}
    return {"stroke": hexadecimal(line.colour), "stroke-width": number(line.width, 4), **opacity}


def _around(line: Line) -> dict[str, str]:
    points = line.walked()
    low, size = points.min(axis=0) - line.width, points.max(axis=0) - points.min(axis=0) + 2 * line.width
    values = (*low.tolist(), *size.tolist())
    return {name: number(value) for name, value in zip(("x", "y", "width", "height"), values, strict=True)}


def data(points: Array, decimals: int = 3) -> str:
    """Path data of joined cubics [3 k + 1, 2]."""
    return layer_format.path_data([(x, y) for x, y in points.tolist()], decimals)


def hexadecimal(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
