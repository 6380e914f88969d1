"""Strokes for what is around the object: beside it, thinner, the same by themselves; told of where there are none."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from skimage import data

from clipasso_engine import pipeline
from clipasso_engine.bezier import cubics
from clipasso_engine.cli import main
from clipasso_engine.contract import layer_format
from clipasso_engine.contract.codes import ErrorCode, NoticeCode
from clipasso_engine.contract.errors import CodedError
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.protocol import Message
from clipasso_engine.contract.sketch import Sketch
from clipasso_engine.lines import weighted_lines
from clipasso_engine.seeing import surroundings
from clipasso_engine.seeing.closeup import Box
from clipasso_engine.seeing.foreground import Foreground
from clipasso_engine.seeing.view import View
from tests.support import scenes

CENTRE, RADII = (150.0, 105.0), (55.0, 62.0)
QUICK = {"quality": "draft", "device": "cpu", "guidance": "boundary"}

pytestmark = pytest.mark.usefixtures("one_thread")


def drawn(photo: str, **options: object) -> tuple[list[Sketch], list[Message]]:
    messages: list[Message] = []
    job = SketchJob(photo, **{**QUICK, "levels": (8,), **options})  # type: ignore[arg-type]
    return pipeline.sketch(job, messages.append, lambda: False)[0], messages


def points_of(sketch: Sketch) -> np.ndarray:
    return cubics.sample(np.array([stroke.points for stroke in sketch.strokes]).reshape(-1, 4, 2), 40).reshape(-1, 2)


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A red thing before a wall and a floor, which meet behind it."""
    thing = scenes.ellipse(220, 300, CENTRE, RADII)
    rgb = scenes.on_ground(thing)
    floor = np.zeros_like(thing)
    floor[120:] = True
    rgb[floor & ~thing] = (rgb[floor & ~thing] * 0.45).astype(np.uint8)
    return scenes.saved(rgb, tmp_path_factory.mktemp("photos") / "thing.png")


@pytest.fixture(scope="module")
def both(photo: str) -> list[Sketch]:
    return drawn(photo, levels=(8, 4), background_strokes=4)[0]


def test_they_come_after_the_levels_and_leave_these_alone(photo: str, both: list[Sketch]) -> None:
    assert [(sketch.part, sketch.level) for sketch in both] == [("object", 8), ("object", 4), ("background", 4)]
    assert both[:2] == drawn(photo, levels=(8, 4))[0]
    assert 1 <= len(both[2].strokes) <= 4


def test_they_end_at_the_object_and_are_thinner(both: list[Sketch]) -> None:
    points = points_of(both[2])
    assert np.linalg.norm((points - CENTRE) / RADII, axis=1).min() > 1, "none runs through the object"
    on_edge = points[np.abs(points[:, 1] - 120) < 5]
    left, right = CENTRE[0] - RADII[0], CENTRE[0] + RADII[0]
    for side in (on_edge[on_edge[:, 0] < left], on_edge[on_edge[:, 0] > right]):
        assert np.ptp(side[:, 0]) > 50, "where wall and floor meet, on both sides of it"
    assert left - on_edge[on_edge[:, 0] < left, 0].max() < 15, "up to its outline"
    assert max(stroke.width for stroke in both[2].strokes) < 0.7 * min(stroke.width for stroke in both[0].strokes)


def test_alone_they_are_the_same_and_another_level_is_another_sketch(photo: str, both: list[Sketch]) -> None:
    alone, _ = drawn(photo, levels=(4, 1), part="background")
    assert alone[0] == both[2]
    assert [len(sketch.strokes) for sketch in alone[1:]] == [1]
    assert {sketch.part for sketch in alone} == {"background"}


def test_the_steps_to_fewer_and_more_are_those_of_each_part(photo: str) -> None:
    job = SketchJob(photo, **{**QUICK, "levels": (4,), "background_strokes": 2, "abstraction": True})  # type: ignore[arg-type]
    _, report = pipeline.sketch(job, lambda _message: None, lambda: False)
    parts = [quick["part"] for quick in report["abstraction"]]
    assert set(parts) == {"object", "background"}
    assert parts == sorted(parts, reverse=True)


def test_where_nothing_is_around_the_object_that_is_told(tmp_path: Path) -> None:
    plain = scenes.saved(scenes.on_ground(scenes.ellipse(150, 200, (100, 75), (50, 45))), tmp_path / "disc.png")
    sketches, messages = drawn(plain, background_strokes=4)
    assert {sketch.part for sketch in sketches} == {"object"}
    assert [m["code"] for m in messages if m["type"] == "notice"] == [NoticeCode.NO_SURROUNDINGS.value]
    with pytest.raises(CodedError) as told:
        drawn(plain, part="background")
    assert told.value.code == ErrorCode.NOTHING_TO_DRAW


