"""What a user does: the real menu, the real dialog, the real engine, save."""

from __future__ import annotations

import time
from pathlib import Path

from documents import layers
from pictures import LINES, draw
from real_inkscape import Inkscape, wait_until

MENU_POSITION = 13  # of the submenu Sketch, in Inkscape 1.2's menu Extensions
APPLY, CLOSE = 45, 135  # pixels from the dialog's right edge


def test_from_the_menu_to_a_saved_sketch(inkscape: Inkscape) -> None:
    draw(LINES).save(inkscape.folder / "photo.png")
    document = inkscape.document(
        '<image id="photo" x="20" y="10" width="60" height="40" xlink:href="photo.png" transform="rotate(10)"/>',
        'width="100mm" height="80mm" viewBox="0 0 100 80"',
    )
    inkscape.choose(levels="8, 4", quality="draft")
    with inkscape.started(str(document)):
        window = inkscape.window("^drawing.svg")
        time.sleep(2)
        inkscape.xdotool("windowactivate", "--sync", window)
        open_dialog(inkscape)
        press(inkscape, APPLY)
        time.sleep(1)
        inkscape.screenshot("menu-3-running")
        assert inkscape.processes("sketch_image.py")
        window = inkscape.window(r"^\*drawing.svg", 180)
        press(inkscape, CLOSE)
        inkscape.xdotool("windowactivate", "--sync", window)
        inkscape.key("5")  # zoom to the page
        time.sleep(1)
        inkscape.screenshot("menu-4-sketch")

        save(inkscape, document)
        found = layers(document)
        assert list(found) == ["Sketch, 4 strokes", "Sketch, 8 strokes"]
        assert [group.get("style") for group in found.values()] == ["display:none", None]
        assert 1 <= len(found["Sketch, 4 strokes"]) <= 4 < len(found["Sketch, 8 strokes"]) <= 8
        assert found["Sketch, 8 strokes"].get("id") == "sketch-8"


def open_dialog(inkscape: Inkscape) -> None:
    inkscape.key("alt+n", *["Down"] * MENU_POSITION, "Right")
    time.sleep(0.5)
    inkscape.screenshot("menu-1-menu")
    inkscape.key("End", "Return")  # the entries are in alphabetical order
    inkscape.xdotool("mousemove", "700", "880")  # no tooltip in the picture
    inkscape.window("^Sketch Photo$")
    time.sleep(1)
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
