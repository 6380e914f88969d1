"""Going on from what is drawn already, and the quick sketches of other levels."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from clipasso_engine import pipeline
from clipasso_engine.bezier import cubics, stroke_arrays
from clipasso_engine.choosing import continuing
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.sketch import Sketch
from clipasso_engine.lines.features import FaceMarks, _Set
from clipasso_engine.lines.tracing import Chain
from clipasso_engine.lines.weighted_lines import Lines
from clipasso_engine.seeing.closeup import Box
from clipasso_engine.seeing.photo import Photo
from clipasso_engine.seeing.view import View
from clipasso_engine.sketching import quick_sketches

SIZE = 240
CIRCLE = (70.0, 120.0, 45.0)  # left: centre and radius in pixels
SQUARE = (140, 80, 215, 160)  # right


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dark disc and a dark square."""
    image = Image.new("RGB", (SIZE, SIZE), (235, 235, 235))
    pen = ImageDraw.Draw(image)
    x, y, radius = CIRCLE
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(40, 40, 40))
    pen.rectangle(SQUARE, fill=(40, 40, 40))
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    image.save(path)
    return path


def arc(begin: float, end: float, shift: float = 0.0) -> tuple[tuple[float, float], ...]:
    """An arc of the disc's outline, from one angle (degrees) to another, as a curve in shares of the photo."""
    x, y, radius = CIRCLE
    angles = np.deg2rad([begin, end])
    reach = 4 / 3 * np.tan((angles[1] - angles[0]) / 4)
    out = np.stack([np.cos(angles), np.sin(angles)], -1)
    along = np.stack([-out[:, 1], out[:, 0]], -1) * reach
    points = np.array([out[0], out[0] + along[0], out[1] - along[1], out[1]]) * radius + [x + shift, y]
    return tuple((float(px), float(py)) for px, py in points / SIZE)


DISC = tuple(arc(start, start + 90) for start in (0, 90, 180, 270))


def run(photo: Path, **options: Any) -> tuple[list[Sketch], dict[str, Any]]:
    job = SketchJob(str(photo), quality="draft", device="cpu", guidance="boundary", background="keep", **options)
    return pipeline.sketch(job, lambda _message: None, lambda: False)


def to_the_disc(sketch: Sketch) -> list[float]:
    """How far the strokes are from the disc's outline on average, in pixels, one number each."""
    points = cubics.sample(np.array([stroke.points for stroke in sketch.strokes]), 16)
    x, y, radius = CIRCLE
    return [float(mean) for mean in np.abs(np.hypot(*(points - [x, y]).transpose(2, 0, 1)) - radius).mean(-1)]


def test_new_strokes_draw_what_company_leaves_over(photo: Path) -> None:
    (alone,), _ = run(photo, levels=(4,))
    (beside,), _ = run(photo, levels=(4,), drawn=DISC, drawn_role="company")
    assert min(to_the_disc(alone)) < 3, "without company the disc is drawn too"
    assert min(to_the_disc(beside)) > 8


def test_company_that_draws_all_gets_a_sentence(photo: Path) -> None:
    left, top, right, bottom = (value / SIZE for value in SQUARE)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    sides = tuple(
        tuple(tuple(np.add(a, t * np.subtract(b, a))) for t in (0.0, 1 / 3, 2 / 3, 1.0)) for a, b in pairwise(corners)
    )
    with pytest.raises(UserError, match="already draw every line"):
        run(photo, levels=(4,), drawn=DISC + sides, drawn_role="company")


def test_a_start_becomes_better_and_what_is_missing_is_added(photo: Path) -> None:
    drawn = (arc(100, 260, shift=4), arc(-80, 80, shift=4))
    (few,), _ = run(photo, levels=(2,), drawn=drawn, drawn_role="start")
    assert len(few.strokes) == 2
    assert max(to_the_disc(few)) < 3
    (more,), _ = run(photo, levels=(5,), drawn=drawn, drawn_role="start")
    assert len(more.strokes) == 5
    assert sum(distance < 4 for distance in to_the_disc(more)) == 2


def test_a_start_goes_on_with_strokes_of_several_cubics(photo: Path) -> None:
    drawn = tuple(arc(start, start + 60, shift=4) for start in range(0, 360, 60))
    (few,), report = run(photo, levels=(4,), drawn=drawn, drawn_role="start", segments=3, abstraction=True)
    assert max(len(stroke.points) for stroke in few.strokes) > 4
    assert all(len(stroke.points) in (4, 7, 10) for stroke in few.strokes)
    assert report["abstraction"]


def test_of_a_start_with_too_many_strokes_the_most_telling_are_kept(photo: Path) -> None:
    nowhere = ((0.02, 0.05), (0.1, 0.05), (0.2, 0.05), (0.3, 0.05))
    (sketch,), _ = run(photo, levels=(1,), drawn=(nowhere, arc(100, 260)), drawn_role="start")
    assert to_the_disc(sketch)[0] < 3


