"""The whole method, in this process, by draft quality: what comes back, and what is said when nothing can."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from skimage import data

from clipasso_engine import pipeline
from clipasso_engine.bezier import cubics
from clipasso_engine.clip import availability
from clipasso_engine.clip import saliency as clip_saliency
from clipasso_engine.commands import advice
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.protocol import Message
from clipasso_engine.contract.sketch import Sketch
from clipasso_engine.optimising import device
from clipasso_engine.seeing import attention
from clipasso_engine.seeing.closeup import Box
from clipasso_engine.seeing.view import View
from tests.support import scenes
from tests.support.told import refused

LEVELS = (32, 16, 8, 4)


pytestmark = pytest.mark.usefixtures("one_thread")


class Run:
    """What a job gave and said."""

    def __init__(self, photo: str, stop: Callable[[], bool] = lambda: False, **options: object) -> None:
        settings: dict[str, Any] = {"quality": "draft", "device": "cpu", "guidance": "boundary", **options}
        self.messages: list[Message] = []
        self.sketches, self.report = pipeline.sketch(SketchJob(photo, **settings), self.messages.append, stop)

    def told(self, kind: str) -> list[Message]:
        return [message for message in self.messages if message["type"] == kind]


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> str:
    return scenes.saved(data.astronaut()[::2, ::2], tmp_path_factory.mktemp("photos") / "astronaut.png")


@pytest.fixture(scope="module")
def whole(photo: str) -> Run:
    return Run(photo, levels=LEVELS)


@pytest.fixture
def disc(tmp_path: Path) -> str:
    """An object with a few lines in it on a plain ground, quick to draw."""
    return scenes.saved(scenes.on_ground(scenes.ellipse(150, 200, (100, 75), (50, 45))), tmp_path / "disc.png")


def points_of(sketch: Sketch, count: int = 40) -> np.ndarray:
    """Points [N, count, 2] along the sketch's strokes."""
    return cubics.sample(np.array([stroke.points for stroke in sketch.strokes]).reshape(-1, 4, 2), count)


def off_the_ellipse(sketch: Sketch, centre: tuple[float, float], radii: tuple[float, float]) -> np.ndarray:
    """About how many photo px each point along the strokes lies off an ellipse."""
    away = (points_of(sketch).reshape(-1, 2) - centre) / radii
    return np.abs(np.linalg.norm(away, axis=1) - 1) * min(radii)


def share_near(sketch: Sketch, mask: np.ndarray, reach: float) -> float:
    """How much of the strokes' course lies within ``reach`` px of a mask."""
    far = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    x, y = np.clip(points_of(sketch).reshape(-1, 2).astype(int), 0, np.array(mask.shape[::-1]) - 1).T
    return float((far[y, x] <= reach).mean())


def test_a_sketch_for_every_level(whole: Run) -> None:
    assert [sketch.level for sketch in whole.sketches] == list(LEVELS)
    for sketch in whole.sketches:
        assert 1 <= len(sketch.strokes) <= sketch.level
        assert (sketch.width, sketch.height) == (256, 256)
        assert math.isfinite(sketch.loss)
    assert [len(sketch.strokes) for sketch in whole.sketches][1:] == [16, 8, 4]


def test_strokes_lie_on_the_photo(whole: Run) -> None:
    for sketch in whole.sketches:
        points = points_of(sketch)
        assert points.min() > -0.02 * 256
        assert points.max() < 1.02 * 256


def test_few_strokes_for_a_page_of_text_stay_on_it(tmp_path: Path) -> None:
    """Its lines are long and ragged, and no single curve follows them."""
    run = Run(scenes.saved(data.page(), tmp_path / "page.png"), levels=(4,), background="keep")
    reach = points_of(run.sketches[0]) / [384, 191]
    assert reach.min() > -0.02
    assert reach.max() < 1.02


