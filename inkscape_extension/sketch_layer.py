"""A sketch as a layer of the document: plain paths, one for each stroke, and what made them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import inkex
from lxml import etree

from clipasso_engine import __version__, layer_format
from clipasso_engine.errors import UserError
from clipasso_engine.job import Point, Sketch, SketchJob, Stroke

from .source_photo import SourcePhoto
from .viewport import Rectangle

_TRIM_STEPS = 256

etree.register_namespace(layer_format.PREFIX, layer_format.NAMESPACE)


def insert(
    photo: SourcePhoto,
    sketches: Sequence[Sketch],
    job: SketchJob,
    report: dict[str, Any],
    photo_sha256: str,
    visible: str = "most",
) -> list[inkex.Layer]:
    """Add one layer for each of ``sketches`` right above ``photo``, most strokes on top; only one of them is shown.

    If the photo is in a locked or hidden layer, they go right above that one, where they can be seen and edited.

    ``visible`` is one of `options.VISIBLE`. Raises `UserError`, before anything is added, if no sketch has a stroke or
    the photo has no extent.
    """
    if not any(sketch.strokes for sketch in sketches):
        raise UserError("No lines were found in the photo, so there is nothing to draw. Try one with more contrast.")
    sketches = sorted(sketches, key=lambda sketch: -sketch.level)
    shown = sketches[-1 if visible == "fewest" else 0]
    layers = []
    for sketch in sketches:
        strokes = _placed_strokes(sketch, *photo.placement((sketch.width, sketch.height)))
        metadata = layer_format.LayerMetadata(
            strokes=sketch.level,
            seed=job.seed,
            guidance=str(report.get("guidance", "")),
            engine=__version__,
            photo_sha256=photo_sha256,
            photo_id=photo.element.get_id(),
        )
        layers.append(_layer(photo.element.root, strokes, metadata, hidden=sketch is not shown))
        photo.below.addnext(layers[-1])
    return layers


def _layer(
    svg: inkex.SvgDocumentElement, strokes: list[inkex.PathElement], metadata: layer_format.LayerMetadata, hidden: bool
) -> inkex.Layer:
    label = layer_format.layer_label(metadata.strokes)
    layer = inkex.Layer.new(_unique(label, set(svg.xpath("//@inkscape:label")), f"{label} ({{}})"))
    identifier = f"sketch-{metadata.strokes}"
    layer.set("id", _unique(identifier, set(svg.xpath("//@id")), f"{identifier}-{{}}"))
    for name, value in metadata.to_attributes().items():
        layer.set(name, value)
    if hidden:
        layer.style["display"] = "none"
    for number, stroke in enumerate(strokes, 1):
        stroke.set("id", f"{layer.get('id')}-stroke-{number}")
        layer.append(stroke)
    return layer


def _placed_strokes(sketch: Sketch, transform: inkex.Transform, visible: Rectangle) -> list[inkex.PathElement]:
    """The strokes as paths in the coordinates that ``transform`` leads to.

    It goes into the nodes, so that a stroke stays as plain to edit as one drawn by hand; the line is equally wide
    everywhere even where the photo is stretched.
    """
    scale = math.sqrt(abs(transform.a * transform.d - transform.b * transform.c))
    decimals = max(2, 2 - math.floor(math.log10(scale)))  # a hundredth of a photo pixel, whatever the document's unit
    whole = (0.0, 0.0, float(sketch.width), float(sketch.height))
    paths = []
    for stroke in sketch.strokes:
        points: Sequence[Point] | None = stroke.points
        if visible != whole:
            points = _trim(stroke.points, visible)
        if points is not None:
            paths.append(_path([transform.apply_to_point(point) for point in points], stroke, scale, decimals))
    return paths


def _path(points: Sequence[Point], stroke: Stroke, scale: float, decimals: int) -> inkex.PathElement:
    path = inkex.PathElement()
    path.set("d", layer_format.path_data(((float(x), float(y)) for x, y in points), decimals))
    path.set(
        "style",
        "fill:none;stroke:#000000;stroke-linecap:round;stroke-linejoin:round;"
        f"stroke-width:{layer_format.format_number(stroke.width * scale, decimals + 1)}",
    )
    path.set(layer_format.IMPORTANCE, layer_format.format_number(stroke.importance, 4))
    return path


def _trim(points: Sequence[Point], visible: Rectangle) -> Sequence[Point] | None:
    """The longest run of a cubic curve inside ``visible``, itself a cubic; None if none of it is inside."""
    left, top, right, bottom = visible
    best = (0, -1)
    start = None
    for step in range(_TRIM_STEPS + 2):
        x, y = _split(points, step / _TRIM_STEPS)[0][3] if step <= _TRIM_STEPS else (math.inf, math.inf)
        inside = left <= x <= right and top <= y <= bottom
        if inside and start is None:
            start = step
        elif not inside and start is not None:
            best = max(best, (start, step - 1), key=lambda run: run[1] - run[0])
            start = None
    first, last = (step / _TRIM_STEPS for step in best)
    if last <= first:
        return None
    tail = _split(points, first)[1]
    return _split(tail, (last - first) / (1 - first))[0]


def _split(points: Sequence[Point], t: float) -> tuple[list[Point], list[Point]]:
    """De Casteljau: the parts of a Bézier curve before and after parameter ``t``."""
    before: list[Point] = []
    after: list[Point] = []
    rest = list(points)
    while rest:
        before.append(rest[0])
        after.insert(0, rest[-1])
        rest = [(ax + t * (bx - ax), ay + t * (by - ay)) for (ax, ay), (bx, by) in zip(rest, rest[1:])]
    return before, after


def _unique(name: str, taken: set[str], numbered: str) -> str:
    number = 2
    unique = name
    while unique in taken:
        unique = numbered.format(number)
        number += 1
    return unique
