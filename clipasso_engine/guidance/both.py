"""Guidance by the photo's lines first and by CLIP later.

Lines bring strokes to their places in a few cheap steps; CLIP, dear and short-sighted, then decides what matters.
Either loss counts in units of its own value for the first sketch it sees, so neither drowns the other.
"""

from __future__ import annotations

import torch

from . import Guidance, Subject, boundary, clip

CLIP_FROM = 0.4
"""The fraction of the steps that go by lines alone, without running CLIP's network."""

CLIP_SHARE = 0.8
"""How much of the loss CLIP has at the end; the rest stays with the lines."""


class BothGuidance:
    """Two guidances blended over time; `Guidance` tells the interface."""

    name = "both"

    def __init__(self, first: Guidance, second: Guidance) -> None:
        self._first, self._second = _Relative(first), _Relative(second)

    def loss(self, ink: torch.Tensor, fraction: float) -> torch.Tensor:
        """Float [B]; only ``first`` until `CLIP_FROM`, then ``second`` gains linearly up to `CLIP_SHARE`."""
        share = CLIP_SHARE * min(max((fraction - CLIP_FROM) / (1.0 - CLIP_FROM), 0.0), 1.0)
        if share == 0.0:
            return self._first.loss(ink, fraction)
        return (1.0 - share) * self._first.loss(ink, fraction) + share * self._second.loss(ink, fraction)

    def evaluate(self, ink: torch.Tensor) -> torch.Tensor:
        """Float [B], the same blend of both at any time."""
        return (1.0 - CLIP_SHARE) * self._first.evaluate(ink) + CLIP_SHARE * self._second.evaluate(ink)


class _Relative:
    """A guidance in units of its evaluation of the first sketch it is shown."""

    def __init__(self, guidance: Guidance) -> None:
        self._guidance = guidance
        self._unit: torch.Tensor | None = None

    def loss(self, ink: torch.Tensor, fraction: float) -> torch.Tensor:
        return self._guidance.loss(ink, fraction) / self._in_units(ink)

    def evaluate(self, ink: torch.Tensor) -> torch.Tensor:
        return self._guidance.evaluate(ink) / self._in_units(ink)

    def _in_units(self, ink: torch.Tensor) -> torch.Tensor:
        if self._unit is None:
            with torch.no_grad():
                self._unit = self._guidance.evaluate(ink).mean().clamp_min(1e-6)
        return self._unit


def build(subject: Subject) -> BothGuidance:
    """Both guidances of this photo. Raises `UserError` when CLIP's packages or weights are missing."""
    return BothGuidance(boundary.build(subject), clip.build(subject))
