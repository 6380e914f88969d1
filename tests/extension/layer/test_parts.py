"""A sketch of the object and one of its background: two layers, each of which goes on by itself."""

from argparse import ArgumentParser

import pytest

from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.layer_format import LayerMetadata
from clipasso_engine.contract.sketch import Sketch, Stroke
from inkscape_extension import options
from inkscape_extension.document import source_photo
from inkscape_extension.document.photo_file import PhotoFile
from inkscape_extension.layer import redraw
from inkscape_extension.layer.origin import metadata_of
from inkscape_extension.layer.placement import Placement
from inkscape_extension.layer.record import LayerRecord
from inkscape_extension.programs import step_strokes
from inkscape_extension.run import placing
from inkscape_extension.target import sketch_target, target_strokes
from inkscape_extension.window.progress import Progress

SIZE = (200, 100)
IMAGE = '<rect/><image id="photo" width="200" height="100"/><circle/>'


def sketch(level, part="object", y=10.0):
    strokes = tuple(
        Stroke(tuple((10.0 + 20 * third, y + 9 * number) for third in range(4)), 3.0, 1 / (number + 1))
        for number in range(level)
    )
    return Sketch(level, *SIZE, strokes, 0.1, part)


QUICK = [sketch(3).to_json(), sketch(1, "background", 60.0).to_json(), sketch(3, "background", 60.0).to_json()]
ANSWER = ([sketch(4), sketch(2), sketch(2, "background", 60.0)], {"guidance": "boundary", "abstraction": QUICK})


@pytest.fixture
def root(svg):
    return svg(IMAGE)


@pytest.fixture
def placed(root):
    return place(root)


def place(root, **how):
    job = SketchJob("a.png", levels=(4, 2), background_strokes=2)
    return placing.insert(source_photo.find(root), ANSWER, job, Placement(("photo",), "abc", **how))


def labels(elements):
    return [each.get("inkscape:label") for each in elements if each.get("inkscape:groupmode") == "layer"]


def chosen(*arguments):
    parser = ArgumentParser()
    options.add_arguments(parser)
    return parser.parse_args(arguments)


@pytest.mark.parametrize("where", ["above", "top"])
def test_the_background_lies_under_the_levels_and_is_always_shown(root, where):
    layers = place(root, place=where)
    assert labels(root) == ["Background, 2 strokes", "Sketch, 2 strokes", "Sketch, 4 strokes"]
    tags = (
        ["rect", "image", "g", "g", "g", "circle"] if where == "above" else ["rect", "image", "circle", "g", "g", "g"]
    )
    assert [child.TAG for child in root][-6:] == tags
    shown = [layer for layer in layers if layer.style.get("display") != "none"]
    assert labels(shown) == ["Sketch, 4 strokes", "Background, 2 strokes"], "the object's first"
    assert [metadata_of(layer).part for layer in shown] == ["object", "background"]
    assert shown[1].get_id() == "background-2"


def test_each_layer_remembers_the_levels_of_its_part(placed):
    levels = {metadata_of(layer).part: LayerRecord.read(layer).levels for layer in placed}
    assert set(levels["object"]) == {2, 3, 4}
    assert set(levels["background"]) == {1, 2, 3}
    assert levels["background"][2] == ANSWER[0][2].strokes


def test_fewer_strokes_of_one_leave_the_other(placed):
    most, _fewest, background = placed
    before = [path.get("d") for path in most]
    assert redraw.step(background, redraw.next_level(background, more=False))
    assert background.get("inkscape:label") == "Background, 1 stroke"
    assert metadata_of(background).part == "background"
    assert [path.get("d") for path in most] == before
    assert redraw.step(most, redraw.next_level(most, more=False))
    assert most.get("inkscape:label") == "Sketch, 3 strokes"
    assert len(background) == 1


def test_drawing_the_background_again_asks_for_it_alone_and_replaces_it_alone(root, placed, tmp_path):
    photo = source_photo.find(root)
    background = placed[2]
    target = sketch_target.SketchTarget(photo, background)
    options_now = chosen("--levels=3", "--background_strokes=9", "--seed=5")
    path = tmp_path / "photo.png"
    path.write_bytes(b"")
    job = target.job(options_now, PhotoFile(str(path)))
    assert (job.part, job.background_strokes, job.levels) == ("background", 0, (3,))
    placement = target.placement(options_now, "abc")
    placing.insert(photo, ([sketch(3, "background", 60.0)], {"guidance": "boundary"}), job, placement)
    assert labels(root) == ["Background, 3 strokes", "Sketch, 2 strokes", "Sketch, 4 strokes"]
    of_object = sketch_target.SketchTarget(photo, placed[0]).job(options_now, PhotoFile(str(path)))
    assert (of_object.part, of_object.background_strokes) == ("object", 0)


def test_steps_without_a_selection_are_the_objects_and_a_brush_is_for_both(root, placed):
    layers, strokes = target_strokes.find(root)
    assert (labels(layers), strokes) == (["Background, 2 strokes", "Sketch, 4 strokes"], [])
    assert step_strokes._layer_at_hand(root) is placed[0]
    root.selection.set(placed[2][0])
    assert step_strokes._layer_at_hand(root) is placed[2]
    root.selection.set(root.getElementById("photo"))
    assert step_strokes._layer_at_hand(root) is placed[0]


def test_a_layer_of_an_older_version_is_of_the_object(placed):
    attributes = dict(placed[0].attrib)
    assert not any(name.endswith("}part") for name in attributes)
    assert LayerMetadata.from_attributes(attributes).part == "object"
    attributes["{https://clipasso-inkscape.org/ns/sketch}part"] = "sky"
    assert LayerMetadata.from_attributes(attributes).part == "object", "of a newer one, what is not known"


def test_the_window_shows_both_at_last():
    progress = Progress(SketchJob("a.png", levels=(4,), background_strokes=2))
    for one in (sketch(4), sketch(4, "background", 60.0)):
        progress.heed({"type": "level", "sketch": one})
    assert list(progress.levels.values()) == [sketch(4)]
    assert len(progress.strokes) == 8
