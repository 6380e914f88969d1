"""The loop: strokes -> ink -> guidance -> gradient, with the best so far always at hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..contract.choices import RasterizerName
from .adam import Adam
from .free_points import FreePoints, Points
from .guidance import Guidance
from .guidance.blend import Blend
from .line_quality import LineQuality
from .rasterizer import Drawn, draw
from .trust_region import TrustRegion

LINE_WIDTH = 3.0
"""Px on the canvas: the paper's 1.5 is a radius."""

Watch = Callable[[int, float, Points], bool]
"""Called with (step, loss of the best candidate, its points [S, P, 2]) after each step; True stops."""


@dataclass(frozen=True)
class Outcome:
    """What came of K candidates."""

    points: Points  # [K, S, P, 2] the best of each candidate, NaN where the start is
    losses: list[float]  # [K] their evaluated losses
    first_loss: float  # evaluated, of the best candidate's start
    steps: int

    @property
    def best(self) -> int:
        return min(range(len(self.losses)), key=self.losses.__getitem__)


@dataclass(frozen=True)
class Descent:
    """How far and how fast to descend."""

    steps: int
    learning_rate: float = 0.5  # px; falls to a tenth along a cosine
    evaluate_every: int = 10  # steps; more may miss the best
    keep_lines: bool = True  # hold strokes to the quality of the start's lines; a random start has none
    backend: RasterizerName = "native"  # the rasteriser, see `rasterizer.render`
    device: str = "cpu"  # where it draws, by PyTorch's name


@np.errstate(over="ignore", invalid="ignore")  # a guidance may say infinity; what comes of it is looked at below
def optimize(
    start: Points,
    guidance: Guidance,
    size: tuple[int, int],
    descent: Descent,
    watch: Watch,
    held: NDArray[np.bool_] | None = None,
) -> Outcome:
    """Descend the guidance's loss from K candidates at once with Adam.

    Args:
        start: float32 [K, S, P, 2], canvas pixels; NaN where a stroke has fewer cubics than P = 3 k + 1 points are for
            (see `stroke_arrays`). Strokes keep their cubics, smooth joins stay smooth.
        size: (width, height) of the canvas in pixels.
        held: bool [K, S], the strokes that stay as they are.

    To the guidance's loss comes what harms the line itself (`LineQuality`). A candidate's best is the lowest of its
    evaluations, which include the start and the end: the result is never worse than the start. Where a guidance beside
    the lines has a say (`Blend`) and lines are kept, all that is evaluated lies within the start's `TrustRegion`.
    """
    steps = descent.steps
    shape = FreePoints(start)
    scene = _Scene(shape, guidance, size, descent)
    region = scene.region()
    free = shape.start.copy()
    adam = Adam(free)
    best, losses = shape.start.copy(), scene.evaluate(shape.start)
    first = losses.copy()
    done = 0
    for step in range(1, steps + 1):
        fraction = (step - 1) / max(steps - 1, 1)
        gradient = scene.gradient(free, fraction)
        if held is not None:
            gradient[held] = 0.0
        if region:
            gradient = np.nan_to_num(gradient, nan=0.0, posinf=0.0, neginf=0.0)
        adam.step(gradient, descent.learning_rate * (0.55 + 0.45 * math.cos(math.pi * fraction)))
        done = step
        moved = shape.controls(free)
        if step % descent.evaluate_every == 0 or step == steps:
            if region:
                moved = region.within(moved, best)
                free[:] = moved
            now = scene.evaluate(moved)
            better = now < losses
            best[better], losses[better] = moved[better], now[better]
        leader = int(losses.argmin())
        if watch(step, float(losses[leader]), shape.finished(moved)[leader]):
            break
    leader = int(losses.argmin())
    return Outcome(shape.finished(best), losses.tolist(), float(first[leader]), done)


class _Scene:
    """Strokes in front of what they are held against."""

    def __init__(self, shape: FreePoints, guidance: Guidance, size: tuple[int, int], descent: Descent) -> None:
        self._shape, self._guidance, self._size, self._descent = shape, guidance, size, descent
        self._quality = LineQuality(shape.start, shape.pieces) if descent.keep_lines else None

    def evaluate(self, points: Points) -> NDArray[np.float32]:
        """The loss [K] to compare by."""
        return self._measured(self._guidance, points)

    def gradient(self, free: Points, fraction: float) -> Points:
        """The gradient [K, S, P, 2] of the loss to descend."""
        points = self._shape.controls(free)
        drawn = self._drawn(points)
        gradient = self._shape.to_controls(drawn.pull(self._guidance.pull(drawn.ink, fraction)[1]))
        if self._quality:
            gradient = gradient + self._quality.pull(points)[1]
        return self._shape.to_free(gradient)

    def region(self) -> TrustRegion | None:
        """How far the guidance may lead, where it is not the lines alone that lead."""
        guidance = self._guidance
        if not isinstance(guidance, Blend) or not self._quality:
            return None
        return TrustRegion(self._shape, lambda points: self._measured(guidance.lines, points))

    def _measured(self, guidance: Guidance, points: Points) -> NDArray[np.float32]:
        loss = guidance.evaluate(self._drawn(points).ink)
        return loss + self._quality.penalty(points) if self._quality else loss

    def _drawn(self, points: Points) -> Drawn:
        chains = self._shape.chains(points)
        return draw(chains, self._size, LINE_WIDTH, self._descent.backend, self._descent.device)
