"""Strokes of several joined cubics: into a layer, edited by hand, painted, cut, drawn again, and read back."""

from argparse import ArgumentParser

import inkex
import pytest

from clipasso_engine.contract import layer_format
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.sketch import Sketch, Stroke
from inkscape_extension import options
from inkscape_extension.brush import painting
from inkscape_extension.document import curves, outlines, source_photo
from inkscape_extension.document.photo_file import PhotoFile
from inkscape_extension.layer import hand_edits, redraw, sketch_layer
from inkscape_extension.layer.origin import Origin, metadata_of
from inkscape_extension.layer.placement import Placement
from inkscape_extension.layer.record import LayerRecord
from inkscape_extension.target import sketch_target
from inkscape_extension.window import progress
from tests.support.stand_in import PIXEL
from tests.support.working_document import WorkingDocument

SIZE = (200, 100)
IMAGE = '<image id="photo" width="100" height="50"/>'  # half its size


def wave(y, cubics, x=10.0):
    """A wave of so many half periods, 40 px each."""
    points = [(x, y)]
    for number in range(cubics):
        left, up = x + 40 * number, y + (-12 if number % 2 else 12)
        points += [(left + 12, up), (left + 28, up), (left + 40, y)]
    return tuple(points)


STROKES = (
    Stroke(wave(20.0, 3), 3.0, 1.0, "#804020"),
    Stroke(wave(50.0, 1), 3.0, 0.5),
    Stroke(wave(80.0, 2), 3.0, 0.25),
)
SKETCH = Sketch(3, *SIZE, STROKES, 0.1)
ORIGIN = Origin(3, "boundary", "abc", "photo", {3: STROKES, 2: STROKES[:2]}, segments=3)


@pytest.fixture
def root(svg):
    return svg(IMAGE)


@pytest.fixture
def layer(root):
    (made,) = sketch_layer.insert(source_photo.find(root), [SKETCH], ORIGIN)
    return made


def edits(layer):
    return hand_edits.read(layer, LayerRecord.read(layer))


def move(element, x, y):
    element.set("d", str(inkex.Path(element.get("d")).translate(x, y)))


def test_a_stroke_is_one_path(layer):
    assert [len(outlines.outline(path)) for path in layer] == [3, 1, 2]
    assert layer[1].get("d") == "M 5,25 C 11,31 19,31 25,25"
    assert layer[2].get("d") == "M 5,40 C 11,46 19,46 25,40 C 31,34 39,34 45,40"


def test_the_layer_remembers_it(layer):
    record = LayerRecord.read(layer)
    assert [len(curve) for curve in record.drawn.values()] == [10, 4, 7]
    assert [stroke.points for stroke in record.levels[3]] == [stroke.points for stroke in STROKES]
    assert metadata_of(layer).segments == 3
    again = inkex.Layer()
    record.write(again)
    assert LayerRecord.read(again) == record


@pytest.mark.parametrize("points", ["1 1,1 2,2 3,3", "1 1,1 2,2 3,3 4,4 5,5", "1 1,1 2,2 3,3 4,4 5,5 6,6"])
def test_a_record_with_other_numbers_of_points_cannot_be_read(layer, points):
    layer.set(f"{{{layer_format.NAMESPACE}}}drawn", points)
    assert LayerRecord.read(layer) is None


class TestEdits:
    def test_a_fresh_layer_has_none(self, layer):
        assert edits(layer).untouched == list(layer)

    def test_what_inkscape_rewrites_is_not_edited(self, layer):
        for path in layer:
            path.set("d", str(inkex.Path(path.get("d")).to_relative()))
        assert edits(layer).untouched == list(layer)

    @pytest.mark.parametrize(
        "d",
        [
            "M 5,10 C 11,16 19,16 25,10",
            "M 5,10 C 11,16 19,16 25,10 C 31,4 39,4 45,10 C 51,16 59,16 65,12",
            "M 5,10 C 11,16 19,16 25,10 C 31,4 39,4 45,10 C 51,16 59,16 65,10 L 70,10",
        ],
        ids=["cut short", "a node moved", "a node added"],
    )
    def test_a_stroke_changed_by_hand_is_kept(self, layer, d):
        layer[0].set("d", d)
        assert edits(layer).kept == [layer[0]]

    def test_a_movement_of_all_is_the_layers(self, layer):
        for path in layer:
            move(path, 7, 3)
        found = edits(layer)
        assert not found.by_hand
        assert (found.moved.e, found.moved.f) == pytest.approx((7, 3))

    def test_a_deleted_stroke_is_told_curve_by_curve_and_not_drawn_again(self, layer):
        expected = outlines.outline(layer[0])
        layer.remove(layer[0])
        assert edits(layer).deleted == expected
        again = redraw.redraw(layer, None, SKETCH, ORIGIN, Placement(("photo",), "abc"))
        record = LayerRecord.read(again)
        assert [len(curve) for curve in record.erased] == [4, 4, 4]
        assert redraw.step(again, 2)
        assert [len(outlines.outline(path)) for path in again] == [1]


