"""What made a sketch: which photo, which seed, ...; and what made the layer that an element is in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import inkex

from clipasso_engine import __version__
from clipasso_engine.contract import layer_format
from clipasso_engine.contract.choices import Part
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.sketch import Shape, Sketch

from ..document import source_photo
from ..document.source_photo import PhotoFiles, SourcePhoto
from ..translation import translated
from .record import LayerRecord, Levels


@dataclass(frozen=True)
class Origin:
    """What made a sketch: all that a layer remembers beside the strokes."""

    seed: int
    guidance: str
    photo_sha256: str
    photo_id: str
    levels: Levels = field(default_factory=dict)
    engine: str = __version__
    segments: int = 1
    mask: tuple[Shape, ...] = ()  # of the job
    details: tuple[Shape, ...] = ()  # likewise
    part: Part = "object"  # of the photo

    @classmethod
    def of(
        cls, job: SketchJob, sketches: Sequence[Sketch], report: dict[str, Any], photo_sha256: str, photo_id: str
    ) -> Origin:
        """That of the ``sketches`` of one part of the photo in an engine's answer.

        ``report["abstraction"]`` holds quick sketches of other levels, if asked for.
        """
        part = sketches[0].part if sketches else job.part
        quick = [Sketch.from_json(data) for data in report.get("abstraction") or ()]
        levels: Levels = {}
        for sketch in (*sketches, *(sketch for sketch in quick if sketch.part == part)):
            levels.setdefault(sketch.level, sketch.strokes)
        return cls(
            seed=job.seed,
            guidance=str(report.get("guidance", "")),
            photo_sha256=photo_sha256,
            photo_id=photo_id,
            levels=levels,
            segments=job.segments,
            mask=job.mask,
            details=job.details,
            part=part,
        )

    def remembered_by(self, record: LayerRecord) -> LayerRecord:
        """``record`` of a layer, with what made its strokes."""
        return replace(record, levels=self.levels, mask=self.mask, details=self.details)

    def metadata(self, strokes: int) -> layer_format.LayerMetadata:
        return layer_format.LayerMetadata(
            strokes=strokes,
            seed=self.seed,
            guidance=self.guidance,
            engine=self.engine,
            photo_sha256=self.photo_sha256,
            photo_id=self.photo_id,
            segments=self.segments,
            part=self.part,
        )


def layer_of(element: inkex.BaseElement | None) -> inkex.Layer | None:
    """The sketch layer that ``element`` is, or is in; None if it is in none."""
    if element is None:
        return None
    for each in [element, *element.iterancestors()]:
        if isinstance(each, inkex.Group) and metadata_of(each) is not None:
            return each
    return None


def metadata_of(layer: inkex.BaseElement) -> layer_format.LayerMetadata | None:
    return layer_format.LayerMetadata.from_attributes(dict(layer.attrib))


def is_background(layer: inkex.BaseElement | None) -> bool:
    """Whether it is a sketch layer of what is around the object."""
    metadata = metadata_of(layer) if layer is not None else None
    return metadata is not None and metadata.part == "background"


def source_of(svg: inkex.SvgDocumentElement, layer: inkex.Layer, files: PhotoFiles) -> SourcePhoto:
    """The photo that a sketch layer was drawn from: the very same file, the nearest where there are copies.

    Raises `UserError` if it is not in the document.
    """
    metadata = metadata_of(layer)
    assert metadata is not None
    found = []
    for photo in source_photo.photos_in(svg, [svg])[0]:
        if _sha256(photo, files) == metadata.photo_sha256:
            near = photo.element.getparent() is layer.getparent()
            found.append(((near, photo.element.get_id() == metadata.photo_id), photo))
    if found:
        return max(found, key=lambda one: one[0])[1]
    name = layer.get("inkscape:label") or layer.get_id()
    there = svg.getElementById(metadata.photo_id) if metadata.photo_id else None
    changed = translated(
        "The photo that the layer “{name}” was sketched from has changed since. "
        "Bring it back, or select the photo to sketch."
    )
    missing = translated(
        "The photo that the layer “{name}” was sketched from is not in this document. "
        "Bring it back, or select the photo to sketch."
    )
    raise UserError((changed if there is not None and there.TAG in ("image", "use") else missing).format(name=name))


def _sha256(photo: SourcePhoto, files: PhotoFiles) -> str:
    try:
        return files.sha256(photo)
    except UserError:
        return ""
