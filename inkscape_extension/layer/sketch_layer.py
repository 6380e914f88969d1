"""A sketch as a layer of the document: plain paths, one for each stroke, and what made them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

import inkex
from inkex.bezier import beziersplitatt
from lxml import etree

from clipasso_engine.contract import layer_format
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.sketch import Curve, Point, Sketch, Stroke

from ..brush import painting
from ..brush.painting import Look
from ..document import curves, viewport
from ..document.source_photo import SourcePhoto
from ..document.viewport import Rectangle
from ..options import Visible
from ..translation import in_every_language, translated
from . import hand_edits, names, tracing_paper
from .origin import Origin, metadata_of
from .record import LayerRecord

_TRIM_STEPS = 256
_LABEL = inkex.addNS("label", "inkscape")
_PATH = inkex.addNS("path", "svg")

etree.register_namespace(layer_format.PREFIX, layer_format.NAMESPACE)


def insert(
    photo: SourcePhoto,
    sketches: Sequence[Sketch],
    origin: Origin,
    visible: Visible = "most",
    look: Look = Look(),  # noqa: B008  frozen
    on_top: bool = False,
) -> list[inkex.Layer]:
    """Add one layer for each of ``sketches`` right above ``photo``, most strokes on top; only one of them is shown.

    Where the photo lies under tracing paper, they lie on that.

    If they could not be seen or edited there, they go right above what hinders it, see `SourcePhoto.below`. ``on_top``:
    they go above all there is in the document, as outermost layers, all that programs for plotters and cutters heed.

    ``look`` is how the strokes are painted, now and when they are drawn anew.
    Raises `UserError`, before anything is added, if no sketch has a stroke or the photo has no extent.
    """
    if not any(sketch.strokes for sketch in sketches):
        raise UserError(
            translated("No lines were found in the photo, so there is nothing to draw. Try one with more contrast.")
        )
    shown = choose_shown(sketches, visible)
    layers = []
    paper = tracing_paper.of(photo)
    below = photo.element.root[-1] if on_top else photo.below if paper is None else paper
    outwards = viewport.to_root(photo.below) if on_top else inkex.Transform()
    for sketch in sorted(sketches, key=lambda sketch: -sketch.level):
        size = (sketch.width, sketch.height)
        place, view = photo.placement(size)
        layer = _new_layer(photo.element.root, sketch)
        layers.append(layer)
        below.addnext(layer)
        look.remember(layer)
        draw(layer, sketch.strokes, origin.remembered_by(LayerRecord(size, outwards @ place, view, {})))
        set_metadata(layer, origin.metadata(sketch.level))
        rename(layer)
        if sketch is not shown:
            layer.style["display"] = "none"
    return layers


def choose_shown(sketches: Sequence[Sketch], visible: Visible) -> Sketch:
    """The one sketch that is not hidden: of several candidates for a level the first, which is the best."""
    best = max if visible == "most" else min
    return best(sketches, key=lambda sketch: sketch.level)


def draw(layer: inkex.Layer, strokes: Sequence[Stroke], record: LayerRecord) -> list[inkex.PathElement]:
    """Put ``strokes`` at the bottom of ``layer``, which is in a document, and let it remember them and ``record``."""
    placed = _placed_strokes(strokes, record)
    paths = {number: path for number, (path, _curve) in placed.items()}
    taken = set(layer.root.xpath("//@id"))
    for number, path in sorted(paths.items(), reverse=True):
        name = f"{layer.get('id')}-stroke-{number}"
        path.set("id", names.unique(name, taken, f"{name}-{{}}"))
        layer.insert(0, path)
    painting.paint(paths.values(), Look.of(layer))
    for number, path in paths.items():
        hand_edits.remember(path, number)
    replace(record, drawn={number: curve for number, (_path, curve) in placed.items()}).write(layer)
    return [path for _, path in sorted(paths.items())]


def set_metadata(layer: inkex.Layer, metadata: layer_format.LayerMetadata) -> None:
    for name, value in metadata.to_attributes().items():
        layer.set(name, value)


def rename(layer: inkex.Layer) -> None:
    """Let a layer's name say how many strokes it holds, unless the user has given it one of their own."""
    label = layer.get("inkscape:label") or ""
    if _is_given_by_us(label):
        taken = set(layer.root.xpath("//@inkscape:label")) - {label}
        metadata = metadata_of(layer)
        part = metadata.part if metadata is not None else "object"
        name = layer_format.layer_label(len(list(layer.iter(_PATH))), translated, part)
        layer.set("inkscape:label", names.unique(name, taken, f"{name} ({{}})"))


def _is_given_by_us(label: str) -> bool:
    """Whether it is the name of a sketch layer, for whatever number of strokes and in whatever language."""
    ours = {name for both in layer_format.LABELS.values() for text in both for name in in_every_language(text)}
    patterns = (re.escape(name).replace(re.escape("{count}"), r"\d+") for name in ours)
    return any(re.fullmatch(rf"{pattern}( \(\d+\))?", label) for pattern in patterns)