def test_strokes_have_width_importance_and_colour(whole: Run) -> None:
    for sketch in whole.sketches:
        importance = [stroke.importance for stroke in sketch.strokes]
        assert importance == sorted(importance, reverse=True)
        assert importance[0] == 1
        assert importance[-1] > 0
        widths = {stroke.width for stroke in sketch.strokes}
        assert len(widths) <= 2  # the small face has finer lines
        assert 0.5 * max(widths) < min(widths)
        assert 0 < max(widths) < 0.03 * sketch.width
        assert all(re.fullmatch("#[0-9a-f]{6}", stroke.colour) for stroke in sketch.strokes)


def test_more_strokes_tell_more(whole: Run) -> None:
    losses = [sketch.loss for sketch in whole.sketches]
    assert losses == sorted(losses)
    assert losses[-1] < 1.0  # an empty sheet


def test_levels_nest(whole: Run) -> None:
    for many, few in zip(whole.sketches[:-1], whole.sketches[1:], strict=True):
        one, other = (points_of(sketch).reshape(-1, 2) for sketch in (few, many))
        nearest = np.linalg.norm(one[:, None] - other[None], axis=-1).min(1)
        assert nearest.mean() <= 0.025 * math.hypot(256, 256), (few.level, many.level)


def test_the_report_is_complete(whole: Run) -> None:
    report = whole.report
    assert report["strokes"] == [len(sketch.strokes) for sketch in whole.sketches]
    assert report["steps"] == pipeline.STEPS["draft"] * len(LEVELS)
    assert set(report["seconds"]) == {"load", "boundary", "trace", "optimise"}
    assert all(seconds >= 0 for seconds in report["seconds"].values())
    assert report["best_loss"] == whole.sketches[0].loss
    assert report["best_loss"] <= report["first_loss"]
    assert report["guidance"] == "boundary"
    assert report["device"] == "cpu"
    json.dumps(report, allow_nan=False)


def test_it_says_what_it_does(whole: Run) -> None:
    assert [message["name"] for message in whole.told("stage")] == ["load", "boundary", "trace", "optimise"]
    assert whole.told("photo") == [{"type": "photo", "width": 256, "height": 256}]
    assert [Sketch.from_json(message["sketch"]) for message in whole.told("level")] == whole.sketches
    steps = whole.told("step")
    assert [level for i, level in enumerate(m["level"] for m in steps) if i == 0 or level != steps[i - 1]["level"]] == [
        *LEVELS
    ]
    for message in steps:
        assert 0 <= message["step"] <= message["steps"] == pipeline.STEPS["draft"]
        assert np.array(message["strokes"]).shape[1:] == (4, 2)
        assert 1 <= len(message["strokes"]) <= message["level"]
    json.dumps(whole.messages, allow_nan=False)


def test_the_stages_are_handed_out_before_the_optimisation(disc: str) -> None:
    kept: list[pipeline.Stages] = []
    job = SketchJob(disc, levels=(6,), quality="draft", device="cpu", guidance="boundary")
    sketches, _ = pipeline.sketch(job, lambda message: None, lambda: True, kept.append)
    (stages,) = kept
    assert max(stages.view.boundary.shape) == 256
    assert len(stages.starts[6][0].controls) == len(sketches[0].strokes)


