"""What the optimiser moves: the control points of strokes of several cubics, less what follows from the others.

Where two cubics join smoothly at the start, the point between them divides the line between its two handles as it did
then. So no step can make a kink there. A corner's point is free. How many cubics a stroke has never changes; only for
the rasteriser all are split into equally many.
"""

from __future__ import annotations

import torch

from ..bezier import stroke_arrays

_SMOOTH = 0.9986  # cosine of 3 degrees, from which on handles lie on one line


class FreePoints:
    """Strokes [K, S, P, 2] with P = 3 k + 1 control points, NaN where a stroke has less (see `stroke_arrays`)."""

    def __init__(self, start: torch.Tensor) -> None:
        self._unused = start.isnan()
        self.start = start.nan_to_num()  # [K, S, P, 2]
        self.pieces = (~self._unused[..., 0]).sum(-1).sub(1).div(3, rounding_mode="floor")  # [K, S] cubics
        self._segments = (start.shape[2] - 1) // 3
        if self._segments > 1:
            self._splits = torch.as_tensor(stroke_arrays.splits(self._segments), dtype=start.dtype, device=start.device)
            self._joins = torch.arange(3, start.shape[2] - 1, 3, device=start.device)
            self._smooth, self._share = self._smooth_joins()

    def _smooth_joins(self) -> tuple[torch.Tensor, torch.Tensor]:
        """[K, S, k - 1, 1] which joins are smooth, and where between its handles each lies, 0..1."""
        before, at, after = (self.start[:, :, self._joins + step] for step in (-1, 0, 1))
        into, out = ((b - a).norm(dim=-1, keepdim=True) for a, b in ((before, at), (at, after)))
        straight = ((at - before) * (after - at)).sum(-1, keepdim=True) > _SMOOTH * into * out
        within = torch.arange(1, self._segments, device=at.device) < self.pieces[..., None]
        return straight & within[..., None], into / (into + out).clamp_min(1e-6)

    def controls(self, free: torch.Tensor) -> torch.Tensor:
        """The control points [K, S, P, 2] of all strokes, for what the optimiser has made of `start`; none is NaN."""
        if self._segments == 1:
            return free
        before, at, after = (free[:, :, self._joins + step] for step in (-1, 0, 1))
        between = before + self._share * (after - before)
        return free.index_copy(2, self._joins, torch.where(self._smooth, between, at))

    def chains(self, controls: torch.Tensor) -> torch.Tensor:
        """The same curves, each of as many cubics as the array has room for, as `rasterizer.render` needs them."""
        return controls if self._segments == 1 else self._splits[self.pieces] @ controls

    def finished(self, controls: torch.Tensor) -> torch.Tensor:
        """``controls`` with NaN where a stroke has less, as `start` was given."""
        return controls if self._segments == 1 else controls.masked_fill(self._unused, torch.nan)
