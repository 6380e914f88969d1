"""What has been made of a sketch layer by hand: strokes moved, restyled, deleted, added or locked.

What was done to most strokes alike was done to the layer: moving all of it, or colouring all of it red, makes no stroke
an edited one, but what is drawn next goes along.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Dict, Iterable, Sequence, Tuple, TypeVar

import inkex

from clipasso_engine.contract import layer_format
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.sketch import Curve

from ..document import curves
from ..document.outlines import outline
from ..translation import translated
from .record import NUMBER, STYLE, LayerRecord

_EFFECT = "inkscape:path-effect"
_TOLERANCE = 0.05  # photo pixels that writing numbers may move a point
_SAME_WIDTH = 0.02  # relative
_UNSTYLED = ("-inkscape-", "font", "paint-order")  # what Inkscape may add to a style without being asked
_DEFAULTS = {
    "display": "inline",
    "opacity": "1",
    "stroke-opacity": "1",
    "fill-opacity": "1",
    "stroke-dasharray": "none",
}

Style = Dict[str, str]
Restyle = Tuple[Tuple[str, str], ...]
"""What differs from the style a stroke was given: (property, value now), stroke-width as a factor."""
_T = TypeVar("_T")


@dataclass(frozen=True)
class Edits:
    """A sketch layer as it is now, against its record."""

    untouched: list[inkex.PathElement]  # strokes as they were drawn
    kept: list[inkex.BaseElement]  # what was moved, restyled, added or locked, in the order they lie
    deleted: list[Curve]  # curves of strokes that are not where they were, in the layer's coordinates as drawn
    moved: inkex.Transform  # what was done to the whole layer: from where it was drawn to where it is
    restyled: Restyle  # likewise

    @property
    def by_hand(self) -> bool:
        return bool(self.kept or self.deleted)

    def kept_strokes(self) -> int:
        """How many of what is kept count as strokes; text, for example, does not."""
        return sum(bool(outline(element)) for element in self.kept)

    def kept_curves(self) -> list[Curve]:
        """The curves of what is kept, in the layer's coordinates; none of what has no outline, such as text."""
        return [curve for element in self.kept for curve in outline(element)]


def read(layer: inkex.BaseElement, record: LayerRecord | None) -> Edits:
    """What was changed by hand in ``layer``; without a record, strokes of ours count as untouched unless locked."""
    children = [child for child in layer if isinstance(child, inkex.BaseElement)]
    children = [child for child in children if child.TAG not in ("title", "desc", "metadata")]
    if record is None:
        ours = [child for child in children if child.get(layer_format.IMPORTANCE) and child.is_sensitive()]
        kept = [child for child in children if child not in ours]
        return Edits(ours, kept, [], inkex.Transform(), ())
    strokes = _numbered(children, record)
    now = {number: outline(stroke) for number, stroke in strokes.items()}
    moved = _common_movement(now, record)
    scale = math.sqrt(abs(moved.a * moved.d - moved.b * moved.c))
    restyles = {number: _restyle(stroke, scale) for number, stroke in strokes.items()}
    common = _most(restyles.values()) or ()
    tolerance = max(_TOLERANCE * _scale(moved @ record.place), 1e-9)
    untouched = [
        stroke
        for number, stroke in strokes.items()
        if stroke.is_sensitive()
        and restyles[number] == common
        and _lies_on(now[number], curves.transformed(record.drawn[number], moved), tolerance)
    ]
    inside = set(layer.xpath(".//@clipasso:number", namespaces={"clipasso": layer_format.NAMESPACE}))
    deleted = [curve for number, curve in record.drawn.items() if str(number) not in inside]
    left = []
    for number in strokes:
        curve = curves.transformed(record.drawn[number], moved)
        if not any(_lies_on(line, curve, tolerance) for line in now.values()):
            left.append(record.drawn[number])
    gone = [cubic for curve in deleted + left for cubic in curves.cubics(curve)]
    return Edits(untouched, [child for child in children if child not in untouched], gone, moved, common)


def no_room(kept: int) -> UserError:
    """For levels that strokes made by hand fill already."""
    return UserError(
        translated(
            "{count} strokes of this sketch were made or changed by hand and stay, which leaves no room for others. "
            "Ask for more strokes, or have them replaced: Extensions > Sketch > Sketch Photo, page By Hand."
        ).format(count=kept)
    )


def remember(stroke: inkex.PathElement, number: int) -> None:
    """Take ``stroke`` as it is now for what was drawn as ``number`` of its layer's record."""
    stroke.set(NUMBER, str(number))
    remember_style(stroke)


def remember_style(stroke: inkex.PathElement) -> None:
    """Take the style of ``stroke`` for the one it was given, if it is a stroke of a record."""
    if stroke.get(NUMBER):
        stroke.set(STYLE, _style_text(stroke))


def is_restyled(stroke: inkex.PathElement) -> bool:
    """Whether ``stroke`` is one of a record and has another style than it was given."""
    return bool(_restyle(stroke, 1.0))


