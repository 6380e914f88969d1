"""Brushes: how the strokes of a sketch look, made of what Inkscape's users edit themselves.

A stroke stays one path. Its line is always there: as ``d`` itself where a brush is made of stroke attributes, as
``inkscape:original-d`` where the path effect Power Stroke draws an outline along it. So every brush can be exchanged
for any other, and plain strokes come out as they were.
"""

from __future__ import annotations

import math
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, fields, replace
from typing import Any, Iterable, Literal, Sequence, get_args

import inkex

from clipasso_engine.contract import choices, layer_format
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.layer_format import format_number

from ..translation import translated
from . import colours, defs, power_stroke, styles
from .power_stroke import Cubic, PowerStroke
from .styles import BRUSHES, Brush

ColourSource = Literal["keep", "one", "photo", "palette"]
"""Where a stroke's colour comes from: it stays, all have one, the photo's beneath it, or the nearest of a palette."""
COLOUR_SOURCES: tuple[ColourSource, ...] = get_args(ColourSource)
WidthSource = Literal["equal", "importance"]
"""Whether all strokes are equally wide or the more telling ones wider."""
WIDTH_SOURCES: tuple[WidthSource, ...] = get_args(WidthSource)

_PLAIN = "plain"
_ORIGINAL, _EFFECT = "inkscape:original-d", "inkscape:path-effect"
_OWNED = ("fill", "fill-opacity", "fill-rule", "stroke", "filter", "mix-blend-mode")
_OWNED_PREFIXES = ("stroke-", "marker")
_LEAST, _MOST = 0.45, 1.35  # times the width: the least and the most telling stroke


@dataclass(frozen=True)
class Look:
    """How strokes shall look. Each field is a parameter of the dialog."""

    brush: str = _PLAIN  # one of `styles.BRUSHES`
    colour: ColourSource = "keep"
    stroke_colour: str = "#000000"  # used with "one"
    palette: str = "crayons"  # one of `colours.PALETTES`, used with "palette"
    stroke_width: float = 100.0  # per cent of the width the sketch was made with
    width_by: WidthSource = "equal"

    def __post_init__(self) -> None:
        choices.check("brush", self.brush, BRUSHES)
        choices.check("colour", self.colour, COLOUR_SOURCES)
        choices.check("palette", self.palette, colours.PALETTES)
        choices.check("width_by", self.width_by, WIDTH_SOURCES)
        if not colours.is_colour(self.stroke_colour):
            raise UserError(
                translated("The colour is {stroke_colour!r}, but must be written like #1a2b3c.").format(
                    stroke_colour=self.stroke_colour
                )
            )
        if not 1 <= self.stroke_width <= 1000:
            raise UserError(
                translated("The stroke width is {stroke_width:g} %, but must be from 1 to 1000 %.").format(
                    stroke_width=self.stroke_width
                )
            )

    @classmethod
    def from_options(cls, options: Namespace) -> Look:
        """What the dialog asks for. Raises `UserError` for a value that makes no sense."""
        given: dict[str, Any] = {field.name: getattr(options, field.name, None) for field in fields(cls)}
        given = {name: value for name, value in given.items() if value is not None}
        try:
            if "stroke_colour" in given:
                given["stroke_colour"] = colours.from_parameter(given["stroke_colour"])
            if "stroke_width" in given:
                given["stroke_width"] = float(given["stroke_width"])
        except ValueError as error:
            raise UserError(
                translated("Colour or width of the strokes cannot be read ({error}).").format(error=error)
            ) from None
        return cls(**given)

    def to_text(self) -> str:
        """What differs from the defaults, as the layer remembers it: ``"brush:ink;stroke_width:150"``; or nothing."""
        texts = {name: f"{value:g}" if isinstance(value, float) else value for name, value in vars(self).items()}
        usual = Look()
        return ";".join(f"{name}:{text}" for name, text in texts.items() if getattr(self, name) != getattr(usual, name))

    def remember(self, layer: inkex.BaseElement) -> None:
        """Let a sketch layer know that this is how its strokes look."""
        layer.attrib.pop(layer_format.LOOK, None)
        if self.to_text():
            layer.set(layer_format.LOOK, self.to_text())

    @classmethod
    def of(cls, layer: inkex.BaseElement) -> Look:
        """The look a sketch layer was given; the usual one where that cannot be read."""
        pairs = (pair.partition(":") for pair in (layer.get(layer_format.LOOK) or "").split(";"))
        known = {name: text for name, _, text in pairs if name in {field.name for field in fields(cls)}}
        try:
            return cls.from_options(Namespace(**known))
        except UserError:
            return Look()


