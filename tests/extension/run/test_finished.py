"""Sketches that wait for their document, as files."""

import json

import pytest

from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.sketch import Sketch, Stroke
from inkscape_extension.brush.painting import Look
from inkscape_extension.layer.placement import Placement
from inkscape_extension.run import finished

DOCUMENT = finished.Document("/home/me/cup.svg", "cup.svg", "svg1 base defs1")
PLACEMENT = Placement(("photo",), "abc", "sketch-4", 2, beside=True, look=Look("ink"))
JOB = SketchJob("photo.png", levels=(2,), drawn=(((0.0, 0.0), (0.1, 0.0), (0.2, 0.0), (0.3, 0.0)),))
SKETCH = Sketch(2, 100, 50, (Stroke(((1.0, 2.0), (3.0, 4.0), (5.0, 6.0), (7.0, 8.0)), 3.0, 0.5, "#804020"),), 0.25)


def save(home):
    return finished.save(finished.Asked(DOCUMENT, PLACEMENT), JOB, [SKETCH], {"guidance": "boundary"})


def test_what_is_kept_is_read_back(home):
    kept = save(home)
    (read,) = finished.all_kept()
    assert read == kept
    assert (read.asked.placement, read.asked.document, read.sketches) == (PLACEMENT, DOCUMENT, [SKETCH])


def rewrite(kept, change):
    record = json.loads(kept.file.read_text(encoding="ascii"))
    change(record)
    kept.file.write_text(json.dumps(record), encoding="ascii")


def test_what_0_1_0_kept_can_still_be_placed(home):
    def as_before(record):
        options = {"tab": "sketch", "visible": "fewest", "auto": "false", "hand": "start", "beside": "true"}
        looks = {"engine": "", "brush": "ink", "stroke_colour": "255", "stroke_width": "150"}
        record["asked"] = {
            "document": record["asked"]["document"],
            "photo": ["clone", "photo"],
            "photo_sha256": "abc",
            "options": {**options, **looks, "layer": "sketch-4", "kept": 2},
        }
        for field in ("clips", "upright"):  # options of later versions
            del record["job"][field]

    rewrite(save(home), as_before)
    (read,) = finished.all_kept()
    assert read.asked.placement == Placement(
        *(("clone", "photo"), "abc", "sketch-4", 2, "start", True, "fewest"), look=Look("ink", stroke_width=150.0)
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record["asked"]["placement"].update(hand="odd"),
        lambda record: record["asked"]["placement"].pop("layer"),
        lambda record: record["asked"].pop("document"),
        lambda record: record["asked"].update(document=[]),
        lambda record: record["job"].update(quality="odd"),
        lambda record: record["job"].update(option_of_tomorrow=1),
        lambda record: record["sketches"][0].pop("strokes"),
        lambda record: record.update(asked={"document": record["asked"]["document"], "options": {}}),
        lambda record: record.update(
            asked={**record["asked"], "placement": None, "options": {"hand": "keep"}, "photo": ["photo"]}
        ),
        lambda record: record.update(asked=[]),
    ],
)
def test_a_file_that_cannot_be_read_does_not_keep_others_from_it(home, change):
    rewrite(save(home), change)
    good = save(home)
    assert [kept.file for kept in finished.all_kept()] == [good.file]
