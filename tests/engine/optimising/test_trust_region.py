"""Whatever a guidance says: strokes stay near their lines, or the lines agree; the line loss stays near the start's.

Any guidance can be put in: `HELPERS` names those that are.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from clipasso_engine.bezier import stroke_arrays
from clipasso_engine.optimising import guidance, optimizer, trust_region
from clipasso_engine.optimising.free_points import FreePoints
from clipasso_engine.optimising.guidance import Guidance, Subject, both, clip, meaning
from clipasso_engine.optimising.guidance.blend import Blend
from clipasso_engine.optimising.guidance.by_autograd import ByAutograd
from clipasso_engine.optimising.line_quality import LineQuality
from clipasso_engine.optimising.optimizer import Descent, Outcome, optimize
from clipasso_engine.optimising.rasterizer import draw
from tests.support import clip_models

pytestmark = pytest.mark.usefixtures("one_thread")

W, H = 96, 80
NEAR = np.array([[[15.0, 30], [35, 30], [60, 30], [80, 30]], [[50.0, 40], [50, 48], [50, 60], [50, 70]]], np.float32)[
    None
]
ROOMY = 1e9


def subject() -> Subject:
    lines = np.zeros((H, W), np.float32)
    lines[29:31, 15:80] = 1
    lines[40:70, 49:51] = 1
    photo = np.ascontiguousarray(data.astronaut()[: 4 * H : 4, : 4 * W : 4])
    return Subject(photo, lines, "cpu")


class Noise:
    """Every pixel is told to be dark or light by chance; the same chance each time, or another one at each step."""

    name = "noise"

    def __init__(self, fixed: bool) -> None:
        self._chance = np.random.default_rng(1)
        self._fixed = self._drawn() if fixed else None
        self._judged = self._drawn()

    def _drawn(self) -> np.ndarray:
        coarse = self._chance.standard_normal((H // 8, W // 8)).astype(np.float32)
        return cv2.resize(coarse, (W, H), interpolation=cv2.INTER_LINEAR)

    def pull(self, ink: np.ndarray, fraction: float | None) -> tuple[np.ndarray, np.ndarray]:
        chance = self._fixed
        if chance is None:
            chance = self._judged if fraction is None else self._drawn()
        return (ink * chance).sum((-2, -1)), np.broadcast_to(chance, ink.shape)

    def evaluate(self, ink: np.ndarray) -> np.ndarray:
        return (ink * (self._judged if self._fixed is None else self._fixed)).sum((-2, -1))


class Reversed:
    """The lines' guidance with the sign of its gradient turned."""

    name = "reversed"

    def __init__(self) -> None:
        self._lines = guidance.build("boundary", subject())

    def pull(self, ink: np.ndarray, fraction: float | None) -> tuple[np.ndarray, np.ndarray]:
        loss, gradient = self._lines.pull(ink, fraction)
        return 9 - loss, -gradient

    def evaluate(self, ink: np.ndarray) -> np.ndarray:
        return 9 - self._lines.evaluate(ink)


class Flat:
    """The same for every sketch; or no number, or a gradient without end."""

    name = "flat"

    def __init__(self, slope: float) -> None:
        self._slope = slope

    def pull(self, ink: np.ndarray, fraction: float | None) -> tuple[np.ndarray, np.ndarray]:
        return self.evaluate(ink), np.full_like(ink, self._slope)

    def evaluate(self, ink: np.ndarray) -> np.ndarray:
        return 1 + ink.sum((-2, -1)) * self._slope


def _random_clip(name: str) -> Guidance:
    from clipasso_engine.clip.network import ImageTower

    return ByAutograd(clip.ClipGuidance(subject(), ImageTower(clip_models.random_model(name).visual)))


HELPERS: dict[str, Callable[[], Guidance]] = {
    "noise": lambda: Noise(fixed=True),
    "another noise at each step": lambda: Noise(fixed=False),
    "reversed": Reversed,
    "constant": lambda: Flat(0.0),
    "no number": lambda: Flat(float("nan")),
    "without end": lambda: Flat(float("inf")),
    "meaning": lambda: ByAutograd(meaning.see(subject())),
    "random CLIP, a ResNet": lambda: _random_clip("tiny"),
    "random CLIP, a transformer": lambda: _random_clip("tiny-vit"),
}

