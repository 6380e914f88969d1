"""What is drawn only in some languages, or by some programs, and what a ``<switch>`` chooses, as Inkscape does it."""

from __future__ import annotations

import os
from typing import Iterator

import inkex

_DRAWN = frozenset(
    {"a", "circle", "ellipse", "flowRoot", "g", "image", "line", "path", "polygon", "polyline"}
) | frozenset({"rect", "svg", "switch", "text", "use"})
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")


def hold(element: inkex.BaseElement) -> bool:
    """Whether an element's own conditions hold, and whether a ``<switch>`` that it stands in chooses it."""
    parent = element.getparent()
    if isinstance(parent, inkex.BaseElement) and parent.TAG == "switch":
        return next(_eligible(parent), None) is element
    return _own(element)


def _eligible(switch: inkex.BaseElement) -> Iterator[inkex.BaseElement]:
    for child in switch:
        if isinstance(child, inkex.BaseElement) and child.TAG in _DRAWN and _own(child):
            yield child


def _own(element: inkex.BaseElement) -> bool:
    if element.get("requiredExtensions") is not None:  # Inkscape knows of none
        return False
    wanted = element.get("systemLanguage")
    if wanted is None:
        return True
    language = _language()
    return bool({language, language.partition("-")[0]} & {_plain(word) for word in wanted.split(",")})


def _language() -> str:
    """The user's language, such as "de-at"."""
    found = (os.environ.get(name, "").partition(".")[0].partition(":")[0] for name in _VARIABLES)
    return next((_plain(name) for name in found if name not in ("", "C", "POSIX")), "en")


def _plain(language: str) -> str:
    return language.strip().lower().replace("_", "-")
