"""What becomes of a sketch: made from the dialog's options, kept as JSON, read back strictly."""

import json
from argparse import ArgumentParser

import pytest

from clipasso_engine.contract.errors import UserError
from inkscape_extension import options
from inkscape_extension.brush.painting import Look
from inkscape_extension.document import source_photo
from inkscape_extension.document.photo_file import PhotoFile
from inkscape_extension.layer import hand_edits, sketch_layer
from inkscape_extension.layer.origin import Origin
from inkscape_extension.layer.placement import Placement
from inkscape_extension.layer.record import LayerRecord
from inkscape_extension.target.sketch_target import SketchTarget
from tests.extension.layer.test_redraw import FOUR, IMAGE

USUAL = Placement(("photo",), "abc")
OTHER = Placement(
    photo=("clone", "photo"),
    photo_sha256="abc",
    layer="sketch-4",
    kept=3,
    hand="start",
    beside=True,
    visible="fewest",
    place="top",
    photo_shown="paper",
    look=Look("ink", "one", "#112233", stroke_width=150.0),
)


def chosen(*arguments):
    parser = ArgumentParser()
    options.add_arguments(parser)
    return parser.parse_args(arguments)


def test_without_options_it_is_the_usual_one():
    assert Placement.from_options(chosen(), ["photo"], "abc") == USUAL


def test_each_option_has_its_part():
    given = chosen(
        *("--hand=start", "--beside=true", "--visible=fewest", "--place=top", "--photo_shown=paper"),
        *("--brush=ink", "--colour=one", "--stroke_colour=#112233", "--stroke_width=150"),
    )
    assert Placement.from_options(given, ["clone", "photo"], "abc", "sketch-4", 3) == OTHER


@pytest.mark.parametrize(
    "option", ["hand", "visible", "place", "photo_shown", "brush", "colour", "palette", "width_by"]
)
def test_a_choice_that_does_not_exist_gets_a_sentence(option):
    with pytest.raises(UserError, match=f"{option} is 'odd', but must be one of: "):
        Placement.from_options(chosen(f"--{option}=odd"), ["photo"], "abc")


@pytest.mark.parametrize("placement", [USUAL, OTHER])
def test_it_survives_json(placement):
    assert Placement.from_json(json.loads(json.dumps(placement.to_json()))) == placement


@pytest.mark.parametrize(
    "change",
    [
        {"kept": "3"},
        {"kept": True},
        {"beside": "true"},
        {"hand": "odd"},
        {"photo": "photo"},
        {"photo": [1]},
        {"look": {"brush": "ink"}},
        {"look": {**USUAL.to_json()["look"], "brush": "odd"}},
        {"more": 1},
    ],
)
def test_what_is_no_placement_is_refused(change):
    with pytest.raises(ValueError, match="no placement"):
        Placement.from_json({**USUAL.to_json(), **change})


def test_a_field_that_is_missing_is_refused():
    data = USUAL.to_json()
    del data["place"]
    with pytest.raises(ValueError, match="no placement"):
        Placement.from_json(data)


def test_of_a_layer_it_names_what_stays_and_leaves_the_options_alone(svg):
    root = svg(IMAGE)
    photo = source_photo.find(root)
    (layer,) = sketch_layer.insert(photo, [FOUR], Origin(0, "boundary", "abc", "photo"))
    layer[0].style["stroke"] = "#ff0000"
    given = chosen("--strokes=8")
    before = dict(vars(given))
    target = SketchTarget(photo, layer)
    assert target.job(given, PhotoFile("p.png")).levels == (7,)
    made = target.placement(given, "abc")
    assert (made.photo, made.layer, made.kept) == (("photo",), "sketch-4", 1)
    assert vars(given) == before
    assert SketchTarget(photo, layer).placement(chosen("--hand=replace"), "abc").kept == 0
    assert hand_edits.read(layer, LayerRecord.read(layer)).kept_strokes() == 1
