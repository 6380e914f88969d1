"""Bézier arithmetic: known curves, known lengths, known distances."""

from __future__ import annotations

import numpy as np
import pytest

from clipasso_engine.bezier import cubics

ARCH = np.array([[10.0, 90.0], [30.0, 10.0], [80.0, 15.0], [95.0, 85.0]])
WAVE = np.array([[0.0, 50.0], [40.0, 0.0], [60.0, 100.0], [100.0, 50.0]])
BOW = np.array([[10.0, 60.0], [35.0, 40.0], [65.0, 38.0], [95.0, 55.0]])
HOOK = np.array([[20.0, 10.0], [50.0, 12.0], [70.0, 25.0], [72.0, 55.0]])
LINE = np.array([[0.0, 0.0], [20.0, 10.0], [40.0, 20.0], [60.0, 30.0]])


def distance(points: np.ndarray, curve: np.ndarray) -> np.ndarray:
    """Of each point [M, 2] to a cubic [4, 2], from dense samples."""
    return np.linalg.norm(points[:, None] - cubics.sample(curve, 4001)[None], axis=-1).min(1)


def test_evaluate_meets_the_ends_and_the_middle() -> None:
    start, middle, end = cubics.evaluate(ARCH, np.array([0.0, 0.5, 1.0]))
    assert start == pytest.approx(ARCH[0])
    assert middle == pytest.approx((ARCH * [[1], [3], [3], [1]]).sum(0) / 8)
    assert end == pytest.approx(ARCH[3])


def test_bernstein_polynomials_share_out_one() -> None:
    values = cubics.bernstein(np.linspace(0, 1, 11).reshape(1, 11))
    assert values.shape == (1, 11, 4)
    assert (values >= 0).all()
    assert values.sum(-1) == pytest.approx(np.ones((1, 11)))


def test_many_curves_at_once_are_as_one_by_one() -> None:
    both = cubics.sample(np.stack([ARCH, WAVE]), 7)
    assert np.array_equal(both, np.stack([cubics.sample(ARCH, 7), cubics.sample(WAVE, 7)]))


def test_lengths() -> None:
    quarter = 100 * np.array([[1, 0], [1, 0.5522847498], [0.5522847498, 1], [0, 1]])
    dot = np.full((4, 2), 7.0)
    assert cubics.lengths(np.stack([LINE, quarter, dot])) == pytest.approx(
        [np.hypot(60, 30), 50 * np.pi, 0.0], rel=1e-3
    )


def test_resample_is_even_along_a_bent_line() -> None:
    corner = np.array([[0.0, 0.0], [1.0, 0.0], [9.0, 0.0], [10.0, 0.0], [10.0, 10.0]])
    points = cubics.resample(corner, 11)
    assert np.linalg.norm(np.diff(points, axis=0), axis=1) == pytest.approx(np.full(10, 2.0))
    assert np.array_equal(points[[0, -1]], corner[[0, -1]])


def test_chord_parameters_of_a_point_are_even() -> None:
    assert cubics.chord_parameters(np.zeros((5, 2))) == pytest.approx(np.linspace(0, 1, 5))


@pytest.mark.parametrize("curve", [BOW, HOOK, LINE], ids=["bow", "hook", "line"])
def test_fit_recovers_a_known_cubic(curve: np.ndarray) -> None:
    points = cubics.resample(cubics.sample(curve, 400), 40)
    found, error2 = cubics.fit(points, rounds=64)
    assert distance(cubics.sample(found, 200), curve).max() < 0.1
    assert np.sqrt(error2).max() < 0.1
    assert np.array_equal(found[[0, 3]], points[[0, -1]])
    quick, _ = cubics.fit(points)
    assert distance(cubics.sample(quick, 200), curve).max() < 0.005 * cubics.lengths(curve)


