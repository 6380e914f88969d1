"""The loop: never worse than its start, stops when told, the same bytes for the same start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clipasso_engine.optimising import guidance, optimizer
from clipasso_engine.optimising.free_points import FreePoints
from clipasso_engine.optimising.guidance import Subject
from clipasso_engine.optimising.optimizer import Descent, Outcome, optimize

W, H = 96, 80
TRUTH = np.array([[[15.0, 30], [35, 30], [60, 30], [80, 30]], [[50.0, 40], [50, 48], [50, 60], [50, 70]]], np.float32)
OFF = (TRUTH + np.array([[[0.0, 4]], [[3.0, 0]]], np.float32))[None]


pytestmark = pytest.mark.usefixtures("one_thread")


class Watcher:
    """Notes what it is shown; says stop after ``stop_at`` steps."""

    def __init__(self, stop_at: int = 10**9) -> None:
        self.steps: list[int] = []
        self.losses: list[float] = []
        self.shapes: set[tuple[int, ...]] = set()
        self._stop_at = stop_at

    def __call__(self, step: int, loss: float, points: np.ndarray) -> bool:
        self.steps.append(step)
        self.losses.append(loss)
        self.shapes.add(tuple(points.shape))
        self.last = points.copy()
        return step >= self._stop_at


def lines() -> guidance.Guidance:
    picture = np.zeros((H, W), np.float32)
    picture[29:31, 15:80] = 1
    picture[40:70, 49:51] = 1
    return guidance.build("boundary", Subject(np.zeros((H, W, 3), np.uint8), picture, "cpu"))


def run(start: np.ndarray = OFF, steps: int = 30, watch: Watcher | None = None, **options: Any) -> Outcome:
    return optimize(start, lines(), (W, H), Descent(steps, **options), watch or Watcher())


class Treacherous:
    """A guidance whose gradient leads astray: its evaluation grows by every step down its loss."""

    name = "treacherous"

    def pull(self, ink: np.ndarray, fraction: float | None) -> tuple[np.ndarray, np.ndarray]:
        loss, gradient = lines().pull(ink, fraction)
        return -loss, -gradient

    def evaluate(self, ink: np.ndarray) -> np.ndarray:
        return lines().evaluate(ink)


def test_strokes_move_on_to_the_lines() -> None:
    outcome = run(steps=60)
    assert outcome.points.shape == OFF.shape
    assert outcome.losses[0] < 0.7 * outcome.first_loss
    assert np.abs(outcome.points[0, 0, :, 1] - 30).max() < 1.5
    assert np.abs(outcome.points[0, 1, :, 0] - 50).max() < 1.5


def test_never_worse_than_the_start() -> None:
    outcome = optimize(OFF, Treacherous(), (W, H), Descent(25), Watcher())
    assert outcome.losses == [outcome.first_loss]
    assert np.array_equal(outcome.points, OFF)


def test_the_start_is_left_as_it_was() -> None:
    start = OFF.copy()
    run(start)
    assert np.array_equal(start, OFF)


def test_every_step_is_shown_and_the_best_never_gets_worse() -> None:
    watch = Watcher()
    outcome = run(watch=watch, steps=25)
    assert watch.steps == list(range(1, 26))
    assert watch.shapes == {(2, 4, 2)}
    assert watch.losses == sorted(watch.losses, reverse=True)
    assert watch.losses[-1] == outcome.losses[0]
    assert outcome.steps == 25


def test_it_evaluates_as_often_as_asked() -> None:
    class Counting:
        name = "counting"
        evaluated = 0

        def pull(self, ink: np.ndarray, fraction: float | None) -> tuple[np.ndarray, np.ndarray]:
            return ink.sum((-2, -1)), np.ones_like(ink)

        def evaluate(self, ink: np.ndarray) -> np.ndarray:
            self.evaluated += 1
            return ink.sum((-2, -1))

    guide = Counting()
    optimize(OFF, guide, (W, H), Descent(12, evaluate_every=5), Watcher())
    assert guide.evaluated == 1 + 2 + 1  # the start, steps 5 and 10, the end


def test_the_guidance_is_told_how_far_it_is() -> None:
    class Listening:
        name = "listening"

        def __init__(self) -> None:
            self.fractions: list[float] = []

        def pull(self, ink: np.ndarray, fraction: float | None) -> tuple[np.ndarray, np.ndarray]:
            self.fractions.append(fraction)
            return ink.sum((-2, -1)), np.ones_like(ink)

        def evaluate(self, ink: np.ndarray) -> np.ndarray:
            return ink.sum((-2, -1))

    guide = Listening()
    optimize(OFF, guide, (W, H), Descent(5), Watcher())
    assert guide.fractions == [0.0, 0.25, 0.5, 0.75, 1.0]
    optimize(OFF, guide, (W, H), Descent(1), Watcher())
    assert guide.fractions[5:] == [0.0]


@pytest.mark.parametrize("stop_at", [1, 7])
def test_it_stops_when_told(stop_at: int) -> None:
    watch = Watcher(stop_at)
    outcome = run(watch=watch, steps=50)
    assert outcome.steps == stop_at
    assert watch.steps[-1] == stop_at
    assert outcome.losses[0] <= outcome.first_loss


def test_no_steps_give_the_start_evaluated() -> None:
    outcome = run(steps=0)
    assert outcome.steps == 0
    assert np.array_equal(outcome.points, OFF)
    assert outcome.losses == [outcome.first_loss]
    assert outcome.first_loss > 0


def test_candidates_do_not_disturb_each_other() -> None:
    other = OFF + 2
    both = run(np.concatenate([OFF, other]))
    alone, beside = run(OFF), run(other)
    assert both.losses == pytest.approx([alone.losses[0], beside.losses[0]], abs=1e-5)
    assert both.points[1] == pytest.approx(beside.points[0], abs=1e-2)
    assert both.best == (0 if both.losses[0] <= both.losses[1] else 1)


def test_the_lines_of_the_start_are_kept() -> None:
    """One stroke of half a line would grow over all of it, which guidance alone rewards."""
    half = np.array([[[[15.0, 30], [25, 30], [35, 30], [45, 30]]]], np.float32)

    def reach(keep_lines: bool) -> float:
        watch = Watcher()
        run(half, steps=60, watch=watch, learning_rate=1.5, keep_lines=keep_lines)
        return float(watch.last[..., 0].max())

    assert reach(True) < reach(False) - 3


def test_no_strokes() -> None:
    outcome = run(np.zeros((1, 0, 4, 2), np.float32), steps=3)
    assert outcome.points.shape == (1, 0, 4, 2)
    assert outcome.losses[0] == pytest.approx(1.0, abs=0.02)


def test_the_same_bytes_with_one_thread_and_with_two(tmp_path: Path) -> None:
    program = (
        "import os, sys; os.environ['OPENBLAS_NUM_THREADS'] = sys.argv[1]; sys.path.insert(0, sys.argv[2]);"
        "import test_optimizer as t; sys.stdout.buffer.write(t.run(steps=12).points.tobytes())"
    )
    here = str(Path(__file__).parent)
    processes = [
        subprocess.Popen([sys.executable, "-c", program, threads, here], stdout=subprocess.PIPE, cwd=tmp_path)
        for threads in ("1", "2")
    ]
    results = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert len(results[0]) == OFF.nbytes
    assert results[0] == results[1]


def test_steps_follow_the_gradient_of_what_is_evaluated() -> None:
    """Of strokes of one and of two cubics: the gradient written out is that of finite differences."""
    two = np.full((1, 2, 7, 2), np.nan, np.float32)
    two[0, 0] = np.stack([np.linspace(15, 80, 7), np.full(7, 33.0)], axis=1)
    two[0, 1, :4] = OFF[0, 1]
    shape = FreePoints(two)
    scene = optimizer._Scene(shape, Even(), (W, H), Descent(1))
    free = shape.start + np.random.default_rng(0).normal(0, 1.5, two.shape).astype(np.float32)
    gradient = scene.gradient(free, 0.5)
    for index in [(0, 0, 0, 1), (0, 0, 2, 0), (0, 0, 3, 1), (0, 0, 4, 1), (0, 1, 1, 0), (0, 1, 3, 1)]:
        low, high = free.copy(), free.copy()
        low[index] -= 0.02
        high[index] += 0.02
        losses = [float(scene.evaluate(shape.controls(points))[0]) for points in (low, high)]
        assert gradient[index] == pytest.approx((losses[1] - losses[0]) / 0.04, rel=0.05, abs=2e-4), index


class Even:
    """The lines' guidance, led by what it is judged by."""

    name = "even"

    def pull(self, ink: np.ndarray, fraction: float | None) -> tuple[np.ndarray, np.ndarray]:
        return lines().pull(ink, None)

    def evaluate(self, ink: np.ndarray) -> np.ndarray:
        return lines().evaluate(ink)
