"""What a draughtsman draws of a face: eyes, brows, nose and mouth, from a few marks to a likeness.

A boundary map shows folds and shadows of a face as clearly as what tells its expression. So a face's own strokes are
not chosen like other lines: how many strokes a drawing has, and how large the face is in it, say which marks are drawn,
always whole sets of them (`_SETS`), so that both eyes are there or none, and never eyes without a mouth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.draw import polygon2mask

from ..bezier.cubics import Array, resample

# Points of MediaPipe's mesh. Left and right are the picture's.
_UPPER_LIDS = ((33, 246, 161, 160, 159, 158, 157, 173, 133), (362, 398, 384, 385, 386, 387, 388, 466, 263))
_LOWER_LIDS = ((33, 7, 163, 144, 145, 153, 154, 155, 133), (362, 382, 381, 380, 374, 373, 390, 249, 263))
_IRISES = ((468, 469, 470, 471, 472), (473, 474, 475, 476, 477))
_BROWS_UPPER = ((70, 63, 105, 66, 107), (336, 296, 334, 293, 300))
_BROWS_LOWER = ((46, 53, 52, 65, 55), (285, 295, 282, 283, 276))
_NOSE_BASE = (64, 98, 97, 2, 326, 327, 294)
_BRIDGE = (168, 6, 197, 195, 5)
_TIP = 4
_LIPS_UPPER_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
_LIPS_LOWER_INNER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
_LIPS_UPPER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
_LIPS_LOWER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
_JAW = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454)

_OPEN = 0.12  # of its width: how far a mouth must be open to be drawn open
_HIDDEN = 0.42  # of the near eye's width: a narrower far eye lies behind the nose
_TURNED = 0.42  # radians of yaw from which on the nose is drawn as its ridge and base, not as its base alone
_SHARE = 0.4  # of a drawing's strokes that a large face may have
_LARGE = 60.0  # px: faces from this size on have that share, smaller ones less
_SAMPLES = 24  # points of each mark


@dataclass(frozen=True)
class _Set:
    """Marks that make a face together."""

    smallest: float  # px: size of the faces from which on they are no scratches
    marks: tuple[str, ...]


_SETS = (
    _Set(13, ("dots", "mouth")),
    _Set(30, ("dots", "brows", "nose", "mouth")),
    _Set(42, ("lids", "irises", "brows", "nose", "mouth")),
    _Set(42, ("lids", "irises", "brows", "nose", "lips")),
    _Set(55, ("lids", "irises", "lower lids", "brows", "nose", "lips")),
    _Set(70, ("lids", "irises", "lower lids", "brows", "nose", "ridge", "lips", "lower lip")),
)
"""From a few marks to many; each set is more than the one before."""


@dataclass(frozen=True)
class FaceMarks:
    """A face on the canvas: what may be drawn of it."""

    size: float  # px
    marks: dict[str, list[Array]]  # polylines [_SAMPLES, 2] by name
    jaw: Array  # [_SAMPLES, 2]
    inside: Array  # [C, 2] corners of the polygon in which no other line is drawn

    def strokes(self, number: int) -> list[Array]:
        """The polylines of the set ``number``, counted from 1; none of 0."""
        return [line for name in _SETS[number - 1].marks for line in self.marks[name]] if number else []

    def most(self) -> int:
        """The number of the largest set that the face is large enough for."""
        return sum(self.size >= those.smallest for those in _SETS)


def plan(faces: Sequence[FaceMarks], level: int) -> list[int]:
    """Which set each face has in a drawing of ``level`` strokes; 0 is none.

    The largest faces come first, but no face has a further set before all others that may have one.
    """
    result = [0] * len(faces)
    left = level * _SHARE
    order = sorted(range(len(faces)), key=lambda index: -faces[index].size)
    for number in range(1, len(_SETS) + 1):
        for index in order:
            face = faces[index]
            count = len(face.strokes(number))
            more = count - len(face.strokes(result[index]))
            if face.most() >= number and more <= left and count <= level * _SHARE * min(1.0, face.size / _LARGE):
                result[index] = number
                left -= more
    return result


def marks(points: Array, yaw: float) -> FaceMarks:
    """The marks of a face whose landmarks lie at ``points`` [478, 2] of the canvas, turned by ``yaw`` radians."""
    size = float((points.max(0) - points.min(0)).mean())
    seen = _visible_eyes(points)

    def lines(chains: Sequence[Sequence[int]]) -> list[Array]:
        return [_smooth(points[list(chain)]) for side, chain in enumerate(chains) if side in seen]

    brows = [
        _smooth((points[list(upper)] + points[list(lower)]) / 2)
        for side, (upper, lower) in enumerate(zip(_BROWS_UPPER, _BROWS_LOWER, strict=True))
        if side in seen
    ]
    mouth, lips = _mouth(points)
    found = {
        "dots": [_disc(points[list(_IRISES[side])], 0.0) for side in seen],
        "irises": [_disc(points[list(_IRISES[side])], 1.0) for side in seen],
        "lids": lines(_UPPER_LIDS),
        "lower lids": lines(_LOWER_LIDS),
        "brows": brows,
        "nose": [_nose(points, yaw)],
        "ridge": [_smooth(points[list(_BRIDGE[1:])])] if abs(yaw) <= _TURNED else [],
        "mouth": mouth,
        "lips": lips,
        "lower lip": [_smooth(points[list(_LIPS_LOWER[3:-3])])],
    }
    inner = np.concatenate(
        [points[list(c)] for c in (*_BROWS_UPPER, *_LOWER_LIDS, _LIPS_LOWER, _LIPS_UPPER, _NOSE_BASE)]
    )
    return FaceMarks(size, found, _smooth(points[list(_JAW)]), _hull(inner, 0.06 * size))


def _visible_eyes(points: Array) -> list[int]:
    """0 for the left eye, 1 for the right one; without an eye that lies behind the nose."""
    widths = [float(np.linalg.norm(points[lid[0]] - points[lid[-1]])) for lid in _UPPER_LIDS]
    return [side for side, width in enumerate(widths) if width >= _HIDDEN * max(widths)]


def _smooth(points: Array) -> Array:
    return resample(points, _SAMPLES)


def _disc(iris: Array, size: float) -> Array:
    """A small loop whose ink is a dark disc: an iris, or its pupil alone."""
    radius = float(np.linalg.norm(iris[1:] - iris[0], axis=1).mean())
    loop = max(0.8, min(radius - 1.5, 0.6 * radius))
    around = np.linspace(-np.pi / 2, 1.5 * np.pi, _SAMPLES)
    result: Array = iris[0] + loop * np.stack([np.cos(around), np.sin(around)], -1)
    return result


def _nose(points: Array, yaw: float) -> Array:
    if abs(yaw) <= _TURNED:
        return _smooth(points[list(_NOSE_BASE)])
    base = _NOSE_BASE[::-1] if yaw > 0 else _NOSE_BASE
    return _smooth(points[[*_BRIDGE, _TIP, *base[3:]]])


def _mouth(points: Array) -> tuple[list[Array], list[Array]]:
    """The mouth as one line, and as two."""
    upper, lower = points[list(_LIPS_UPPER_INNER)], points[list(_LIPS_LOWER_INNER)]
    corners = points[[61, 291]]
    between = np.concatenate([corners[:1], (upper + lower)[1:-1] / 2, corners[1:]])
    width = float(np.linalg.norm(corners[1] - corners[0]))
    gap = float(np.linalg.norm(upper - lower, axis=1).max())
    if gap < _OPEN * width:
        return [_smooth(between)], [_smooth(between), _smooth(points[list(_LIPS_LOWER[3:-3])])]
    upper, lower = (np.concatenate([corners[:1], inner[1:-1], corners[1:]]) for inner in (upper, lower))
    return [_smooth(lower)], [_smooth(upper), _smooth(lower)]


def _hull(points: Array, margin: float) -> Array:
    """Corners [C, 2] of the convex hull of points, ``margin`` px wider on every side."""
    from scipy.spatial import ConvexHull

    around = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    wider = (points[:, None] + margin * np.stack([np.cos(around), np.sin(around)], -1)[None]).reshape(-1, 2)
    return wider[ConvexHull(wider).vertices]


def covered(face: FaceMarks, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The pixels [h, w] of the canvas in which no other line than the face's own is drawn."""
    return polygon2mask(shape, face.inside[:, ::-1] - 0.5)