@pytest.mark.parametrize("curve", [ARCH, WAVE], ids=["arch", "wave"])
def test_more_rounds_fit_a_strongly_bent_cubic_better(curve: np.ndarray) -> None:
    points = cubics.resample(cubics.sample(curve, 400), 40)
    few, more = (distance(cubics.sample(cubics.fit(points, rounds)[0], 200), curve).max() for rounds in (4, 32))
    assert more < 0.2
    assert more < few < 0.02 * cubics.lengths(curve)


def test_fit_smooths_noise_away() -> None:
    noise = np.random.default_rng(0).normal(0, 0.5, (60, 2))
    noise[[0, -1]] = 0
    found, _ = cubics.fit(cubics.sample(BOW, 60) + noise)
    assert distance(cubics.sample(found, 200), BOW).max() < 0.5


def test_fit_tells_how_far_points_lie_from_its_curve() -> None:
    points = cubics.sample(ARCH, 60)
    points[30] += [0.0, 12.0]
    curve, error2 = cubics.fit(points)
    assert np.sqrt(error2) == pytest.approx(distance(points, curve), abs=0.3)
    assert np.sqrt(error2).argmax() == 30


def test_fit_of_many_is_as_one_by_one() -> None:
    lines = np.stack([cubics.sample(curve, 30) for curve in (ARCH, WAVE, LINE)])
    together, _ = cubics.fit(lines)
    for line, found in zip(lines, together, strict=True):
        assert found == pytest.approx(cubics.fit(line)[0], abs=1e-9)


def test_fit_keeps_wild_handles_in_bounds() -> None:
    """A zigzag asks for handles far away; the curve stays with its points."""
    zigzag = np.array([[0.0, 0], [30, 0], [0, 2], [30, 4], [0, 6], [30, 8], [0, 10]])
    points = cubics.resample(zigzag, 32)
    curve, error2 = cubics.fit(points)
    length = np.linalg.norm(np.diff(points, axis=0), axis=1).sum()
    handles = np.linalg.norm([curve[1] - curve[0], curve[2] - curve[3]], axis=1)
    assert (handles <= 1.5 * length + 1e-9).all()
    assert np.isfinite(error2).all()


def test_fit_is_no_longer_than_its_line() -> None:
    """Between two points of a line a curve could stray far, and no distance to the points would tell."""
    walks = np.cumsum(np.random.default_rng(0).normal(1, 1.5, (200, 24, 2)), axis=1)
    walked = np.linalg.norm(np.diff(walks, axis=1), axis=-1).sum(1)
    curves, _ = cubics.fit(walks)
    assert (cubics.lengths(curves) / walked).max() < 1.06


@pytest.mark.parametrize(
    "points", [np.zeros((8, 2)), np.array([[3.0, 4.0], [5.0, 4.0]]), np.array([[0.0, 0], [9, 0], [0, 0]])]
)
def test_fit_of_almost_nothing_is_finite(points: np.ndarray) -> None:
    curve, error2 = cubics.fit(points)
    assert np.isfinite(curve).all()
    assert np.isfinite(error2).all()
    assert np.array_equal(curve[[0, 3]], points[[0, -1]])


def test_what_runs_beside_many_lines_runs_beside_one_of_them() -> None:
    """Only lines near by are asked; that must make no difference."""
    random = np.random.default_rng(0)
    lines = [np.cumsum(random.normal(size=(30, 2)), axis=0) + random.uniform(0, 100, 2) for _ in range(40)]
    drawn = cubics.Drawn()
    for line in lines[1:]:
        drawn.add(line)
    points = lines[0]
    nearest = np.array([np.linalg.norm(points[:, None] - line[None], axis=2).min(axis=1) for line in lines[1:]])
    near = (nearest < 4).any(axis=0)
    beside = drawn.beside(points, 4)
    assert 0 < beside.sum() < near.sum()
    assert not beside[~near].any()
    level = np.stack([np.arange(50.0), np.zeros(50)], axis=1)
    drawn.add(level + 500.0)
    assert drawn.beside(level + np.array([500, 503]), 4).all()
    assert not cubics.Drawn().beside(level, 4).any()
