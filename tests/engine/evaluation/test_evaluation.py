"""Numbers of sketches whose right values are known, the alternatives, and the command with all that it writes."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.spatial import cKDTree
from skimage import data

from clipasso_engine import cli, pipeline
from clipasso_engine.bezier import cubics, stroke_arrays
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.sketch import Sketch
from clipasso_engine.evaluation import alternatives, metrics, table
from clipasso_engine.evaluation.metrics import Reference, measure, nesting
from clipasso_engine.pipeline import Stages
from clipasso_engine.seeing.boundary import PADDING
from tests.support import scenes

needs_potrace = pytest.mark.skipif(not alternatives.potrace_installed(), reason="potrace is not installed")


pytestmark = pytest.mark.usefixtures("one_thread")


def line(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    return np.linspace([x0, y0], [x1, y1], 4)


def stack(*some: np.ndarray) -> np.ndarray:
    return np.array(some, dtype=np.float64).reshape(-1, 4, 2)


def reference(mask: cKDTree | None = None) -> Reference:
    """A boundary along y = 50 from x = 0 to 100, its right half three times as strong, of a photo with diagonal 200."""
    x = np.arange(100) + 0.5
    return Reference(np.stack([x, np.full(100, 50.0)], axis=1), np.where(x < 50, 0.25, 0.75), mask, 200.0)


class TestMetrics:
    def test_a_line_on_the_boundary_is_right_and_complete(self) -> None:
        figures = measure(stack(line(0, 52, 100, 52)), reference())
        assert (figures.strokes, figures.precision, figures.recall) == (1, 1.0, 1.0)
        assert (figures.doubled, figures.crumbs, figures.outside) == (0.0, 0, None)
        assert figures.curvature_change == pytest.approx(0.0, abs=1e-6)

    def test_a_line_off_the_boundary_is_wrong(self) -> None:
        figures = measure(stack(line(0, 55, 100, 55)), reference())
        assert (figures.precision, figures.recall) == (0.0, 0.0)

    def test_precision_is_a_share_of_length(self) -> None:
        """Three quarters of this line are within 4 px, 2 % of the diagonal, of the boundary."""
        figures = measure(stack(line(50, 50, 118, 50)), reference())
        assert figures.precision == pytest.approx((50 + 3.5) / 68, abs=0.01)

    def test_recall_is_a_share_of_strength(self) -> None:
        assert measure(stack(line(-20, 50, 45.9, 50)), reference()).recall == pytest.approx(0.25)
        assert measure(stack(line(54.1, 50, 120, 50)), reference()).recall == pytest.approx(0.75)

    def test_ink_outside_the_mask(self) -> None:
        """The mask is a line too, so that only its rim of 2 px, 1 % of the diagonal, counts."""
        mask = cKDTree(np.stack([np.linspace(0, 100, 201), np.full(201, 50.0)], axis=1))
        assert measure(stack(line(0, 51.9, 100, 51.9)), reference(mask)).outside == 0.0
        assert measure(stack(line(0, 52.1, 100, 52.1)), reference(mask)).outside == 1.0
        assert measure(stack(line(52, 50, 152, 50)), reference(mask)).outside == pytest.approx(0.5, abs=0.01)

    def test_a_line_drawn_twice_is_half_redundant(self) -> None:
        assert measure(stack(line(0, 50, 99, 50), line(100, 51, 1, 51)), reference()).doubled == pytest.approx(
            0.5, abs=0.01
        )

    def test_a_line_drawn_twice_in_part(self) -> None:
        figures = measure(stack(line(0, 50, 80, 50), line(60, 51, 140, 51)), reference())
        assert figures.doubled == pytest.approx(20 / 160, abs=0.01)

    @pytest.mark.parametrize(
        "second",
        [
            pytest.param(line(80, 50, 160, 50), id="continued"),
            pytest.param(line(80, 50, 150, 80), id="continued with a bend"),
            pytest.param(line(40, 0, 40, 100), id="crossed"),
            pytest.param(line(0, 53, 80, 53), id="parallel and apart"),
        ],
    )
    def test_strokes_that_meet_are_not_doubled(self, second: np.ndarray) -> None:
        assert measure(stack(line(0, 50, 80, 50), second), reference()).doubled == 0.0

    def test_a_hairpin_doubles_itself(self) -> None:
        """There and back: a cubic whose handles lie beyond one point."""
        hairpin = np.array([[0, 50], [120, 49.5], [120, 50.5], [0, 51]])
        assert measure(stack(hairpin), reference()).doubled == pytest.approx(0.5, abs=0.03)

    def test_crumbs_are_shorter_than_two_hundredths_of_the_diagonal(self) -> None:
        assert measure(stack(line(0, 50, 3.9, 50), line(10, 50, 14.1, 50)), reference()).crumbs == 1

    def test_curvature_change_tells_a_kink_from_an_arc(self) -> None:
        k = 0.5523 * 60  # a quarter of a circle
        arc = np.array([[0, 60], [k, 60], [60, k], [60, 0]])
        kinked = np.array([[0, 0], [90, 40], [-30, 40], [60, 0]])
        smooth, rough = (measure(stack(curve), reference()).curvature_change for curve in (arc, kinked))
        assert smooth == pytest.approx(0.0, abs=0.1)
        assert rough is not None
        assert rough > 1.0

    def test_curvature_change_does_not_depend_on_the_size(self) -> None:
        curve = np.array([[0, 0], [90, 40], [-30, 40], [60, 0]])
        large = Reference(np.zeros((0, 2)), np.zeros(0), None, 2000.0)
        expected = measure(stack(curve), reference()).curvature_change
        assert measure(stack(10 * curve), large).curvature_change == pytest.approx(expected)

    def test_nesting_is_the_way_to_the_nearest_curve(self) -> None:
        few, many = stack(line(0, 50, 100, 50)), stack(line(-10, 0, 110, 0), line(-10, 54, 110, 54))
        assert nesting(few, many, 200.0) == pytest.approx(4 / 200, abs=1e-4)
        assert nesting(few, few, 200.0) == 0.0
        assert nesting(few, stack(), 200.0) is None

    def test_an_empty_drawing_misses_everything(self) -> None:
        figures = measure(stack(), reference(cKDTree([[0.0, 0.0]])))
        assert (figures.strokes, figures.precision, figures.recall, figures.outside) == (0, None, 0.0, None)
        assert (figures.doubled, figures.crumbs, figures.curvature_change) == (None, 0, None)

    def test_without_boundaries_there_is_no_recall(self) -> None:
        nothing = Reference(np.zeros((0, 2)), np.zeros(0), None, 200.0)
        figures = measure(stack(line(0, 0, 9, 9)), nothing)
        assert (figures.precision, figures.recall) == (0.0, None)

    def test_a_stroke_without_length_breaks_nothing(self) -> None:
        figures = measure(stack(line(10, 50, 10, 50)), reference())
        assert (figures.precision, figures.crumbs) == (None, 1)


CENTRE, RADII = (110.0, 70.0), (70.0, 45.0)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A red ellipse, a pale one that is smaller, and a file that is no picture."""
    folder = tmp_path_factory.mktemp("photos")
    scenes.saved(scenes.on_ground(scenes.ellipse(150, 220, CENTRE, RADII)), folder / "red_disc.png")
    scenes.saved(scenes.on_ground(scenes.ellipse(150, 200, (100, 75), (40, 40)), (240, 240, 250)), folder / "moon.jpg")
    (folder / "broken.png").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("no photo")
    return folder