def test_fewer_strokes_of_the_layers_own_levels(layer):
    assert redraw.step(layer, 2)
    assert [len(outlines.outline(path)) for path in layer] == [3, 1]
    assert metadata_of(layer).segments == 3
    assert edits(layer).untouched == list(layer)


def test_a_stroke_that_draws_the_same_as_one_of_several_curves(layer):
    kept = outlines.outline(layer[0])
    whole = curves.joined(kept)
    assert curves.cubics(whole) == kept
    assert curves.draws_the_same(whole, kept, 1.0)
    assert curves.draws_the_same(kept[1], kept, 1.0)
    assert not curves.draws_the_same(whole, kept[:1], 1.0)


@pytest.mark.parametrize("name", ["ink", "pencil", "construction"])
def test_any_brush_and_back(layer, name):
    plain = [path.get("d") for path in layer]
    painting.paint_layer(layer, painting.Look(name))
    for path in layer:
        hand_edits.remember_style(path)
    assert [painting.centre_line(path) for path in layer] == plain
    assert edits(layer).untouched == list(layer)
    painting.paint_layer(layer, painting.Look())
    assert [path.get("d") for path in layer] == plain


def test_an_outline_goes_along_all_curves(layer):
    painting.paint_layer(layer, painting.Look("ink"))
    box, line = (inkex.Path(layer[0].get(name)).bounding_box() for name in ("d", "inkscape:original-d"))
    assert (box.left, box.right) == pytest.approx((line.left, line.right), abs=2)


class TestSlice:
    """With preserveAspectRatio="... slice" the left half of the photo is seen."""

    IMAGE = '<image id="photo" width="100" height="100" preserveAspectRatio="xMinYMid slice"/>'

    def drawn(self, svg, *points):
        sketch = Sketch(1, *SIZE, tuple(Stroke(some, 3.0) for some in points), 0.1)
        (layer,) = sketch_layer.insert(source_photo.find(svg(self.IMAGE)), [sketch], ORIGIN)
        return [curves.joined(outlines.outline(path)) for path in layer]

    def test_a_stroke_is_cut_within_a_curve_and_keeps_what_comes_before(self, svg):
        (cut,) = self.drawn(svg, wave(50.0, 4))
        assert len(cut) == 10
        assert cut[:7] == wave(50.0, 4)[:7]
        assert cut[-1][0] == pytest.approx(100, abs=0.3)

    def test_what_is_inside_stays_as_it_is(self, svg):
        inside, outside = wave(30.0, 2), wave(60.0, 2, x=110.0)
        assert self.drawn(svg, inside, outside) == [inside]

    def test_a_stroke_that_comes_in_with_its_last_curve(self, svg):
        (cut,) = self.drawn(svg, wave(50.0, 3, x=60.0)[::-1])
        assert len(cut) == 4
        assert cut[-1] == (60.0, 50.0)


def test_the_windows_draw_all_curves():
    picture = progress.strokes_svg([STROKES[2].points], SIZE)
    path = inkex.load_svg(picture.encode()).getroot()[0]
    assert curves.joined(curves.of_path(path.get("d"))) == STROKES[2].points


def parse(*arguments):
    parser = ArgumentParser()
    options.add_arguments(parser)
    return parser.parse_args(arguments)


class TestDrawnAgain:
    def segments(self, root, layer, *arguments):
        found = sketch_target.SketchTarget(source_photo.find(root), layer).job(
            parse("--strokes=3", *arguments), PhotoFile("p.png")
        )
        return found.segments

    def test_a_layer_keeps_its_number_unless_another_is_chosen(self, root, layer):
        assert self.segments(root, layer) == 3
        assert self.segments(root, layer, "--segments=1") == 3
        assert self.segments(root, layer, "--segments=2") == 2
        assert self.segments(root, None, "--segments=1") == 1

    def test_a_layer_of_before_has_one(self, root, layer):
        layer.pop(f"{{{layer_format.NAMESPACE}}}segments")
        assert self.segments(root, layer) == SketchJob.segments == 1


def test_through_the_engines_process_and_back(tmp_path, installed_engine):
    """Sketch, sketch again, more strokes: the engine is told the same number each time, and all strokes are read."""
    long, short = ([list(point) for point in wave(y, cubics, 5.0)] for y, cubics in ((10.0, 2), (40.0, 1)))
    installed_engine.play(strokes=[long, short])
    document = WorkingDocument(
        tmp_path, f'<image id="photo" width="200" height="100" xlink:href="data:image/png;base64,{PIXEL}"/>'
    )
    assert document.sketch("--segments=2") == ""
    (layer,) = document.layers().values()
    assert [path.get("d").count("C") for path in layer] == [2, 1]
    assert document.sketch("--levels=3", "--hand=start", select=[layer.get("id")]) == ""
    assert document.more() == ""
    jobs = [message["job"] for message in installed_engine.messages() if "job" in message]
    assert [job["segments"] for job in jobs] == [2, 2, 2]
    assert [len(curve) for curve in jobs[1]["drawn"]] == [4, 4, 4]
