"""A photo's lines as drawings of any number of strokes, each the best of its kind, and several starts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..bezier import cubics, stroke_arrays
from ..bezier.cubics import Array
from ..lines import features
from ..lines.weighted_lines import IN_FACE, Lines
from ..seeing.view import CANVAS
from .selection import Candidates, Choice, choose

__all__ = ["Choice", "Drawings", "batched", "candidates_on"]

_SPREAD = 0.35  # standard deviation of the logarithm of a chain's weight between two starts
_AUTO = (4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32)
_CARRIED = 0.8
_JUDGED = 4.0  # px
_FACE = 3.0  # worth of a px of a face's strokes
OF_FACE = -2
"""Chain of the strokes of faces."""
_NOWHERE = -1000.0  # px: where the strokes lie that pad a smaller candidate; no ink there reaches the canvas


class Drawings:
    """The traced drawings of one photo. Its candidate strokes are fitted once and serve every level and every start."""

    def __init__(
        self, lines: Lines, seed: int, count: int, segments: int = 1, fitted: list[Candidates] | None = None
    ) -> None:
        """``count`` starts; ``segments`` is how many cubics a stroke may have; ``fitted`` are `candidates_on` the
        lines, where they are known."""
        self._segments = segments
        self._lines = lines
        self._candidates = candidates_on(lines) if fitted is None else fitted
        self._faces = lines.faces
        self._factors = [_factors(len(lines.chains), seed, start) for start in range(count)]
        self._scale = max(1.0, max(lines.height, lines.width) / CANVAS)

    def enough(self) -> int:
        """The fewest strokes that still carry the drawing: `_CARRIED` of what the most of `_AUTO` carry."""
        carried = [self._carried(level) for level in _AUTO]
        return next(level for level, gain in zip(_AUTO, carried, strict=True) if gain >= _CARRIED * carried[-1])

    def _carried(self, level: int) -> float:
        """The line that the best drawing of ``level`` strokes carries, all levels judged by one tolerance
        and one set of weights."""
        own = self._of_faces(level)
        weights = self._beside(own, self._weights(_AUTO[-1])[0], _JUDGED)
        choice = choose(self._candidates, weights, level - len(own.gain), _JUDGED, _JUDGED, self._segments)
        return float(choice.gain.sum() + own.gain.sum())

    def of(self, level: int) -> list[Choice]:
        """The starts of a drawing of at most ``level`` strokes: the fewer, the more freely each may leave its line.

        Tolerances grow so that a stroke of a drawing of 4 may leave its line by 7 px, one of 32 by 2. They are those of
        the smallest canvas, on a larger one down to as many of its own px.
        """
        freedom = 32 / level
        tolerance = max(1.5, 2.2 * freedom**0.58 * self._scale)
        apart = max(3.0, 4.0 * freedom**0.53 * self._scale)
        own = self._of_faces(level)
        left = level - len(own.gain)
        return [
            own.with_others(
                choose(self._candidates, self._beside(own, some, apart), left, tolerance, apart, self._segments)
            ).ranked()
            for some in self._weights(level)
        ]

    def _beside(self, own: Choice, weights: list[Array], apart: float) -> list[Array]:
        """The weights of chains [M] beside the strokes of faces, which draw already what runs within ``apart`` px."""
        drawn = cubics.Drawn()
        for controls in own.controls:
            drawn.add(cubics.sample(controls[:4], 64))
        return [
            np.where(drawn.beside(chain.points, apart), np.minimum(w, IN_FACE), w)
            for chain, w in zip(self._lines.chains, weights, strict=True)
        ]

    def _of_faces(self, level: int) -> Choice:
        """The strokes that faces have in a drawing of ``level``."""
        plan = features.plan(self._faces, level)
        lines: list[Array] = []
        widths: list[float] = []
        for face, number, head in zip(self._faces, plan, features.heads_in(self._faces, plan, level), strict=True):
            lines += [*face.strokes(number), *(face.head if head else ())]
            widths += [face.line] * (len(lines) - len(widths))
        curves = [cubics.fit(line)[0] for line in lines]
        gain = np.array([_FACE * float(cubics.lengths(curve)) for curve in curves])
        return Choice(
            stroke_arrays.stacked(curves, self._segments), gain, np.full(len(curves), OF_FACE), np.array(widths)
        )

    def _weights(self, level: int) -> list[list[Array]]:
        weights = self._lines.for_level(level)
        return [[w * factor for w, factor in zip(weights, some, strict=True)] for some in self._factors]


def candidates_on(lines: Lines) -> list[Candidates]:
    """The candidate strokes of each of the lines."""
    return [Candidates.of(chain.points, whole) for chain, whole in zip(lines.chains, lines.whole, strict=True)]


def _factors(chains: int, seed: int, start: int) -> Array:
    """How another eye might judge each of the chains: random factors of their weights; seed 0, start 0: all 1."""
    if seed == 0 and start == 0:
        return np.ones(chains)
    return np.exp(_SPREAD * np.random.default_rng([seed, start]).standard_normal(chains))


def batched(starts: list[Choice]) -> NDArray[np.float32]:
    """The starts as float32 [K, S, P, 2], S the most strokes any has; the others are padded out of sight."""
    most = max(len(start.controls) for start in starts)
    points = np.full((len(starts), most, *starts[0].controls.shape[1:]), _NOWHERE, np.float32)
    for row, start in zip(points, starts, strict=True):
        row[: len(start.controls)] = start.controls
    return points
