"""What landmarks do not tell of a face: its hairline, dark glasses, glasses, a moustache.

Measured by colour in the face seen upright. Each is taken only where it is plain: a moustache on a shaven lip is worse
than none on a bearded one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.color import rgb2lab

from ..bezier.cubics import Array, resample
from . import viterbi

SIDE = 256
"""Px: side of the upright picture of a head in which all is measured."""

# Points of MediaPipe's mesh.
_SKIN = (50, 280, 101, 330, 205, 425, 151, 9, 4, 5)  # cheeks, forehead, nose
_LENSES = ((23, 230, 229, 231, 24, 22, 110), (253, 450, 449, 451, 254, 252, 339))  # below each eye
_LID_FOLDS = (65, 52, 295, 282)
_LIP = ((165, 92), (391, 322))  # over the upper lip, beside the shadow of the nose
_LIP_MIDDLE = (164,)
_BESIDE_MOUTH, _BELOW_MOUTH = ((206, 203), (426, 423)), ((204, 194), (424, 418))
_CHEEKS = ((50, 101, 36, 205), (280, 330, 266, 425))
_EYES = ((33, 133, 145), (263, 362, 374))  # of each: outer corner, inner corner, middle of the lower lid
_NOSE_ROOT = 6
_OVAL = (127, 162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 356)  # from ear to ear over the forehead
_MIDDLE = 168

_DARK = 19.0  # L* that dark glasses are darker than the skin, below and above the eyes
_MOUSTACHE = 20.0  # L* that a moustache is darker than the cheeks at least
_PALE_MOUSTACHE, _PALE_MIDDLE = 6.0, 8.0  # or L* that its sides and its middle are darker than all that is around them
_BRIDGE = 6.0  # L* that the bridge of glasses stands out from the nose at least
_RIM = 4.0  # L* that the lower rims of glasses stand out from the cheeks at least
_RIM_FROM = 0.3  # widths of an eye below it from which on a line is a rim, and no fold of the lid
_BOTH = 60.0  # product of the two from which on there are glasses
_TURNED = 0.4  # radians of yaw from which on a nose before what is behind it looks like a bridge of glasses
_HAIR_RAYS = 48  # points of the hairline
_HAIR_REACH = (-0.25, 0.55)  # in sizes of the face: how far within and beyond the mesh's forehead a hairline may run
_HAIR_CONTRAST = 25.0  # difference of colour from skin that makes a hairline as strong as any
_STIFFNESS = 0.02  # what a hairline's change by one place from a ray to the next costs, squared


@dataclass(frozen=True)
class Traits:
    """What is plain to see of a face beside its landmarks, in pixels of the picture these are in."""

    hairline: Array  # [48, 3] x, y, and how much it stands out, 0..1
    dark_glasses: bool
    glasses: float  # px of the rims below the middle of the lower lids; 0: none are plain
    moustache: bool

    def placed(self, matrix: Array) -> Traits:
        """The same in the pixels to which a ``matrix`` [2, 3] leads that turns and scales alike."""
        line = np.column_stack([self.hairline[:, :2] @ matrix[:, :2].T + matrix[:, 2], self.hairline[:, 2]])
        scale = float(np.hypot(*matrix[:, 0]))
        return Traits(line, self.dark_glasses, scale * self.glasses, self.moustache)


def measure(head: NDArray[np.uint8], points: Array, yaw: float) -> Traits:
    """The traits of an upright ``head`` [SIDE, SIDE, 3] with landmarks ``points`` [478, 2] in it."""
    colours = rgb2lab(cv2.GaussianBlur(head, (0, 0), 1.5))
    skin = np.median(_around(colours, points[list(_SKIN)], 4), axis=0)
    below = [np.percentile(_around(colours, points[list(lens)], 1)[:, 0], 75) - skin[0] for lens in _LENSES]
    above = np.median(_around(colours, points[list(_LID_FOLDS)], 2)[:, 0]) - skin[0]
    dark = max(*below, above) <= -_DARK
    glasses = 0.0 if dark or abs(yaw) > _TURNED else _glasses(rgb2lab(head)[..., 0], points)
    unlike = np.linalg.norm((colours - skin) * [0.7, 1.0, 1.0], axis=2)  # light counts for less: shadows
    return Traits(_hairline(unlike, points), bool(dark), glasses, _has_moustache(colours[..., :1], points))


def _around(values: Array, centres: Array, reach: int) -> Array:
    """[_, C]: the values [h, w, C] in squares of ``reach`` px around the centres [M, 2]."""
    height, width = values.shape[:2]
    squares = []
    for column, row in np.rint(centres).astype(int):
        row, column = np.clip(row, reach, height - 1 - reach), np.clip(column, reach, width - 1 - reach)
        square = values[row - reach : row + reach + 1, column - reach : column + reach + 1]
        squares.append(square.reshape(-1, values.shape[2]))
    return np.concatenate(squares)


def _has_moustache(light: Array, points: Array) -> bool:
    """Whether both sides of the upper lip are much darker than the cheeks, or, with its middle, than all around."""

    def level(numbers: Sequence[int], reach: int) -> float:
        return float(np.median(_around(light, points[list(numbers)], reach)))

    lip = [level(over, 2) for over in _LIP]
    if all(level(cheek, 3) - dark >= _MOUSTACHE for cheek, dark in zip(_CHEEKS, lip, strict=True)):
        return True
    beside = [level(side, 3) for side in _BESIDE_MOUTH]
    around = [min(one, level(below, 3)) for one, below in zip(beside, _BELOW_MOUTH, strict=True)]
    sides = all(one - dark >= _PALE_MOUSTACHE for one, dark in zip(around, lip, strict=True))
    return sides and min(beside) - level(_LIP_MIDDLE, 2) >= _PALE_MIDDLE


def _stands_out(profiles: Array) -> Array:
    """How much each place of profiles [..., M] differs from what is around it."""
    near, far = (ndimage.gaussian_filter1d(profiles, sigma, axis=-1) for sigma in (1.5, 5.0))
    return np.abs(near - far)


def _glasses(light: Array, points: Array) -> float:
    """Px of the rims below the lower lids, where both rims and a bridge over the nose stand out; else 0."""
    apart = float(np.linalg.norm(points[_EYES[1][1]] - points[_EYES[0][1]]))
    centre = points[[_EYES[0][1], _EYES[1][1]]].mean(0)
    columns = points[_NOSE_ROOT, 0] + np.linspace(-0.2, 0.2, 9) * apart
    bridge = _profiles(light, columns, centre[1] + np.arange(-0.45 * apart, 0.75 * apart))
    plain, depths = [float(_stands_out(bridge.mean(0)).max())], []
    for outer, inner, lid in _EYES:
        width = float(np.linalg.norm(points[outer] - points[inner]))
        down = np.arange(_RIM_FROM * width, 1.2 * width)
        columns = points[lid, 0] + np.linspace(-0.3, 0.3, 9) * width
        rim = _stands_out(_profiles(light, columns, points[lid, 1] + down)).mean(0)
        plain.append(float(rim.max()))
        depths.append(down[rim.argmax()])
    over_nose, rims = plain[0], min(plain[1:])
    seen = over_nose > _BRIDGE and rims > _RIM and over_nose * rims > _BOTH
    return float(np.mean(depths)) if seen else 0.0


def _profiles(light: Array, columns: Array, rows: Array) -> Array:
    """[columns, rows] of the picture [h, w]."""
    x, y = np.meshgrid(columns, rows, indexing="ij")
    result: Array = ndimage.map_coordinates(light, [y, x], order=1, mode="nearest")
    return result


def _hairline(unlike: Array, points: Array) -> Array:
    """Where, along rays from the nose's root, skin ends over the forehead (Viterbi). ``unlike`` [h, w]: as skin, 0."""
    oval = resample(points[list(_OVAL)], _HAIR_RAYS)
    size = float((points.max(0) - points.min(0)).mean())
    out = oval - points[_MIDDLE]
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    shifts = np.arange(_HAIR_REACH[0] * size, _HAIR_REACH[1] * size, 1.5)
    where = oval[:, None] + shifts[None, :, None] * out[:, None]
    seen = ndimage.map_coordinates(unlike, where.transpose(2, 0, 1)[::-1], order=1, mode="nearest")
    step = 5  # shifts on both sides whose colours are compared
    before = np.maximum.accumulate(ndimage.uniform_filter1d(seen, step, axis=1, origin=step // 2), axis=1)
    after = ndimage.uniform_filter1d(seen, step, axis=1, origin=-(step // 2))
    contrast = np.clip((after - before) / _HAIR_CONTRAST, 0, 1)
    change = _STIFFNESS * np.arange(-len(shifts) + 1, len(shifts)) ** 2
    index = np.arange(len(shifts))
    cost = change[index[:, None] - index[None] + len(shifts) - 1]
    best = viterbi.best_course(contrast, cost)
    shift = ndimage.gaussian_filter1d(shifts[best], 1.0)
    strength = contrast[np.arange(len(best)), best]
    return np.column_stack([oval + shift[:, None] * out, strength])
