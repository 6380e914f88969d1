"""What a run is about: a photo, or a sketch layer that shall be drawn anew, and what is drawn already."""

from __future__ import annotations

import dataclasses
from argparse import Namespace
from dataclasses import dataclass, field
from functools import cached_property
from typing import Sequence

import inkex

from clipasso_engine.contract.choices import DrawnRole
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import AUTO, SketchJob
from clipasso_engine.contract.sketch import Curve, Shape

from .. import options
from ..document import (
    clipping,
    curves,
    drawn_shapes,
    outlines,
    photo_orientation,
    photo_size,
    source_photo,
    viewport,
)
from ..document.drawn_shapes import DrawnShape
from ..document.photo_file import PhotoFile
from ..document.source_photo import PhotoFiles, SourcePhoto
from ..layer import hand_edits
from ..layer.origin import layer_of, metadata_of, source_of
from ..layer.placement import Placement
from ..layer.record import LayerRecord
from ..options import Hand
from ..translation import translated

_ROLES: dict[Hand, DrawnRole] = {"keep": "company", "start": "start", "replace": "none"}
"""What the engine makes of lines that are there already, by what shall become of strokes made by hand."""


@dataclass(frozen=True)
class SketchTarget:
    """Found in the document before the engine is asked."""

    photo: SourcePhoto
    layer: inkex.Layer | None = None  # the sketch layer to draw anew; None: new layers above the photo
    drawn: list[inkex.BaseElement] = field(default_factory=list)  # lines selected beside the photo
    shapes: list[DrawnShape] = field(default_factory=list)  # closed shapes selected beside it

    def job(self, chosen: Namespace, file: PhotoFile) -> SketchJob:
        """What to ask of the engine, for the photo's ``file`` and the dialog's options.

        Raises `UserError` for options that are out of range.
        """
        job = self._as_before(options.job(chosen, file.path))
        hand: Hand = chosen.hand
        drawn = self._in_the_layer(hand) if self.layer is not None else self._selected(file, hand)
        levels, kept = job.levels, self._kept(hand)
        if levels != AUTO:
            levels = tuple(level - kept for level in levels if level > kept)
            if not levels:
                raise hand_edits.no_room(kept)
        mask, details = self._areas(file)
        return dataclasses.replace(
            job,
            levels=levels,
            drawn=tuple(drawn),
            drawn_role=_ROLES[hand] if drawn else "none",
            mask=mask,
            details=details,
            clips=self._clips(file),
            upright=photo_orientation.is_upright(file),
            abstraction=job.quality != "paper",
            photo_bytes=file.content,
        )

    def placement(self, chosen: Namespace, photo_sha256: str) -> Placement:
        """What becomes of the answer. Raises `UserError` for options that make no sense."""
        layer = self.layer.get_id() if self.layer is not None else ""
        return Placement.from_options(chosen, self.photo.ids, photo_sha256, layer, self._kept(chosen.hand))

    @cached_property
    def _record(self) -> LayerRecord | None:
        return LayerRecord.read(self.layer) if self.layer is not None else None

    @cached_property
    def _edits(self) -> hand_edits.Edits:
        return hand_edits.read(self.layer, self._record)

    def _kept(self, hand: Hand) -> int:
        """How many strokes of the layer stay."""
        return self._edits.kept_strokes() if self.layer is not None and hand == "keep" else 0

    def _areas(self, file: PhotoFile) -> tuple[tuple[Shape, ...], tuple[Shape, ...]]:
        """The mask and the places that deserve more lines: those drawn, or those the layer was made with."""
        if self.layer is not None:
            record = self._record
            return (record.mask, record.details) if record is not None else ((), ())
        return drawn_shapes.areas(self.shapes, self._to_shares(file)) if self.shapes else ((), ())

    def _clips(self, file: PhotoFile) -> tuple[clipping.Clip, ...]:
        """What of the photo can be seen. Raises `UserError` if that is nothing."""
        if not clipping.is_cut(self.photo.path):
            return ()
        found = clipping.clips(self.photo.element.root, self.photo.path, self._to_shares(file))
        if clipping.misses(found):
            raise UserError(
                translated(
                    "Nothing is seen of the photo: the clip path or mask that it is seen through lies beside it. Move "
                    "or release that in the menu Object."
                )
            )
        return found

    def _as_before(self, job: SketchJob) -> SketchJob:
        """A layer that is drawn anew keeps to its part of the photo, and to strokes of as many segments.

        The usual number of these is nobody's choice.
        """
        metadata = metadata_of(self.layer) if self.layer is not None else None
        if metadata is None:
            return job
        segments = metadata.segments if job.segments == SketchJob.segments else job.segments
        return dataclasses.replace(job, segments=segments, part=metadata.part, background_strokes=0)

    def _in_the_layer(self, hand: Hand) -> list[Curve]:
        """What the engine shall know of the layer's strokes, in shares of the photo."""
        record = self._record
        if hand == "replace" or record is None:
            return []
        edits = self._edits
        to_shares = inkex.Transform(f"scale({1 / record.size[0]},{1 / record.size[1]})")
        as_drawn = to_shares @ -record.place
        as_is = viewport.inverse(edits.moved @ record.place)
        if as_is is None:
            raise source_photo.squeezed()
        as_is = to_shares @ as_is
        if hand == "start":
            there = [curve for stroke in edits.untouched for curve in outlines.outline(stroke)]
            return [curves.transformed(curve, as_is) for curve in [*there, *edits.kept_curves()]]
        drawn = [curves.transformed(curve, as_is) for curve in edits.kept_curves()]
        drawn += [curves.transformed(curve, as_drawn) for curve in edits.deleted]
        drawn += [curves.transformed(curve, to_shares) for curve in record.erased]
        return drawn

    def _selected(self, file: PhotoFile, hand: Hand) -> list[Curve]:
        """The selected lines, in shares of the photo."""
        if not self.drawn or hand == "replace":
            return []
        to_shares = self._to_shares(file)
        found = []
        for element in self.drawn:
            transform = to_shares @ viewport.to_root(element)
            found += [curves.transformed(curve, transform) for curve in outlines.outline(element)]
        return found

    def _to_shares(self, file: PhotoFile) -> inkex.Transform:
        """From the coordinates of the document's outermost elements to shares of the photo, whose ``file`` it is."""
        place = viewport.to_root(self.photo.below) @ self.photo.share_placement(photo_size.read(file))
        shares = viewport.inverse(place)
        if shares is None:
            raise source_photo.squeezed()
        return shares