def successor(layer: inkex.Layer, sketch: Sketch) -> inkex.Layer:
    """A new, empty layer for ``sketch`` right above ``layer`` that looks like it, with an id and a name of its own."""
    new = _new_layer(layer.root, sketch)
    layer.addnext(new)
    for name, value in layer.attrib.items():
        if name not in ("id", _LABEL) and not name.startswith(f"{{{layer_format.NAMESPACE}}}"):
            new.set(name, value)
    if layer.get(layer_format.LOOK):
        new.set(layer_format.LOOK, layer.get(layer_format.LOOK))
    return new


def retire(layer: inkex.Layer, successor: inkex.Layer) -> None:
    """Hide ``layer`` under another name, and let ``successor`` have its id and its name."""
    identifier, label = layer.get("id"), layer.get("inkscape:label") or ""
    taken = set(layer.root.xpath("//@id"))
    layer.set("id", names.unique(f"{identifier}-before", taken, f"{identifier}-before-{{}}"))
    successor.set("id", identifier)
    before = translated("{name}, before").format(name=label)
    layer.set("inkscape:label", names.unique(before, set(layer.root.xpath("//@inkscape:label")), f"{before} ({{}})"))
    successor.set("inkscape:label", label)
    layer.style["display"] = "none"


def _new_layer(svg: inkex.SvgDocumentElement, sketch: Sketch) -> inkex.Layer:
    label = layer_format.layer_label(sketch.level, translated, sketch.part)
    return names.layer(svg, layer_format.layer_id(sketch.level, sketch.part), label)


def _placed_strokes(strokes: Sequence[Stroke], record: LayerRecord) -> dict[int, tuple[inkex.PathElement, Curve]]:
    """The strokes as paths in the layer's coordinates, numbered from 1; those that lie outside the view are left out.

    With each comes the curve that its path data says, which is rounded.

    The transform goes into the nodes, so that a stroke stays as plain to edit as one drawn by hand; the line is equally
    wide everywhere even where the photo is stretched.
    """
    place = record.place
    scale = math.sqrt(abs(place.a * place.d - place.b * place.c))
    decimals = max(2, 2 - math.floor(math.log10(scale)))  # a hundredth of a photo pixel, whatever the document's unit
    whole = (0.0, 0.0, float(record.size[0]), float(record.size[1]))
    paths = {}
    for number, stroke in enumerate(strokes, 1):
        points: Sequence[Point] | None = stroke.points
        if record.view != whole:
            points = _trim(stroke.points, record.view)
        if points is not None:
            placed = (place.apply_to_point(point) for point in points)
            curve = tuple((round(float(x), decimals), round(float(y), decimals)) for x, y in placed)
            paths[number] = _path(curve, stroke, scale, decimals), curve
    return paths


def _path(curve: Curve, stroke: Stroke, scale: float, decimals: int) -> inkex.PathElement:
    path = inkex.PathElement()
    path.set("d", layer_format.path_data(curve, decimals))
    path.set(
        "style",
        "fill:none;stroke:#000000;stroke-linecap:round;stroke-linejoin:round;"
        f"stroke-width:{layer_format.format_number(stroke.width * scale, decimals + 1)}",
    )
    path.set(layer_format.IMPORTANCE, layer_format.format_number(stroke.importance, 4))
    if stroke.colour:
        path.set(layer_format.COLOUR, stroke.colour)
    return path


def _trim(points: Sequence[Point], visible: Rectangle) -> Sequence[Point] | None:
    """The longest run of joined cubics inside ``visible``, itself joined cubics; None if none of it is inside."""
    left, top, right, bottom = visible
    cubics = curves.cubics(points)
    steps = _TRIM_STEPS * len(cubics)
    best = (0, -1)
    start = None
    for step in range(steps + 2):
        x, y = _at(cubics, step) if step <= steps else (math.inf, math.inf)
        inside = left <= x <= right and top <= y <= bottom
        if inside and start is None:
            start = step
        elif not inside and start is not None:
            best = max(best, (start, step - 1), key=lambda run: run[1] - run[0])
            start = None
    runs = [
        (cubic, max(best[0] - _TRIM_STEPS * number, 0), min(best[1] - _TRIM_STEPS * number, _TRIM_STEPS))
        for number, cubic in enumerate(cubics)
    ]
    parts = [_part(cubic, first / _TRIM_STEPS, last / _TRIM_STEPS) for cubic, first, last in runs if first < last]
    return curves.joined(parts) or None


def _at(cubics: Sequence[Curve], step: int) -> Point:
    number = min(step // _TRIM_STEPS, len(cubics) - 1)
    point: Point = beziersplitatt(cubics[number], step / _TRIM_STEPS - number)[0][3]
    return point


def _part(cubic: Curve, first: float, last: float) -> Curve:
    tail = beziersplitatt(cubic, first)[1]
    part: Curve = beziersplitatt(tail, (last - first) / (1 - first))[0]
    return part
