"""The dialog (clipasso.inx) is a view of SketchJob."""

import dataclasses
import itertools
from argparse import ArgumentParser

import pytest
from lxml import etree

from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import AUTO, SketchJob
from inkscape_extension import options
from inkscape_extension.brush.painting import Look
from tests.support.stand_in import ROOT

INX = {"inx": "http://www.inkscape.org/namespace/inkscape/extension"}
# They concern only the document; see test_change_brush.py for the look of strokes.
NOT_IN_THE_JOB = {
    "engine",
    "visible",
    "strokes",
    "auto",
    "hand",
    "beside",
    "place",
    "photo_shown",
    *(field.name for field in dataclasses.fields(Look)),
}
# For those who develop the engine, and on the command line; and what the document tells.
NOT_IN_THE_DIALOG = {
    *("photo", "clip_model", "rasterizer", "drawn", "drawn_role", "mask", "clips", "details", "upright", "abstraction"),
    *("part", "photo_bytes"),
}
# Hours long, while Inkscape is frozen.
CHOICES_NOT_IN_THE_DIALOG = {("quality", "paper")}

_fields = {field.name: field for field in dataclasses.fields(SketchJob)}


@pytest.fixture(scope="module")
def inx():
    return etree.parse(str(ROOT / "clipasso.inx"))


def params(inx):
    return {
        param.get("name"): param
        for param in inx.iterfind(".//inx:param", INX)
        if param.get("type") != "notebook" and param.get("name") not in NOT_IN_THE_JOB
    }


def parse(*arguments):
    parser = ArgumentParser()
    options.add_arguments(parser)
    return parser.parse_args(arguments)


def test_every_option_of_the_job_is_in_the_dialog(inx):
    assert set(params(inx)) == set(_fields) - NOT_IN_THE_DIALOG


def test_defaults_and_choices_are_those_of_the_job(inx):
    for name, param in params(inx).items():
        field = _fields[name]
        values = [option.get("value") for option in param.iterfind("inx:option", INX)]
        if values:
            assert values[0] == field.default, "Inkscape takes the first option as the default"
            expected = {value for value in field.metadata["choices"] if (name, value) not in CHOICES_NOT_IN_THE_DIALOG}
            assert set(values) == expected, name
        else:
            job = options.job(parse(f"--{name}={param.text or ''}"), "photo.png")
            assert getattr(job, name) == field.default, name


def test_limits_of_numbers_are_accepted_by_the_job(inx):
    for name, param in params(inx).items():
        for limit in ("min", "max"):
            if param.get(limit):
                options.job(parse(f"--{name}={param.get(limit)}"), "photo.png")


def test_visible_offers_what_the_extension_knows(inx):
    values = inx.xpath("//inx:param[@name='visible']/inx:option/@value", namespaces=INX)
    assert tuple(values) == options.VISIBLE
    assert parse().visible == values[0]


def test_how_the_photo_is_shown(inx):
    values = inx.xpath("//inx:param[@name='photo_shown']/inx:option/@value", namespaces=INX)
    assert tuple(values) == options.PHOTO_SHOWN
    assert parse().photo_shown == values[0]


def test_where_new_layers_go(inx):
    values = inx.xpath("//inx:param[@name='place']/inx:option/@value", namespaces=INX)
    assert tuple(values) == options.PLACES
    assert parse().place == values[0]


def test_fields_of_one_kind_stand_together(inx):
    """Inkscape lays out labels by the kind of a field: mixed, they look ragged."""
    for page in inx.iterfind(".//inx:page", INX):
        if page.get("name") in ("style", "advanced"):
            kinds = [param.get("type") for param in page.iterfind("inx:param", INX)]
            assert len([kind for kind, _run in itertools.groupby(kinds)]) == len(set(kinds)), kinds


def test_every_parameter_is_explained(inx):
    for name, param in params(inx).items():
        assert param.get("gui-text"), name
        assert param.get("gui-description"), name


def test_the_id_has_no_underscore_and_the_script_is_there(inx):
    identifier = inx.findtext("inx:id", namespaces=INX)
    assert "_" not in identifier
    command = inx.find("inx:script/inx:command", INX)
    assert command.get("location") == "inx"
    assert (ROOT / command.text).is_file()


def test_a_change_in_the_dialog_does_not_start_a_run(inx):
    assert inx.find("inx:effect", INX).get("needs-live-preview") == "false"


def test_options_become_a_job():
    job = options.job(
        parse("--tab=help", "--levels=8; 32,16", "--seed=7", "--quality=best", "--device=cpu", "--time_budget=30"),
        "p.png",
    )
    assert job == SketchJob("p.png", levels=(32, 16, 8), seed=7, quality="best", device="cpu", time_budget=30.0)


def test_the_slider_counts_where_no_levels_are_listed():
    assert options.job(parse("--strokes=24", "--levels="), "p.png").levels == (24,)
    assert options.job(parse("--strokes=24", "--levels= 8, 4"), "p.png").levels == (8, 4)
    assert options.job(parse("--strokes=24", "--auto=true", "--levels="), "p.png").levels == AUTO


def test_what_becomes_of_strokes_made_by_hand(inx):
    values = inx.xpath("//inx:param[@name='hand']/inx:option/@value", namespaces=INX)
    assert tuple(values) == options.HANDS
    assert (parse().hand, parse().beside) == (values[0], "false")


def test_without_options_the_job_has_its_defaults():
    assert options.job(parse(), "p.png") == SketchJob("p.png")


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("--levels=0", "'0' is not a whole number from 1 to 512"),
        ("--levels=513", "'513' is not a whole number from 1 to 512"),
        ("--levels=many", "'many' is not a whole number from 1 to 512"),
        ("--levels=16.5", "'16.5' is not a whole number from 1 to 512"),
        ("--levels=,", "is empty"),
        ("--strokes=513", "'513' is not a whole number from 1 to 512"),
        ("--hand=paint", "hand is 'paint', but must be one of: keep, start, replace"),
        ("--quality=perfect", "'perfect', but must be one of: draft, normal, best"),
        ("--time_budget=0", "must be more than 0"),
        ("--seed=-1", "from 0 to"),
    ],
)
def test_nonsense_gets_a_sentence(argument, told):
    with pytest.raises(UserError, match=told):
        options.job(parse(argument), "photo.png")