def find(svg: inkex.SvgDocumentElement, files: PhotoFiles) -> SketchTarget:
    """What the selection, or the current layer, stands for.

    A sketch layer is meant where it, or a stroke in it, is selected and no photo is; or where nothing is selected and
    it is the current one. Raises `UserError` where it cannot be told, or the layer's photo is not there.
    """
    selected = list(svg.selection)
    lines = [element for element, photos in zip(selected, source_photo.photos_in(svg, selected)) if not photos]
    if len(lines) < len(selected):
        return _of_photo(svg, lines)
    layers = list(dict.fromkeys(layer_of(element) for element in selected or [svg.get_current_layer()]))
    if len(layers) == 1 and layers[0] is not None:
        return SketchTarget(source_of(svg, layers[0], files), layers[0])
    if len([layer for layer in layers if layer is not None]) > 1:
        raise UserError(
            translated(
                "Strokes of {count} layers are selected, but only one sketch at a time can be drawn anew. Select"
                " strokes of one of them."
            ).format(count=len(layers))
        )
    return _of_photo(svg, lines)


def _of_photo(svg: inkex.SvgDocumentElement, beside: Sequence[inkex.BaseElement]) -> SketchTarget:
    """A photo with what is selected ``beside`` it."""
    shapes, lines = drawn_shapes.split(svg, beside)
    return SketchTarget(source_photo.find(svg), None, lines, shapes)
