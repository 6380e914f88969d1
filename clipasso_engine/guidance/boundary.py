"""Guidance by the photo's own lines: cover what is worth drawing, and draw nothing else. No network in the loop."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (torch's own name for it)
from scipy import ndimage

from . import Subject

_SCALES = (1.5, 3.0, 6.0)  # px: how far a stroke is seen from a line, at three blurs
_STRAY = 6.0  # px from the nearest line at which ink is wholly astray
_STRAY_WEIGHT = 1.0
_LINE = 3.0  # px: width of the strokes whose blurred ink counts as full cover


class BoundaryGuidance:
    """Weighted recall of the lines at three blurs, plus the ink that lies astray.

    Both terms are in units of the lines' total weight, so that a loss of 1 + is an empty sheet, whatever the photo.
    Cover saturates: a line drawn twice is worth no more than once.
    """

    name = "boundary"

    def __init__(self, subject: Subject) -> None:
        lines = torch.as_tensor(subject.boundary, dtype=torch.float32)
        away = ndimage.distance_transform_edt(subject.boundary <= 0.05) if (subject.boundary > 0.05).any() else None
        astray = np.ones(subject.boundary.shape) if away is None else np.clip(away / _STRAY, 0, 1) ** 2
        self._lines = (lines / lines.sum().clamp_min(1e-6)).to(subject.device)
        self._astray = (torch.as_tensor(astray, dtype=torch.float32) / lines.sum().clamp_min(1.0)).to(subject.device)
        self._kernels = [_gaussian(scale).to(subject.device) for scale in _SCALES]

    def loss(self, ink: torch.Tensor, fraction: float) -> torch.Tensor:
        """Float [B]: wide blurs lead at first, narrow ones at the end."""
        weights = [max(0.1, fraction), 1.0, max(0.1, 1.0 - fraction)]
        return self._loss(ink, weights)

    def evaluate(self, ink: torch.Tensor) -> torch.Tensor:
        """Float [B], all blurs alike."""
        return self._loss(ink, [1.0] * len(_SCALES))

    def _loss(self, ink: torch.Tensor, weights: list[float]) -> torch.Tensor:
        missed = torch.zeros(len(ink), device=ink.device)
        for scale, weight, kernel in zip(_SCALES, weights, self._kernels, strict=True):
            # A straight line of _LINE px seen through the blur has this much ink in its middle.
            full = torch.erf(torch.tensor(_LINE / (2 * scale * 2**0.5)))
            cover = 1.0 - torch.exp(-2.0 * _blurred(ink, kernel) / full)
            missed = missed + weight * (self._lines * (1.0 - cover)).sum((-2, -1))
        astray = (ink * self._astray).sum((-2, -1)) / _LINE
        return missed / sum(weights) + _STRAY_WEIGHT * astray


def _gaussian(scale: float) -> torch.Tensor:
    reach = int(3 * scale + 0.5)
    at = torch.arange(-reach, reach + 1, dtype=torch.float32)
    kernel = torch.exp(-(at**2) / (2 * scale**2))
    return kernel / kernel.sum()


def _blurred(ink: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """[B, h, w] convolved with the separable ``kernel``, blank beyond the frame."""
    reach = len(kernel) // 2
    rows = F.conv2d(ink[:, None], kernel.view(1, 1, -1, 1), padding=(reach, 0))
    return F.conv2d(rows, kernel.view(1, 1, 1, -1), padding=(0, reach))[:, 0]


def build(subject: Subject) -> BoundaryGuidance:
    return BoundaryGuidance(subject)
