"""Each brush as Inkscape draws it: at once, after an edit, and gone without a trace.

CLIPASSO_UPDATE_GOLDEN=1 takes the pictures as they are now for the golden ones: look at them before you commit them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from clipasso_engine.contract import layer_format
from tests.support.dialog import APPLY, CLOSE, MENU_POSITION, press, save
from tests.support.documents import content, layers
from tests.support.real_inkscape import Inkscape

GOLDEN = Path(__file__).with_name("golden")
ACTION = "org.clipasso.brush.noprefs"
BRUSHES = ("plain", "pencil", "ink", "marker", "charcoal", "calligraphic", "construction")
WIDTH = 240  # pixels of the golden pictures
UNLIKE = 0.03  # RMS of 0..1: another version of Inkscape or of a library draws other edges, but no other picture
EDITED = 0.015  # likewise, between an outline as we write it and as Inkscape computes it

# A leaf: long, short and bent strokes, one that crosses itself, one straight, one a dot.
STROKES = [
    [(8, 70), (20, 20), (70, 4), (112, 10)],
    [(8, 70), (50, 80), (100, 60), (112, 10)],
    [(4, 76), (30, 55), (60, 45), (108, 13)],
    [(40, 52), (44, 40), (46, 30), (44, 22)],
    [(56, 45), (70, 50), (78, 54), (84, 52)],
    [(66, 40), (70, 32), (72, 25), (70, 16)],
    [(84, 66), (150, 84), (70, 92), (104, 60)],
    [(12, 14), (22, 14), (32, 14), (42, 14)],
    [(16, 28), (16, 28), (16, 28), (16, 28)],
]
SHADES = ("#2f6b3a", "#3f8c4a", "#6b4a2f", "#3f8c4a", "#3f8c4a", "#3f8c4a", "#c23b22", "#f0d040", "#2030a0")


def document(inkscape: Inkscape, unit: float = 1.0) -> Path:
    """The leaf on a page of 120 x 90 px, drawn in units of so many pixels."""
    strokes = "".join(
        f'<path id="s{number}" d="{layer_format.path_data([(x / unit, y / unit) for x, y in points], 5)}" '
        f'style="{layer_format.stroke_style(2.5 / unit, 5)}" '
        f'clipasso:importance="{1 - number / 12:.3f}" clipasso:colour="{shade}"/>'
        for number, (points, shade) in enumerate(zip(STROKES, SHADES, strict=True))
    )
    return inkscape.document(
        '<g id="layer" inkscape:groupmode="layer" inkscape:label="Leaf" clipasso:strokes="9" clipasso:seed="0">'
        f"{strokes}</g>",
        f'width="120" height="90" viewBox="0 0 {120 / unit:g} {90 / unit:g}" '
        'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" '
        f'xmlns:clipasso="{layer_format.NAMESPACE}"',
    )


def picture(path: Path) -> str:
    settings = (
        f"export-type:png;export-area-page;export-background:#ffffff;export-background-opacity:1;export-width:{WIDTH}"
    )
    return f"{settings};export-filename:{path};export-do"


def saved(path: Path) -> str:
    return f"export-type:svg;export-filename:{path};export-do"


def pixels(path: Path) -> Any:
    return np.asarray(Image.open(path).convert("RGB")).astype(float) / 255


def unlike(one: Path, other: Path) -> float:
    """RMS difference of two pictures, 0..1."""
    return float(np.sqrt(((pixels(one) - pixels(other)) ** 2).mean()))


def compare_with_golden(name: str, drawn: Path) -> None:
    golden = GOLDEN / f"brush-{name}.png"
    if os.environ.get("CLIPASSO_UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        Image.open(drawn).convert("RGB").quantize(64).save(golden, optimize=True)
    assert unlike(drawn, golden) <= UNLIKE


@pytest.mark.parametrize("name", BRUSHES)
def test_each_brush_looks_as_it_should_and_goes_on_looking_so(inkscape: Inkscape, name: str) -> None:
    inkscape.choose("org.clipasso.brush", brush=name)
    drawn, edited = inkscape.artefacts / f"brush-{name}.png", inkscape.folder / "edited.png"
    paths = ",".join(f"s{number}" for number in range(len(STROKES)))
    there_and_back = f"select-clear;select-by-id:{paths};transform-translate:1,0;transform-translate:-1,0"
    inkscape.run(document(inkscape), "select-by-id:layer", ACTION, picture(drawn), there_and_back, picture(edited))
    compare_with_golden(name, drawn)
    assert unlike(drawn, edited) <= EDITED


@pytest.mark.parametrize("name", ["ink", "charcoal"])
def test_the_documents_unit_does_not_matter(inkscape: Inkscape, name: str) -> None:
    inkscape.choose("org.clipasso.brush", brush=name)
    drawn, golden = inkscape.folder / f"{name}.png", GOLDEN / f"brush-{name}.png"
    inkscape.run(document(inkscape, unit=25.0), "select-by-id:layer", ACTION, picture(drawn))
    if name == "ink":
        assert unlike(drawn, golden) <= UNLIKE
    assert pixels(drawn).mean() == pytest.approx(pixels(golden).mean(), abs=0.01)  # grains lie elsewhere


@pytest.mark.parametrize("name", ["pencil", "ink", "construction"])
def test_plain_strokes_come_back(inkscape: Inkscape, name: str) -> None:
    before, painted, after = (inkscape.folder / f"{word}.svg" for word in ("before", "painted", "after"))
    inkscape.choose("org.clipasso.brush", brush=name, colour="photo", width_by="importance")
    inkscape.run(document(inkscape), saved(before), "select-by-id:layer", ACTION, saved(painted))
    inkscape.choose("org.clipasso.brush", brush="plain", colour="one", stroke_colour="255")
    inkscape.run(painted, "select-by-id:layer", ACTION, saved(after))
    assert content(painted) != content(before)
    remembered = re.compile(' [a-z0-9]+:look="colour:one"')
    assert remembered.search(content(after))
    assert remembered.sub("", content(after)) == content(before)


def test_colours_and_widths_and_one_undo(inkscape: Inkscape) -> None:
    inkscape.choose("org.clipasso.brush", brush="ink", colour="photo", width_by="importance", stroke_width="140")
    drawn = inkscape.artefacts / "brush-ink-in-colour.png"
    before, undone = (inkscape.folder / f"{word}.svg" for word in ("before", "undone"))
    actions = [saved(before), "select-by-id:layer", ACTION, picture(drawn), "undo", saved(undone)]
    inkscape.run(document(inkscape), *actions)
    compare_with_golden("ink-in-colour", drawn)
    assert content(undone) == content(before)


def test_from_the_menu(inkscape: Inkscape) -> None:
    inkscape.choose("org.clipasso.brush", brush="charcoal", colour="photo")
    drawing = document(inkscape)
    with inkscape.started(str(drawing)):
        window = inkscape.window("^drawing.svg")
        inkscape.settle()
        inkscape.xdotool("windowactivate", "--sync", window)
        inkscape.key("alt+n", *["Down"] * MENU_POSITION, "Right", "Down", "Return")  # the second entry of Sketch
        inkscape.xdotool("mousemove", "700", "880")  # no tooltip in the picture
        inkscape.settle(inkscape.window("^Change Brush$"))
        inkscape.screenshot("brush-1-dialog")
        press(inkscape, APPLY, "^Change Brush$")
        window = inkscape.window(r"^\*drawing.svg", 60)
        press(inkscape, CLOSE, "^Change Brush$")
        inkscape.xdotool("windowactivate", "--sync", window)
        inkscape.key("5")  # zoom to the page
        inkscape.settle()
        inkscape.screenshot("brush-2-charcoal")
        save(inkscape, drawing)
        painted = [path for path in layers(drawing)["Leaf"] if path.get(layer_format.BRUSH) == "charcoal"]
        assert len(painted) == len(STROKES)
