"""Inkscape in another language shows the dialog in it."""

from __future__ import annotations

import time

from tests.support.real_inkscape import Inkscape

TABS = {"sketch": 50, "style": 120, "hand": 200, "advanced": 290, "help": 365}
"""The dialog's pages, and how many pixels from its left edge their names are."""


def test_the_dialog_in_german(inkscape: Inkscape) -> None:
    inkscape.environment.update({"LANGUAGE": "de", "LC_ALL": "C.UTF-8"})
    document = inkscape.document('<rect width="9" height="9"/>', 'width="100" height="100"')
    with inkscape.started("--with-gui", "--actions=org.clipasso.sketch", str(document)):
        window = inkscape.window("^Foto skizzieren$")
        time.sleep(1)
        inkscape.xdotool("windowactivate", "--sync", window)
        for number, (page, tab) in enumerate(TABS.items(), 1):
            inkscape.xdotool("mousemove", "--window", window, str(tab), "32", "click", "1")
            time.sleep(0.4)
            inkscape.screenshot(f"german-{number}-{page}")
