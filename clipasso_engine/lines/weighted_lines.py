"""The lines worth drawing: outline and ridges of a photo, each point with its weight.

Boundary strength is not importance: what counts too is whether a line belongs to the object, whether it is its outline,
whether it is drawn already, and how much its course tells.

A positive weight is what a stroke there is worth; a negative one is what it costs to draw there all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from ..bezier import cubics
from ..bezier.cubics import Array
from ..seeing.foreground import Foreground
from . import features, outline, tracing
from .features import FaceMarks
from .tracing import Chain

IN_FACE = -0.5
"""Weight of other lines where a face has strokes of its own."""

_RIM = 0.012  # of the diagonal: how far outside the mask a line still belongs to the object
_OUTSIDE = -0.5  # weight outside the object, in units of the boundary's strength
_UNSURE = ((0.1, 0.2, 0.5), (_OUTSIDE, 0.0, 0.6))  # outside the mask: object score -> weight
_NOISE = 0.1  # boundary strength that means nothing
_OUTLINE = 1.25  # the outline's worth beside a line inside of the same strength
_GUESSED_OUTLINE = 0.7  # the same of a guess at the object
_FAINT = 0.3  # boundary strength below which the outline is a guess of the mask's
_REAL = 0.85  # of an outline drawn by hand that must not be faint; of loose ones 3/4 at most is, of objects' 0.95
_GUESS = -0.1  # weight of such a guess, and of a line drawn before: a stroke may cross a short one, not follow it
_SAME = 4.5  # px: parallel lines this near are one line
_TURN_REACH = 8  # px before and after a point between which the line's turn there is measured
_SHARP = np.pi / 3  # turn from which on a point tells as much as any
_STRAIGHT, _CURVED = 0.55, 1.65  # worth of a straight and of a sharply turning line
_MIDDLE = 0.35  # of the diagonal: without an object, lines this far from the middle weigh 60 % of those in it
_NOT_GUESSED = 0.4  # worth of a line off the guess
_HEAD = 1.8  # worth of a line along the outline of a head that has a face, beside others of the same strength
_LEAST_LOOK, _LOOK = 0.25, 2.0  # worth of a line that nobody looks at, and how much more it is where all look
_SAY = (2, 3, 4, 5), (0.0, 1.0, 1.0, 0.0)  # log2 of the strokes -> how much that counts
_CLEAR = 0.9  # of a closed line that must be worth drawing for it to be worth more whole
_FRAME = 0.025  # of the diagonal: a line along the frame this near to it is the frame


@dataclass(frozen=True)
class Lines:
    """Weighted chains on a map of ``height`` x ``width`` px."""

    chains: list[Chain]
    weights: list[Array]  # one [M] for each chain
    height: int
    width: int
    faces: tuple[FaceMarks, ...] = ()  # drawn by themselves (see `features`)
    attention: list[Array] = field(default_factory=list)  # one [M] in 0..1 for each chain; none: nothing is known of it

    def for_level(self, level: int) -> list[Array]:
        """What the points of each chain [M] are worth to a drawing of ``level`` strokes.

        With very few strokes it matters that the whole form is there; with some more, the parts that tell what it is
        come before others that are as clear; with many there is room for all.
        """
        say = float(np.interp(np.log2(level), *_SAY))
        return (
            [
                np.where(weight > 0, weight * (1 + say * (_LEAST_LOOK + _LOOK * look - 1)), weight)
                for weight, look in zip(self.weights, self.attention, strict=True)
            ]
            if self.attention
            else self.weights
        )

    @property
    def whole(self) -> list[bool]:
        """Which chains are forms of their own, worth more whole: closed, and hardly anywhere not worth drawing."""
        return [
            chain.closed and bool((w > 0).mean() > _CLEAR) for chain, w in zip(self.chains, self.weights, strict=True)
        ]

    def picture(self) -> NDArray[np.float32]:
        """The lines as a map [h, w]: weight, clipped to 0..1, along lines 2 px wide."""
        result = np.zeros((self.height, self.width), dtype=np.float32)
        parts = [
            (float(value), start, end)
            for chain, weight in zip(self.chains, self.weights, strict=True)
            for start, end, value in zip(chain.points[:-1], chain.points[1:], np.clip(weight[1:], 0, 1), strict=True)
            if value > 0
        ]
        for value, start, end in sorted(parts, key=lambda part: part[0]):  # where lines cross, the greatest shows
            cv2.line(result, _fixed(start), _fixed(end), value, 2, cv2.LINE_8, 3)
        for face in self.faces:
            for line in face.strokes(face.most()):
                cv2.polylines(result, [np.array([_fixed(p) for p in line], np.int32)], False, 1.0, 2, cv2.LINE_8, 3)
        return result


def _fixed(point: Array) -> tuple[int, int]:
    x, y = np.rint((point - 0.5) * 8).astype(int)  # OpenCV's pixel centres are whole numbers; 3 fractional bits
    return int(x), int(y)


@dataclass(frozen=True)
class Hints:
    """What else is known of a photo than its boundaries and its object."""

    attention: NDArray[np.float32] | None = None
    """[h, w] in 0..1: where it is known that people, or a network, look (see `Lines.for_level`)."""

    details: Sequence[Chain] = ()
    """Lines that are no boundaries."""

    emphasis: Array | None = None
    """[h, w]: a factor of what lines are worth."""

    by_hand: bool = False
    """Somebody drew the object's mask: no line leaves it, and its own outline counts only if there is one in the photo,
    since a mask may be drawn loosely."""

    around: NDArray[np.bool_] | None = None
    """[h, w]: where alone lines are wanted; they end at its edge. None: everywhere."""

    faces: Sequence[FaceMarks] = ()
    """Drawn by themselves: where their marks are, no other line is wanted; their contours are further lines."""


def find(
    boundary: NDArray[np.float32], found: Foreground | None, guess: Foreground | None = None, hints: Hints | None = None
) -> Lines:
    """The lines of a boundary map [h, w]; of the object alone, its outline first, where one was ``found``.

    Without an object, lines near the middle and on what is a ``guess`` at it weigh more.
    """
    hints = hints or Hints()
    details, faces, attention, emphasis = hints.details, hints.faces, hints.attention, hints.emphasis
    height, width = boundary.shape
    diagonal = float(np.hypot(height, width))
    ridges = tracing.trace(boundary)
    if hints.around is not None:
        ridges = [piece for ridge in ridges for piece in tracing.cut(ridge, hints.around)]
    seen = found or guess
    rims = outline.outlines(seen.mask, boundary) if seen else []
    contours = [line for face in faces for line in (*face.outline, *face.hairline)]
    if found and hints.by_hand:
        near = ndimage.distance_transform_edt(~found.mask) <= _RIM * diagonal
        rims = [rim for rim in rims if (rim.strength > _FAINT).mean() > _REAL]
        rims, ridges, details, contours = (
            [c for chain in some for c in tracing.cut(chain, near)] for some in (rims, ridges, details, contours)
        )
    worth = _OUTLINE if found else _GUESSED_OUTLINE
    belongs = _belonging(found, _RIM * diagonal) if found else _likely(height, width, guess)
    outlined = [np.where(rim.strength > _FAINT, worth * rim.strength, _GUESS) for rim in rims]
    inner = []
    for ridge in ridges:
        weight = np.maximum(ridge.strength - _NOISE, 0) / (1 - _NOISE) * _sampled(belongs, ridge.points)
        weight[_along_frame(ridge.points, height, width, _FRAME * diagonal)] = _OUTSIDE
        inner.append(weight)
    chains = [*rims, *ridges, *details]
    weights = [*outlined, *inner, *(detail.strength.copy() for detail in details)]
    for face in faces:
        inside = features.covered(face, boundary.shape).astype(np.float64)
        for chain, weight in zip(chains, weights, strict=True):
            weight[_sampled(inside, chain.points) > 0.5] = IN_FACE
    chains += contours
    weights += [line.strength.copy() for line in contours]
    _keep_one_of_each(chains, weights)
    told = [np.where(w > 0, w * _telling(chain.points), w) for chain, w in zip(chains, weights, strict=True)]
    told = _with_heads([line for face in faces for line in face.outline], chains, told)
    if emphasis is not None:
        told = [np.where(w > 0, w * _sampled(emphasis, chain.points), w) for chain, w in zip(chains, told, strict=True)]
    looks = [] if attention is None else _looks(attention, chains, len(details) + len(contours))
    return Lines(chains, told, height, width, tuple(faces), looks)


def _with_heads(outlines: list[Chain], chains: list[Chain], weights: list[Array]) -> list[Array]:
    """The weights [M] of chains, greater beside the ``outlines`` of heads: a face without a head is a mask."""
    if not outlines:
        return weights
    heads = cKDTree(np.concatenate([line.points for line in outlines]))
    beside = [heads.query(chain.points)[0] < _SAME for chain in chains]
    return [np.where(near & (w > 0), _HEAD * w, w) for near, w in zip(beside, weights, strict=True)]


def _looks(attention: NDArray[np.float32], chains: list[Chain], sure: int) -> list[Array]:
    """The attention [h, w] along each chain [M]; the last ``sure`` of them, found for what they are, never lose."""
    look = attention.astype(np.float64)
    plain = (1 - _LEAST_LOOK) / _LOOK
    least = [0.0] * (len(chains) - sure) + [plain] * sure
    return [np.clip(_sampled(look, chain.points), low, 1) for chain, low in zip(chains, least, strict=True)]


def _keep_one_of_each(chains: list[Chain], weights: list[Array]) -> None:
    """Take the weight off lines that run beside a better one; the two sides of a pole are one line too."""
    order = sorted(range(len(chains)), key=lambda i: -np.maximum(weights[i], 0).sum())
    drawn = cubics.Drawn()
    for i in order:
        points, weight = chains[i].points, weights[i]
        near = drawn.beside(points, _SAME)
        weight[near] = np.minimum(weight[near], _GUESS)
        back = _own_double(chains[i]) & (weight > 0)
        weight[back] = _GUESS
        for run in tracing.runs(weight > 0):
            if len(run) > 2:
                drawn.add(points[run])


def _own_double(chain: Chain) -> NDArray[np.bool_]:
    """Which points [M] run within `_SAME` px beside an earlier part of their own chain."""
    points, size = chain.points, len(chain.points)
    tangent = np.gradient(points, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    pairs = cKDTree(points).query_pairs(_SAME, output_type="ndarray")
    early, late = pairs.min(axis=1), pairs.max(axis=1)
    apart = late - early
    if chain.closed:
        apart = np.minimum(apart, size - apart)
    beside = (apart > 3 * _SAME) & (np.abs((tangent[early] * tangent[late]).sum(1)) > 0.75)
    result = np.zeros(size, dtype=np.bool_)
    result[late[beside]] = True
    return result


def _belonging(found: Foreground, rim: float) -> Array:
    """[h, w]: 1 on the object and up to ``rim`` px outside, less where the mask may err, negative on the background."""
    near = ndimage.maximum_filter(found.score, 5)
    result: Array = np.where(ndimage.distance_transform_edt(~found.mask) <= rim, 1.0, np.interp(near, *_UNSURE))
    return result


def _likely(height: int, width: int, guess: Foreground | None) -> Array:
    """[h, w]: what a photo without a clear object is about lies more often in its middle, and on the guess at one."""
    y, x = np.mgrid[:height, :width]
    apart = np.hypot(x - width / 2, y - height / 2) / np.hypot(height, width)
    result: Array = np.exp(-0.5 * (apart / _MIDDLE) ** 2)
    if guess is not None:
        result *= np.where(ndimage.binary_dilation(guess.mask, iterations=3), 1.0, _NOT_GUESSED)
    return result


def _telling(points: Array) -> Array:
    """[M]: how much each point of a line tells of its shape; what turns tells most (Attneave, 1954)."""
    index = np.arange(len(points))
    before = points - points[np.maximum(index - _TURN_REACH, 0)]
    after = points[np.minimum(index + _TURN_REACH, len(points) - 1)] - points
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    turn = np.abs(np.arctan2(cross, (before * after).sum(1)))
    turn = ndimage.gaussian_filter1d(np.minimum(turn / _SHARP, 1.0), 6.0, mode="nearest")
    result: Array = _STRAIGHT + (_CURVED - _STRAIGHT) * turn
    return result


def _sampled(values: Array, points: Array) -> Array:
    result: Array = ndimage.map_coordinates(values, points[:, ::-1].T - 0.5, order=1, mode="nearest")
    return result


def _along_frame(points: Array, height: int, width: int, near: float) -> NDArray[np.bool_]:
    """Which points [M] of a polyline run along the frame of the map within ``near`` px of it."""
    tangent = np.abs(np.gradient(points, axis=0))
    level, upright = tangent[:, 1] < 0.2 * tangent[:, 0], tangent[:, 0] < 0.2 * tangent[:, 1]
    x, y = points.T
    result: NDArray[np.bool_] = (level & (np.minimum(y, height - y) < near)) | (
        upright & (np.minimum(x, width - x) < near)
    )
    return result