def forget(element: inkex.BaseElement) -> None:
    """From now on ``element`` is one that was made by hand."""
    for each in element.iter():
        if isinstance(each, inkex.BaseElement):
            each.pop(NUMBER)
            each.pop(STYLE)


def restyle(stroke: inkex.PathElement, changes: Restyle) -> None:
    """Do to a new stroke what was done to the style of all others."""
    style = dict(stroke.style)
    for name, value in changes:
        if name == "stroke-width":
            style[name] = layer_format.format_number(_number(style.get(name)) * float(value), 4)
        elif value:
            style[name] = value
        else:
            style.pop(name, None)
    stroke.set("style", ";".join(f"{name}:{value}" for name, value in style.items()))


def _numbered(children: Iterable[inkex.BaseElement], record: LayerRecord) -> dict[int, inkex.PathElement]:
    """The strokes of the record that are there. Of copies, that which lies where it was drawn is the stroke."""
    strokes: dict[int, inkex.PathElement] = {}
    for child in children:
        number = int(child.get(NUMBER)) if (child.get(NUMBER) or "").isdigit() else 0
        if not isinstance(child, inkex.PathElement) or number not in record.drawn:
            continue
        if number not in strokes or _lies_on(outline(child), record.drawn[number], _TOLERANCE * _scale(record.place)):
            strokes[number] = child
    return strokes


def _lies_on(line: Sequence[Curve], curve: Curve, tolerance: float) -> bool:
    return len(line) == len(curve) // 3 and curves.farthest(curves.joined(line), curve) <= tolerance


def _common_movement(outlines: dict[int, list[Curve]], record: LayerRecord) -> inkex.Transform:
    """How most strokes were moved, scaled or turned alike; no movement if they were not."""
    tolerance = _TOLERANCE * _scale(record.place)
    both = [(record.drawn[number], curves.joined(now)) for number, now in outlines.items()]
    pairs = [(drawn, now) for drawn, now in both if len(drawn) == len(now)]

    def followers(transform: inkex.Transform) -> int:
        allowed = tolerance * max(1.0, _scale(transform)) * 2
        return sum(curves.farthest(curves.transformed(drawn, transform), now) <= allowed for drawn, now in pairs)

    best = inkex.Transform()
    if 2 * followers(best) > len(pairs) or len(pairs) < 2:
        return best
    for (one, one_now), (other, other_now) in zip(pairs, [*pairs[1:], pairs[0]]):
        found = curves.affine([*one, *other], [*one_now, *other_now])
        if found is not None and followers(found) > max(followers(best), len(pairs) / 2):
            best = found
    return best


def _most(values: Iterable[_T]) -> _T | None:
    """The value that more than half of at least two have; None if there is none."""
    listed: list[_T] = list(values)
    common = max(set(listed), key=listed.count, default=None)
    return common if common is not None and listed.count(common) > max(1, len(listed) / 2) else None


def _restyle(stroke: inkex.PathElement, scale: float) -> Restyle:
    if stroke.get(STYLE) is None:
        return ()
    before, now = dict(inkex.Style(stroke.get(STYLE))), dict(inkex.Style(_style_text(stroke)))
    changes = []
    for name in sorted({*before, *now}):
        if name.startswith(_UNSTYLED):
            continue
        old, new = (style.get(name, _DEFAULTS.get(name, "")) for style in (before, now))
        if name == "stroke-width":
            factor = _number(new) / (_number(old) or 1.0)
            if min(abs(factor - 1), abs(factor / scale - 1)) > _SAME_WIDTH:
                changes.append((name, f"{factor:.2g}"))
        elif name == "stroke-dasharray":
            if (new == "none") != (old == "none"):  # lengths change as the width does
                changes.append((name, new))
        elif not _is_same(old, new):
            changes.append((name, new))
    return tuple(changes)


def _is_same(one: str, other: str) -> bool:
    if one.lower() == other.lower():
        return True
    try:
        return abs(float(one) - float(other)) <= 1e-3 * max(abs(float(one)), 1e-9)
    except ValueError:
        return False


def _style_text(stroke: inkex.PathElement) -> str:
    """The style with attributes that say the same, and the shape that a path effect of ours was given."""
    style = dict(stroke.style)
    effect = stroke.root.getElementById((stroke.get(_EFFECT) or "").strip("# ")) if stroke.get(_EFFECT) else None
    points = effect.get("offset_points") if effect is not None else None
    if points:
        style["power-stroke"] = "/".join(part.split(",")[0].strip() for part in points.split("|"))
    return ";".join(f"{name}:{value}" for name, value in style.items())


def _number(text: str | None) -> float:
    value, _unit = inkex.units.parse_unit(text or "1") or (1.0, "")
    return float(value)


def _scale(transform: inkex.Transform) -> float:
    return math.sqrt(abs(transform.a * transform.d - transform.b * transform.c))
