"""What can be seen of an element, and what its surroundings do to it: hide, fade, blur, blend, clip."""

from __future__ import annotations

from typing import Sequence

import inkex

from . import conditions

_SPOILING = ("filter", "clip-path", "mask")


def value(element: inkex.BaseElement, name: str) -> str:
    """A property as the element itself has it: by its style, a style sheet or an attribute; empty if it has none.

    Nothing is inherited.
    """
    # What a style sheet calls important is stronger than the element's own style; that as an object of inkex's would be
    # written back, in other words.
    sheet = element.root.xpath("//svg:style")
    own = element.cascaded_style() if sheet else inkex.Style(element.attrib.get("style") or "")
    if name in own:
        return str(own[name]).strip()
    return (element.get(name) or "").strip()


def is_shown(path: Sequence[inkex.BaseElement]) -> bool:
    """Whether what an element draws is not hidden: ``path`` is the element, what it clones, ..., the last one.

    Inkscape (1.2 to 1.4) shows photos whose ``visibility`` is "hidden" all the same.
    """
    around = [each for each in path[0].iterancestors() if isinstance(each, inkex.BaseElement)]
    return not any(
        value(each, "display") == "none" or opacity(value(each, "opacity")) == 0 or not conditions.hold(each)
        for each in (*around, *path)
    )


def spoils(group: inkex.BaseElement) -> bool:
    """Whether a layer put into ``group`` would be hidden, faded, blurred, blended or clipped, or not be editable."""
    return (
        group.TAG == "switch"
        or not group.is_sensitive()
        or value(group, "display") == "none"
        or value(group, "visibility") in ("hidden", "collapse")
        or opacity(value(group, "opacity")) < 1
        or value(group, "mix-blend-mode") not in ("", "normal")
        or any(value(group, name) not in ("", "none") for name in _SPOILING)
    )


def opacity(text: str) -> float:
    """An ``opacity`` in 0..1; 1 where it is not said, or not understood."""
    try:
        number = float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        return 1.0
    return min(1.0, max(0.0, number))
