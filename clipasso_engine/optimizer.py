"""The loop: strokes -> ink -> guidance -> gradient, with the best so far always at hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from .guidance import Guidance
from .rasterizer import render

LINE_WIDTH = 3.0
"""Px on the canvas: the paper's 1.5 is a radius."""

Watch = Callable[[int, float, torch.Tensor], bool]
"""Called with (step, loss of the best candidate, its points [S, 4, 2]) after each step; True stops."""


@dataclass(frozen=True)
class Outcome:
    """What came of K candidates; everything on the CPU."""

    points: torch.Tensor  # [K, S, 4, 2] the best of each candidate
    losses: list[float]  # [K] their evaluated losses
    first_loss: float  # evaluated, of the best candidate's start
    steps: int

    @property
    def best(self) -> int:
        return min(range(len(self.losses)), key=self.losses.__getitem__)


def optimize(
    start: torch.Tensor,
    guidance: Guidance,
    size: tuple[int, int],
    steps: int,
    watch: Watch,
    learning_rate: float = 0.5,
    evaluate_every: int = 10,
) -> Outcome:
    """Descend the guidance's loss from K candidates at once with Adam.

    Args:
        start: float32 [K, S, 4, 2], canvas pixels, on the device to compute on.
        size: (width, height) of the canvas in pixels.
        learning_rate: pixels; falls to a tenth along a cosine.

    A candidate's best is the lowest of its evaluations, which include the start and the end: the result is never
    worse than the start by the guidance's own measure.
    """
    points = start.clone().requires_grad_(True)
    joints = _joints(start)
    adam = torch.optim.Adam([points], lr=learning_rate)
    best, losses = start.clone(), _evaluate(guidance, start, size)
    first = losses.clone()
    done = 0
    for step in range(1, steps + 1):
        fraction = (step - 1) / max(steps - 1, 1)
        for group in adam.param_groups:
            group["lr"] = learning_rate * (0.55 + 0.45 * math.cos(math.pi * fraction))
        adam.zero_grad(set_to_none=True)
        loss = guidance.loss(render(points, *size, LINE_WIDTH), fraction) + _opened(points, joints)
        loss.sum().backward()
        adam.step()
        done = step
        if step % evaluate_every == 0 or step == steps:
            now = _evaluate(guidance, points.detach(), size)
            better = now < losses
            best[better], losses[better] = points.detach()[better], now[better]
        leader = int(losses.argmin())
        if watch(step, float(losses[leader]), points.detach()[leader]):
            break
    leader = int(losses.argmin())
    return Outcome(best.cpu(), losses.tolist(), float(first[leader]), done)


@torch.no_grad()
def _evaluate(guidance: Guidance, points: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    return guidance.evaluate(render(points, *size, LINE_WIDTH))


_MEETING = 1.5  # px: stroke ends this near at the start are one point of the drawing
_OPENED_WEIGHT = 0.002  # loss per px^2 that they part


def _joints(start: torch.Tensor) -> torch.Tensor:
    """Pairs of stroke ends that meet at the start: bool [K, 2 S, 2 S], upper triangle."""
    ends = _ends(start)
    return torch.triu(torch.cdist(ends, ends) < _MEETING, diagonal=1)


def _ends(points: torch.Tensor) -> torch.Tensor:
    return torch.cat([points[:, :, 0], points[:, :, -1]], dim=1)


def _opened(points: torch.Tensor, joints: torch.Tensor) -> torch.Tensor:
    """[K]: how far ends that met have parted, so that contours stay closed while their strokes move."""
    ends = _ends(points)
    apart = ((ends[:, :, None] - ends[:, None]) ** 2).sum(-1)
    return _OPENED_WEIGHT * (apart * joints).sum((1, 2))
