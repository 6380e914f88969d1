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
    """Penalties for what optimisation does to the lines of a start [K, S, P, 2], of P = 3 k + 1 control points."""

    def __init__(self, start: torch.Tensor, pieces: torch.Tensor | None = None) -> None:
        """``pieces`` [K, S] is how many cubics each stroke has, if not k; points after these count for nothing."""
        segments = (start.shape[2] - 1) // 3
        if pieces is None:
            pieces = torch.full(start.shape[:2], segments, device=start.device)
        self._last = 3 * pieces  # [K, S] index of each stroke's last point
        self._there = torch.arange(segments, device=start.device) < pieces[..., None]  # [K, S, k]
        ends = self._ends(start)
        # A pair counts once: upper triangle of [K, 2 S, 2 S].
        self._joints = torch.triu(torch.cdist(ends, ends) < _MEETING, diagonal=1)
        self._sizes = _lengths(_cubics(start))  # [K, S, k]
        self._lengths = (self._sizes * self._there).sum(2)
        self._bending = self._bent(_cubics(start))

    def penalty(self, points: torch.Tensor) -> torch.Tensor:
        """[K] of ``points`` [K, S, P, 2]; 0 at the start."""
        if not points.shape[1]:
            return points.sum((1, 2, 3))
        cubics = _cubics(points)
        lengths = (_lengths(cubics) * self._there).sum(2)
        grown = (lengths - self._lengths).clamp_min(0).sum(1) / self._lengths.sum(1).clamp_min(1.0)
        bent = (self._bent(cubics) - self._bending).clamp_min(0).mean(1)
        return self._opened(points) + _GROWN * grown + _BENT * bent

    def _opened(self, points: torch.Tensor) -> torch.Tensor:
        ends = self._ends(points)
        apart = ((ends[:, :, None] - ends[:, None]) ** 2).sum(-1)
        return _OPENED * (apart * self._joints).sum((1, 2))

    def _ends(self, points: torch.Tensor) -> torch.Tensor:
        last = points.gather(2, self._last[..., None, None].expand(-1, -1, 1, 2))[:, :, 0]
        return torch.cat([points[:, :, 0], last], dim=1)

    def _bent(self, cubics: torch.Tensor) -> torch.Tensor:
        """[K, S]: squared second differences of the control points, in units of each cubic's length at the start."""
        second = torch.diff(cubics, n=2, dim=3)
        bending = second.square().sum((-1, -2)) / self._sizes.clamp_min(1.0) ** 2
        return (bending * self._there).sum(2)


def _cubics(points: torch.Tensor) -> torch.Tensor:
    """The cubics [K, S, k, 4, 2] of strokes [K, S, 3 k + 1, 2]."""
    first = torch.arange(0, points.shape[2] - 1, 3, device=points.device)
    return points[:, :, first[:, None] + torch.arange(4, device=points.device)]


def _lengths(cubics: torch.Tensor) -> torch.Tensor:
    """[K, S, k] px."""
    t = torch.linspace(0, 1, _SAMPLES, device=cubics.device)
    s = 1 - t
    basis = torch.stack([s**3, 3 * s**2 * t, 3 * s * t**2, t**3], dim=-1)
    steps = torch.diff(basis @ cubics, dim=3)
    # The square root's gradient is not finite where all points of a stroke meet.
    return (steps.square().sum(-1) + 1e-6).sqrt().sum(-1)