@pytest.fixture(scope="module")
def kept(photos: Path) -> tuple[Stages, list[Sketch]]:
    stages: list[Stages] = []
    job = SketchJob(str(photos / "red_disc.png"), levels=(8, 4), quality="draft", device="cpu", guidance="boundary")
    sketches, _ = pipeline.sketch(job, lambda message: None, lambda: False, stages.append)
    return stages[0], sketches


def from_the_rim(points: np.ndarray) -> np.ndarray:
    """How far points [..., 2] are from the red ellipse, as a share of its size."""
    return np.abs(np.linalg.norm((points - CENTRE) / RADII, axis=-1) - 1)


class TestReference:
    def test_it_lies_on_the_outline_in_pixels_of_the_photo(self, kept: tuple[Stages, list[Sketch]]) -> None:
        found = Reference.of(kept[0])
        assert found.diagonal == pytest.approx(np.hypot(150, 220))
        assert len(found.points) > 200
        assert np.median(from_the_rim(found.points)) < 0.05
        assert found.strength.min() >= metrics.THRESHOLD

    def test_nothing_away_from_the_object_counts(self, kept: tuple[Stages, list[Sketch]]) -> None:
        """A boundary in a corner that is no part of the object."""
        stages = kept[0]
        with_more = stages.view.boundary.copy()
        with_more[:6, 3] = 1.0
        view = dataclasses.replace(stages.view, boundary=with_more)
        more = dataclasses.replace(stages, view=view)
        assert len(Reference.of(more).points) == len(Reference.of(stages).points)

    def test_another_network_can_be_the_judge(self, kept: tuple[Stages, list[Sketch]]) -> None:
        def middle(rgb: np.ndarray) -> dict[str, np.ndarray]:
            """Sees one line, across the middle of the picture, which lies at the top left of what is shown."""
            width = rgb.shape[-1] - 2 * PADDING  # of a wide photo, and of so many pixels that nothing is added
            rows = np.arange(rgb.shape[-2]) + 0.5 - PADDING - width * box.height / box.width / 2
            line = 8 * np.exp(-((rows / 2) ** 2)) - 4
            return {"logits": np.broadcast_to(line[:, None], (1, 1, *rgb.shape[-2:]))}

        box = kept[0].view.box
        found = Reference.of(kept[0], middle)
        assert len(found.points) > 50
        np.testing.assert_allclose(found.points[:, 1], (box.top + box.bottom) / 2, atol=1.5)


