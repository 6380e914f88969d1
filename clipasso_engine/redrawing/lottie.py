"""An animation in Lottie's JSON, as players in apps and on web pages read it.

Each stroke is a group of a path, its paint and a trim path whose end runs from 0 to 100 %. An outline that a brush
painted is drawn as a line of the width it has at most: masks are not what all players know.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .. import __version__
from ..bezier.cubics import Array
from .drawing import Box, Line
from .timeline import Timeline

_RATE = 60  # frames a second that times are told in; players draw as many as they like
_BRUSHED = 0.6  # of an outline's greatest width: about what it has on the whole


def render(lines: Sequence[Line], when: Timeline, box: Box, longer_side: int) -> bytes:
    """The JSON file: ``box`` of the drawing, ``longer_side`` pixels large. Whether it loops is up to the player."""
    scale = longer_side / max(box[2:])
    width, height = (max(1, round(side * scale)) for side in box[2:])
    frames = when.whole * _RATE
    groups = [_group(line, span, index) for index, (line, span) in enumerate(zip(lines, when.spans, strict=True))]
    place = {"a": _still([box[0], box[1]]), "p": _still([0, 0]), "s": _still([100 * scale, 100 * scale])}
    layer = {
        "ty": 4,
        "nm": "Sketch",
        "ind": 1,
        "ip": 0,
        "op": frames,
        "st": 0,
        "sr": 1,
        "bm": 0,
        "ks": {"o": _still(100), "r": _still(0), **place},
        "shapes": groups[::-1],  # the first one lies on top
    }
    head = {"v": "5.7.0", "fr": _RATE, "ip": 0, "op": frames, "w": width, "h": height, "nm": "Sketch", "ddd": 0}
    whole = {**head, "assets": [], "layers": [layer], "meta": {"g": f"CLIPasso for Inkscape {__version__}"}}
    return json.dumps(whole, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"


def _group(line: Line, span: tuple[float, float], index: int) -> dict[str, Any]:
    width = line.width * (_BRUSHED if line.outline else 1.0)
    stroke: dict[str, Any] = {
        "ty": "st",
        "c": _still([value / 255 for value in line.colour]),
        "o": _still(100 * line.opacity),
        "w": _still(round(width, 3)),
        "lc": 2,
        "lj": 2,
    }
    if line.dashes:
        kinds = ("d", "g")
        stroke["d"] = [{"n": kinds[each % 2], "v": _still(length)} for each, length in enumerate(line.dashes)]
    begin, end = (second * _RATE for second in span)
    even = {"i": {"x": [1], "y": [1]}, "o": {"x": [0], "y": [0]}}
    drawn = {"a": 1, "k": [{"t": begin, "s": [0], **even}, {"t": end, "s": [100]}]}
    trim = {"ty": "tm", "s": _still(0), "e": drawn, "o": _still(0), "m": 1}
    shown = {"a": 1, "k": [{"t": 0, "s": [0], "h": 1}, {"t": begin, "s": [100], "h": 1}]}  # a dot is no beginning
    unmoved = {"a": _still([0, 0]), "p": _still([0, 0]), "s": _still([100, 100]), "r": _still(0)}
    transform = {"ty": "tr", **unmoved, "o": shown if begin > 0 else _still(100)}
    return {"ty": "gr", "nm": line.id or f"Stroke {index + 1}", "it": [_path(line.points), trim, stroke, transform]}


def _path(points: Array) -> dict[str, Any]:
    """Nodes, and their handles as seen from them."""
    nodes = points[::3]
    into, out = nodes * 0, nodes * 0
    into[1:] = points[2::3] - nodes[1:]
    out[:-1] = points[1::3] - nodes[:-1]
    bezier = {name: values.round(3).tolist() for name, values in (("v", nodes), ("i", into), ("o", out))}
    return {"ty": "sh", "ks": _still({**bezier, "c": False})}


def _still(value: Any) -> dict[str, Any]:
    return {"a": 0, "k": value}
