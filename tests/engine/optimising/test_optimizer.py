"""The loop: never worse than its start, stops when told, the same bytes for the same start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from clipasso_engine.optimising import guidance
from clipasso_engine.optimising.guidance import Subject
from clipasso_engine.optimising.optimizer import Descent, Outcome, optimize

W, H = 96, 80
TRUTH = torch.tensor([[[15.0, 30], [35, 30], [60, 30], [80, 30]], [[50.0, 40], [50, 48], [50, 60], [50, 70]]])
OFF = (TRUTH + torch.tensor([[[0.0, 4]], [[3.0, 0]]]))[None]


pytestmark = pytest.mark.usefixtures("one_thread")


class Watcher:
    """Notes what it is shown; says stop after ``stop_at`` steps."""

    def __init__(self, stop_at: int = 10**9) -> None:
        self.steps: list[int] = []
        self.losses: list[float] = []
        self.shapes: set[tuple[int, ...]] = set()
        self._stop_at = stop_at

    def __call__(self, step: int, loss: float, points: torch.Tensor) -> bool:
        assert not points.requires_grad
        self.steps.append(step)
        self.losses.append(loss)
        self.shapes.add(tuple(points.shape))
        self.last = points.clone()
        return step >= self._stop_at


def lines() -> guidance.Guidance:
    picture = np.zeros((H, W), np.float32)
    picture[29:31, 15:80] = 1
    picture[40:70, 49:51] = 1
    return guidance.build("boundary", Subject(np.zeros((H, W, 3), np.uint8), picture, torch.device("cpu")))


def run(start: torch.Tensor = OFF, steps: int = 30, watch: Watcher | None = None, **options: Any) -> Outcome:
    return optimize(start, lines(), (W, H), Descent(steps, **options), watch or Watcher())


class Treacherous:
    """A guidance whose gradient leads astray: its evaluation grows by every step down its loss."""

    name = "treacherous"

    def loss(self, ink: torch.Tensor, fraction: float) -> torch.Tensor:
        return -lines().loss(ink, fraction)

    def evaluate(self, ink: torch.Tensor) -> torch.Tensor:
        return lines().evaluate(ink)


def test_strokes_move_on_to_the_lines() -> None:
    outcome = run(steps=60)
    assert outcome.points.shape == OFF.shape
    assert outcome.losses[0] < 0.7 * outcome.first_loss
    assert (outcome.points[0, 0, :, 1] - 30).abs().max() < 1.5
    assert (outcome.points[0, 1, :, 0] - 50).abs().max() < 1.5


def test_never_worse_than_the_start() -> None:
    outcome = optimize(OFF, Treacherous(), (W, H), Descent(25), Watcher())
    assert outcome.losses == [outcome.first_loss]
    assert torch.equal(outcome.points, OFF)


def test_the_start_is_left_as_it_was() -> None:
    start = OFF.clone()
    run(start)
    assert torch.equal(start, OFF)


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

        def loss(self, ink: torch.Tensor, fraction: float) -> torch.Tensor:
            return ink.sum((-2, -1))

        def evaluate(self, ink: torch.Tensor) -> torch.Tensor:
            assert not torch.is_grad_enabled()
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

        def loss(self, ink: torch.Tensor, fraction: float) -> torch.Tensor:
            self.fractions.append(fraction)
            return ink.sum((-2, -1))

        def evaluate(self, ink: torch.Tensor) -> torch.Tensor:
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
    assert torch.equal(outcome.points, OFF)
    assert outcome.losses == [outcome.first_loss]
    assert outcome.first_loss > 0


def test_candidates_do_not_disturb_each_other() -> None:
    other = OFF + 2
    both = run(torch.cat([OFF, other]))
    alone, beside = run(OFF), run(other)
    assert both.losses == pytest.approx([alone.losses[0], beside.losses[0]], abs=1e-5)
    assert both.points[1] == pytest.approx(beside.points[0], abs=1e-2)
    assert both.best == (0 if both.losses[0] <= both.losses[1] else 1)


def test_the_lines_of_the_start_are_kept() -> None:
    """One stroke of half a line would grow over all of it, which guidance alone rewards."""
    half = torch.tensor([[[[15.0, 30], [25, 30], [35, 30], [45, 30]]]])

    def reach(keep_lines: bool) -> float:
        watch = Watcher()
        run(half, steps=60, watch=watch, learning_rate=1.5, keep_lines=keep_lines)
        return float(watch.last[..., 0].max())

    assert reach(True) < reach(False) - 3


def test_no_strokes() -> None:
    outcome = run(torch.zeros(1, 0, 4, 2), steps=3)
    assert outcome.points.shape == (1, 0, 4, 2)
    assert outcome.losses[0] == pytest.approx(1.0, abs=0.02)


def test_the_same_bytes_with_one_thread_and_with_two(tmp_path: Path) -> None:
    program = (
        "import sys, torch; torch.set_num_threads(int(sys.argv[1])); sys.path.insert(0, sys.argv[2]);"
        "import test_optimizer as t; sys.stdout.buffer.write(t.run(steps=12).points.numpy().tobytes())"
    )
    here = str(Path(__file__).parent)
    processes = [
        subprocess.Popen([sys.executable, "-c", program, threads, here], stdout=subprocess.PIPE, cwd=tmp_path)
        for threads in ("1", "2")
    ]
    results = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert len(results[0]) == OFF.numel() * 4
    assert results[0] == results[1]