def view_of(found: Foreground | None, box: Box = Box(0, 0, 200, 100), guess: Foreground | None = None) -> View:  # noqa: B008
    return View(box, np.zeros((50, 100, 3), np.uint8), np.zeros((50, 100), np.float32), found, guess)


def test_what_was_seen_from_near_is_taken_out_where_it_lies_in_the_photo() -> None:
    everything = Foreground(np.ones((50, 100), np.bool_), np.ones((50, 100), np.float32))
    near = view_of(everything, Box(100, 20, 160, 80))
    left = surroundings.around(near, view_of(None))
    assert left is not None
    assert left.around is not None
    assert not left.around[10:40, 50:80].any()
    assert left.around[:6].all()
    assert left.around[:, :46].all()
    assert left.around[:, 84:].all()
    assert surroundings.around(view_of(everything), view_of(None)) is None, "the object is all there is"
    assert surroundings.around(view_of(None), view_of(None)) is None, "there is no object"


def test_a_guess_at_the_object_is_the_object() -> None:
    guess = Foreground(np.ones((50, 100), np.bool_), np.ones((50, 100), np.float32))
    assert surroundings.standing_out(view_of(None, guess=guess)).found is guess
    other = Foreground(np.zeros((50, 100), np.bool_), np.zeros((50, 100), np.float32))
    assert surroundings.standing_out(view_of(other, guess=guess)).found is other


def test_lines_end_where_they_are_not_wanted() -> None:
    boundary = np.zeros((60, 100), np.float32)
    boundary[30] = 1.0
    free = np.ones((60, 100), np.bool_)
    free[:, 40:60] = False
    lines = weighted_lines.find(boundary, None, None, weighted_lines.Hints(around=free))
    across = np.concatenate([chain.points for chain in lines.chains])[:, 0]
    assert across.min() < 5
    assert across.max() > 95
    assert not ((across > 40) & (across < 60)).any()


@pytest.mark.parametrize("value", [-1, 513, True, "4"])
def test_a_number_that_makes_no_sense_is_refused(value: object) -> None:
    with pytest.raises(CodedError) as told:
        SketchJob("a.png", background_strokes=value)  # type: ignore[arg-type]
    assert told.value.code == ErrorCode.BACKGROUND_STROKES_OUT_OF_RANGE


def test_the_papers_recipe_has_none() -> None:
    with pytest.raises(CodedError) as told:
        SketchJob("a.png", quality="paper", background_strokes=4)
    assert told.value.code == ErrorCode.PAPER_WITH_BACKGROUND_STROKES


def test_what_older_versions_wrote_is_of_the_object(both: list[Sketch]) -> None:
    old = both[0].to_json()
    del old["part"]
    assert Sketch.from_json(old) == both[0]
    assert Sketch.from_json(both[2].to_json()) == both[2]
    with pytest.raises(CodedError):
        Sketch.from_json({**old, "part": "sky"})
    job = SketchJob("a.png").to_message()
    del job["part"], job["background_strokes"]
    assert SketchJob.from_message(job) == SketchJob("a.png")


def test_the_files_have_a_layer_of_each_and_a_picture_of_both(photo: str, tmp_path: Path) -> None:
    plain, with_it = tmp_path / "plain", tmp_path / "with"
    options = ["--strokes", "8", "--quality", "draft", "--guidance", "boundary", "--device", "cpu", "--quiet"]
    for folder, more in ((plain, []), (with_it, ["--background-strokes", "4"])):
        assert main(["sketch", photo, "-o", str(folder), "--png", str(folder), *options, *more]) == 0
    root = ET.parse(with_it / "thing.svg").getroot()
    under, over = root
    assert [group.get("id") for group in root] == ["background-4", "sketch-8"]
    metadata = layer_format.LayerMetadata.from_attributes(under.attrib)
    assert metadata is not None
    assert (metadata.part, metadata.strokes) == ("background", 4)
    assert "display:inline" in (under.get("style") or "")
    label = "{http://www.inkscape.org/namespaces/inkscape}label"
    assert (under.get(label) or "").startswith("Background, ")
    assert over.get(f"{{{layer_format.NAMESPACE}}}part") is None, "the usual part is not written"
    both_png, object_png = (np.asarray(Image.open(folder / "thing.png")) for folder in (with_it, plain))
    floor_left = both_png[390:430, 60:250]
    assert floor_left.min() < 80
    assert object_png[390:430, 60:250].min() > 200
    assert (both_png <= object_png.astype(int) + 1).all(), "all that was there is there"


def test_a_face_on_the_object_is_not_drawn_again(tmp_path: Path) -> None:
    astronaut = scenes.saved(data.astronaut()[::2, ::2], tmp_path / "astronaut.png")
    sketches, _ = drawn(astronaut, levels=(16,), background_strokes=6)
    around = points_of(sketches[-1])
    face = (np.abs(around - (112, 55)) < (20, 30)).all(axis=1)
    assert sketches[-1].part == "background"
    assert not face.any()