def add_arguments(parser: ArgumentParser) -> None:
    """One argument for each field of `Look`; `Look` checks the values."""
    for field in fields(Look):
        parser.add_argument(f"--{field.name}")


def paint_layer(layer: inkex.BaseElement, look: Look) -> list[inkex.PathElement]:
    """Paint all strokes of a layer that is in a document, and let it remember the look; see `paint`."""
    left = paint([path for path in layer.iter() if is_stroke(path)], look)
    if look.colour == "keep":
        was = Look.of(layer)
        look = replace(look, colour=was.colour, stroke_colour=was.stroke_colour, palette=was.palette)
    look.remember(layer)
    return left


def paint(strokes: Iterable[inkex.PathElement], look: Look) -> list[inkex.PathElement]:
    """Give ``strokes``, which are in one document, a look.

    Returns those left as they are: locked ones, and those with path effects of the user's own, which only Inkscape
    could compute anew.
    """
    left, painted = [], []
    for path in strokes:
        if not path.is_sensitive() or _has_other_effects(path):
            left.append(path)
        else:
            _Stroke(path).paint(look)
            painted.append(path)
    if painted:
        defs.tidy(painted[0].root)
    return left


def is_stroke(path: inkex.BaseElement) -> bool:
    """Whether an element is a line that a brush may draw: a stroke of a sketch, or a path without a fill."""
    if not isinstance(path, inkex.PathElement):
        return False
    ours = path.get(layer_format.BRUSH) or path.get(layer_format.IMPORTANCE)
    return bool(ours) or path.specified_style().get("fill") == "none"


def centre_line(path: inkex.PathElement) -> str:
    """Path data of the line a stroke follows, whatever brush draws it."""
    return str(path.get(_ORIGINAL) or path.get("d") or "")


def knows_the_photo(path: inkex.PathElement) -> bool:
    """Whether a stroke remembers its colour in the photo."""
    return colours.is_colour(path.get(layer_format.COLOUR) or "")


def _has_other_effects(path: inkex.PathElement) -> bool:
    effects = [word for word in (path.get(_EFFECT) or "").split(";") if word.strip()]
    if not effects:
        return False
    effect = path.root.getElementById(effects[0].strip().lstrip("#"))
    ours = path.get(layer_format.BRUSH) and effect is not None and effect.get("effect") == power_stroke.NAME
    return len(effects) > 1 or not ours


