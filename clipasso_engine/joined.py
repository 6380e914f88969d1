"""Strokes of several cubics, each of which begins where the one before it ends: 3 S + 1 control points for S of them.

Strokes of different numbers of cubics lie in one array [..., 3 S + 1, 2]; the rows that a shorter one does not need are
NaN, at its end. NumPy, no pixels and no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .job import Sketch
from .strokes import Array


def pieces(controls: Array) -> NDArray[np.int_]:
    """How many cubics [...] each stroke of ``controls`` [..., 3 S + 1, 2] has."""
    count: NDArray[np.int_] = (np.isfinite(controls[..., 0]).sum(-1) - 1) // 3
    return count


def stacked(strokes: Sequence[Array], segments: int) -> Array:
    """Strokes [3 k + 1, 2], k up to ``segments``, as one array [N, 3 ``segments`` + 1, 2], NaN where one has less."""
    controls = np.full((len(strokes), 3 * segments + 1, 2), np.nan)
    for row, points in zip(controls, strokes, strict=True):
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


def join(cubics: Array, smooth: Sequence[bool]) -> Array:
    """Cubics [k, 4, 2] that follow each other as one stroke [3 k + 1, 2].

    At each of the k - 1 joins that shall be ``smooth`` both handles are turned, each by as much, until they lie on one
    line; their lengths stay.
    """
    points = np.concatenate([cubics[0], *(cubic[1:] for cubic in cubics[1:])])
    for number, turned in enumerate(smooth, 1):
        before, at, after = points[3 * number - 1 : 3 * number + 2]
        into, out = float(np.linalg.norm(at - before)), float(np.linalg.norm(after - at))
        if not turned or min(into, out) < 1e-9:
            continue
        heading = (at - before) / into + (after - at) / out
        size = float(np.linalg.norm(heading))
        if size > 1e-9:  # else the stroke turns back on itself
            points[3 * number - 1], points[3 * number + 1] = at - into * heading / size, at + out * heading / size
    return points


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
