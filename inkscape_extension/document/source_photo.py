"""The photo to sketch: which ``<image>`` is meant, its file, and where on the canvas its pixels lie."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Tuple

import inkex

from clipasso_engine.contract.errors import UserError

from ..translation import translated
from . import hrefs, photo_link, viewport, visibility
from .photo_file import PhotoFile
from .viewport import Rectangle, Size

_MOST_CLONED = 20_000
"""Elements, each counted as often as clones draw it; a larger value lets clones of clones of clones take longer."""

_FARTHEST = 1e9
"""User units of a photo's corners; where numbers are larger, those of strokes lose their places behind the point."""

_CONTAINERS = ("g", "a", "svg", "switch")
_IN_PATTERN = (
    "The only photo there is fills a shape as a pattern, and such a photo has no place of its own. "
    "Select the shape, choose Object > Pattern > Pattern to Objects, and sketch the photo that comes out."
)

Path_ = Tuple[inkex.BaseElement, ...]
"""From what stands on the canvas down to the <image>: only the image, or a clone, what it clones, ..., the image."""


@dataclass(frozen=True)
class SourcePhoto:
    """A photo on the canvas."""

    path: Path_

    @property
    def element(self) -> inkex.BaseElement:
        """What stands on the canvas: the ``<image>``, or a ``<use>`` that clones it."""
        return self.path[0]

    @property
    def ids(self) -> tuple[str, ...]:
        """By which `by_ids` finds it again."""
        return tuple(element.get_id() for element in self.path)

    @property
    def below(self) -> inkex.BaseElement:
        """What sketches go right above: `element`, or the outermost group around it in which they could not be seen as
        they are, or not be edited.
        """
        groups = [ancestor for ancestor in self.element.iterancestors() if ancestor.getparent() is not None]
        return next((group for group in reversed(groups) if visibility.spoils(group)), self.element)

    @property
    def image(self) -> inkex.BaseElement:
        return self.path[-1]

    def file(self, folders: Sequence[Path]) -> PhotoFile:
        """The photo's file, see `photo_link.photo_file`."""
        href = hrefs.href(self.image)
        if not href:
            raise UserError(
                translated("The photo is empty: it links to nothing. Delete it and import the photo again.")
            )
        name = self.image.get("inkscape:label") or self.image.get_id()
        return photo_link.photo_file(href, self.image.get("sodipodi:absref") or "", folders, name)

    def placement(self, natural: Size) -> tuple[inkex.Transform, Rectangle]:
        """Where a photo of ``natural`` size (width, height in pixels, after EXIF orientation) lies.

        Returns the transform from photo pixels to the coordinates of the parent of `below`, and the part of the photo
        that is seen, in photo pixels: all of it, unless ``preserveAspectRatio`` is "slice".
        Raises `UserError` if the photo is drawn without any extent.
        """
        ancestors = [self.element, *self.element.iterancestors()]
        way = (*reversed(ancestors[1 : ancestors.index(self.below) + 1]), *self.path)
        transform, size = viewport.down(way, viewport.size_around(self.below))
        fit, visible = viewport.fit_image(self.image, size, natural)
        transform = transform @ self.image.transform @ fit
        if not _is_within_reach(transform, natural):
            raise UserError(
                translated(
                    "The photo is too large, or lies too far away, for a sketch of it to have a place. Scale it down, "
                    "or move it onto the page, first."
                )
            )
        extent = transform.a**2 + transform.b**2 + transform.c**2 + transform.d**2
        if not abs(transform.a * transform.d - transform.b * transform.c) > 1e-9 * extent:
            raise squeezed()
        return transform, visible

    def share_placement(self, natural: Size | None) -> inkex.Transform:
        """From shares of the photo's width and height to the coordinates of the parent of `below`.

        ``natural`` is its size in pixels; without it, it is taken for a photo that fills its box, as Inkscape makes it.
        """
        if natural is not None:
            return self.placement(natural)[0] @ inkex.Transform(f"scale({natural[0]},{natural[1]})")
        box = [inkex.units.convert_unit(self.image.get(name) or "0", "px") for name in ("width", "height")]
        if not all(box):
            raise UserError(
                translated(
                    "The photo has no width or height in the document, so what is drawn on it cannot be told. Scale "
                    "the photo a little, or select it alone."
                )
            )
        transform, _visible = self.placement((box[0], box[1]))
        return transform @ inkex.Transform(f"scale({box[0]},{box[1]})")


class PhotoFiles:
    """The files of a document's photos, for as long as one program runs: each is hashed once."""

    def __init__(self, document: str | None = None, saved_as: str | None = None) -> None:
        """See `link_folders`."""
        self._folders = link_folders(document, saved_as)
        self._sha256: dict[inkex.BaseElement, str] = {}

    def file(self, photo: SourcePhoto) -> PhotoFile:
        return photo.file(self._folders)

    def sha256(self, photo: SourcePhoto, file: PhotoFile | None = None) -> str:
        """Hash of the bytes of a photo's file, which is ``file`` if it was asked for already.

        Raises `UserError` if it cannot be read.
        """
        known = self._sha256.get(photo.image)
        if known is None:
            known = self._sha256[photo.image] = (file or self.file(photo)).sha256()
        return known