class _Stroke:
    """One path on its way from one look to another."""

    def __init__(self, path: inkex.PathElement) -> None:
        self._path = path
        self._style = dict(path.style)
        self._effect = defs.effect_of(path)
        self._colour = self._style.get("stroke" if self._effect is None else "fill") or "#000000"
        self._width = self._plain_width()

    def paint(self, look: Look) -> None:
        self._strip()
        brush = BRUSHES[look.brush]
        line = centre_line(self._path)
        whole = self._width * look.stroke_width / 100
        width = brush.width * whole * (_by_importance(self._path) if look.width_by == "importance" else 1.0)
        style = {"fill": "none", "stroke": self._chosen_colour(look)}
        curve = _open_curve(line)
        outline = styles.power_stroke(brush, curve, width, seed=line) if curve else None
        if outline is None:
            self._path.pop(_EFFECT)
            style.update(_line_style(brush, width))
        else:
            style.update(self._draw_outline(look.brush, outline, curve, style["stroke"]))
        style.update(self._shared_style(look.brush, whole))
        rest = {name: value for name, value in self._style.items() if not _is_ours(name)}
        self._path.set("style", ";".join(f"{name}:{value}" for name, value in {**style, **rest}.items()))
        if look.brush != _PLAIN:
            self._path.set(layer_format.BRUSH, look.brush)
        drawn = width if outline is None else 2 * max(half for _t, half in outline.points)
        if drawn != self._width:
            self._path.set(layer_format.WIDTH, f"{_text(self._width)} {_text(drawn)}")

    def _plain_width(self) -> float:
        """The width when plain. A stroke that was made thicker or thinner by hand stays so with any brush."""
        if self._effect is None:
            drawn = inkex.units.convert_unit(self._style.get("stroke-width") or "1", "px")
        else:
            drawn = max(power_stroke.read_widths(self._effect), default=0.0)
        try:
            plain, was_drawn = (float(word) for word in (self._path.get(layer_format.WIDTH) or "").split())
        except ValueError:
            return drawn or 1.0
        changed = drawn > 0 and was_drawn > 0 and abs(drawn - was_drawn) > 1e-3 * was_drawn
        return plain * drawn / was_drawn if changed else plain

    def _strip(self) -> None:
        """Back to the line alone. The style is left to be replaced, the effect to be used again or tidied away."""
        self._path.set("d", centre_line(self._path))
        for name in (_ORIGINAL, layer_format.BRUSH, layer_format.WIDTH):
            self._path.pop(name)

    def _chosen_colour(self, look: Look) -> str:
        photo = self._path.get(layer_format.COLOUR) or ""
        if look.colour == "one":
            return look.stroke_colour
        if look.colour == "photo" and colours.is_colour(photo):
            return colours.legible(photo)
        if look.colour == "palette":
            known = [colour for colour in (photo, self._colour) if colours.is_colour(colour)]
            palette = colours.PALETTES[look.palette]
            return colours.nearest(known[0], palette) if known else palette[0]
        return self._colour

    def _draw_outline(self, brush: str, stroke: PowerStroke, curve: Sequence[Cubic], colour: str) -> dict[str, str]:
        path, decimals = self._path, _decimals(self._width)
        effect = defs.path_effect(path, brush, stroke, decimals)
        path.set(_ORIGINAL, path.get("d"))
        path.set("d", stroke.outline(curve, decimals))
        path.set(_EFFECT, f"#{effect}")
        return {
            "fill": colour,
            "fill-opacity": format_number(BRUSHES[brush].opacity),
            "fill-rule": "nonzero",
            "stroke": "none",
        }

    def _shared_style(self, name: str, whole: float) -> dict[str, str]:
        """Style that is not about the line: grain, marks at the ends, blending."""
        brush, svg = BRUSHES[name], self._path.root
        style = {}
        if brush.crosses:
            marker = f"url(#{defs.cross_marker(svg, name)})"
            style.update({"marker-start": marker, "marker-end": marker})
        if brush.grain and _has_extent(self._path.get("d")):
            style["filter"] = f"url(#{defs.grain_filter(svg, name, brush.grain, whole)})"
        if brush.blend:
            style["mix-blend-mode"] = brush.blend
        return style


def _line_style(brush: Brush, width: float) -> dict[str, str]:
    """A line of equal width."""
    cap = "round" if brush.pressure else brush.cap
    style = {"stroke-linecap": cap, "stroke-linejoin": "round", "stroke-width": _text(width)}
    if brush.dashes:
        style["stroke-dasharray"] = ",".join(_text(length * width / brush.width) for length in brush.dashes)
    if brush.opacity != 1:
        style["stroke-opacity"] = format_number(brush.opacity)
    return style


_FARTHEST = 1e9  # user units; the arithmetic of curves that run further overflows


def _open_curve(data: str) -> list[Cubic]:
    """A path of one open piece as cubic segments; empty for any other, which Power Stroke cannot draw as a line."""
    path = inkex.Path(data)
    if any(command.letter in "zZ" for command in path):
        return []
    pieces = path.to_superpath()
    if len(pieces) != 1:
        return []
    points = [[tuple(point) for point in node] for node in pieces[0]]
    if not all(abs(value) < _FARTHEST for node in points for point in node for value in point):
        return []
    return [(one[1], one[2], two[0], two[1]) for one, two in zip(points, points[1:])]


def _has_extent(data: str) -> bool:
    """Whether a line has both width and height; without, a filter draws nothing."""
    box = inkex.Path(data).bounding_box()
    return box is not None and box.width > 0 and box.height > 0


def _by_importance(path: inkex.PathElement) -> float:
    try:
        importance = float(path.get(layer_format.IMPORTANCE) or 1)
    except ValueError:
        importance = 1.0
    return _LEAST + (_MOST - _LEAST) * math.sqrt(min(max(importance, 0.0), 1.0))


def _is_ours(name: str) -> bool:
    return name in _OWNED or name.startswith(_OWNED_PREFIXES)


def _text(length: float) -> str:
    """A length with 8 digits, so that one that was read comes out as it was."""
    return format_number(length, max(0, 7 - math.floor(math.log10(length)))) if length > 0 else "0"


def _decimals(width: float) -> int:
    """Of coordinates: a hundredth of a stroke's width or finer."""
    return max(2, 2 - math.floor(math.log10(width)))
