"""Guidances whose gradients PyTorch finds, behind the interface of all."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray


class Differentiable(Protocol):
    """Losses [B] of ink [B, h, w], both tensors on one device, that autograd can follow."""

    @property
    def name(self) -> str: ...

    def loss(self, ink: torch.Tensor, fraction: float) -> torch.Tensor:
        """The loss to descend; see `Guidance.pull`."""
        ...

    def evaluate(self, ink: torch.Tensor) -> torch.Tensor:
        """The loss to compare by; see `Guidance.evaluate`."""
        ...


class ByAutograd:
    """A `Guidance` of what PyTorch differentiates."""

    def __init__(self, guide: Differentiable) -> None:
        self.name = guide.name
        self._guide = guide

    def pull(self, ink: Any, fraction: float | None) -> tuple[NDArray[np.float32], Any]:
        """See `Guidance.pull`."""
        sheet = torch.as_tensor(ink).detach().requires_grad_(True)
        with torch.enable_grad():
            loss = self._guide.evaluate(sheet) if fraction is None else self._guide.loss(sheet, fraction)
            (gradient,) = torch.autograd.grad(loss.sum(), sheet)
        return loss.detach().cpu().numpy(), gradient.numpy() if isinstance(ink, np.ndarray) else gradient

    def evaluate(self, ink: Any) -> NDArray[np.float32]:
        """See `Guidance.evaluate`."""
        with torch.no_grad():
            return self._guide.evaluate(torch.as_tensor(ink)).cpu().numpy()
