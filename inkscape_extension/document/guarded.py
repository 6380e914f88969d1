"""Documents that may have been made to do harm: looked at before they are parsed, and told of in one sentence.

Inkscape hands over a copy that it wrote itself, without entities and with all links as they were; this holds for every
other copy as well.
"""

from __future__ import annotations

import copy
import io
import re
import traceback
from typing import IO, Any

import inkex

from clipasso_engine.contract.errors import UserError

from ..translation import translated
from .links import LinksFromTheDocument

MAX_DOCUMENT = 256 << 20
"""Bytes of a document, the photos embedded in it included; a larger value takes more memory, several times itself."""

_LARGEST = 1e15  # in a transform; inkex forgets what it cannot compute with
_PIECE = 1 << 20  # bytes of a document that are read at once

_TRANSFORMS = ("transform", "gradientTransform", "patternTransform")


class GuardedDocument(LinksFromTheDocument):
    """A base for extensions, before inkex's: they read no document that would expand without bounds, and never see a
    transform that cannot be read. Inkscape draws as if that one were not there, and it stays in the document.
    """

    def load(self, stream: object) -> Any:
        """What inkex's does, but that reading the selection would make it forget those transforms for good."""
        content = checked(stream)
        try:
            loaded = inkex.load_svg(io.BytesIO(content))
            self.original_document = copy.deepcopy(loaded)
            self.svg = loaded.getroot()
            self._set_aside = [found for element in self.svg.iter() for found in _unreadable(element)]
            self._texts = [
                (element, name, element.attrib[name]) for element in self.svg.iter() for name in _texts(element)
            ]
            self.svg.selection.set(*self.options.ids)  # type: ignore[attr-defined]
        except RecursionError:
            raise
        except Exception:  # of many kinds, by what is wrong, by lxml's and by inkex's version
            traceback.print_exc()
            raise UserError(
                translated(
                    "The document cannot be read as SVG: it is damaged, or another kind of file. Open it in Inkscape, "
                    "save it as Inkscape SVG, and start again."
                )
            ) from None
        return loaded

    def has_changed(self, ret: object) -> bool:
        for element, name, text in self._texts:
            now = element.attrib.get(name, "")
            if now != text and now == _reworded(name, text):  # inkex writes back what it has only read
                element.attrib[name] = text
        for element, name, value in self._set_aside:
            if not element.attrib.get(name):  # not one that has been given another
                element.attrib[name] = value
        return bool(super().has_changed(ret))  # type: ignore[misc]

    def run(self, *arguments: Any, **options: Any) -> None:
        try:
            super().run(*arguments, **options)  # type: ignore[misc]
        except RecursionError:
            raise UserError(
                translated(
                    "The document has groups or clones within each other too deep to follow them. Take the photo out "
                    "of its groups with Object > Ungroup, or import it into a document of its own."
                )
            ) from None


def checked(stream: object) -> bytes:
    """The bytes of a document, from a file or from bytes. Raises `UserError` for one that must not be parsed."""
    content = stream if isinstance(stream, bytes) else _read(stream)  # type: ignore[arg-type]
    if len(content) > MAX_DOCUMENT:
        raise UserError(
            translated(
                "The document has more than {most} MB, too much to be read here. Link the photos in it instead of "
                "embedding them, or sketch the photo in a document of its own."
            ).format(most=MAX_DOCUMENT >> 20)
        )
    # Without the zeros of UTF-16 and UTF-32. Entities in attributes are expanded whatever a parser is told.
    if b"<!ENTITY" in content.replace(b"\0", b""):
        raise UserError(
            translated(
                "The document declares entities, which can make it grow without bounds. Open it in Inkscape, save it "
                "as Inkscape SVG, and start again."
            )
        )
    return content


def _read(stream: IO[Any]) -> bytes:
    source = getattr(stream, "buffer", stream)
    content = bytearray()
    # Asked for all at once, Python would take the memory of the largest document for the smallest.
    while len(content) <= MAX_DOCUMENT:
        piece = source.read(_PIECE)
        if not piece:
            break
        content += piece
    return bytes(content)


def _unreadable(element: inkex.BaseElement) -> list[tuple[inkex.BaseElement, str, str]]:
    """Take transforms that cannot be read from an element; returns it with their names and values.

    Raises `UnicodeDecodeError` for a name or a text of bytes that are none.
    """
    names = list(element.attrib)
    _texts = element.text, element.tail
    broken = [name for name in _TRANSFORMS if name in names and not _is_readable(element.attrib[name])]
    return [(element, name, element.attrib.pop(name)) for name in broken]


def _texts(element: inkex.BaseElement) -> list[str]:
    return [name for name in ("style", *_TRANSFORMS) if name in element.attrib]


def _reworded(name: str, text: str) -> str:
    """An attribute in inkex's words."""
    try:
        return str(inkex.Style(text) if name == "style" else inkex.Transform(text))
    except Exception:  # as in `_is_readable`
        return text


def _is_readable(transform: str) -> bool:
    try:
        matrix = inkex.Transform(transform).matrix
    except Exception:  # of many kinds, by what is wrong and by the version of inkex
        return False
    return not re.search(r"nan|inf", transform, re.IGNORECASE) and all(
        abs(value) < _LARGEST for row in matrix for value in row
    )
