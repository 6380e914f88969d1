"""The user's language: that of Inkscape, which it tells all it starts."""

from __future__ import annotations

import gettext
from pathlib import Path

DOMAIN = "clipasso"
"""Also the ``translationdomain`` of the .inx files, whose texts Inkscape translates itself."""

FOLDER = Path(__file__).resolve().parents[1] / "locale"
"""Catalogues, made from po/*.po by po/update.py."""

translated = gettext.translation(DOMAIN, str(FOLDER), fallback=True).gettext
"""A text in the user's language, or as it is."""


def in_every_language(text: str) -> set[str]:
    """``text`` and its translations: what is in a document may have been written in another language."""
    languages = [folder.name for folder in FOLDER.glob("*") if folder.is_dir()]
    catalogues = [gettext.translation(DOMAIN, str(FOLDER), [language], fallback=True) for language in languages]
    return {text, *(catalogue.gettext(text) for catalogue in catalogues)}
