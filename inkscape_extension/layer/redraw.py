"""A sketch layer drawn anew: at another level, with another seed or guidance, around what was made of it by hand."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Sequence

import inkex

from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import PATH
from clipasso_engine.contract.sketch import Curve, Sketch, Stroke

from ..document import curves, source_photo, viewport
from ..document.source_photo import SourcePhoto
from ..translation import translated
from . import hand_edits, sketch_layer, tracing_paper
from .hand_edits import Edits
from .origin import Origin, metadata_of
from .placement import Placement
from .record import LayerRecord

_FEWER, _MORE = 0.85, 1.15  # times the strokes there are: nearer to 1 steps to sketches that look the same
_APART = 0.023  # of the photo's longer side: strokes this near and parallel draw the same line


def place(
    svg: inkex.SvgDocumentElement,
    photo: SourcePhoto,
    sketches: Sequence[Sketch],
    origin: Origin,
    placement: Placement,
) -> list[inkex.Layer]:
    """Put an engine's answer where ``placement`` says: above ``photo``, or into the layer that was to be drawn anew.

    Of several levels the one that is shown takes the layer's place, the others become hidden layers beside it.
    Raises `UserError`, before anything is changed, if there is nothing to draw or the layer is gone.
    """
    if not placement.layer:
        on_top = placement.place == "top"
        layers = sketch_layer.insert(photo, sketches, origin, placement.visible, placement.look, on_top)
        tracing_paper.show(photo, (sketches[0].width, sketches[0].height), placement.photo_shown)
        return layers
    layer = svg.getElementById(placement.layer)
    if layer is None or metadata_of(layer) is None:
        raise UserError(
            translated(
                "The sketch layer {identifier} that was to be drawn anew is not in the document any more. Bring "
                "it back with Undo, or select the photo to sketch."
            ).format(identifier=placement.layer)
        )
    kept = placement.kept
    sketches = [replace(sketch, level=sketch.level + kept) for sketch in sketches]
    origin = replace(origin, levels={level + kept: strokes for level, strokes in origin.levels.items()})
    shown = sketch_layer.choose_shown(sketches, placement.visible)
    beside = replace(placement, beside=True)
    others = [redraw(layer, photo, other, origin, beside) for other in sketches if other is not shown]
    for other in others:
        other.style["display"] = "none"
    result = redraw(layer, photo, shown, origin, placement)
    result.style["display"] = "inline"
    return [result, *others]


def redraw(
    layer: inkex.Layer,
    photo: SourcePhoto | None,
    sketch: Sketch,
    origin: Origin,
    placement: Placement,
) -> inkex.Layer:
    """Draw ``sketch`` where the strokes of ``layer`` are now; returns the layer it is in, which has the old one's id.

    Of ``placement`` three things count. ``hand``: what was made by hand is kept, on top; or else, if there is any, the
    old layer stays under another id and name, hidden. ``beside``: the old layer stays anyway, hidden, and the new one
    has an id of its own. ``look``: the new strokes have it, but where it is the usual one they have the layer's.
    ``photo`` is needed for layers that do not remember where they lie.
    """
    keep, beside = placement.keeps_what_is_made_by_hand, placement.beside
    record = LayerRecord.read(layer)
    edits = hand_edits.read(layer, record)
    size = (sketch.width, sketch.height)
    new = _record(layer, photo, size, record, edits, keep)
    target = layer
    if beside or (edits.by_hand and not keep):
        target = sketch_layer.successor(layer, sketch)
        for element in edits.kept if keep else ():
            target.append(_copy(element, layer.root))
        layer.style["display"] = "none"
        if not beside:
            sketch_layer.retire(layer, target)
    else:
        for stroke in edits.untouched:
            stroke.getparent().remove(stroke)
    for element in target:
        if isinstance(element, inkex.BaseElement):
            hand_edits.forget(element)
    if placement.look.to_text():  # the usual look is nobody's choice
        placement.look.remember(target)
    for stroke in sketch_layer.draw(target, sketch.strokes, origin.remembered_by(new)):
        hand_edits.restyle(stroke, edits.restyled)
    sketch_layer.set_metadata(target, origin.metadata(sketch.level))
    sketch_layer.rename(target)
    return target


def step(layer: inkex.Layer, level: int) -> bool:
    """Draw another level that a layer remembers, without the engine, around what was made by hand.

    False if it does not remember that level. Raises `UserError` if more strokes than that were made by hand.
    """
    metadata, record = metadata_of(layer), LayerRecord.read(layer)
    if metadata is None or record is None or level not in record.levels:
        return False
    edits = hand_edits.read(layer, record)
    kept = edits.kept_strokes()
    if kept > level:
        raise hand_edits.no_room(kept)
    strokes = _around(edits, record, record.levels[level])[: level - kept]
    sketch = Sketch(level, *record.size, tuple(strokes), 0.0, metadata.part)
    origin = Origin(
        metadata.seed,
        metadata.guidance,
        metadata.photo_sha256,
        metadata.photo_id,
        record.levels,
        metadata.engine,
        metadata.segments,
        record.mask,
        record.details,
        metadata.part,
    )
    redraw(layer, None, sketch, origin, Placement((metadata.photo_id,), metadata.photo_sha256, layer.get_id()))
    return True


def next_level(layer: inkex.Layer, more: bool) -> int:
    """The next step on a layer's abstraction path at which the number of strokes differs visibly, remembered or not.

    Raises `UserError` at its end.
    """
    metadata, record = metadata_of(layer), LayerRecord.read(layer)
    assert metadata is not None
    known = {level: len(strokes) for level, strokes in record.levels.items()} if record is not None else {}
    here = known.get(metadata.strokes, metadata.strokes)
    beyond = []
    for level in {*PATH, *known}:
        there = known.get(level, level)  # at most: a photo may not have as many lines
        further = level > metadata.strokes if more else level < metadata.strokes
        if further and (there >= here * _MORE if more else there <= here * _FEWER):
            beyond.append(level)
    if not beyond:
        least = translated("This sketch has a single stroke. A sketch cannot have fewer.")
        most = translated("This sketch has {count} strokes, and the photo has no lines for more.")
        raise UserError(most.format(count=here) if more else least)
    return min(beyond) if more else max(beyond)


def _around(edits: Edits, record: LayerRecord, strokes: Sequence[Stroke]) -> list[Stroke]:
    """Those strokes that draw no line that is drawn by hand, or was deleted by hand."""
    as_drawn, as_is = -record.place, -(edits.moved @ record.place)
    taken: list[Curve] = [curves.transformed(curve, as_is) for curve in edits.kept_curves()]
    taken += [curves.transformed(curve, as_drawn) for curve in edits.deleted]
    taken += record.erased
    apart = _APART * max(record.size)
    return [stroke for stroke in strokes if not (taken and curves.draws_the_same(stroke.points, taken, apart))]


def _record(
    layer: inkex.Layer,
    photo: SourcePhoto | None,
    size: tuple[int, int],
    record: LayerRecord | None,
    edits: Edits,
    keep: bool,
) -> LayerRecord:
    """Where strokes on a photo of ``size`` lie in the layer, and what is not to be drawn again."""
    if record is None:
        assert photo is not None
        place, view = photo.placement(size)
        into = viewport.inverse(viewport.to_root(layer) @ layer.transform)
        if into is None:
            raise source_photo.squeezed()
        return LayerRecord(size, into @ viewport.to_root(photo.below) @ place, view, {})
    scale = inkex.Transform(f"scale({record.size[0] / size[0]},{record.size[1] / size[1]})")
    deleted = [curves.transformed(curve, -(record.place @ scale)) for curve in edits.deleted]
    erased = [curves.transformed(curve, -scale) for curve in record.erased]
    left, top = (-scale).apply_to_point(record.view[:2])
    right, bottom = (-scale).apply_to_point(record.view[2:])
    return LayerRecord(
        size,
        edits.moved @ record.place @ scale,
        (float(left), float(top), float(right), float(bottom)),
        {},
        erased=(*erased, *deleted) if keep else (),
    )


def _copy(element: inkex.BaseElement, svg: inkex.SvgDocumentElement) -> inkex.BaseElement:
    copied = deepcopy(element)
    for each in copied.iter():
        if isinstance(each, inkex.BaseElement) and each.get("id"):
            each.set("id", svg.get_unique_id(each.get("id")))
    return copied
