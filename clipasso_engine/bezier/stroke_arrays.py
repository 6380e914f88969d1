"""Strokes of several cubics, each of which begins where the one before it ends: 3 S + 1 control points for S of them.

Strokes of different numbers of cubics lie in one array [..., 3 S + 1, 2]; the rows that a shorter one does not need are
NaN, at its end. NumPy, no pixels and no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..contract.sketch import Sketch
from . import cubics
from .cubics import Array

_SAMPLES = 32
_SHORTEST = 0.3  # of what a handle was before it was turned


def pieces(controls: Array) -> NDArray[np.int_]:
    """How many cubics [...] each stroke of ``controls`` [..., 3 S + 1, 2] has."""
    count: NDArray[np.int_] = (np.isfinite(controls[..., 0]).sum(-1) - 1) // 3
    return count


def stacked(curves: Sequence[Array], segments: int) -> Array:
    """Strokes [3 k + 1, 2], k up to ``segments``, as one array [N, 3 ``segments`` + 1, 2], NaN where one has less."""
    controls = np.full((len(curves), 3 * segments + 1, 2), np.nan)
    for row, points in zip(controls, curves, strict=True):
        row[: len(points)] = points
    return controls


def separate(controls: Array) -> list[Array]:
    """The strokes of ``controls`` [N, 3 S + 1, 2] one by one, [3 k + 1, 2], without what is NaN."""
    return [points[: 3 * count + 1] for points, count in zip(controls, pieces(controls), strict=True)]


def even(controls: Array) -> Array:
    """The very same curves as ``controls`` [N, 3 S + 1, 2], with cubics split until each stroke has S; no NaN."""
    if controls.shape[-2] == 4:
        return controls
    return splits((controls.shape[-2] - 1) // 3)[pieces(controls)] @ np.nan_to_num(controls)


def of_sketch(sketch: Sketch) -> Array:
    """The curves [N, 3 S + 1, 2] of a sketch in pixels of its photo, S the most cubics a stroke has; no NaN."""
    curves = [np.array(stroke.points, dtype=np.float64) for stroke in sketch.strokes]
    return even(stacked(curves, max((len(points) // 3 for points in curves), default=1)))


def join(curves: Array, smooth: Sequence[bool]) -> Array:
    """Cubics [k, 4, 2] that follow each other as one stroke [3 k + 1, 2].

    At each of the k - 1 joins that shall be ``smooth`` both handles are turned onto one line, the longer one by less;
    then the cubics are fitted anew to what they were, as far as their handles' directions allow.
    """
    headings: list[Array | None] = [None] * (len(curves) + 1)
    for number, turned in enumerate(smooth, 1):
        into, out = curves[number - 1, 3] - curves[number - 1, 2], curves[number, 1] - curves[number, 0]
        heading = np.linalg.norm(into) * into + np.linalg.norm(out) * out
        size = float(np.linalg.norm(heading))
        # Without handles there is no direction, and of two that point apart none between.
        if turned and min(into @ heading, out @ heading) > 1e-9:
            headings[number] = heading / size
    fitted = [_headed(cubic, *headings[number : number + 2]) for number, cubic in enumerate(curves)]
    return np.concatenate([fitted[0], *(cubic[1:] for cubic in fitted[1:])])


def _headed(cubic: Array, begin: Array | None, end: Array | None) -> Array:
    """The cubic nearest to ``cubic`` [4, 2], least squares over its parameter, with these directions at its ends.

    None leaves a direction free. A handle is never turned round, nor made much shorter than it was.
    """
    if begin is None and end is None:
        return cubic
    basis = cubics.bernstein(np.linspace(0.0, 1.0, _SAMPLES))
    free = np.eye(2)
    first, last = (free if heading is None else heading[None] for heading in (begin, end))
    moves = np.concatenate(  # [1..2 + 1..2, 2 _SAMPLES] what each number to be found does to the curve
        [(basis[:, 1, None] * axis).reshape(1, -1) for axis in first]
        + [(basis[:, 2, None] * axis).reshape(1, -1) for axis in -last]
    )
    held = cubic[[0, 0, 3, 3]]
    found = np.linalg.lstsq(moves.T, (basis @ (cubic - held)).ravel(), rcond=None)[0]
    for heading, at, old in ((begin, 0, cubic[1] - cubic[0]), (end, -1, cubic[3] - cubic[2])):
        if heading is not None:
            found[at] = max(found[at], _SHORTEST * float(np.linalg.norm(old)))
    result = cubic.copy()
    result[1], result[2] = cubic[0] + found[: len(first)] @ first, cubic[3] - found[len(first) :] @ last
    return result


@lru_cache
def splits(segments: int) -> Array:
    """[S + 1, P, P] with P = 3 S + 1: row k maps the points of a stroke of k cubics to those of the same as S cubics.

    The cubics are split into nearly equally many parts of equal parameter (de Casteljau). Row 0 is of no use.
    """
    size = 3 * segments + 1
    maps = np.zeros((segments + 1, size, size))
    for count in range(1, segments + 1):
        row = 0
        for cubic in range(count):
            parts = segments // count + (cubic < segments % count)
            maps[count, row : row + 3 * parts + 1, 3 * cubic : 3 * cubic + 4] = _split(parts)
            row += 3 * parts
            maps[count, row, 3 * cubic : 3 * cubic + 3] = 0  # the end is the cubic's own to the last bit
            maps[count, row, 3 * cubic + 3] = 1
    return maps


def _split(parts: int) -> Array:
    """[3 ``parts`` + 1, 4]: the control points of a cubic's equal parts, as weights of its own.

    The control points of the part from a to b are the blossoms at (a, a, a), (a, a, b), (a, b, b) and (b, b, b).
    """
    rows = [_blossom(0.0, 0.0, 0.0)]
    for part in range(parts):
        a, b = part / parts, (part + 1) / parts
        rows += [_blossom(a, a, b), _blossom(a, b, b), _blossom(b, b, b)]
    return np.array(rows)


def _blossom(u: float, v: float, w: float) -> Array:
    return np.convolve(np.convolve([1 - u, u], [1 - v, v]), [1 - w, w])