SHARES: dict[str, Callable[[float], float]] = {"after the lines": both.share, "alone": lambda fraction: 1.0}


@pytest.fixture(scope="module", autouse=True)
def _tiny_clip(tmp_path_factory: pytest.TempPathFactory) -> None:
    if importlib.util.find_spec("open_clip"):
        folder: Path = tmp_path_factory.mktemp("configurations")
        clip_models.register_tiny(folder)


def led(helper: str, share: str, start: np.ndarray = NEAR, learning_rate: float = 2.0) -> Outcome:
    """What comes of a start under the lines and a helper; in steps so large that strokes could get away."""
    if "CLIP" in helper:
        pytest.importorskip("open_clip", reason="CLIP's packages are not installed (a minimal installation)")
    guide = Blend(helper, guidance.build("boundary", subject()), HELPERS[helper](), SHARES[share])
    return optimize(start, guide, (W, H), Descent(30, learning_rate=learning_rate), lambda *_: False)


class Judge:
    """What the region promises, measured anew: losses by rendering, distances between densely sampled curves."""

    def __init__(self, start: np.ndarray) -> None:
        self._shape = FreePoints(start)
        self._quality = LineQuality(self._shape.start, self._shape.pieces)
        self._lines = guidance.build("boundary", subject())

    def loss(self, points: np.ndarray) -> np.ndarray:
        ink = draw(self._shape.chains(points), (W, H), optimizer.LINE_WIDTH).ink
        return self._lines.evaluate(ink) + self._quality.penalty(points)

    def factor(self, outcome: Outcome) -> float:
        """The largest of the candidates' line losses, in units of their starts'."""
        return float((self.loss(np.nan_to_num(outcome.points)) / self.loss(self._shape.start)).max())

    def astray(self, outcome: Outcome) -> list[tuple[int, int]]:
        """Candidate and number of the strokes that are far from their lines against the lines' will."""
        points, start = np.nan_to_num(outcome.points), self._shape.start
        found = []
        for candidate, stroke in np.ndindex(*points.shape[:2]):
            here, traced = (
                np.concatenate([_curve(cubic) for cubic in stroke_arrays.separate(one.astype(float))])
                for one in (outcome.points[candidate, stroke][None], self._raw(candidate, stroke)[None])
            )
            far = np.linalg.norm(here[:, None] - traced[None], axis=-1).min(1).max()
            away = points[candidate, stroke] - start[candidate, stroke]
            back = points.copy()
            back[candidate, stroke] = start[candidate, stroke] + away * (
                trust_region.REACH / max(float(np.linalg.norm(away, axis=-1).max()), trust_region.REACH)
            )
            if far > trust_region.REACH and self.loss(back)[candidate] < self.loss(points)[candidate] - 1e-5:
                found.append((candidate, stroke))
        return found

    def _raw(self, candidate: int, stroke: int) -> np.ndarray:
        return self._shape.finished(self._shape.start)[candidate, stroke]


def _curve(points: np.ndarray) -> np.ndarray:
    """Points of a stroke [3 k + 1, 2], by Bernstein's polynomials."""
    t = np.linspace(0, 1, 200)[:, None]
    curves = [points[i : i + 4] for i in range(0, len(points) - 1, 3)]
    return np.concatenate(
        [(1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d for a, b, c, d in curves]
    )


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("helper", HELPERS)
def test_no_guidance_leads_far_from_the_lines(helper: str, share: str) -> None:
    outcome, judge = led(helper, share), Judge(NEAR)
    assert np.isfinite(outcome.points).all()
    assert judge.factor(outcome) <= trust_region.LINE_LOSS_FACTOR + 1e-5
    assert not judge.astray(outcome)


@pytest.mark.parametrize("helper", ["noise", "reversed"])
def test_without_the_region_they_would(helper: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust_region, "LINE_LOSS_FACTOR", ROOMY)
    assert Judge(NEAR).factor(led(helper, "alone")) > 1.5


def test_without_reach_strokes_would_be_astray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust_region, "LINE_LOSS_FACTOR", ROOMY)
    judge = Judge(NEAR)
    assert not judge.astray(led("noise", "alone"))
    with monkeypatch.context() as patch:
        patch.setattr(trust_region, "REACH", ROOMY)
        outcome = led("noise", "alone")
    assert judge.astray(outcome)


