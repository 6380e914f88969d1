"""Links of a document that an extension hands back.

Inkscape gives an extension a copy of the document in another folder, whose relative links lead from there to the files.
In what it gets back 1.2 turns them back; 1.4 does not, finds them broken and says so in a window.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote

import inkex

from . import hrefs, photo_link

_LEFT_AS_THEY_ARE = (1, 4)  # this inkex and later ones come with an Inkscape that does not turn links back


class LinksFromTheDocument:
    """A base for extensions, before inkex's: what they write has links that lead from where the document was saved."""

    def save(self, stream: object) -> None:
        extension: inkex.EffectExtension = self
        turn_back(extension.svg, extension.options.input_file, extension.document_path())
        super().save(stream)  # type: ignore[misc]


def turn_back(svg: inkex.SvgDocumentElement, copy: object, saved_as: str | None) -> None:
    """Let relative links of ``svg`` lead from the folder of ``saved_as``, where now they lead from that of ``copy``.

    Nothing is done for an Inkscape that does so itself, for a document that was never saved, and to links that lead to
    no file.
    """
    if hrefs.version() < _LEFT_AS_THEY_ARE or not isinstance(copy, str) or not saved_as:
        return
    here, there = (Path(os.path.abspath(path)).parent for path in (copy, saved_as))
    if here == there:
        return
    for image in svg.iter(inkex.addNS("image", "svg")):
        for name in ("href", inkex.addNS("href", "xlink")):
            link = image.get(name) or ""
            if not link.strip() or re.match(r"\s*([A-Za-z][A-Za-z0-9+.-]+:|[/#])", link):
                continue
            target = photo_link.file_of(link.strip(), here)
            if target is not None:
                relative = os.path.relpath(target, there)
                image.set(name, quote(os.fsencode(relative.replace(os.sep, "/"))))
