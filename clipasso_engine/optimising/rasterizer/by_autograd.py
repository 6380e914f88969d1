"""Strokes as ink by PyTorch, for whom PyTorch's gradients are those of NumPy's points: GPUs, and other back ends."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from ...contract.choices import RasterizerName
from . import render


class DrawnByAutograd:
    """See `Drawn`."""

    def __init__(
        self,
        points: NDArray[np.float32],
        size: tuple[int, int],
        width_px: float | NDArray[np.float32],
        backend: RasterizerName,
        device: str,
    ) -> None:
        self._points = torch.as_tensor(points, device=device).requires_grad_(True)
        widths = width_px if isinstance(width_px, (int, float)) else torch.as_tensor(width_px, device=device)
        self._ink = render(self._points, *size, widths, backend=backend)
        self.ink = self._ink.detach()

    def pull(self, gradient: torch.Tensor) -> NDArray[np.float32]:
        (result,) = torch.autograd.grad(self._ink, self._points, gradient)
        return result.cpu().numpy()