def test_where_the_lines_agree_strokes_go_as_far_as_they_like() -> None:
    start = NEAR + np.array([[[0.0, 9]], [[8.0, 0]]], np.float32)
    outcome = led("constant", "after the lines", start, learning_rate=1.0)
    moved = np.linalg.norm(outcome.points - start, axis=-1).min(-1)
    assert (moved > trust_region.REACH).all()
    assert Judge(start).factor(outcome) < 0.6
    assert not Judge(start).astray(outcome)


def test_strokes_of_several_cubics_and_candidates_are_held_each_for_itself() -> None:
    """A stroke of two cubics with a smooth join, one of one; a start on the lines, one beside them."""
    two = np.full((2, 7, 2), np.nan, np.float32)
    two[0] = np.stack([np.linspace(15, 80, 7), np.full(7, 30.0)], axis=1)
    two[1, :4] = NEAR[0, 1]
    start = np.stack([two, two + 3])
    for helper in ("noise", "reversed"):
        outcome, judge = led(helper, "alone", start), Judge(start)
        assert np.array_equal(np.isnan(outcome.points), np.isnan(start))
        assert judge.factor(outcome) <= trust_region.LINE_LOSS_FACTOR + 1e-5
        assert not judge.astray(outcome)
        into, out = outcome.points[:, 0, 3] - outcome.points[:, 0, 2], outcome.points[:, 0, 4] - outcome.points[:, 0, 3]
        cosine = (into * out).sum(-1) / (np.linalg.norm(into, axis=-1) * np.linalg.norm(out, axis=-1))
        assert (cosine > 0.998).all(), "a smooth join stays smooth"


@pytest.mark.parametrize("likes_height", [True, False])
def test_one_stroke_is_pulled_back_and_only_against_the_lines(likes_height: bool) -> None:
    away = NEAR.copy()
    away[0, 0, :, 1] -= 20
    away[0, 1, :, 0] += 2
    slope = 0.01 if likes_height else -0.01
    region = trust_region.TrustRegion(FreePoints(NEAR), lambda points: 10 + slope * points[:, 0, :, 1].mean(-1))
    assert region.distances(away)[0].tolist() == pytest.approx([20, 2], abs=0.1)
    result = region.within(away, NEAR)
    assert np.array_equal(result[0, 1], away[0, 1])
    if likes_height:
        assert np.array_equal(result, away)
    else:
        assert (NEAR - result)[0, 0, :, 1].tolist() == pytest.approx([trust_region.REACH] * 4, abs=0.01)


def test_a_drawing_that_gives_up_the_lines_becomes_the_one_kept() -> None:
    region = trust_region.TrustRegion(FreePoints(NEAR), lambda points: points[:, 0, 0, 0])
    most = 15 * trust_region.LINE_LOSS_FACTOR
    for x, fits in ((most - 0.01, True), (most + 0.01, False), (float("nan"), False)):
        moved = NEAR.copy()
        moved[0, 0, 0, 0] = x
        kept = NEAR + 1
        assert np.array_equal(region.within(moved, kept), moved if fits else kept)


def test_lines_alone_know_no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(optimizer, "TrustRegion", never)
    guide = guidance.build("boundary", subject())
    assert optimize(NEAR + 2, guide, (W, H), Descent(5), lambda *_: False).steps == 5
    with pytest.raises(AssertionError):
        led("constant", "alone")


def test_no_strokes_are_within() -> None:
    outcome = led("noise", "alone", np.zeros((1, 0, 4, 2), np.float32))
    assert outcome.points.shape == (1, 0, 4, 2)
