"""Guidance by the photo's own lines: cover what is worth drawing, and draw nothing else. No network in the loop."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
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

    The gradient is written out, in operations that NumPy's arrays and PyTorch's tensors share: it follows ink of both.
    """

    name: GuidanceName = "boundary"

    def __init__(self, subject: Subject) -> None:
        boundary = subject.boundary.astype(np.float32)
        total = float(boundary.sum(dtype=np.float64))
        away = ndimage.distance_transform_edt(boundary <= 0.05) if (boundary > 0.05).any() else None
        astray = np.ones(boundary.shape) if away is None else np.clip(away / _STRAY, 0, 1) ** 2
        lines = boundary / max(total, 1e-6)
        height, width = boundary.shape
        # The stray weights, and of each scale: the blur of columns, that of rows, the lines.
        self._tensors: list[Any] = []  # the arrays below, where PyTorch draws
        self._arrays = [(_STRAY_WEIGHT / _LINE / max(total, 1.0) * astray).astype(np.float32)]
        for scale, step in _SCALES:
            self._arrays += [_gaussian(height, scale, step), _gaussian(width, scale, step), _pooled(lines, step)]

    def pull(self, ink: Any, fraction: float | None) -> tuple[NDArray[np.float32], Any]:
        """See `Guidance.pull`: wide blurs lead at first, narrow ones at the end."""
        weights = (1.0,) * 3 if fraction is None else (max(0.1, fraction), 1.0, max(0.1, 1.0 - fraction))
        return self._loss(ink, weights)

    def evaluate(self, ink: Any) -> NDArray[np.float32]:
        """Float [B], all blurs alike."""
        return self._loss(ink, (1.0,) * 3, for_ink=False)[0]

    def _loss(self, ink: Any, weights: tuple[float, ...], for_ink: bool = True) -> tuple[NDArray[np.float32], Any]:
        """The loss and, if it is asked for, its gradient."""
        astray, *scales = self._like(ink)
        loss, gradient = (ink * astray).sum((-2, -1)), astray
        for number, ((scale, _), weight) in enumerate(zip(_SCALES, weights, strict=True)):
            down, across, lines = scales[3 * number : 3 * number + 3]
            # A straight line of _LINE px seen through the blur has this much ink in its middle.
            steep = -2.0 / math.erf(_LINE / (2 * scale * 2**0.5))
            missed = weight / sum(weights) * lines * _exp(steep * (down @ ink @ across.T))
            loss = loss + missed.sum((-2, -1))
            if for_ink:
                gradient = gradient + down.T @ (steep * missed) @ across
        return loss if isinstance(loss, np.ndarray) else loss.cpu().numpy(), gradient

    def _like(self, ink: Any) -> list[Any]:
        """The arrays, of the kind that the ink is of and where it is."""
        if isinstance(ink, np.ndarray):
            return self._arrays
        if not self._tensors or self._tensors[0].device != ink.device:
            import torch  # is there, since the ink is its

            self._tensors = [torch.as_tensor(array, device=ink.device) for array in self._arrays]
        return self._tensors


def _exp(values: Any) -> Any:
    return np.exp(values) if isinstance(values, np.ndarray) else values.exp()


def _gaussian(length: int, scale: float, step: int) -> NDArray[np.float32]:
    """[ceil(length / step), length]: the matrix that blurs and samples a column; blank beyond its ends.

    As matrices, blurs and their gradients cost a tenth of a convolution of one channel on a CPU.
    """
    centres = np.arange(0, length, step, dtype=np.float32) + (step - 1) / 2
    weights = np.exp(-((centres[:, None] - np.arange(length)[None]) ** 2) / (2 * scale**2))
    return (weights / (scale * (2 * math.pi) ** 0.5)).astype(np.float32)


def _pooled(lines: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """[h, w] summed over squares of ``step`` px, cut off at the frame."""
    rows, columns = (np.arange(0, side, step) for side in lines.shape)
    result: NDArray[np.float32] = np.add.reduceat(np.add.reduceat(lines, rows, 0), columns, 1)
    return result


def build(subject: Subject) -> BoundaryGuidance:
    return BoundaryGuidance(subject)
