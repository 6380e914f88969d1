"""Shapes drawn over a photo: as maps, from pictures, and what they make of a sketch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from clipasso_engine import cli, pipeline
from clipasso_engine.bezier import cubics
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.sketch import Shape, Sketch
from clipasso_engine.output import stage_pictures
from clipasso_engine.seeing import shapes
from clipasso_engine.seeing.closeup import Box
from clipasso_engine.seeing.photo import Photo
from tests.support import scenes

WHOLE = Box(0, 0, 40, 20)
SIZE = (20, 40)


def rectangle(left: float, top: float, right: float, bottom: float) -> Shape:
    return (((left, top), (right, top), (right, bottom), (left, bottom)),)


def circle(x: float, y: float, across: float, down: float) -> Shape:
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    return (tuple((x + across * float(np.cos(a)), y + down * float(np.sin(a))) for a in angles),)


def photo(rgb: np.ndarray) -> Photo:
    return Photo(rgb, None, "0" * 64, rgb.shape[1], rgb.shape[0])


class TestCoverage:
    def test_a_rectangle_to_a_quarter_of_a_pixel(self) -> None:
        found = shapes.coverage([rectangle(10.25 / 40, 4 / 20, 20.5 / 40, 8 / 20)], SIZE, WHOLE, SIZE)
        assert found.shape == SIZE
        assert found[5, [9, 10, 11, 19, 20, 21]] == pytest.approx([0, 0.75, 1, 1, 0.5, 0], abs=0.26)
        assert found.sum() == pytest.approx(10.25 * 4, rel=0.1)
        assert (found[[3, 8]] < 0.3).all()

    def test_rings_of_one_shape_are_holes_and_islands(self) -> None:
        nested = tuple(rectangle(edge, edge, 1 - edge, 1 - edge)[0] for edge in (0.1, 0.25, 0.4))
        found = shapes.coverage([nested], SIZE, WHOLE, SIZE)
        assert found[10, [1, 7, 12, 20]].tolist() == [0, 1, 0, 1]

    def test_shapes_are_united(self) -> None:
        two = [rectangle(0, 0, 0.6, 1), rectangle(0.4, 0, 0.8, 1)]
        assert shapes.coverage(two, SIZE, WHOLE, SIZE)[10, [10, 20, 30, 36]].tolist() == [1, 1, 1, 0]

    def test_the_part_of_a_photo_that_is_looked_at(self) -> None:
        found = shapes.coverage([rectangle(0.5, 0, 1, 1)], SIZE, Box(10, 5, 30, 15), (30, 60))
        assert found[:, :30].max() < 0.3
        assert found[:, 31:].min() == 1

    def test_shapes_that_go_far_beyond_the_photo(self) -> None:
        """Further than OpenCV can count."""
        found = shapes.coverage([rectangle(-1e8, -1e8, 0.5, 1e8)], SIZE, Box(10, 5, 11, 6), SIZE)
        assert found.min() == 1
        assert shapes.coverage([rectangle(0.5, 3, 1e8, 1e8)], SIZE, WHOLE, SIZE).max() == 0

    def test_no_shapes(self) -> None:
        assert shapes.coverage([], SIZE, WHOLE, SIZE).max() == 0


class TestOfPicture:
    def test_its_white_comes_back(self) -> None:
        white = scenes.ellipse(90, 160, (70, 40), (50, 35)) & ~scenes.ellipse(90, 160, (60, 40), (15, 12))
        white[60:, 120:] = True  # up to the corner
        (found,) = shapes.of_picture(photo(np.repeat(np.uint8(255) * white[..., None], 3, axis=2)))
        assert len(found) == 3
        assert sum(map(len, found)) < 200
        again = shapes.coverage([found], white.shape, Box(0, 0, 160, 90), white.shape) > 0.5
        assert (again != white).mean() < 0.008
        assert again[-1, -1]

    def test_all_white_is_the_whole_photo_and_black_is_nothing(self) -> None:
        (found,) = shapes.of_picture(photo(np.full((20, 40, 3), 255, np.uint8)))
        assert shapes.coverage([found], SIZE, WHOLE, SIZE).min() == 1
        assert shapes.of_picture(photo(np.zeros((20, 40, 3), np.uint8))) == ()


class TestCutOut:
    def test_white_outside(self) -> None:
        cut = shapes.cut_out(photo(np.zeros((20, 40, 3), np.uint8)), [rectangle(0, 0, 0.5, 1)]).rgb
        assert cut[:, :20].max() == 0
        assert cut[:, 20:].min() == 255

    def test_without_shapes_nothing_happens_and_beside_the_photo_it_is_said(self) -> None:
        picture = photo(np.zeros((20, 40, 3), np.uint8))
        assert shapes.cut_out(picture, ()) is picture
        with pytest.raises(UserError, match="cover nothing of the photo"):
            shapes.cut_out(picture, [rectangle(2, 0, 3, 1)])


class TestSketch:
    """Of a photo of two discs, and of a person."""

    DISCS = ((90.0, 75.0), (210.0, 75.0))

    @pytest.fixture
    def two(self, tmp_path: Path) -> str:
        left, right = (scenes.ellipse(150, 300, centre, (45, 45)) for centre in self.DISCS)
        return scenes.saved(scenes.on_ground(left | right), tmp_path / "two.png")

    @staticmethod
    def sketch(file: str, **options: object) -> Sketch:
        job = SketchJob(file, quality="draft", device="cpu", guidance="boundary", **options)  # type: ignore[arg-type]
        return pipeline.sketch(job, lambda _message: None, lambda: False)[0][0]

    @staticmethod
    def points(sketch: Sketch) -> np.ndarray:
        """[N, 2] along the strokes, in shares of the photo; as many on each px."""
        found = [np.zeros((0, 2))]
        for stroke in sketch.strokes:
            fine = cubics.sample(np.array(stroke.points)[None], 400)[0]
            length = np.linalg.norm(np.diff(fine, axis=0), axis=1).sum()
            found.append(fine[np.linspace(0, 399, max(2, round(length))).astype(int)])
        return np.concatenate(found) / [sketch.width, sketch.height]

    @pytest.mark.parametrize("background", ["auto", "remove", "keep"])
    def test_only_what_lies_inside_the_mask_is_drawn(self, two: str, background: str) -> None:
        around = circle(210 / 300, 0.5, 60 / 300, 60 / 150)
        where = self.points(self.sketch(two, levels=(8,), mask=(around,), background=background)) * [300, 150]
        away = np.linalg.norm(where - self.DISCS[1], axis=1)
        assert np.abs(np.median(away) - 45) < 2, "the disc is what is drawn, not the mask's own outline"
        assert away.max() < 62

    def test_no_stroke_leaves_a_mask_that_cuts_through_things(self, tmp_path: Path) -> None:
        file = scenes.saved(data.astronaut()[::2, ::2], tmp_path / "astronaut.png")
        for level in (16, 4):
            where = self.points(self.sketch(file, levels=(level,), mask=(circle(0.45, 0.3, 0.25, 0.25),)))
            away = np.linalg.norm(where - [0.45, 0.3], axis=1)
            assert len(where) > 50
            assert away.max() < 0.25 + 0.013, "a rim of 1.2 % of the diagonal of what is looked at, and half a line"
            assert (away > 0.25).mean() < 0.12

    def test_a_mask_that_covers_everything_is_as_if_the_background_were_kept(self, two: str) -> None:
        assert self.sketch(two, mask=(rectangle(-1, -1, 2, 2),)) == self.sketch(two, background="keep")

    def test_a_mask_beside_the_photo_is_said(self, two: str) -> None:
        with pytest.raises(UserError, match="cover nothing of the photo"):
            self.sketch(two, mask=(rectangle(1.1, 0, 2, 1),))

    @pytest.mark.parametrize("level", [16, 8])
    def test_more_is_drawn_where_more_detail_is_asked_for(self, tmp_path: Path, level: int) -> None:
        file = scenes.saved(data.astronaut()[::2, ::2], tmp_path / "astronaut.png")
        place = circle(0.45, 0.22, 0.14, 0.14)  # the face

        def inside(sketch: Sketch) -> int:
            return int((np.linalg.norm(self.points(sketch) - [0.45, 0.22], axis=1) < 0.14).sum())

        without, drawn = self.sketch(file, levels=(level,)), self.sketch(file, levels=(level,), details=(place,))
        assert inside(drawn) > 1.2 * inside(without)
        assert len(drawn.strokes) == len(without.strokes)

    def test_stages_show_both(self, two: str, tmp_path: Path) -> None:
        kept: list[pipeline.Stages] = []
        mask, details = circle(0.7, 0.5, 0.2, 0.4), rectangle(0.6, 0.2, 0.7, 0.8)
        job = SketchJob(two, quality="draft", device="cpu", guidance="boundary", mask=(mask,), details=(details,))
        sketches, _report = pipeline.sketch(job, lambda _message: None, lambda: False, kept.append)
        stage_pictures.write(kept[0], sketches, tmp_path / "stages")
        for name, shape in (("mask", mask), ("details", details)):
            picture = np.asarray(Image.open(tmp_path / "stages" / f"{name}.png")) > 127
            size = picture.shape
            wanted = shapes.coverage([shape], size, Box(0, 0, size[1], size[0]), size) > 0.5
            assert (picture & wanted).sum() / (picture | wanted).sum() > 0.9, name

    def test_a_mask_on_the_command_line(self, two: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        mask, black = tmp_path / "mask.png", tmp_path / "black.png"
        Image.fromarray(scenes.ellipse(150, 300, (90, 75), (60, 60))).save(mask)
        Image.new("L", (300, 150)).save(black)
        out = tmp_path / "out.svg"
        command = ["sketch", two, "-o", str(out), "--quality", "draft", "--device", "cpu", "--quiet", "--strokes", "4"]
        assert cli.main([*command, "--report", str(tmp_path / "report.json"), "--mask", str(mask)]) == 0
        starts = [float(x) for x in re.findall(r'd="M ?([\d.]+)', out.read_text())]
        assert starts
        assert max(starts) < 155, "the left disc alone"
        with pytest.raises(SystemExit):
            cli.main([*command, "--mask", str(black)])
        with pytest.raises(SystemExit):
            cli.main(["sketch", two, two, "-o", str(tmp_path / "out"), "--mask", str(mask)])
        told = capsys.readouterr().err
        assert "has no white in it" in told
        assert "--mask is for one photo" in told


LEFT = (((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)),)
TOP = (((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5)),)
ALL = (((-1.0, -1.0), (2.0, -1.0), (2.0, 2.0), (-1.0, 2.0)),)
CORNER = (((0.75, 0.75), (1.0, 0.75), (1.0, 1.0), (0.75, 1.0)),)


def covered(mask: Sequence[Shape], size: tuple[int, int] = (40, 60)) -> NDArray[np.bool_]:
    return shapes.coverage(mask, size, Box(0, 0, size[1], size[0]), size) > 0.5


@pytest.mark.parametrize(
    ("mask", "clips", "rows", "columns"),
    [
        ((), [(LEFT,)], 40, 30),
        ((), [(LEFT,), (TOP,)], 20, 30),
        ((TOP,), [(LEFT,)], 20, 30),
        ((TOP,), [(ALL,)], 20, 60),
        ((), [(LEFT, TOP), (TOP,)], 20, 60),
    ],
)
def test_what_is_left_within_clips(mask: Any, clips: Any, rows: int, columns: int) -> None:
    left = covered(shapes.within(mask, clips, (40, 60)))
    expected = np.zeros((40, 60), bool)
    expected[:rows, :columns] = True
    assert (left != expected).mean() < 0.01


def test_clips_that_leave_all_or_nothing() -> None:
    assert shapes.within((), [(ALL,)], (40, 60)) == ()
    with pytest.raises(UserError, match="cover nothing of the photo"):
        shapes.within((), [(LEFT,), (CORNER,)], (40, 60))