def test_many_strokes_have_a_larger_canvas_on_which_more_is_seen_and_lines_are_thinner(tmp_path: Path) -> None:
    """A disc with stripes as fine as a canvas of 256 px cannot show."""
    disc = scenes.ellipse(420, 560, (280, 210), (190, 180))
    rgb = scenes.on_ground(disc)
    rgb[disc & (np.arange(560) // 6 % 2 == 0)] = (250, 240, 230)
    path = scenes.saved(rgb, tmp_path / "stripes.png")
    kept: list[pipeline.Stages] = []
    job = SketchJob(path, levels=(128, 32, 16), quality="draft", device="cpu", guidance="boundary", time_budget=0.1)
    many, some, few = pipeline.sketch(job, lambda message: None, lambda: False, kept.append)[0]
    assert [max(stages.view.size) for stages in kept] == [512, 256]
    assert [sorted(stages.starts) for stages in kept] == [[128], [16, 32]]
    assert len(many.strokes) > 2 * len(some.strokes)
    assert some.strokes[0].width == few.strokes[0].width == pytest.approx(2 * many.strokes[0].width)
    middle = [np.abs(points_of(sketch)[:, 20] - (280, 210)).max(axis=1) < 90 for sketch in (many, some)]
    assert middle[0].sum() > 10
    assert middle[0].sum() > 3 * middle[1].sum()


def test_the_same_seed_gives_the_same_sketch_whatever_the_threads(disc: str) -> None:
    first = Run(disc, levels=(8,), seed=5).sketches
    torch.set_num_threads(2)
    assert Run(disc, levels=(8,), seed=5).sketches == first


def test_another_seed_gives_other_strokes(photo: str, whole: Run) -> None:
    other = Run(photo, levels=(16,), seed=1).sketches[0]
    assert other.strokes != whole.sketches[1].strokes
    assert 1 <= len(other.strokes) <= 16


def test_a_level_is_the_same_whichever_others_are_asked_for(photo: str, whole: Run) -> None:
    assert Run(photo, levels=(8,)).sketches == [whole.sketches[2]]


@pytest.mark.parametrize("haste", [{"time_budget": 1e-6}, {"stop": lambda: True}], ids=["no time", "stopped at once"])
def test_in_haste_the_traced_strokes_are_the_sketch(disc: str, haste: dict) -> None:
    run = Run(disc, levels=(8, 4), **haste)
    assert run.report["steps"] == 0
    assert [sketch.level for sketch in run.sketches] == [8, 4]
    for sketch in run.sketches:
        assert 1 <= len(sketch.strokes) <= sketch.level
        assert np.quantile(off_the_ellipse(sketch, (100, 75), (50, 45)), 0.8) < 6


def test_stopped_in_the_middle_the_best_so_far_is_kept(disc: str) -> None:
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 6

    run = Run(disc, stop, levels=(8, 4))
    assert 1 <= run.report["steps"] <= 7
    assert [sketch.level for sketch in run.sketches] == [8, 4]
    assert run.report["best_loss"] <= run.report["first_loss"]


def test_candidates_best_first_and_the_others_after_the_levels(photo: str) -> None:
    run = Run(photo, levels=(8, 4), candidates=3)
    assert [sketch.level for sketch in run.sketches] == [8, 4, 8, 8, 4, 4]
    for level in (8, 4):
        first, *others = [sketch.loss for sketch in run.sketches if sketch.level == level]
        assert others == sorted(others)
        assert first <= 1.05 * others[0]  # of those that fit as well the nearest in meaning
        assert len({sketch.strokes for sketch in run.sketches if sketch.level == level}) == 3
    assert run.report["strokes"] == [len(sketch.strokes) for sketch in run.sketches[:2]]
    assert [Sketch.from_json(message["sketch"]) for message in run.told("level")] == run.sketches[:2]


def test_the_background_is_removed_or_kept(tmp_path: Path) -> None:
    """A disc, and behind it a dark wall's edge across the whole photo."""
    disc = scenes.ellipse(240, 320, (160, 140), (60, 60))
    rgb = scenes.ground(240, 320)
    rgb[:60] = rgb[:60] // 3
    rgb[disc] = (170, 40, 30)
    path = scenes.saved(cv2.GaussianBlur(rgb, (0, 0), 0.8), tmp_path / "wall.png")
    edge = np.zeros((240, 320), bool)
    edge[60] = True
    shares = {b: share_near(Run(path, levels=(8,), background=b).sketches[0], edge, 6) for b in ("remove", "keep")}
    assert shares["remove"] < 0.02
    assert shares["keep"] > 0.2


def test_a_small_object_in_a_large_photo_is_drawn_in_place(tmp_path: Path) -> None:
    centre, radii = (930.0, 210.0), (70.0, 90.0)
    rgb = scenes.on_ground(scenes.ellipse(900, 1200, centre, radii))
    (sketch,) = Run(scenes.saved(rgb, tmp_path / "small.png"), levels=(8,)).sketches
    assert (sketch.width, sketch.height) == (1200, 900)
    assert np.quantile(off_the_ellipse(sketch, centre, radii), 0.9) < 3
    angles = np.arctan2(*((points_of(sketch).reshape(-1, 2) - centre) / radii).T)
    assert np.diff(np.sort(angles)).max() < 0.6  # all the way round
    assert sketch.strokes[0].width < 5  # as fine as what it draws is small


def test_a_printed_frame_is_never_drawn(tmp_path: Path) -> None:
    framed = np.full((300, 400, 3), 250, np.uint8)
    framed[15:-15, 15:-15] = scenes.on_ground(scenes.ellipse(270, 370, (185, 135), (70, 70)))
    path = scenes.saved(framed, tmp_path / "framed.png")
    for background in ("auto", "keep"):
        for sketch in Run(path, levels=(16, 4), background=background).sketches:
            points = points_of(sketch).reshape(-1, 2)
            inset = np.minimum(points, np.array([400, 300]) - points).min(axis=1)
            assert inset.min() > 17
            assert np.quantile(off_the_ellipse(sketch, (200, 150), (70, 70)), 0.5) < 8


def test_the_photo_s_own_edge_is_never_drawn(photo: str, whole: Run) -> None:
    for sketch in [*whole.sketches, *Run(photo, levels=(32,), background="keep").sketches]:
        points = points_of(sketch)
        along = np.abs(np.gradient(points, axis=1))
        x, y = points[..., 0], points[..., 1]
        level = (np.minimum(y, 256 - y) < 3) & (along[..., 1] < 0.2 * along[..., 0])
        upright = (np.minimum(x, 256 - x) < 3) & (along[..., 0] < 0.2 * along[..., 1])
        assert (level | upright).mean() < 0.02


def test_only_what_alpha_shows_is_drawn(tmp_path: Path) -> None:
    """Two discs; the alpha channel shows one of them."""
    shown = scenes.ellipse(240, 320, (100, 120), (55, 55))
    rgb = scenes.on_ground(shown | scenes.ellipse(240, 320, (230, 120), (55, 55)))
    rgba = np.dstack([rgb, np.where(shown, 255, 0).astype(np.uint8)])
    (sketch,) = Run(scenes.saved(rgba, tmp_path / "cut.png"), levels=(6,)).sketches
    assert np.quantile(off_the_ellipse(sketch, (100, 120), (55, 55)), 0.9) < 4


@pytest.mark.parametrize("grey", [0, 128, 255])
@pytest.mark.parametrize("background", ["auto", "keep"])
def test_a_blank_photo_is_named(tmp_path: Path, grey: int, background: str) -> None:
    path = scenes.saved(np.full((120, 160, 3), grey, np.uint8), tmp_path / "blank.png")
    with refused(f"{re.escape(path)}.*Choose"):
        Run(path, background=background)


def noise(side: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)


HARD = {
    "text": np.dstack([data.text()] * 3),
    "texture": np.dstack([data.brick()[:200, :200]] * 3),
    "noise": noise(48),
    "night": data.rocket()[::2, ::2] // 24,
    "tiny": noise(16),
    "narrow": data.coffee()[200:216, :320],
}


@pytest.mark.parametrize(
    ("name", "background"),
    [
        *((name, "auto") for name in HARD if name != "night"),
        ("texture", "remove"),
        ("tiny", "remove"),
    ],
)
def test_a_hard_photo_is_drawn_within_its_frame(tmp_path: Path, name: str, background: str) -> None:
    path = scenes.saved(np.ascontiguousarray(HARD[name]), tmp_path / f"{name}.png")
    (sketch,) = Run(path, levels=(12,), background=background, time_budget=0.5).sketches
    assert 4 <= len(sketch.strokes) <= 12
    reach = points_of(sketch).reshape(-1, 2) / [sketch.width, sketch.height]
    assert np.isfinite(reach).all()
    assert reach.min() > -0.1
    assert reach.max() < 1.1


@pytest.mark.parametrize(
    ("name", "background", "why"),
    [
        ("night", "auto", "no line in it is strong enough"),
        *((name, "remove", "No object was found") for name in ("text", "noise", "narrow")),
    ],
)
def test_a_photo_without_what_was_asked_for_gets_a_clear_sentence(
    tmp_path: Path, name: str, background: str, why: str
) -> None:
    path = scenes.saved(np.ascontiguousarray(HARD[name]), tmp_path / f"{name}.png")
    with refused(f"{why}.*[Cc]hoose"):
        Run(path, levels=(12,), background=background, time_budget=0.5)


def test_without_clip_auto_says_so_and_goes_by_the_lines(disc: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(availability, "usable", lambda name: False)
    run = Run(disc, levels=(4,), guidance="auto", time_budget=1e-6)
    assert run.report["guidance"] == "boundary"
    (notice,) = run.told("notice")
    assert "clipasso doctor" in advice.told_notice(notice)


def test_a_device_that_is_not_there_is_named(disc: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with refused(r"cuda .* Choose --device auto or cpu"):
        Run(disc, device="cuda")


def test_a_face_is_drawn_from_its_landmarks_and_told(whole: Run) -> None:
    """Both eyes and a mouth, just where they are: no step of the optimisation moves them."""
    assert whole.report["faces"] == 1
    sketch = next(sketch for sketch in whole.sketches if sketch.level == 16)
    points = [cubics.sample(np.array(stroke.points), 20).mean(0) for stroke in sketch.strokes]
    for part in ((101.8, 50.6), (123.3, 51.8), (111.5, 74)):  # left eye, right eye, smile, in px of the photo
        assert min(np.linalg.norm(point - part) for point in points) < 2


def test_without_people_there_are_no_faces(disc: str) -> None:
    assert Run(disc, levels=(8,)).report["faces"] == 0


def test_a_card_on_which_the_first_kernel_fails_is_left_out(disc: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch says that CUDA is available wherever there is a card, also one that it has no kernels for."""
    monkeypatch.setattr(device, "may_have_gpu", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(
        device, "trial", lambda name: "no kernel image is available for execution" if name == "cuda" else ""
    )
    run = Run(disc, levels=(4,), guidance="boundary", time_budget=1e-6, device="auto")
    assert run.report["device"] == "cpu"
    (notice,) = run.told("notice")
    assert "NVIDIA card cannot compute" in advice.told_notice(notice)
    assert "no kernel image" in advice.told_notice(notice)
    with refused(r"no kernel image.*--device auto or cpu"):
        Run(disc, device="cuda")


def test_the_trial_computes() -> None:
    assert device.trial("cpu") == ""
    assert bool(device.trial("cuda")) != torch.cuda.is_available()
    assert "\n" not in device.trial("cuda")


def test_clips_attention_has_half_the_say_where_it_guides(monkeypatch: pytest.MonkeyPatch) -> None:
    rgb = data.coffee()[::2, ::2]
    view = View(Box(0, 0, 300, 200), rgb, np.zeros((200, 300), np.float32), None)
    ramp = np.linspace(0, 1, 300, dtype=np.float32)[None].repeat(200, axis=0)
    monkeypatch.setattr(availability, "usable", lambda model: True)
    monkeypatch.setattr(clip_saliency, "saliency", lambda rgb, device: ramp)
    known, both = (pipeline._attention(view, name, "cpu") for name in ("boundary", "both"))
    clips = attention.on(ramp, None)
    assert both == pytest.approx((known + clips) / 2, abs=1e-6)
    assert np.array_equal(pipeline._attention(view, "meaning", "cpu"), known)
