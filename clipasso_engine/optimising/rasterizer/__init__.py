"""Strokes to ink: differentiable rasterisers behind one signature.

A back end is a module here with a function ``render`` of `render`'s signature, less ``backend``, and its name in
`contract.choices.RASTERIZERS`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...contract.choices import RASTERIZERS, RasterizerName

if TYPE_CHECKING:
    import torch

__all__ = ["Drawn", "draw", "render"]


class Drawn(Protocol):
    """Strokes as ink, and the way back."""

    ink: Any  # float32 [K, height, width]: a NumPy array from the compiled loops, else a tensor on its device

    def pull(self, gradient: Any) -> NDArray[np.float32]:
        """The gradient of the strokes' points [K, S, P, 2], from that of the ink, an array of its kind."""
        ...


def draw(
    points: NDArray[np.float32],
    size: tuple[int, int],
    width_px: float | NDArray[np.float32],
    backend: RasterizerName = "native",
    device: str = "cpu",
) -> Drawn:
    """The ink of strokes [K, S, P, 2] on canvases of ``size`` (width, height), as `render` makes it.

    PyTorch is imported only where the compiled loops do not serve: for ``device`` other than the CPU, for other back
    ends, and where Numba is not here.
    """
    from . import native

    if backend == "native" and device == "cpu" and native.kernels() is not None:
        return native.Compiled(points, size, width_px)
    from .by_autograd import DrawnByAutograd

    return DrawnByAutograd(points, size, width_px, backend, device)


def render(
    points: torch.Tensor,
    width: int,
    height: int,
    width_px: float | torch.Tensor,
    *,
    backend: RasterizerName = "native",
) -> torch.Tensor:
    """The ink that strokes leave on a blank canvas, differentiable in ``points`` and ``width_px``.

    Args:
        points: [..., S, P, 2], float: S strokes (0 is allowed), each one open chain of k joined cubic Bézier curves
            with P = 3k + 1 control points (x, y) in canvas pixels; pixel (i, j) is centred at x = j + 0.5, y = i + 0.5.
            They must be finite and may lie outside the canvas. Leading dimensions are candidates, drawn apart.
        width, height: size of the canvas in pixels.
        width_px: width of the painted line in pixels, above 0: one number, or a tensor that broadcasts to [..., S].
        backend: the rasteriser to use.

    Returns:
        [..., height, width], of the dtype of ``points``: 0 is paper, 1 is full ink.

    Raises:
        ValueError: wrong shapes or values, or an unknown back end.
    """
    if backend not in RASTERIZERS:
        raise ValueError(f"unknown rasteriser {backend!r}, known: {', '.join(RASTERIZERS)}")
    # Imported when it is first asked for, since some need much time or optional packages.
    module = importlib.import_module(f".{backend}", __name__)
    ink: torch.Tensor = module.render(points, width, height, width_px)
    return ink
