"""Two guidances as one: which has how much say when, whatever units their losses have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
        self._scale: float | None = None

    def pull(self, ink: Any, fraction: float | None) -> tuple[NDArray[np.float32], Any]:
        """See `Guidance.pull`; a guidance without a share is not asked."""
        share, scale = self._share(1.0 if fraction is None else fraction), self._scaled(ink)
        if share == 0.0:
            return self.lines.pull(ink, fraction)
        loss, gradient = (share * scale * part for part in self._other.pull(ink, fraction))
        if share < 1.0:
            of_lines = self.lines.pull(ink, fraction)
            loss, gradient = (1 - share) * of_lines[0] + loss, (1 - share) * of_lines[1] + gradient
        return loss, gradient

    def evaluate(self, ink: Any) -> NDArray[np.float32]:
        """Float [B], the blend of the end at any time."""
        share = self._share(1.0)
        other = share * self._scaled(ink) * self._other.evaluate(ink)
        return other if share == 1.0 else (1.0 - share) * self.lines.evaluate(ink) + other

    def _scaled(self, ink: Any) -> float:
        if self._scale is None:
            lines, other = (_force(guidance, ink) for guidance in (self.lines, self._other))
            self._scale = lines / other if lines > 0 and other > 0 else 1.0
        return self._scale


def _force(guidance: Guidance, ink: Any) -> float:
    """The length of the gradient of the guidance's evaluation where there is ink, or anywhere on blank sheets."""
    gradient, inked = guidance.pull(ink, None)[1], ink > 0
    return float(((gradient[inked] if inked.any() else gradient) ** 2).sum()) ** 0.5