def find(svg: inkex.SvgDocumentElement) -> SourcePhoto:
    """The photo that is selected, or else the only one of the document. What is hidden is not there, unless it is
    selected itself.

    A selected group stands for the one photo in it. Raises `UserError` if there is no photo or more than one.
    """
    by_id = {element.get("id"): element for element in svg.xpath("//*[@id]")}
    selected = list(svg.selection)
    every = dict.fromkeys(path for element in selected for path in _photos(element, by_id))
    paths = [path for path in every if path[0] in selected or visibility.is_shown(path)]
    if len(paths) == 1:
        return SourcePhoto(paths[0])
    if paths:
        raise UserError(
            translated(
                "{count} photos are selected, but only one at a time can be sketched. Select one of them; "
                "Ctrl+click selects inside a group."
            ).format(count=len(paths))
        )
    if any(_has_photo_pattern(element, by_id) for element in selected):
        raise UserError(translated(_IN_PATTERN))
    return SourcePhoto(_only_photo(svg, by_id))


def by_ids(svg: inkex.SvgDocumentElement, ids: Sequence[str]) -> SourcePhoto | None:
    """The photo that had these `SourcePhoto.ids`, wherever it is now; None if it is no longer there."""
    path = tuple(svg.getElementById(identifier) for identifier in ids)
    return SourcePhoto(path) if path and None not in path and path[-1].TAG == "image" else None


def photos_in(svg: inkex.SvgDocumentElement, elements: Sequence[inkex.BaseElement]) -> list[list[SourcePhoto]]:
    """The photos drawn by each of ``elements``, itself and clones included."""
    by_id = {each.get("id"): each for each in svg.xpath("//*[@id]")}
    return [[SourcePhoto(path) for path in _photos(element, by_id)] for element in elements]


def drawn_in(svg: inkex.SvgDocumentElement, element: inkex.BaseElement, tags: Sequence[str]) -> list[Path_]:
    """The elements with one of ``tags`` that ``element`` draws: itself, those inside it, those it clones."""
    return _drawn(element, {each.get("id"): each for each in svg.xpath("//*[@id]")}, tags)


def _only_photo(svg: inkex.SvgDocumentElement, by_id: dict[str, inkex.BaseElement]) -> Path_:
    every = _photos(svg, by_id)
    paths = [path for path in every if visibility.is_shown(path)]
    images = [path for path in paths if len(path) == 1] or paths  # clones of the only photo do not make it ambiguous
    if len(images) == 1:
        return images[0]
    if images:
        raise UserError(
            translated(
                "There are {count} photos in the document, but none is selected. Select the one to sketch."
            ).format(count=len(images))
        )
    if every:
        raise UserError(
            translated(
                "No photo is to be seen in the document, only hidden ones. Show the one to sketch, or select it."
            )
        )
    if svg.xpath("//svg:pattern//svg:image"):
        raise UserError(translated(_IN_PATTERN))
    raise UserError(
        translated("There is no photo in the document. Import one with File > Import, select it, and start again.")
    )


def _photos(element: inkex.BaseElement, by_id: dict[str, inkex.BaseElement]) -> list[Path_]:
    return _drawn(element, by_id, ("image",))


def _drawn(element: inkex.BaseElement, by_id: dict[str, inkex.BaseElement], tags: Sequence[str]) -> list[Path_]:
    """See `drawn_in`. Raises `UserError` where clones of clones multiply without end."""
    found: list[Path_] = []
    waiting: list[Path_] = [(element,)]  # each from what stands on the canvas down to what is to be looked at
    cloned = 0
    while waiting:
        path = waiting.pop()
        last, is_cloned = path[-1], len(path) > 1
        cloned += is_cloned
        if cloned > _MOST_CLONED:
            raise _too_many_clones()
        if not isinstance(last, inkex.BaseElement):
            continue  # a comment
        if last.TAG in tags:
            found.append(path)
        elif last.TAG == "use":
            target = by_id.get(hrefs.reference(last))
            if target is not None and target not in path:  # no loop
                waiting.append((*path, target))
        elif last.TAG in _CONTAINERS or (is_cloned and last.TAG == "symbol"):
            waiting += [(*path, child) if is_cloned else (child,) for child in reversed(last)]
    return found


def squeezed() -> UserError:
    """What is told where a photo, or what is to hold its sketch, has no extent."""
    return UserError(translated("The photo is squeezed to nothing, so a sketch of it has no place. Scale it up first."))


def _is_within_reach(transform: inkex.Transform, natural: Size) -> bool:
    corners = [transform.apply_to_point((x, y)) for x in (0.0, natural[0]) for y in (0.0, natural[1])]
    return all(abs(share) < _FARTHEST for corner in corners for share in corner)  # nor nan


def _too_many_clones() -> UserError:
    return UserError(
        translated(
            "The clones in the document draw more than can be looked through. Import the photo into a document of its "
            "own, and sketch it there."
        )
    )


def _has_photo_pattern(element: inkex.BaseElement, by_id: dict[str, inkex.BaseElement]) -> bool:
    for child in element.iter():
        if not isinstance(child, inkex.BaseElement):
            continue
        fill = re.search(r"(?:^|;)\s*fill\s*:([^;]*)", child.get("style") or "")
        pattern = by_id.get(hrefs.url(fill.group(1) if fill else child.get("fill") or ""))
        seen = set()
        while pattern is not None and pattern not in seen:
            if pattern.xpath(".//svg:image"):
                return True
            seen.add(pattern)
            pattern = by_id.get(
                hrefs.reference(pattern)
            )  # Inkscape keeps the transform in one and the content in another
    return False


def link_folders(document: str | None, saved_as: str | None) -> list[Path]:
    """Where relative links may lead: beside ``document``, the copy Inkscape made, then beside the saved document."""
    return [Path(os.path.abspath(path)).parent for path in (document, saved_as) if isinstance(path, str) and path]
