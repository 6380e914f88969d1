"""What a user does: the real menu, the real dialog, the real engine, save."""

from __future__ import annotations

from tests.support.dialog import APPLY, CLOSE, open_dialog, press, save
from tests.support.documents import layers
from tests.support.pictures import LINES, draw
from tests.support.real_inkscape import Inkscape
from tests.support.waiting import wait_until


def test_from_the_menu_to_a_saved_sketch(inkscape: Inkscape) -> None:
    draw(LINES).save(inkscape.folder / "photo.png")
    document = inkscape.document(
        '<image id="photo" x="20" y="10" width="60" height="40" xlink:href="photo.png" transform="rotate(10)"/>',
        'width="100mm" height="80mm" viewBox="0 0 100 80"',
    )
    inkscape.choose(levels="8, 4", quality="draft")
    with inkscape.started(str(document)):
        window = inkscape.window("^drawing.svg")
        inkscape.settle()
        inkscape.xdotool("windowactivate", "--sync", window)
        open_dialog(inkscape)
        press(inkscape, APPLY)
        wait_until(lambda: inkscape.processes("sketch_image.py"), 10, "the extension")
        inkscape.screenshot("menu-3-running")
        window = inkscape.window(r"^\*drawing.svg", 180)
        press(inkscape, CLOSE)
        inkscape.xdotool("windowactivate", "--sync", window)
        inkscape.key("5")  # zoom to the page
        inkscape.settle()
        inkscape.screenshot("menu-4-sketch")

        save(inkscape, document)
        found = layers(document)
        assert list(found) == ["Sketch, 4 strokes", "Sketch, 8 strokes"]
        assert [group.get("style") for group in found.values()] == ["display:none", None]
        assert 1 <= len(found["Sketch, 4 strokes"]) <= 4 < len(found["Sketch, 8 strokes"]) <= 8
        assert found["Sketch, 8 strokes"].get("id") == "sketch-8"
