"""Guidance by the photo's own lines: cover what is worth drawing, and draw nothing else. No network in the loop."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (torch's own name for it)
from scipy import ndimage

from ...contract.choices import GuidanceName
from . import Subject

_SCALES = ((1.5, 1), (3.0, 2), (6.0, 4))  # blur in px, how far a stroke is seen from a line, and its sampling step
_STRAY = 3.5  # px from the nearest line at which ink is wholly astray
_STRAY_WEIGHT = 1.5
_LINE = 3.0  # px: width of the strokes whose blurred ink counts as full cover


class BoundaryGuidance:
    """Weighted recall of the lines at three blurs, plus the ink that lies astray.

    Both terms are in units of the lines' total weight, so that a loss of 1 + is an empty sheet, whatever the photo.
    Cover saturates: a line drawn twice is worth no more than once.
    """

    name: GuidanceName = "boundary"

    def __init__(self, subject: Subject) -> None:
        lines = torch.as_tensor(subject.boundary, dtype=torch.float32)
        total = float(subject.boundary.sum(dtype=np.float64))  # torch's sum depends on its number of threads
        away = ndimage.distance_transform_edt(subject.boundary <= 0.05) if (subject.boundary > 0.05).any() else None
        astray = np.ones(subject.boundary.shape) if away is None else np.clip(away / _STRAY, 0, 1) ** 2
        self._lines = (lines / max(total, 1e-6)).to(subject.device)
        self._astray = (torch.as_tensor(astray, dtype=torch.float32) / max(total, 1.0)).to(subject.device)
        height, width = subject.boundary.shape
        self._blurs = [
            (_gaussian(height, *scale).to(subject.device), _gaussian(width, *scale).T.contiguous().to(subject.device))
            for scale in _SCALES
        ]
        self._missable = [_pooled(self._lines, step) for _, step in _SCALES]

    def loss(self, ink: torch.Tensor, fraction: float) -> torch.Tensor:
        """Float [B]: wide blurs lead at first, narrow ones at the end."""
        weights = [max(0.1, fraction), 1.0, max(0.1, 1.0 - fraction)]
        return self._loss(ink, weights)

    def evaluate(self, ink: torch.Tensor) -> torch.Tensor:
        """Float [B], all blurs alike."""
        return self._loss(ink, [1.0] * len(_SCALES))

    def _loss(self, ink: torch.Tensor, weights: list[float]) -> torch.Tensor:
        missed = torch.zeros(len(ink), device=ink.device)
        scales = zip(_SCALES, weights, self._blurs, self._missable, strict=True)
        for (scale, _), weight, (rows, columns), lines in scales:
            # A straight line of _LINE px seen through the blur has this much ink in its middle.
            full = math.erf(_LINE / (2 * scale * 2**0.5))
            cover = 1.0 - torch.exp((-2.0 / full) * (rows @ ink @ columns))
            missed = missed + weight * (lines * (1.0 - cover)).sum((-2, -1))
        astray = (ink * self._astray).sum((-2, -1)) / _LINE
        return missed / sum(weights) + _STRAY_WEIGHT * astray


def _gaussian(length: int, scale: float, step: int) -> torch.Tensor:
    """[ceil(length / step), length]: the matrix that blurs and samples a column; blank beyond its ends.

    As matrices, blurs and their gradients cost a tenth of torch's convolution of one channel on a CPU.
    """
    centres = torch.arange(0, length, step, dtype=torch.float32) + (step - 1) / 2
    weights = torch.exp(-((centres[:, None] - torch.arange(length)[None]) ** 2) / (2 * scale**2))
    return weights / (scale * (2 * math.pi) ** 0.5)


def _pooled(lines: torch.Tensor, step: int) -> torch.Tensor:
    """[h, w] summed over squares of ``step`` px, cut off at the frame."""
    return F.avg_pool2d(lines[None], step, ceil_mode=True, divisor_override=1)[0]


def build(subject: Subject) -> BoundaryGuidance:
    return BoundaryGuidance(subject)