class TestAlternatives:
    def drawn(self, draw: alternatives.Draw) -> np.ndarray:
        few, many = draw(2), draw(6)
        assert few.shape[1:] == many.shape[1:] == (4, 2)
        assert len(few) <= 2
        assert len(many) <= 6
        lengths = cubics.lengths(many)
        assert (np.diff(lengths) <= 0).all(), "the longest first"
        return cubics.sample(many, 20)

    @needs_potrace
    def test_potrace_goes_round_what_is_dark(self, kept: tuple[Stages, list[Sketch]]) -> None:
        draw = alternatives.potrace(alternatives.cut_out(kept[0]), kept[0].picture.width)
        assert from_the_rim(self.drawn(draw)).mean() < 0.05

    @needs_potrace
    def test_potrace_does_not_draw_the_frame(self) -> None:
        dark = np.full((100, 160, 3), 20, np.uint8)
        dark[30:70, 40:120] = 230
        x, y = self.drawn(alternatives.potrace(dark, 160)).reshape(-1, 2).T
        assert min(x.min(), y.min(), 160 - x.max(), 100 - y.max()) > 20

    @needs_potrace
    @pytest.mark.parametrize("grey", [0, 128, 255])
    def test_potrace_of_nothing_is_nothing(self, grey: int) -> None:
        assert len(alternatives.potrace(np.full((60, 90, 3), grey, np.uint8), 90)(8)) == 0

    def test_canny_goes_along_edges(self, kept: tuple[Stages, list[Sketch]]) -> None:
        draw = alternatives.canny_centre_lines(kept[0].picture.rgb, kept[0].picture.width)
        assert np.median(from_the_rim(self.drawn(draw))) < 0.05

    def test_canny_of_nothing_is_nothing(self) -> None:
        assert len(alternatives.canny_centre_lines(np.full((60, 90, 3), 128, np.uint8), 90)(8)) == 0

    def test_lengths_are_those_of_the_file(self, kept: tuple[Stages, list[Sketch]]) -> None:
        once, thrice = (alternatives.canny_centre_lines(kept[0].picture.rgb, width)(4) for width in (220, 660))
        np.testing.assert_allclose(thrice, 3 * once)

    def test_a_random_start_is_guided_to_the_lines(self, kept: tuple[Stages, list[Sketch]]) -> None:
        stages = kept[0]
        before, after = (alternatives.random_start(stages, steps, 3)(8) for steps in (0, 20))
        found = Reference.of(stages)
        recalls = [measure(drawn, found).recall for drawn in (before, after)]
        assert recalls[1] > recalls[0] + 0.1
        np.testing.assert_array_equal(after, alternatives.random_start(stages, 20, 3)(8))

    def test_cut_out_is_white_around_the_object(self, kept: tuple[Stages, list[Sketch]]) -> None:
        cut = alternatives.cut_out(kept[0])
        assert (cut[:10] == 255).all()
        np.testing.assert_array_equal(cut[60:80, 80:140], kept[0].picture.rgb[60:80, 80:140])


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB") if picture.mode == "P" else picture)


