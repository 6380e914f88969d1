"""Inkscape's look, dark or light, which our own window follows."""

from __future__ import annotations

import os
from pathlib import Path

from lxml import etree


def is_dark() -> bool | None:
    """Whether Inkscape was dark when it wrote its preferences last; None where no Inkscape has started us.

    One that has not written them yet is dark, as new ones are (1.2 to 1.4).
    """
    profile = os.environ.get("INKSCAPE_PROFILE_DIR")
    if not profile:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        preferences = etree.parse(str(Path(profile) / "preferences.xml"), parser)
    except (OSError, etree.XMLSyntaxError):
        return True
    for name in ("darkTheme", "preferDarkTheme"):  # how it is, and what was chosen
        for value in preferences.xpath(f"//group[@id='theme']/@{name}"):
            return str(value) == "1"
    return True
