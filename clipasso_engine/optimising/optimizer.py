"""The loop: strokes -> ink -> guidance -> gradient, with the best so far always at hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from ..contract.choices import RasterizerName
from .adam import Adam
from .free_points import FreePoints
from .guidance import Guidance
from .guidance.blend import Blend
from .line_quality import LineQuality
from .rasterizer import render
from .trust_region import TrustRegion

LINE_WIDTH = 3.0
"""Px on the canvas: the paper's 1.5 is a radius."""

Watch = Callable[[int, float, torch.Tensor], bool]
"""Called with (step, loss of the best candidate, its points [S, P, 2]) after each step; True stops."""


@dataclass(frozen=True)
class Outcome:
    """What came of K candidates; everything on the CPU."""

    points: torch.Tensor  # [K, S, P, 2] the best of each candidate, NaN where the start is
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


def optimize(
    start: torch.Tensor,
    guidance: Guidance,
    size: tuple[int, int],
    descent: Descent,
    watch: Watch,
    held: torch.Tensor | None = None,
) -> Outcome:
    """Descend the guidance's loss from K candidates at once with Adam.

    Args:
        start: float32 [K, S, P, 2], canvas pixels, on the device to compute on; NaN where a stroke has fewer cubics
            than P = 3 k + 1 points are for (see `stroke_arrays`). Strokes keep their cubics, smooth joins stay smooth.
        size: (width, height) of the canvas in pixels.
        held: bool [K, S], the strokes that stay as they are.

    To the guidance's loss comes what harms the line itself (`LineQuality`). A candidate's best is the lowest of its
    evaluations, which include the start and the end: the result is never worse than the start. Where a guidance beside
    the lines has a say (`Blend`) and lines are kept, all that is evaluated lies within the start's `TrustRegion`.
    """
    steps = descent.steps
    shape = FreePoints(start)
    free = shape.start.clone().requires_grad_(True)
    quality = LineQuality(shape.start, shape.pieces) if descent.keep_lines else None
    adam = Adam(free)

    def line_loss(points: torch.Tensor) -> torch.Tensor:
        assert isinstance(guidance, Blend)
        assert quality
        ink = render(shape.chains(points), *size, LINE_WIDTH, backend=descent.backend)
        return guidance.lines.evaluate(ink) + quality.penalty(points)

    region = TrustRegion(shape, line_loss) if isinstance(guidance, Blend) and quality else None

    def evaluate(points: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            loss = guidance.evaluate(render(shape.chains(points), *size, LINE_WIDTH, backend=descent.backend))
            return loss + quality.penalty(points) if quality else loss

    best, losses = shape.start.clone(), evaluate(shape.start)
    first = losses.clone()
    done = 0
    for step in range(1, steps + 1):
        fraction = (step - 1) / max(steps - 1, 1)
        points = shape.controls(free)
        loss = guidance.loss(render(shape.chains(points), *size, LINE_WIDTH, backend=descent.backend), fraction)
        if quality:
            loss = loss + quality.penalty(points)
        loss.sum().backward()
        if held is not None and free.grad is not None:
            free.grad[held] = 0.0
        if region and free.grad is not None:
            free.grad.nan_to_num_(0.0, 0.0, 0.0)
        adam.step(descent.learning_rate * (0.55 + 0.45 * math.cos(math.pi * fraction)))
        done = step
        moved = shape.controls(free.detach())
        if step % descent.evaluate_every == 0 or step == steps:
            if region:
                moved = region.within(moved, best)
                free.data.copy_(moved)
            now = evaluate(moved)
            better = now < losses
            best[better], losses[better] = moved[better], now[better]
        leader = int(losses.argmin())
        if watch(step, float(losses[leader]), shape.finished(moved)[leader]):
            break
    leader = int(losses.argmin())
    return Outcome(shape.finished(best).cpu(), losses.tolist(), float(first[leader]), done)
