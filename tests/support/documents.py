"""What a saved document holds."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

LABEL = "{http://www.inkscape.org/namespaces/inkscape}label"


def layers(path: Path) -> dict[str, ElementTree.Element]:
    return {group.get(LABEL, ""): group for group in ElementTree.parse(path).iter() if group.get(LABEL)}


def content(path: Path) -> str:
    """A document without what Inkscape notes about windows, and without the empty elements it adds."""
    root = ElementTree.parse(path).getroot()
    for child in list(root):
        if child.tag.endswith(("namedview", "}defs")) and not len(child):
            root.remove(child)
    for name in list(root.attrib):
        if name.endswith("docname") or name in ("id", "version"):
            del root.attrib[name]
    return ElementTree.canonicalize(ElementTree.tostring(root, "unicode"), strip_text=True)
