"""A sheet between photo and strokes: one for each photo, whatever is drawn, and the photo as it was."""

import pytest

from clipasso_engine.contract.sketch import Sketch, Stroke
from inkscape_extension.document import source_photo
from inkscape_extension.layer import redraw, tracing_paper
from inkscape_extension.layer.origin import Origin
from inkscape_extension.layer.placement import Placement

SIZE = (200, 100)
IMAGE = '<image id="photo" x="10" y="20" width="200" height="100" transform="scale(2)"/><circle id="over"/>'
ORIGIN = Origin(seed=3, guidance="boundary", engine="0.1.0", photo_sha256="abc", photo_id="photo")


def sketch(root, shown="paper", level=2, **how):
    stroke = Stroke(((0.0, 0.0), (50.0, 20.0), (60.0, 30.0), (90.0, 90.0)), 3.0)
    photo = source_photo.find(root)
    placement = Placement((photo.element.get_id(),), "abc", photo_shown=shown, **how)
    return redraw.place(root, photo, [Sketch(level, *SIZE, (stroke,) * level, 0.1)], ORIGIN, placement)


def order(root):
    return [each.get("id") for each in root if each.get("id") and each.TAG in ("image", "g", "circle")]


def test_it_lies_between_the_photo_and_all_sketches_of_it(svg):
    root = svg(IMAGE)
    sketch(root)
    sketch(root, level=3)
    assert order(root) == ["photo", "tracing-paper", "sketch-3", "sketch-2", "over"]


def test_it_covers_the_photo_and_nothing_else(svg):
    root = svg(IMAGE)
    sketch(root)
    (sheet,) = root.getElementById("tracing-paper")
    box = sheet.bounding_box(root.getElementById("tracing-paper").composed_transform())
    assert [box.left, box.top, box.right, box.bottom] == pytest.approx([20, 40, 420, 240])
    assert sheet.style["fill"] == "#ffffff"
    assert 0.5 < float(sheet.style["fill-opacity"]) < 0.8


def test_it_is_locked_and_named(svg):
    root = svg(IMAGE)
    sketch(root)
    paper = root.getElementById("tracing-paper")
    assert (paper.get("sodipodi:insensitive"), paper.get("inkscape:label")) == ("true", "Tracing Paper")
    assert paper.get("inkscape:groupmode") == "layer"


def test_one_that_somebody_hid_stays_hidden(svg):
    root = svg(IMAGE)
    sketch(root)
    root.getElementById("tracing-paper").style["display"] = "none"
    sketch(root)
    assert root.getElementById("tracing-paper").style["display"] == "none"
    assert order(root).count("tracing-paper") == 1


def test_two_photos_have_two(svg):
    root = svg('<image id="a" width="200" height="100"/><image id="b" y="200" width="200" height="100"/>')
    for identifier in ("a", "b"):
        root.selection.set(identifier)
        sketch(root)
    assert order(root) == ["a", "tracing-paper", "sketch-2", "b", "tracing-paper-2", "sketch-2-2"]


def test_as_it_is(svg):
    root = svg(IMAGE)
    before = dict(root.getElementById("photo").attrib)
    sketch(root, "plain")
    assert order(root) == ["photo", "sketch-2", "over"]
    assert root.getElementById("photo").style.to_str() == before.get("style", "")


def test_hidden_it_can_still_be_drawn_again(svg):
    root = svg(IMAGE)
    (layer,) = sketch(root, "hidden")
    assert root.getElementById("photo").style["display"] == "none"
    assert tracing_paper.of(source_photo.by_ids(root, ["photo"])) is None
    photo = source_photo.by_ids(root, ["photo"])
    stroke = Stroke(((0.0, 0.0), (5.0, 2.0), (6.0, 3.0), (9.0, 9.0)), 3.0)
    again = Placement(("photo",), "abc", layer.get_id(), photo_shown="paper")
    redraw.place(root, photo, [Sketch(1, *SIZE, (stroke,), 0.1)], ORIGIN, again)
    assert order(root) == ["photo", "sketch-2", "over"]


def test_on_top_of_the_document_the_sketch_leaves_it_below(svg):
    root = svg(IMAGE)
    sketch(root, place="top")
    assert order(root) == ["photo", "tracing-paper", "over", "sketch-2"]
