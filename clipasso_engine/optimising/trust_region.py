"""How far a guidance may lead strokes from the lines they were traced from.

A network that sees more than lines may be wrong about a sketch: its weights may be odd, or its taste. So what it says
counts only near the traced drawing, as in a trust region method (Conn, Gould & Toint, 2000). Two rules hold for
everything that is kept:

- A stroke that leaves its traced line by more than `REACH` stays there only where the lines themselves call the
  drawing better for it; else it is pulled back.
- The line loss is at most `LINE_LOSS_FACTOR` times the start's.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from ..bezier import cubics
from .free_points import FreePoints, Points

REACH = 5.0
"""How far any point of a stroke may lie from its traced line without the lines' consent; px of the canvas; larger
gives a guidance beside the lines more freedom."""

LINE_LOSS_FACTOR = 1.05
"""The most that the line loss of a result may be; in units of the start's; larger lets more of the lines be given
up."""

_SAMPLES = 32  # points of each cubic between which distances are taken; more are more exact and cost more
_INSIDE = 0.999  # of `REACH` to which a stroke is pulled back, so that rounding does not put it outside again

LineLoss = Callable[[Points], NDArray[np.float32]]
"""The loss [K] of strokes [K, S, P, 2] by lines alone."""


class TrustRegion:
    """The drawings near a start of K candidates; see the module."""

    def __init__(self, shape: FreePoints, line_loss: LineLoss) -> None:
        self._shape, self._line_loss = shape, line_loss
        self._traced = _sampled(shape.chains(shape.start))
        self._most = LINE_LOSS_FACTOR * line_loss(shape.start)

    def within(self, points: Points, kept: Points) -> Points:
        """``points`` [K, S, P, 2] with the strokes pulled back that strayed.

        A candidate that still gives up too much of the lines becomes what it is in ``kept``, which is in the region.
        """
        result, loss = self._pulled_back(points)
        fits = (loss <= self._most)[:, None, None, None]
        return np.where(fits, result, kept)

    def distances(self, points: Points) -> NDArray[np.float32]:
        """[K, S] px: how far the farthest point of each stroke lies from its traced line."""
        sampled = _sampled(self._shape.chains(points))
        result = np.zeros(points.shape[:2], np.float32)
        for candidate, stroke in np.ndindex(*result.shape):
            apart = cdist(sampled[candidate, stroke], self._traced[candidate, stroke])
            result[candidate, stroke] = apart.min(-1).max(-1)
        return result

    def _pulled_back(self, points: Points) -> tuple[Points, NDArray[np.float32]]:
        """The strokes, those back near their lines that are no use to the lines where they are; and the line loss [K].

        Whether one may stay depends on where the others are, so all are asked again once some have gone back.
        """
        loss, unsettled = self._line_loss(points), True
        while unsettled:
            unsettled = False
            strayed = self.distances(points) > REACH
            for stroke in np.flatnonzero(strayed.any(0)).tolist():
                trial = points.copy()
                trial[:, stroke] = self._near(points[:, stroke], self._shape.start[:, stroke])
                without = self._line_loss(trial)
                back = strayed[:, stroke] & (without <= loss)
                points = np.where(back[:, None, None, None], trial, points)
                loss = np.where(back, without, loss)
                unsettled |= bool(back.any())
        return points, loss

    @staticmethod
    def _near(stroke: Points, start: Points) -> Points:
        """A stroke [K, P, 2], moved towards its start until no control point is farther than `REACH` from its place.

        Nor is then any point of the curve, which lies between the control points; and what joined smoothly still does.
        """
        away = stroke - start
        most = np.maximum(np.linalg.norm(away, axis=-1).max(-1), REACH)
        result: Points = start + away * (_INSIDE * REACH / most)[:, None, None].astype(np.float32)
        return result


def _sampled(chains: Points) -> Points:
    """Points [K, S, n, 2] of the cubics of strokes [K, S, 3 k + 1, 2]."""
    first = np.arange(0, chains.shape[2] - 1, 3)
    drawn = cubics.bernstein(np.linspace(0, 1, _SAMPLES)) @ chains[:, :, first[:, None] + np.arange(4)]
    return drawn.reshape(*chains.shape[:2], len(first) * _SAMPLES, 2).astype(np.float32)
