"""How a sketch gets into a document, at once or later."""

from __future__ import annotations

from typing import Collection

import inkex

from clipasso_engine.contract import choices
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import SketchJob

from ..document import source_photo
from ..document.source_photo import PhotoFiles, SourcePhoto
from ..layer import redraw
from ..layer.origin import Origin
from ..layer.placement import Placement
from ..translation import translated
from ..window.contract import Outcome
from .finished import Document, Finished


def insert(photo: SourcePhoto, outcome: Outcome, job: SketchJob, placement: Placement) -> list[inkex.Layer]:
    """Put the sketches above ``photo``, or into the layer that is drawn anew, as ``placement`` says.

    Returns the layers. Raises `UserError` if that cannot be.
    """
    sketches, report = outcome
    parts = [[sketch for sketch in sketches if sketch.part == part] for part in choices.PARTS]
    there = [(own, number) for number, own in enumerate(parts) if own] or [(list(sketches), 0)]
    placed = {}
    # What is inserted right above the photo lies under what was inserted there before; on top, above it.
    for own, number in there[:: -1 if placement.place == "top" else 1]:
        origin = Origin.of(job, own, report, placement.photo_sha256, photo.element.get_id())
        placed[number] = redraw.place(photo.element.root, photo, own, origin, placement)
    return [layer for _number, layers in sorted(placed.items()) for layer in layers]


def insert_later(
    svg: inkex.SvgDocumentElement, here: Document, kept: Finished, files: PhotoFiles, strictly: bool = True
) -> inkex.Layer | None:
    """Put a sketch that was kept above its photo, wherever that is now.

    Returns the layer that is shown if it should be selected now: where the photo still is, which would be sketched once
    more by the next run. Unless ``strictly``, a document does that is not the one that asked but has the same photo.
    Raises `UserError` if this is not the document, or the photo is no longer in it.
    """
    asked = kept.asked
    if strictly and not asked.document.is_now(here):
        raise UserError(
            translated(
                "The sketch is for {name}, but that is not the document in front. Nothing is lost: open {name}, "
                "or click on its window, and choose Extensions > Sketch > Place Finished Sketch."
            ).format(name=asked.document.name)
        )
    photo = source_photo.by_ids(svg, asked.placement.photo)
    if photo is None or not _is_same(photo, asked.placement.photo_sha256, files):
        raise UserError(
            translated(
                "The photo is no longer in {name}, so the sketch has no place. Nothing is lost: bring the photo "
                "back, for example with Undo, and choose Extensions > Sketch > Place Finished Sketch."
            ).format(name=asked.document.name)
        )
    layers = insert(photo, (kept.sketches, kept.report), kept.job, asked.placement)
    shown = next((layer for layer in layers if layer.style.get("display") != "none"), None)
    return shown if _is_still_selected(photo, kept.job, svg.selection) else None


def _is_still_selected(photo: SourcePhoto, job: SketchJob, selection: Collection[inkex.BaseElement]) -> bool:
    """Whether the selection is that of the run: the photo, with what was drawn on it if that had a part in it."""
    selected, meant = set(selection), {photo.element, *photo.element.iterancestors()}
    return bool(selected & meant) and (selected <= meant or bool(job.mask or job.details or job.drawn))


def _is_same(photo: SourcePhoto, photo_sha256: str, files: PhotoFiles) -> bool:
    try:
        return files.sha256(photo) == photo_sha256
    except UserError:
        return True  # a photo whose file is away for now
