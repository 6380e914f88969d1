"""Strokes of several cubics: exact splitting, smooth joins, longer lines in one stroke, joins that stay as they are."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from clipasso_engine.bezier import cubics, stroke_arrays
from clipasso_engine.choosing import selection
from clipasso_engine.choosing.selection import Candidates, Choice
from clipasso_engine.optimising import guidance
from clipasso_engine.optimising.free_points import FreePoints
from clipasso_engine.optimising.guidance import Subject
from clipasso_engine.optimising.line_quality import LineQuality
from clipasso_engine.optimising.optimizer import Descent, optimize

ARCH = np.array([[0.0, 0], [10, 30], [40, 30], [50, 0]])
DIP = np.array([[50.0, 0], [60, -30], [90, -30], [100, 0]])
RISE = np.array([[100.0, 0], [100, 20], [110, 30], [130, 30]])
WAVE = np.concatenate([ARCH, DIP[1:]])
"""Two cubics, as smooth where they join as one."""
CORNER = np.concatenate([DIP, RISE[1:]])
"""Two cubics, with a corner where they join."""


def snake(turns: float = 1.5, length: float = 180.0, height: float = 30.0) -> np.ndarray:
    """A wave of so many periods as a polyline with points about 1 px apart."""
    x = np.linspace(0, length, 2000)
    line = np.stack([x + 10, 80 + height * np.sin(2 * np.pi * turns * x / length)], axis=1)
    return cubics.resample(line, round(float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())))


def spiral() -> np.ndarray:
    angle = np.linspace(0, 3.5 * np.pi, 2000)
    line = 90 + (14 + 4 * angle)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return cubics.resample(line, round(float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())))


def choose(line: np.ndarray, segments: int, count: int = 1, tolerance: float = 4.0) -> Choice:
    return selection.choose([Candidates.of(line)], [np.ones(len(line))], count, tolerance, 4.0, segments)


def bends(controls: np.ndarray) -> np.ndarray:
    """By how many degrees each join of a stroke [3 k + 1, 2] is off a smooth one."""
    into, out = controls[3:-1:3] - controls[2:-2:3], controls[4::3] - controls[3:-1:3]
    cosine = (into * out).sum(1) / np.linalg.norm(into, axis=1) / np.linalg.norm(out, axis=1)
    return np.rad2deg(np.arccos(np.clip(cosine, -1, 1)))


def away(points: np.ndarray, line: np.ndarray) -> float:
    """RMS distance of points from a polyline."""
    return float(np.sqrt((np.linalg.norm(points[:, None] - line[None], axis=-1).min(1) ** 2).mean()))


class TestArithmetic:
    @pytest.mark.parametrize("segments", [1, 2, 3, 4])
    def test_splitting_leaves_the_curve_as_it_is(self, segments: int) -> None:
        for curve in [ARCH, WAVE, CORNER][: 2 if segments == 1 else 3]:
            if len(curve) > 3 * segments + 1:
                continue
            (split,) = stroke_arrays.even(stroke_arrays.stacked([curve], segments))
            assert split.shape == (3 * segments + 1, 2)
            fine = cubics.sample(curve, 6001)
            gaps = np.linalg.norm(cubics.sample(split, 97)[:, None] - fine[None], axis=-1).min(1)
            assert gaps.max() < 0.05
            assert cubics.lengths(split) == pytest.approx(cubics.lengths(curve), rel=1e-3)
            assert np.array_equal(split[[0, -1]], curve[[0, -1]])

    def test_no_part_has_length_zero(self) -> None:
        for split in stroke_arrays.even(stroke_arrays.stacked([ARCH, WAVE, CORNER], 4)):
            parts = np.stack([split[first : first + 4] for first in range(0, 12, 3)])
            assert cubics.lengths(parts).min() > 5

    def test_what_is_stacked_comes_apart_again(self) -> None:
        some = [ARCH, CORNER, np.concatenate([WAVE, RISE[1:]])]
        together = stroke_arrays.stacked(some, 3)
        assert stroke_arrays.pieces(together).tolist() == [1, 2, 3]
        assert all(np.array_equal(a, b) for a, b in zip(stroke_arrays.separate(together), some, strict=True))

    def test_samples_go_along_all_cubics(self) -> None:
        points = cubics.sample(WAVE, 9)
        assert points[[0, 4, 8]] == pytest.approx(WAVE[[0, 3, 6]])
        assert points[2] == pytest.approx(cubics.sample(ARCH, 5)[2])
        assert cubics.lengths(WAVE) == pytest.approx(2 * cubics.lengths(ARCH))

    def test_a_smooth_join_has_its_handles_on_one_line_and_hardly_moves_the_curve(self) -> None:
        some = np.stack([ARCH, DIP + np.array([[0, 0], [4, 3], [0, 0], [0, 0]])])
        corner, smooth = stroke_arrays.join(some, [False]), stroke_arrays.join(some, [True])
        assert bends(corner)[0] > 5
        assert bends(smooth)[0] < 1e-4
        assert np.array_equal(smooth[[0, 3, 6]], corner[[0, 3, 6]])
        assert away(cubics.sample(smooth, 100), cubics.sample(corner, 2000)) < 0.5

    def test_handles_that_point_apart_stay_a_corner(self) -> None:
        back = np.stack([ARCH, ARCH[::-1]])
        assert np.array_equal(stroke_arrays.join(back, [True]), stroke_arrays.join(back, [False]))


class TestChoice:
    @pytest.mark.parametrize(("line", "limit"), [(snake(2.0), 1.2), (spiral(), 1.2)], ids=["snake", "spiral"])
    def test_a_line_that_one_cubic_cannot_follow_is_one_stroke_of_several(self, line: np.ndarray, limit: float) -> None:
        (one,), (several,) = (stroke_arrays.separate(choose(line, segments).controls) for segments in (1, 4))
        assert len(several) > 4
        assert away(line, cubics.sample(several, 400)) < limit < 4 * limit < away(line, cubics.sample(one, 400))
        assert bends(several).max() < 0.01

    def test_a_stroke_that_needs_one_cubic_has_one(self) -> None:
        arch = cubics.resample(cubics.sample(ARCH + 20, 400), 80)
        lines = [Candidates.of(arch), Candidates.of(snake() + np.array([0, 120]))]
        choice = selection.choose(lines, [np.ones(len(c.points)) for c in lines], 2, 3.0, 4.0, 3)
        assert dict(zip(choice.chain.tolist(), stroke_arrays.pieces(choice.controls).tolist(), strict=True)) == {
            0: 1,
            1: 3,
        }
        assert choice.controls.shape == (2, 10, 2)

    def test_a_long_stroke_does_not_run_along_another_to_what_lies_beyond(self) -> None:
        """A line beside which a second one runs for its middle third alone."""
        x = np.arange(180.0)
        first, second = np.stack([x, np.full(180, 60.0)], 1)[60:120], np.stack([x, np.full(180, 63.0)], 1)
        chains, weights = [Candidates.of(first), Candidates.of(second)], [np.full(60, 4.0), np.ones(180)]
        choice = selection.choose(chains, weights, 8, 3.0, 5.0, 3)
        spans = sorted((points[0, 0], points[-1, 0]) for points in stroke_arrays.separate(choice.controls))
        assert len(spans) == 3
        assert all(before[1] <= after[0] + 6 for before, after in pairwise(spans))

    def test_a_corner_stays_a_corner(self) -> None:
        side = np.arange(80.0)
        angle = np.concatenate(
            [np.stack([side + 20, np.full(80, 20.0)], 1), np.stack([np.full(80, 100.0), side + 20], 1)]
        )
        (stroke,) = stroke_arrays.separate(choose(angle, 2, tolerance=2.0).controls)
        assert len(stroke) == 7
        assert bends(stroke)[0] == pytest.approx(90, abs=10)

    def test_more_segments_carry_more_and_never_more_strokes(self) -> None:
        line = snake(3.0, 230.0)
        choices = [choose(line, segments, count=2, tolerance=3.0) for segments in (1, 2, 3, 4)]
        gains = [choice.gain.sum() for choice in choices]
        assert gains == sorted(gains)
        assert gains[-1] > 1.25 * gains[0]
        assert all(len(choice.controls) <= 2 for choice in choices)

    def test_the_gain_is_that_of_the_best_division(self) -> None:
        """Brute force over all divisions of a short line into up to three cubics."""
        line = snake(1.0, 50.0, 20.0)
        chain, weight = Candidates.of(line), np.ones(len(line))
        gains = chain.gains(weight, 2.0)
        gain = {(int(a), int(b)): float(g) for a, b, g in zip(chain.first, chain.last, gains, strict=True)}
        further = selection._COST - selection._JOIN
        best = max(gain.values())
        for a in range(chain.breakpoints):
            for b in range(a + 1, chain.breakpoints):
                for c in range(b + 1, chain.breakpoints):
                    two = gain[a, b] + gain[b, c] + further
                    best = max(best, two, *(two + gain[c, d] + further for d in range(c + 1, chain.breakpoints)))
        assert choose(line, 3, tolerance=2.0).gain.sum() == pytest.approx(best)


class TestFreePoints:
    START = stroke_arrays.stacked([ARCH + 40, WAVE + 40, CORNER + 60], 3)[None].astype(np.float32)

    def test_the_start_is_as_it_was_given(self) -> None:
        shape = FreePoints(self.START)
        assert np.allclose(shape.finished(shape.controls(shape.start)), self.START, atol=1e-4, equal_nan=True)
        assert shape.pieces.tolist() == [[1, 2, 2]]

    def test_what_is_drawn_is_the_same_and_whole(self) -> None:
        shape = FreePoints(self.START)
        chains = shape.chains(shape.controls(shape.start))
        assert np.isfinite(chains).all()
        assert chains[0] == pytest.approx(stroke_arrays.even(self.START[0].astype(float)), abs=1e-3)

    def test_smooth_joins_stay_smooth_and_corners_corners(self) -> None:
        shape = FreePoints(self.START)
        random = np.random.default_rng(0)
        moved = shape.controls(shape.start + 4 * random.standard_normal(shape.start.shape, np.float32))
        _, wave, corner = stroke_arrays.separate(shape.finished(moved)[0].astype(float))
        assert bends(wave)[0] < 0.1
        assert bends(corner)[0] > 20

    def test_single_cubics_are_the_free_points_themselves(self) -> None:
        start = self.START[:, :1, :4]
        shape = FreePoints(start)
        assert shape.chains(shape.controls(shape.start)) is shape.start

    def test_line_quality_does_not_see_what_is_not_there(self) -> None:
        shape = FreePoints(self.START)
        moved = (shape.start + np.array([3, 0]) * np.arange(10)[:, None] / 10).astype(np.float32)
        filled = np.where(np.isnan(self.START), np.float32(7), moved)
        empty = np.where(np.isnan(self.START), np.float32(0), moved)
        quality = LineQuality(shape.start, shape.pieces)
        assert quality.penalty(filled).tolist() == quality.penalty(empty).tolist()
        alone = LineQuality(self.START[:, :1, :4])
        one = FreePoints(self.START[:, :1])
        assert alone.penalty(moved[:, :1, :4]) == pytest.approx(
            float(LineQuality(one.start, one.pieces).penalty(moved[:, :1])), abs=1e-6
        )


def test_joins_are_smooth_after_the_optimisation() -> None:
    line = spiral()
    size = (180, 180)
    picture = np.zeros((180, 180), np.float32)
    picture[tuple(np.rint(line[:, ::-1]).astype(int).T)] = 1
    guide = guidance.build("boundary", Subject(np.zeros((180, 180, 3), np.uint8), picture, "cpu"))
    start = choose(line, 4, tolerance=7.0).controls
    outcome = optimize((start + 2.0).astype(np.float32)[None], guide, size, Descent(40), lambda *_: False)
    (stroke,) = stroke_arrays.separate(outcome.points[0].astype(float))
    assert len(stroke) == len(stroke_arrays.separate(start)[0])
    assert outcome.losses[0] < outcome.first_loss
    assert bends(stroke).max() < 0.5
    assert away(line, cubics.sample(stroke, 400)) < away(line, cubics.sample(stroke_arrays.even(start)[0] + 2.0, 400))
