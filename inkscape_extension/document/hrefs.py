"""What an element refers to, where it may say so in two ways."""

from __future__ import annotations

import re

import inkex

_PLAIN_FIRST = (1, 3)  # this inkex and later ones come with an Inkscape that goes by SVG 2, where href wins


def href(element: inkex.BaseElement) -> str:
    """Its ``href`` or ``xlink:href``; of both, the one that the running Inkscape goes by."""
    names = ("href", "xlink:href") if version() >= _PLAIN_FIRST else ("xlink:href", "href")
    return next((value for value in map(element.get, names) if value), "").strip()


def reference(element: inkex.BaseElement) -> str:
    """The id an element refers to, or an empty text."""
    link = href(element)
    return link[1:] if link.startswith("#") else ""


def url(value: str) -> str:
    """The id in ``url(#id)``, as properties refer to clip paths, masks and patterns; or an empty text."""
    match = re.search(r"url\(\s*['\"]?#([^)'\"]+?)\s*['\"]?\s*\)", value)
    return match.group(1) if match else ""


def version() -> tuple[int, ...]:
    """Of inkex, major and minor: that of the Inkscape that it comes with."""
    return tuple(int(number) for number in re.findall(r"\d+", getattr(inkex, "__version__", ""))[:2])
