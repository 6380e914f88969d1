"""Two guidances as one: which has how much say when, whatever units their losses have."""

from __future__ import annotations

from collections.abc import Callable

import torch

from . import Guidance


class Blend:
    """``lines`` and another guidance, whose share of the loss a schedule tells; `Guidance` tells the interface.

    The other's loss is scaled once, so that on the first sketch both pull at its ink with equal force. The sum then
    pulls about as hard as ``lines`` alone, which whatever else the optimiser adds is weighed against. The optimiser
    asks `lines` how far the other may lead (`trust_region`).
    """

    def __init__(self, name: str, lines: Guidance, other: Guidance, share: Callable[[float], float]) -> None:
        """``share`` tells the other's share, 0 to 1, for a fraction of the optimisation; evaluations use its end's."""
        self.name = name
        self.lines = lines
        self._other, self._share = other, share
        self._scale: torch.Tensor | None = None

    def loss(self, ink: torch.Tensor, fraction: float) -> torch.Tensor:
        """Float [B]; a guidance without a share is not asked."""
        share, scale = self._share(fraction), self._scaled(ink)
        if share == 0.0:
            return self.lines.loss(ink, fraction)
        other = scale * self._other.loss(ink, fraction)
        return other if share == 1.0 else (1.0 - share) * self.lines.loss(ink, fraction) + share * other

    def evaluate(self, ink: torch.Tensor) -> torch.Tensor:
        """Float [B], the blend of the end at any time."""
        share = self._share(1.0)
        other = self._scaled(ink) * self._other.evaluate(ink)
        return other if share == 1.0 else (1.0 - share) * self.lines.evaluate(ink) + share * other

    def _scaled(self, ink: torch.Tensor) -> torch.Tensor:
        if self._scale is None:
            lines, other = (_pull(guidance, ink) for guidance in (self.lines, self._other))
            usable = bool(lines > 0) and bool(other > 0)
            self._scale = lines / other if usable else torch.ones_like(lines)
        return self._scale


def _pull(guidance: Guidance, ink: torch.Tensor) -> torch.Tensor:
    """The length of the gradient of the guidance's evaluation where there is ink, or anywhere on blank sheets."""
    with torch.enable_grad():
        sheet = ink.detach().requires_grad_(True)
        (gradient,) = torch.autograd.grad(guidance.evaluate(sheet).sum(), sheet)
    inked = ink.detach() > 0
    return (gradient[inked] if inked.any() else gradient).norm()
