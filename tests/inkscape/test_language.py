"""Inkscape in another language shows the dialog in it, page by page."""

from __future__ import annotations

from functools import partial

import numpy as np
from PIL import Image

from tests.support.real_inkscape import Inkscape
from tests.support.waiting import wait_until

TABS = {"sketch": 50, "style": 120, "hand": 200, "advanced": 290, "help": 365}
"""The dialog's pages, and how many pixels from its left edge their names are."""
TITLES = {"C": "Sketch Photo", "de": "Foto skizzieren"}


def differ(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether more is different than a cursor."""
    return one.shape != other.shape or int((one != other).any(-1).sum()) > 500


def still(inkscape: Inkscape, name: str, box: tuple[int, int, int, int], before: list[np.ndarray]) -> list[np.ndarray]:
    """The picture of the dialog, alone, if it stands still and is none of those ``before``; else nothing."""
    one, other = (np.asarray(Image.open(inkscape.screenshot(name)).convert("RGB").crop(box)) for _ in range(2))
    return [one] if not differ(one, other) and all(differ(one, each) for each in before) else []


def pages(inkscape: Inkscape, language: str) -> list[np.ndarray]:
    """What each page of the dialog looks like, all of them different."""
    inkscape.environment.update({"LANGUAGE": language, "LC_ALL": "C.UTF-8"})
    document = inkscape.document('<rect width="9" height="9"/>', 'width="100" height="100"')
    seen: list[np.ndarray] = []
    with inkscape.started("--with-gui", "--actions=org.clipasso.sketch", str(document)):
        window = inkscape.window(f"^{TITLES[language]}$")
        inkscape.xdotool("windowactivate", "--sync", window)
        place = inkscape.geometry(window)
        box = (place["X"], place["Y"], place["X"] + place["WIDTH"], place["Y"] + place["HEIGHT"])
        for number, (page, tab) in enumerate(TABS.items(), 1):
            inkscape.xdotool("mousemove", "--window", window, str(tab), "32", "click", "1")
            inkscape.xdotool("mousemove", "1200", "880")  # no highlight in the picture
            look = partial(still, inkscape, f"{language}-{number}-{page}", box, list(seen))
            seen += wait_until(look, 20, f"the page {page} in {language}")
    return seen


def test_every_page_of_the_dialog_is_in_the_users_language(inkscape: Inkscape) -> None:
    english, german = (pages(inkscape, language) for language in TITLES)
    assert len(english) == len(german) == len(TABS)
    for page, one, other in zip(TABS, english, german, strict=True):
        assert differ(one, other), f"the page {page} looks alike in both"