def evaluate(*arguments: str | os.PathLike[str]) -> int:
    options = ["--quality", "draft", "--levels", "8,4", "--device", "cpu", "--guidance", "boundary"]
    try:
        return cli.main(["evaluate", *map(str, arguments), *options])
    except SystemExit as ended:
        return int(ended.code or 0)


@pytest.fixture(scope="module")
def out(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that the command writes about the photos."""
    folder = tmp_path_factory.mktemp("results") / "new"
    assert evaluate(photos, "-o", folder, "--compare", "--blind", folder / "blind") == 1, "one file is broken"
    return folder


@pytest.fixture(scope="module")
def document(out: Path) -> table.Document:
    read: table.Document = json.loads((out / "evaluation.json").read_text("ascii"))
    return read


class TestCommand:
    def test_every_photo_way_and_level_is_measured(self, document: table.Document) -> None:
        assert [photo["name"] for photo in document["photos"]] == ["moon", "red_disc"]
        assert list(document["not_sketched"]) == ["broken.png"]
        others = ["Canny", "Canny, cut out", "random start"]
        if alternatives.potrace_installed():
            others = ["potrace", "potrace, cut out", *others]
        for photo in document["photos"]:
            assert photo["object_found"]
            ways = [(drawing["way"], drawing["level"]) for drawing in photo["drawings"]]
            assert ways == [(way, level) for way in ["ours", *others] for level in (8, 4)]
        assert [(row["way"], row["level"]) for row in document["means"]] == ways

    def test_our_discs_are_right(self, document: table.Document) -> None:
        for photo in document["photos"]:
            for drawing in photo["drawings"][:2]:
                assert drawing["precision"] > 0.95
                assert drawing["recall"] > 0.8
                assert drawing["outside"] < 0.05
                assert drawing["seconds"] > 0
        assert photo["drawings"][0]["nesting"] is None
        assert photo["drawings"][1]["nesting"] < 0.025

    def test_means_are_of_the_photos(self, document: table.Document) -> None:
        for index, row in enumerate(document["means"]):
            values = [photo["drawings"][index]["recall"] for photo in document["photos"]]
            assert row["recall"] == pytest.approx(sum(values) / 2)

    def test_the_markdown_says_the_same(self, out: Path, document: table.Document) -> None:
        text = (out / "evaluation.md").read_text("utf-8")
        ours = document["means"][0]
        row = next(line for line in text.splitlines() if line.startswith("| ours | 8 |"))
        assert f"| {100 * ours['precision']:.1f} % | {100 * ours['recall']:.1f} % |" in row
        assert document["date"] in text
        assert document["machine"] in text
        assert re.search(r"^- broken\.png: .+ is not an image", text, re.M)
        widths = {line.count("|") for line in text.splitlines() if line.startswith("| ours")}
        assert widths == {3 + len(table._COLUMNS) + 1}

    def test_the_page_shows_photos_and_curves(self, out: Path, document: table.Document) -> None:
        page = (out / "sheet.html").read_text("utf-8")
        drawn = sum(drawing["strokes"] for photo in document["photos"] for drawing in photo["drawings"])
        assert page.count("<path ") == drawn
        assert page.count("<img ") == 4
        assert "http" not in page.replace("http-equiv", "")

    def test_the_sheets_are_pictures(self, out: Path, document: table.Document) -> None:
        sheet, sketches = (pixels(out / name) for name in ("sheet.png", "sketches.png"))
        rows = len(document["means"])  # two levels a way, two photos
        assert sheet.shape[0] > 200 * rows
        assert sheet.std(axis=-1).max() > 10, "the photos have colours"
        assert sketches.std(axis=-1).max() == 0, "no photo is on this one"
        assert sketches.min() == 0

    def test_the_naming_test_tells_nothing(self, out: Path) -> None:
        key = json.loads((out / "blind" / "key.json").read_text("ascii"))
        choices = json.loads((out / "blind" / "show" / "choices.json").read_text("ascii"))
        shown = {path.stem: path for path in (out / "blind" / "show").rglob("*.png")}
        assert len(shown) == 4
        assert set(shown) == set(key) == set(choices)
        for code, path in shown.items():
            assert re.fullmatch("[0-9a-f]{4}", code)
            assert path.parent.name == str(key[code]["level"])
            assert sorted(choices[code]) == ["moon", "red disc"]
            assert key[code]["name"] in choices[code]
            assert pixels(path).ndim == 2
        assert sorted(entry["name"] for entry in key.values()) == ["moon", "moon", "red disc", "red disc"]

    def test_the_same_seed_gives_the_same_sketches(self, photos: Path, out: Path, tmp_path: Path) -> None:
        alone = tmp_path / "alone"
        alone.mkdir()
        (alone / "moon.jpg").write_bytes((photos / "moon.jpg").read_bytes())
        assert evaluate(alone, "-o", tmp_path / "out") == 0
        documents = [json.loads((path / "evaluation.json").read_text()) for path in (out, tmp_path / "out")]
        first, second = (document["photos"][0]["drawings"][:2] for document in documents)
        for one, other in zip(first, second, strict=True):
            assert {**one, "seconds": 0} == {**other, "seconds": 0}

    def test_without_potrace_its_columns_are_left_out(
        self, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        evaluate(photos, "-o", tmp_path / "out", "--compare")
        assert f"clipasso: {alternatives.POTRACE_MISSING}\n" in capsys.readouterr().err
        ways = {row["way"] for row in json.loads((tmp_path / "out" / "evaluation.json").read_text())["means"]}
        assert ways == {"ours", "Canny", "Canny, cut out", "random start"}

    @pytest.mark.parametrize(
        ("options", "status", "said"),
        [
            (("--quality", "paper"), 2, "the quality paper cannot be evaluated"),
            (("--strokes", "auto"), 2, "auto is no number of strokes"),
        ],
    )
    def test_what_cannot_be_compared_is_refused(
        self,
        photos: Path,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        options: list[str],
        status: int,
        said: str,
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            cli.main(["evaluate", str(photos), "-o", str(tmp_path / "out"), *options])
        assert ended.value.code == status
        assert said in capsys.readouterr().err
        assert not (tmp_path / "out").exists()

    def test_a_judge_that_is_not_there_is_told(
        self, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert evaluate(photos, "-o", tmp_path / "out", "--judge", tmp_path / "none.whl") == 1
        assert "none.whl is missing" in capsys.readouterr().err
        assert not (tmp_path / "out").exists()

    def test_folders_without_photos_are_told(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert evaluate(tmp_path / "none", "-o", tmp_path / "out") == 1
        assert evaluate(tmp_path, "-o", tmp_path / "out") == 1
        (tmp_path / "broken.png").write_bytes(b"")
        assert evaluate(tmp_path, "-o", tmp_path / "out") == 1
        said = capsys.readouterr().err.splitlines()
        assert "There is no folder" in said[0]
        assert "holds no photo" in said[1]
        assert "could be sketched" in said[-1]


class TestSavedStages:
    def test_pictures_lie_over_each_other(self, photos: Path, tmp_path: Path) -> None:
        arguments = ["sketch", str(photos / "red_disc.png"), "-o", str(tmp_path / "out.svg"), "--levels", "8,4"]
        arguments += ["--quality", "draft", "--guidance", "boundary", "--quiet", "--candidates", "2"]
        assert cli.main([*arguments, "--save-stages", str(tmp_path / "stages")]) == 0
        pictures = {path.stem: pixels(path) for path in (tmp_path / "stages").iterdir()}
        names = ["boundary", "saliency", "mask", "attention", "lines", "start-8", "start-4", "level-8", "level-4"]
        assert sorted(pictures) == sorted(names)
        assert {picture.shape for picture in pictures.values()} == {(698, 1024)}
        inside = scenes.ellipse(698, 1024, (CENTRE[0] * 1024 / 220, CENTRE[1] * 1024 / 220), (326, 209))
        assert ((pictures["mask"] > 127) == inside).mean() > 0.98
        assert pictures["attention"][inside].mean() > 2 * pictures["attention"][~inside].mean()
        for name in ("start-8", "level-8", "level-4"):
            rows, columns = np.nonzero(pictures[name] < 128)
            ink = np.stack([columns, rows], axis=-1) * 220 / 1024
            assert np.median(from_the_rim(ink)) < 0.05

    def test_several_photos_have_a_folder_each(self, photos: Path, tmp_path: Path) -> None:
        names = [str(photos / name) for name in ("red_disc.png", "moon.jpg")]
        options = ["-o", str(tmp_path / "svg"), "--strokes", "4", "--quality", "draft", "--guidance", "boundary"]
        assert cli.main(["sketch", *names, *options, "--quiet", "--save-stages", str(tmp_path / "stages")]) == 0
        folders = sorted(path.parent.name for path in (tmp_path / "stages").glob("*/level-4.png"))
        assert folders == ["moon", "red_disc"]

    def test_where_no_object_is_found_the_mask_is_all(self, photos: Path, tmp_path: Path) -> None:
        arguments = ["sketch", str(photos / "moon.jpg"), "-o", str(tmp_path / "out.svg"), "--background", "keep"]
        arguments += ["--quality", "draft", "--guidance", "boundary", "--quiet", "--save-stages", str(tmp_path / "st")]
        assert cli.main(arguments) == 0
        assert pixels(tmp_path / "st" / "mask.png").min() == 255

    def test_landmarks_of_faces_are_shown(self, tmp_path: Path) -> None:
        """A white point at each, so at both eyes' corners, which in the photo are at these pixels of 512."""
        photo = scenes.saved(data.astronaut(), tmp_path / "astronaut.png")
        arguments = ["sketch", photo, "-o", str(tmp_path / "out.svg"), "--strokes", "8", "--quality", "draft"]
        assert cli.main([*arguments, "--guidance", "boundary", "--quiet", "--save-stages", str(tmp_path / "st")]) == 0
        shown = pixels(tmp_path / "st" / "landmarks.png")
        for x, y in ((195.2, 100.9), (255.8, 104.3), (223.4, 131)):
            assert shown[round(2 * y) - 6 : round(2 * y) + 7, round(2 * x) - 6 : round(2 * x) + 7].max() > 180
        assert shown[:60].max() < 180


def test_detail_is_the_share_of_finer_boundaries_that_is_drawn(kept: tuple[Stages, list[Sketch]]) -> None:
    found = Reference.of(kept[0])
    assert found.fine is not None
    assert len(found.fine.points) > 1.5 * len(found.points)
    assert found.reach == pytest.approx(0.0075 * np.hypot(kept[0].view.box.width, kept[0].view.box.height), rel=1e-6)
    whole = measure(stroke_arrays.of_sketch(kept[1][0]), found)
    assert whole.detail is not None
    assert whole.detail > 0.8
    half = measure(stroke_arrays.of_sketch(kept[1][0])[:1], found)
    assert half.detail is not None
    assert half.detail < 0.7
