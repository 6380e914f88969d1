"""Line quality: nothing at the start, and more the further strokes part, grow or bend."""

from __future__ import annotations

import numpy as np
import pytest

from clipasso_engine.optimising.line_quality import LineQuality

JOINED = np.array(
    [
        [
            [[10.0, 50], [20, 40], [30, 40], [40, 50]],
            [[40.5, 50], [50, 60], [60, 60], [70, 50]],
            [[10, 90], [30, 90], [50, 90], [70, 90]],
        ]
    ],
    np.float32,
)
"""One candidate: two strokes that meet, and a straight one by itself."""


def moved(stroke: int, *offsets: tuple[int, float, float]) -> np.ndarray:
    points = JOINED.copy()
    for control, x, y in offsets:
        points[0, stroke, control] += [x, y]
    return points


def everywhere(stroke: int, x: float, y: float) -> np.ndarray:
    return moved(stroke, *((control, x, y) for control in range(4)))


def penalty(points: np.ndarray, start: np.ndarray = JOINED) -> float:
    return float(LineQuality(start).penalty(points)[0])


def test_the_start_costs_nothing() -> None:
    assert penalty(JOINED) == pytest.approx(0, abs=1e-3)


def test_moving_the_drawing_as_a_whole_costs_nothing() -> None:
    assert penalty(JOINED + 5) == pytest.approx(penalty(JOINED), abs=1e-4)


def test_a_stroke_by_itself_may_move() -> None:
    assert penalty(everywhere(2, 3, 4)) == pytest.approx(penalty(JOINED), abs=1e-4)


def test_strokes_that_met_part_at_a_price() -> None:
    near, far = penalty(everywhere(1, 0, 3)), penalty(everywhere(1, 0, 6))
    assert penalty(JOINED) + 0.01 < near < far
    assert far == pytest.approx(4 * near, rel=0.1)


def test_growing_costs_and_shrinking_does_not() -> None:
    longer, shorter = moved(2, (2, 10, 0), (3, 15, 0)), moved(2, (1, 5, 0), (2, -5, 0), (0, 15, 0), (3, -15, 0))
    assert penalty(longer) > penalty(JOINED) + 0.02
    assert penalty(shorter) == pytest.approx(penalty(JOINED), abs=1e-4)


def test_bending_costs_and_straightening_does_not() -> None:
    bent = moved(2, (1, 0, 8), (2, 0, -8))
    straight = moved(0, (1, 0, 6), (2, 0, 6))
    assert penalty(bent) > penalty(JOINED) + 0.005
    assert penalty(straight) == pytest.approx(penalty(JOINED), abs=1e-4)


def test_each_candidate_for_itself() -> None:
    start = np.concatenate([JOINED, JOINED])
    points = np.concatenate([JOINED, everywhere(1, 0, 6)])
    first, second = LineQuality(start).penalty(points).tolist()
    assert first == pytest.approx(penalty(JOINED))
    assert second == pytest.approx(penalty(everywhere(1, 0, 6)))


@pytest.mark.parametrize(
    "points",
    [JOINED, np.zeros((1, 3, 4, 2), np.float32), np.zeros((2, 0, 4, 2), np.float32)],
    ids=["start", "dots", "no strokes"],
)
def test_gradients_are_finite(points: np.ndarray) -> None:
    penalty, gradient = LineQuality(points).pull(points)
    assert penalty.shape == points.shape[:1]
    assert gradient.shape == points.shape
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("pieces", [None, np.array([[2, 1, 2]])], ids=["all", "some"])
def test_its_gradient_is_that_of_finite_differences(pieces: np.ndarray | None) -> None:
    random = np.random.default_rng(3)
    start = np.cumsum(random.normal(0, 8, (1, 3, 7, 2)), axis=2).astype(np.float32) + 50
    start[0, 1, 0] = start[0, 0, -1]  # two that meet
    quality = LineQuality(start, pieces)
    points = start + random.normal(0, 3, start.shape).astype(np.float32)
    _, gradient = quality.pull(points)
    for index in np.ndindex(*points.shape):
        low, high = points.copy(), points.copy()
        low[index] -= 0.05
        high[index] += 0.05
        slope = float((quality.penalty(high) - quality.penalty(low))[0]) / 0.1
        assert gradient[index] == pytest.approx(slope, rel=0.03, abs=2e-4), index
