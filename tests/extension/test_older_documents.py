"""Documents of older versions go on: every entry works on layers that version 0.1.0 made.

documents/made-by-0.1.0.svg is a real one: scikit-image's cup, sketched with 8 and with 4 strokes, the latter painted
with ink in the photo's colours.
"""

import re
import shutil
from pathlib import Path

import pytest

from clipasso_engine.contract.layer_format import BRUSH
from tests.support.working_document import WorkingDocument

MADE = Path(__file__).with_name("documents") / "made-by-0.1.0.svg"


@pytest.fixture
def document(tmp_path):
    made = WorkingDocument(tmp_path, "")
    shutil.copy(MADE, made.path)
    return made


def strokes(layer):
    return [path.get("d") for path in layer]


def numbers(data):
    return [float(number) for number in re.findall(r"[-\d.]+", data)]


def test_the_levels_it_remembers_are_stepped_through(document):
    before = strokes(document.layers()["Sketch, 8 strokes"])
    assert document.fewer("sketch-8") == ""
    fewer = document.layers()["Sketch, 6 strokes"]
    assert 4 < len(strokes(fewer)) <= 6
    assert document.more(fewer.get("id")) == ""
    after = strokes(document.layers()["Sketch, 8 strokes"])
    assert [numbers(path) for path in after] == [pytest.approx(numbers(path), abs=0.06) for path in before]


def test_a_painted_layer_is_stepped_through_in_its_brush(document):
    assert document.more("sketch-4") == ""
    layer = document.layers()["Sketch, 6 strokes"]
    assert {path.get(BRUSH) for path in layer} == {"ink"}
    assert len({path.get("style") for path in layer}) > 1, "in the photo's colours"


@pytest.mark.parametrize("brush", ["plain", "pencil", "marker", "charcoal", "calligraphic", "construction"])
def test_it_is_painted_anew(document, brush):
    assert document.run("change_brush.py", f"--brush={brush}", select=["sketch-4"]) == ""
    layer = document.layers()["Sketch, 4 strokes"]
    assert {path.get(BRUSH) for path in layer} == {None if brush == "plain" else brush}
    assert len(layer) == 4


def test_it_is_drawn_again(document, installed_engine):
    installed_engine.play(width=160, height=107)
    assert document.run("sketch_image.py", "--levels=8", select=["sketch-8"]) == ""
    (job,) = (message["job"] for message in installed_engine.messages() if "job" in message)
    assert job["levels"] == [8]
    drawn = document.layers()["Sketch, 2 strokes"]  # as many as the stand-in draws
    assert (drawn.get("id"), len(drawn)) == ("sketch-8", 2)


def test_what_a_hand_has_moved_stays(document, installed_engine):
    installed_engine.play(width=160, height=107)

    def move(root):
        path = root.getElementById("sketch-8-stroke-3")
        path.set("d", str(path.path.translate(5, 5)))

    document.change(move)
    moved = strokes(document.layers()["Sketch, 8 strokes"])[2]
    assert document.run("sketch_image.py", "--levels=8", "--hand=keep", select=["sketch-8"]) == ""
    drawn = document.layers()["Sketch, 3 strokes"]
    assert (drawn.get("id"), len(drawn)) == ("sketch-8", 3)
    assert moved in strokes(drawn)
