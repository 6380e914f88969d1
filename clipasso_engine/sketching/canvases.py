"""The photo on canvases of several sizes: the more strokes, the larger (`finer.CANVASES`)."""

from __future__ import annotations

from collections.abc import Callable

from ..seeing import finer
from .levels import Stages


class Canvases:
    """Each is looked at and traced when a level first asks for it."""

    def __init__(self, prepare: Callable[[int], Stages]) -> None:
        """``prepare`` is given the px of a canvas's longer side."""
        self._prepare = prepare
        self._ready: dict[int, Stages] = {}

    def of(self, level: int) -> Stages:
        """What is known of the photo on the canvas on which ``level`` strokes are drawn."""
        side = finer.canvas(level)
        if side not in self._ready:
            self._ready[side] = self._prepare(side)
        return self._ready[side]

    def ready(self) -> list[Stages]:
        """Those of the canvases that levels have asked for, the largest first."""
        return [self._ready[side] for side in sorted(self._ready, reverse=True)]
