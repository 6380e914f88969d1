"""Work goes on after the first sketch: with fewer strokes, with more, around what was moved by hand, undone, redone."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from clipasso_engine.contract import layer_format
from tests.support.dialog import APPLY, CLOSE, open_dialog, press, save
from tests.support.documents import content, layers
from tests.support.pictures import LINES, SIZE, draw
from tests.support.real_inkscape import ACTION, Inkscape
from tests.support.stand_in import FakeEngine

FEWER, MORE = "org.clipasso.fewer.noprefs", "org.clipasso.more.noprefs"
KEYS = {"F2": ACTION, "F6": FEWER, "F7": MORE}
ON_A_STROKE = ("612", "334")  # on the screen, with the page in the window: the middle of the photo's first line
MINUS = (53, 58)  # one stroke less, in the dialog: pixels from its right and its top
PATHS = "{http://www.w3.org/2000/svg}path"


def curves(layer: ElementTree.Element) -> list[str]:
    return [path.get("d", "") for path in layer.iter(PATHS)]


def only_layer(document: Path) -> ElementTree.Element:
    (layer,) = layers(document).values()
    return layer


def write(path: Path) -> str:
    return f"export-type:svg;export-filename:{path};export-do"


@pytest.fixture
def document(inkscape: Inkscape) -> Path:
    draw(LINES).save(inkscape.folder / "photo.png")
    return inkscape.document(
        '<image id="photo" x="10" y="10" width="75" height="50" xlink:href="photo.png"/>',
        'width="100mm" height="80mm" viewBox="0 0 100 80"',
    )


def test_what_inkscape_itself_does_to_strokes_is_told_apart(
    inkscape: Inkscape, fake_engine: FakeEngine, document: Path, tmp_path: Path
) -> None:
    """All strokes moved and scaled together are the layer; one moved further, one coloured and one deleted are not."""
    fake_engine.play(width=SIZE[0], height=SIZE[1], strokes=LINES, abstraction=[1, 2, 3])
    inkscape.choose(levels="4")
    first, second = tmp_path / "first.svg", tmp_path / "second.svg"
    all_strokes = ",".join(f"sketch-4-stroke-{number}" for number in (1, 2, 3, 4))
    inkscape.run(
        document,
        *(f"select-by-id:photo;{ACTION};select-clear;select-by-id:{all_strokes}", "transform-scale:5"),
        *("transform-translate:3,4", "select-clear", "select-by-id:sketch-4-stroke-2", "transform-translate:0,9"),
        *("select-clear", "select-by-id:sketch-4-stroke-3", "object-set-property:stroke,#ff0000", "select-clear"),
        *("select-by-id:sketch-4-stroke-4", "delete", write(first)),
        *("select-by-id:sketch-4-stroke-1", ACTION, write(second)),
    )
    before, after = curves(layers(first)["Sketch, 4 strokes"]), curves(layers(second)["Sketch, 4 strokes"])
    assert len(before) == 3
    assert after[-2:] == before[1:], "what was changed by hand is the very same"
    told = [line for line in fake_engine.heard.read_text().splitlines() if '"drawn_role": "company"' in line]
    assert len(told) == 1
    assert '"levels": [2]' in told[0]


def test_stepping_is_one_undo_step_each(
    inkscape: Inkscape, fake_engine: FakeEngine, document: Path, tmp_path: Path
) -> None:
    fake_engine.play(width=SIZE[0], height=SIZE[1], strokes=LINES, abstraction=[1, 2, 3])
    inkscape.choose(levels="4")
    states = [tmp_path / f"{number}.svg" for number in range(4)]
    inkscape.run(
        document,
        *(f"select-by-id:photo;{ACTION}", write(states[0]), FEWER, write(states[1]), FEWER, write(states[2])),
        *("undo", "undo", write(states[3])),
    )
    assert [list(layers(state)) for state in states[:3]] == [
        ["Sketch, 4 strokes"],
        ["Sketch, 3 strokes"],
        ["Sketch, 2 strokes"],
    ]
    assert content(states[3]) == content(states[0])


def test_by_keys_and_the_dialog(inkscape: Inkscape, document: Path) -> None:
    """With the real engine, in a window."""
    inkscape.choose(strokes="16", quality="draft", background="keep")
    keys = "".join(f'<bind gaction="app.{action}" keys="{key}"/>' for key, action in KEYS.items())
    folder = inkscape.profile / "keys"
    folder.mkdir()
    (folder / "default.xml").write_text(f'<?xml version="1.0"?><keys name="Test">{keys}</keys>')

    def strokes() -> int:
        save(inkscape, document)
        metadata = layer_format.LayerMetadata.from_attributes(only_layer(document).attrib)
        assert metadata is not None
        return metadata.strokes

    with inkscape.started(str(document)):
        window = inkscape.window("^drawing.svg")
        inkscape.settle()
        inkscape.xdotool("windowactivate", "--sync", window)
        inkscape.key("F2")
        inkscape.window(r"^\*drawing.svg", 120)
        inkscape.key("5")
        assert strokes() == 16
        inkscape.screenshot("again-1-sixteen")

        levels = [16]
        for number, key in enumerate(("F6", "F6", "F7", "F7")):
            inkscape.key(key)
            inkscape.window(r"^\*drawing.svg", 10)
            levels.append(strokes())
            inkscape.screenshot(f"again-2-{number}")
        assert levels[0] > levels[1] > levels[2] < levels[3] < levels[4], "each level that looks different"
        inkscape.key("ctrl+z")
        inkscape.window(r"^\*drawing.svg", 5)
        assert strokes() == levels[3]
        inkscape.key("ctrl+shift+z")
        inkscape.window(r"^\*drawing.svg", 5)
        assert strokes() == levels[4]

        before = curves(only_layer(document))
        inkscape.xdotool("mousemove", *ON_A_STROKE, "click", "1")
        inkscape.key(*["shift+Down"] * 3)
        inkscape.window(r"^\*drawing.svg", 5)
        save(inkscape, document)
        inkscape.screenshot("again-3-moved")
        (moved,) = set(curves(only_layer(document))) - set(before)

        open_dialog(inkscape)
        place = inkscape.geometry(inkscape.window("^Sketch Photo$"))
        minus = str(place["X"] + place["WIDTH"] - MINUS[0]), str(place["Y"] + MINUS[1])
        inkscape.xdotool("mousemove", *minus, "click", "--repeat", "8", "--delay", "200", "1")
        inkscape.screenshot("again-4-dialog")
        press(inkscape, APPLY)
        inkscape.window(r"^\*drawing.svg", 120)
        press(inkscape, CLOSE)
        inkscape.xdotool("windowactivate", "--sync", window)
        inkscape.key("Escape")
        assert strokes() == 8
        assert curves(only_layer(document))[-1] == moved
        assert len(curves(only_layer(document))) <= 8
        inkscape.screenshot("again-5-eight")
