"""What a guidance does not see: that strokes should meet, not overshoot, not kink. Measured against the start.

A traced stroke is as long and as bent as its line. Without this, strokes grow over their ends to pick up what is left
of other lines, and curl in corners.
"""

from __future__ import annotations

import torch

_MEETING = 1.5  # px: stroke ends this near at the start are one point of the drawing
_OPENED = 0.002  # loss per px^2 that they part
_GROWN = 0.5  # loss for strokes that grow, in units of the drawing's length at the start
_BENT = 0.3  # loss for bending beyond the start's, mean over the strokes
_SAMPLES = 12


class LineQuality:
    """Penalties for what optimisation does to the lines of a start [K, S, 4, 2]."""

    def __init__(self, start: torch.Tensor) -> None:
        ends = _ends(start)
        # A pair counts once: upper triangle of [K, 2 S, 2 S].
        self._joints = torch.triu(torch.cdist(ends, ends) < _MEETING, diagonal=1)
        self._lengths = _lengths(start)
        self._bending = _bending(start, self._lengths)

    def penalty(self, points: torch.Tensor) -> torch.Tensor:
        """[K] of ``points`` [K, S, 4, 2]; 0 at the start."""
        if not points.shape[1]:
            return points.sum((1, 2, 3))
        lengths = _lengths(points)
        grown = (lengths - self._lengths).clamp_min(0).sum(1) / self._lengths.sum(1).clamp_min(1.0)
        bent = (_bending(points, self._lengths) - self._bending).clamp_min(0).mean(1)
        return self._opened(points) + _GROWN * grown + _BENT * bent

    def _opened(self, points: torch.Tensor) -> torch.Tensor:
        ends = _ends(points)
        apart = ((ends[:, :, None] - ends[:, None]) ** 2).sum(-1)
        return _OPENED * (apart * self._joints).sum((1, 2))


def _ends(points: torch.Tensor) -> torch.Tensor:
    return torch.cat([points[:, :, 0], points[:, :, -1]], dim=1)


def _lengths(points: torch.Tensor) -> torch.Tensor:
    """[K, S] px."""
    t = torch.linspace(0, 1, _SAMPLES, device=points.device)
    s = 1 - t
    basis = torch.stack([s**3, 3 * s**2 * t, 3 * s * t**2, t**3], dim=-1)
    steps = torch.diff(basis @ points, dim=2)
    # The square root's gradient is not finite where all points of a stroke meet.
    return (steps.square().sum(-1) + 1e-6).sqrt().sum(-1)


def _bending(points: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """[K, S]: squared second differences of the control points, in units of the stroke's length at the start."""
    second = torch.diff(points, n=2, dim=2)
    return second.square().sum((-1, -2)) / lengths.clamp_min(1.0) ** 2
