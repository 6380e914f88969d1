"""The extension's dialog and messages in a real Inkscape, by mouse and keys."""

from __future__ import annotations

from pathlib import Path

from tests.support.real_inkscape import SCREEN, Inkscape
from tests.support.waiting import wait_until

MENU_POSITION = 13  # of the submenu Sketch, in Inkscape 1.2's menu Extensions
APPLY, CLOSE = 45, 135  # pixels from the dialog's right edge


def open_dialog(inkscape: Inkscape) -> None:
    inkscape.key("alt+n", *["Down"] * MENU_POSITION, "Right")
    inkscape.settle()
    inkscape.screenshot("menu-1-menu")
    inkscape.key("End", "Return")  # the entries are in alphabetical order
    inkscape.xdotool("mousemove", "700", "880")  # no tooltip in the picture
    inkscape.settle(inkscape.window("^Sketch Photo$"))
    inkscape.screenshot("menu-2-dialog")


def press(inkscape: Inkscape, from_the_right: int, dialog: str = "^Sketch Photo$") -> None:
    """Click one of the buttons at the bottom right of a dialog, then get the mouse out of the way."""
    place = inkscape.geometry(inkscape.window(dialog))
    x, y = place["X"] + place["WIDTH"] - from_the_right, place["Y"] + place["HEIGHT"] - 25
    inkscape.xdotool("mousemove", str(x), str(y), "click", "1")
    inkscape.xdotool("mousemove", "700", "880")


def save(inkscape: Inkscape, document: Path) -> None:
    old = document.stat().st_mtime_ns
    inkscape.key("ctrl+s")
    wait_until(lambda: document.stat().st_mtime_ns != old, 20, "the document was saved")
    inkscape.window("^drawing.svg")  # no longer marked as changed


def read_message(inkscape: Inkscape, name: str) -> None:
    """Wait for the window that Inkscape opens for what an extension writes to stderr, picture it and close it."""

    def found() -> str:
        for window in inkscape.xdotool("search", "--onlyvisible", "--class", "inkscape").split():
            if 200 < inkscape.geometry(window).get("HEIGHT", 0) < SCREEN[1] / 2 + 50:  # "Working..." is flat
                return window
        return ""

    window = str(wait_until(found, 60, "a message"))
    inkscape.settle(window)  # until it is painted and takes keys
    inkscape.screenshot(f"message-{name}")
    inkscape.xdotool("windowactivate", "--sync", window)
    inkscape.key("Escape")