def test_what_a_hand_drew_becomes_few_strokes() -> None:
    t = np.linspace(0, 1, 21)
    wave = np.stack([200 * t, 100 + 20 * np.sin(6 * t)], -1)
    pieces = np.stack([wave[:-1] + f * (wave[1:] - wave[:-1]) for f in (0, 1 / 3, 2 / 3, 1)], 1)
    fitted = continuing.as_strokes(pieces)
    assert 1 <= len(fitted) <= 4
    assert continuing.as_strokes(pieces[[0, 1, 2, 15, 16, 17]]).shape == (2, 4, 2), "a gap is no stroke"


def test_what_a_hand_drew_becomes_one_stroke_of_several_cubics() -> None:
    t = np.linspace(0, 1, 61)
    wave = np.stack([230 * t, 100 + 30 * np.sin(15 * t)], -1)
    pieces = np.stack([wave[:-1] + f * (wave[1:] - wave[:-1]) for f in (0, 1 / 3, 2 / 3, 1)], 1)
    curves = continuing.as_strokes(pieces)
    few = continuing.as_strokes(pieces, 4)
    assert few.shape[1:] == (13, 2)
    assert stroke_arrays.pieces(few).sum() == len(curves) > len(few)
    points = cubics.sample(stroke_arrays.even(few), 400).reshape(-1, 2)
    assert np.linalg.norm(points[:, None] - wave[None], axis=-1).min(1).max() < 5
    assert continuing.as_strokes(pieces[[0, 1, 2, 15, 16, 17]], 4).shape == (2, 13, 2), "a gap is no stroke"


def test_a_corner_divides_strokes() -> None:
    def straight(a: tuple[float, float], b: tuple[float, float]) -> Any:
        return [np.add(a, f * np.subtract(b, a)) for f in (0, 1 / 3, 2 / 3, 1)]

    fitted = continuing.as_strokes(np.array([straight((0, 0), (50, 0)), straight((50, 0), (50, 50))]))
    assert np.allclose(fitted[:, [0, 3]], [[(0, 0), (50, 0)], [(50, 0), (50, 50)]])


def test_quick_sketches_are_the_rest_of_the_path(photo: Path) -> None:
    (asked,), report = run(photo, levels=(8,), abstraction=True)
    quick = [Sketch.from_json(data) for data in report["abstraction"]]
    assert [sketch.level for sketch in quick] == [1, 2, 3, 4, 6, 12, 16, 24, 32]
    assert all(1 <= len(sketch.strokes) <= sketch.level for sketch in quick)
    assert (quick[0].width, quick[0].height) == (asked.width, asked.height)
    assert "abstraction" not in run(photo, levels=(2,))[1]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((16, 8), (1, 2, 3, 4, 6, 12, 24, 32)),
        ((40,), (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48)),
        ((128,), (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 192)),
        ((512,), (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384)),
    ],
)
def test_the_path_goes_one_beyond_what_was_asked(levels: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert quick_sketches.levels(SketchJob("a.png", levels=levels)) == expected


def test_a_face_that_is_drawn_already_is_left_alone() -> None:
    """One with its mouth drawn is; the same without is added, although all lines are there."""
    around = np.linspace(0, 2 * np.pi, 40)
    ring = np.stack([np.cos(around), np.sin(around)], -1)
    mouth = np.stack([np.linspace(100, 140, 24), np.full(24, 150.0)], -1)
    dots = [ring + np.array([x, 110]) for x in (100, 140)]
    outline = Chain(40 * ring + [60.0, 60.0], np.ones(40), True)
    face = FaceMarks(
        60.0, (_Set(13, ("dots", "mouth")),), {"dots": dots, "mouth": [mouth]}, 50 * ring + 120, [], [], []
    )
    lines = Lines([outline], [np.ones(40)], 240, 240, (face,))
    picture = Photo(np.zeros((240, 240, 3), np.uint8), None, "", 240, 240)
    seen = View(Box(0, 0, 240, 240), picture.rgb, np.zeros((240, 240), np.float32), None)
    smile = ((100 / 240, 151 / 240), (110 / 240, 151 / 240), (130 / 240, 151 / 240), (140 / 240, 151 / 240))
    circle = tuple(tuple((x / 240, y / 240) for x, y in quarter) for quarter in _quarters(60.0, 60.0, 40.0))
    for drawn, left in ((circle, 1), ((smile,), 0)):
        job = SketchJob("a.png", drawn=drawn, drawn_role="company")
        assert len(continuing.left_over(job, lines, seen, picture).faces) == left
    head = [np.asarray(outline.points[:20]), np.asarray(outline.points[20:])]
    (same,) = continuing.left_over(
        SketchJob("a.png", drawn=circle, drawn_role="company"),
        replace(lines, faces=(replace(face, head=head),)),
        seen,
        picture,
    ).faces
    assert same.head == []  # somebody drew the head
    with pytest.raises(UserError, match="nothing to add"):
        continuing.left_over(SketchJob("a.png", drawn=(*circle, smile), drawn_role="company"), lines, seen, picture)


def _quarters(x: float, y: float, radius: float) -> list[np.ndarray]:
    """A circle as four cubics [4, 2]."""
    k = 0.5523
    unit = np.array([[1, 0], [1, k], [k, 1], [0, 1]])
    turns = [np.linalg.matrix_power(np.array([[0, 1], [-1, 0]]), n) for n in range(4)]
    return [unit @ turn * radius + [x, y] for turn in turns]
