"""Settings and the one rule that both forms of our rasteriser, `kernels` and `pytorch`, must share."""

from __future__ import annotations

CELLS = 2
"""A pixel is the mean of CELLS x CELLS cells. Lengths below, and all inside both forms, are in cells.

One cell a pixel is wrong where a line ends, bends sharply or crosses itself within a pixel (docs/rasterizer.md).
"""

FLATNESS = 0.04
"""The most a curve may leave its straight segments (the second derivative bounds it)."""

SEGMENT_LENGTH = 10.0
"""About the longest segment; the cells searched for a diagonal one grow with the square of its length."""

MAX_SEGMENTS = 256
"""Per cubic: bounds the work for control points far outside the canvas."""

COLLAPSED_EXTENT = 1e-3
"""A chain smaller than this is a dot."""


def collapsed_weights(size: int) -> list[float]:
    """How the gradient of a dot is shared among the ``size`` points of its chain; the weights sum to 1.

    Where all points are equal, every point of the curve is nearest and the distance has no gradient, only directional
    derivatives. A central difference in one control point sees half of the largest Bernstein weight that the point
    has anywhere: 1/2 for an end or joint, 2/9 for a handle. Shares in that proportion are a subgradient, and moving the
    dot as a whole has its exact derivative because they sum to 1.
    """
    central = [0.5 if index % 3 == 0 else 2 / 9 for index in range(size)]
    return [weight / sum(central) for weight in central]
