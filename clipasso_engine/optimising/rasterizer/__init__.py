"""Strokes to ink: differentiable rasterisers behind one signature.

A back end is a module here with a function ``render`` of `render`'s signature, less ``backend``, and a line in
`_BACKENDS`.
"""

from __future__ import annotations

import importlib

import torch

__all__ = ["render"]

# Names, not modules: a back end is imported when it is first asked for, since some need much time or optional packages.
_BACKENDS = {"native": "native", "diffvg": "diffvg"}


def render(
    points: torch.Tensor,
    width: int,
    height: int,
    width_px: float | torch.Tensor,
    opacity: torch.Tensor | None = None,
    *,
    backend: str = "native",
) -> torch.Tensor:
    """The ink that strokes leave on a blank canvas, differentiable in ``points``, ``width_px`` and ``opacity``.

    Args:
        points: [..., S, P, 2], float: S strokes (0 is allowed), each one open chain of k joined cubic Bézier curves
            with P = 3k + 1 control points (x, y) in canvas pixels; pixel (i, j) is centred at x = j + 0.5, y = i + 0.5.
            They must be finite and may lie outside the canvas. Leading dimensions are candidates, drawn apart.
        width, height: size of the canvas in pixels.
        width_px: width of the painted line in pixels, above 0: one number, or a tensor that broadcasts to [..., S].
        opacity: 0 (no ink) to 1 (full ink, the default), a tensor that broadcasts to [..., S].
        backend: the rasteriser to use.

    Returns:
        [..., height, width], of the dtype of ``points``: 0 is paper, 1 is full ink.

    Raises:
        ValueError: wrong shapes or values, or an unknown back end.
    """
    if backend not in _BACKENDS:
        raise ValueError(f"unknown rasteriser {backend!r}, known: {', '.join(_BACKENDS)}")
    module = importlib.import_module(f".{_BACKENDS[backend]}", __name__)
    ink: torch.Tensor = module.render(points, width, height, width_px, opacity)
    return ink
