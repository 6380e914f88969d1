"""What a draughtsman draws of a face: eyes, brows, nose and mouth, from a few marks to a likeness.

A boundary map shows folds and shadows of a face as clearly as what tells its expression. So a face's own strokes are
not chosen like other lines: how many strokes a drawing has, and how large the face is in it, say which marks are drawn,
always whole sets of them (`_SETS`), so that both eyes are there or none, and never eyes without a mouth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull
from skimage.draw import polygon2mask

from ..bezier.cubics import Array, resample
from ..seeing.face_traits import Traits
from ..seeing.faces import Face
from ..seeing.view import View
from . import heads
from .tracing import Chain

# Points of MediaPipe's mesh. Left and right are the picture's, left first.
_UPPER_LIDS = ((33, 246, 161, 160, 159, 158, 157, 173, 133), (362, 398, 384, 385, 386, 387, 388, 466, 263))
_LOWER_LIDS = ((33, 7, 163, 144, 145, 153, 154, 155, 133), (362, 382, 381, 380, 374, 373, 390, 249, 263))
_IRISES = ((468, 469, 470, 471, 472), (473, 474, 475, 476, 477))  # centre, then the edge
_BROWS_UPPER = ((70, 63, 105, 66, 107), (336, 296, 334, 293, 300))
_BROWS_LOWER = ((46, 53, 52, 65, 55), (285, 295, 282, 283, 276))
_NOSE_BASE = (64, 98, 97, 2, 326, 327, 294)
_NOSE_RIDGE = (168, 6, 197, 195, 5, 4)
_LIPS_UPPER_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
_LIPS_LOWER_INNER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
_LIPS_UPPER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
_LIPS_LOWER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
_MOUSTACHE = (57, 186, 92, 165, 164, 391, 322, 410, 287)
_UNDER_LIPS = (212, 18, 432)
_UNDER_EYES = ((229, 230, 231), (449, 450, 451))
_FOREHEAD, _CHIN, _TIP = 10, 152, 5

_OPEN = 0.12  # of its width: how far a mouth must be open to be drawn open
_SMILE = 0.45  # of an open mouth's height: how far under its upper lip the corners of a smile lie at most
_CLOSED = 0.13  # of its width: how far an eye must be open to be drawn open
_WIDE = 5.0  # px, where lines are of ordinary width: how far for a lower lid of its own
_HIDDEN = 0.42  # of the near eye's width: a narrower far eye lies behind the nose
_TURNED = 0.42  # radians of yaw from which on the nose is drawn as its ridge and base, not as its base alone
_SHARE = 0.5  # of a drawing's strokes that large faces may have
_HEADS = 0.25  # of a drawing's strokes that the outlines of heads may have beside
_LARGE = 68.0  # px: a face from this size on may have that share, smaller ones less
_ORDINARY_LINES = 90.0  # px: faces from this size on are drawn with lines of the ordinary width
_FINEST_LINES = 0.55  # of that width: the finest lines, in faces of half that size and less
_ALIKE = 0.75  # of a face's size: others from this size on are as important
_MARGIN = 0.06  # of the face's size: how far around its marks no other line is drawn
_CHEEKS = 0.8  # of the way from nose to jaw: how far out no other line is drawn
_GAP = 4.0  # px, where lines are of ordinary width: between a mark and the cheek's line
_IN_SCENE = 28.0  # px: smaller faces of a photo without one object get no marks, since their heads get no outlines
_SAMPLES = 24  # points of each mark
_LINE = 3.0  # px: the ordinary width of a line on the smallest canvas
_DOT = 1.2  # px: the largest loop that is filled by its own ink
_LENS = (0.72, 0.45, 0.7)  # half width, height over and depth below the eye of a lens, in widths of the eye


@dataclass(frozen=True)
class _Set:
    """Marks that make a face together."""

    smallest: float  # px: size of the faces from which on they are no scratches
    marks: tuple[str, ...]


_SETS = (
    _Set(13, ("dots", "mouth")),
    _Set(30, ("dots", "brows", "nose", "mouth", "moustache")),
    _Set(42, ("lids", "irises", "brows", "nose", "mouth", "moustache")),
    _Set(55, ("lids", "irises", "lower lids", "brows", "nose", "mouth", "moustache")),
    _Set(55, ("lids", "irises", "lower lids", "brows", "nose", "lips", "moustache")),
)
"""From a few marks to many; each set has more strokes than the one before."""
_SETS_WITH_GLASSES = (
    *_SETS[:2],
    _Set(42, ("dots", "glasses", "bridge", "brows", "nose", "mouth", "moustache")),
    _Set(55, ("lids", "irises", "glasses", "bridge", "brows", "nose", "lips", "moustache")),
)
_SETS_WITH_DARK_GLASSES = (
    _Set(22, ("glasses", "bridge", "mouth")),
    _Set(30, ("glasses", "bridge", "nose", "mouth", "moustache")),
    _Set(42, ("glasses", "bridge", "nose", "lips", "moustache")),
)


@dataclass(frozen=True)
class FaceMarks:
    """A face on the canvas: what may be drawn of it."""

    size: float  # px
    sets: tuple[_Set, ...]
    marks: dict[str, list[Array]]  # polylines [_SAMPLES, 2] by name
    inside: Array  # [C, 2] corners of the polygon in which no other line is drawn
    outline: list[Chain]  # jaw and crown, which are lines like others, but more telling
    hairline: list[Chain]  # likewise, as telling as others
    head: list[Array]  # polylines of the strokes that close the head around the marks; none where it is not seen

    @property
    def line(self) -> float:
        """How wide its lines are, in widths of an ordinary one: fine work in a small face."""
        return _line(self.size)

    def strokes(self, number: int) -> list[Array]:
        """The polylines of the set ``number``, counted from 1; none of 0."""
        return [line for name in self.sets[number - 1].marks for line in self.marks[name]] if number else []

    def most(self) -> int:
        """The number of the largest set that the face is large enough for."""
        return sum(self.size >= those.smallest for those in self.sets)

    def may_have(self, number: int, level: int) -> bool:
        """Whether the face is large enough for a set, and for so large a part of ``level`` strokes."""
        share = _SHARE * min(1.0, self.size / _LARGE)
        return number <= self.most() and len(self.strokes(number)) <= share * level


def plan(faces: Sequence[FaceMarks], level: int) -> list[int]:
    """Which set each face has in a drawing of ``level`` strokes; 0 is none.

    The largest faces come first, but of faces of like size none has a further set unless all have it.
    """
    result = [0] * len(faces)
    left = level * _SHARE
    order = sorted(range(len(faces)), key=lambda index: -faces[index].size)
    for number in range(1, len(_SETS) + 1):
        able = [index for index in order if faces[index].may_have(number, level)]
        more = {index: len(faces[index].strokes(number)) - len(faces[index].strokes(result[index])) for index in able}
        for index in able:
            alike = [i for i in able if faces[i].size >= _ALIKE * faces[index].size and result[i] < number]
            if more[index] <= left and (number == 1 or sum(more[i] for i in alike) <= left):
                result[index] = number
                left -= more[index]
    return result


def heads_in(faces: Sequence[FaceMarks], numbers: Sequence[int], level: int) -> list[bool]:
    """Which faces, whose sets have these ``numbers``, have strokes for their heads too; the largest come first."""
    result, left = [False] * len(faces), level * _HEADS
    for index in sorted(range(len(faces)), key=lambda index: -faces[index].size):
        cost = len(faces[index].head)
        if numbers[index] and cost <= left:
            result[index] = True
            left -= cost
    return result


def marks(face: Face, view: View) -> FaceMarks:
    """The marks of a face of the photo on the view's canvas."""
    points, traits = view.from_decoded(face.points[:, :2]), face.traits
    size = heads.size_of(points)
    seen = _visible_eyes(points)
    sets: tuple[_Set, ...] = ()
    if view.found is not None or size >= _IN_SCENE:
        sets = _SETS_WITH_DARK_GLASSES if traits.dark_glasses else _SETS_WITH_GLASSES if traits.glasses else _SETS
    scale = view.size[0] / view.box.width
    line = _line(size)
    lenses, bridge = _glasses(points, seen, traits, scale)
    mouth, lips = _mouth(points)
    if traits.moustache:  # which runs where the upper lip would
        lips = mouth
    found = {
        **_eyes(points, seen, line),
        "brows": [_smooth((points[list(_BROWS_UPPER[s])] + points[list(_BROWS_LOWER[s])]) / 2) for s in seen],
        "nose": [_nose(points, face.yaw)],
        "mouth": mouth,
        "lips": lips,
        "moustache": [_smooth(points[list(_MOUSTACHE)])] if traits.moustache else [],
        "glasses": lenses,
        "bridge": bridge,
    }
    rim = heads.silhouette(points).astype(np.float32)
    for name in ("brows", "mouth", "lips", "moustache"):
        found[name] = [_trimmed(mark, rim, _GAP * line) for mark in found[name]]
    around = (*_BROWS_UPPER, *_UNDER_EYES, _LIPS_LOWER, _MOUSTACHE, _UNDER_LIPS, _NOSE_BASE, *_LOWER_LIDS)
    inner = [points[list(chain)] for chain in around]
    cheeks = points[_TIP] + _CHEEKS * (heads.jaw(points) - points[_TIP])
    inside = _hull(np.concatenate([*inner, *lenses, cheeks]), _MARGIN * size)
    drawn = bool(sets) and size >= sets[0].smallest  # a jaw without marks is a scratch
    if not drawn:
        return FaceMarks(size, sets, found, inside, [], [], [])
    head = heads.find(points, view)
    return FaceMarks(size, sets, found, inside, head.lines, heads.hairline(traits, view), head.strokes)


def _trimmed(mark: Array, rim: NDArray[np.float32], gap: float) -> Array:
    """The polyline without what is nearer than ``gap`` px to the mesh's silhouette, or it would run into the cheek."""
    far = np.array([cv2.pointPolygonTest(rim[:, None], (float(x), float(y)), True) for x, y in mark]) > gap
    kept = np.flatnonzero(far)
    return _smooth(mark[kept[0] : kept[-1] + 1]) if len(kept) > _SAMPLES // 2 else mark


def _visible_eyes(points: Array) -> list[int]:
    """0 for the left eye, 1 for the right one; without an eye that lies behind the nose."""
    down = points[_CHIN] - points[_FOREHEAD]
    across = np.array([down[1], -down[0]])  # to the face's left, which is the picture's right
    widths = [float((points[lid[-1]] - points[lid[0]]) @ across) for lid in _UPPER_LIDS]
    return [side for side, width in enumerate(widths) if width >= _HIDDEN * max(widths)]


def _smooth(points: Array) -> Array:
    return resample(points, _SAMPLES)


def _line(size: float) -> float:
    return float(np.clip(size / _ORDINARY_LINES, _FINEST_LINES, 1.0))


def _eyes(points: Array, seen: Sequence[int], line: float) -> dict[str, list[Array]]:
    """The eyes, of which closed ones have lids only, and narrow ones no lower lids, which would fill them with ink."""
    upper, lower = ([_smooth(points[list(lids[side])]) for side in seen] for lids in (_UPPER_LIDS, _LOWER_LIDS))
    gap = float(np.mean([np.linalg.norm(a - b, axis=1).max() for a, b in zip(upper, lower, strict=True)]))
    width = float(np.mean([np.linalg.norm(lid[-1] - lid[0]) for lid in upper]))
    closed = gap < _CLOSED * width
    irises = [points[list(_IRISES[side])] for side in seen]
    eyes = zip(irises, upper, lower, strict=True)
    return {
        "dots": upper if closed else [_disc(iris, line) for iris in irises],
        "irises": [] if closed else [_iris(iris, above, below, line) for iris, above, below in eyes],
        "lids": upper,
        "lower lids": lower if gap > _WIDE * line else [],
    }


def _disc(iris: Array, line: float) -> Array:
    """A small loop whose ink is a dot."""
    radius = float(np.linalg.norm(iris[1:] - iris[0], axis=1).mean())
    loop = float(np.clip(radius - 1.5 * line, 0.8, _DOT))
    around = np.linspace(-np.pi / 2, 1.5 * np.pi, _SAMPLES)
    result: Array = iris[0] + loop * np.stack([np.cos(around), np.sin(around)], -1)
    return result


def _iris(iris: Array, above: Array, below: Array, line: float) -> Array:
    """What the lids leave of the iris: a bow that hangs from the upper lid, and does not pass the lower one."""
    across = (above[-1] - above[0]) / max(float(np.linalg.norm(above[-1] - above[0])), 1e-6)
    axes = np.stack([across, [-across[1], across[0]]], -1)  # along the eye, and down
    (lid, floor), edge = ((curve - iris[0]) @ axes for curve in (above, below)), (iris[1:] - iris[0]) @ axes
    radius = float(np.linalg.norm(edge, axis=1).mean())
    half = max(radius - _LINE * line / 2, _DOT)
    hung = np.interp([-half, half], *lid.T)
    down = max(min(radius, float(np.interp(0, *floor.T))) - _LINE * line / 2, float(hung.mean()) + _DOT)
    turn = np.linspace(np.pi, 0, _SAMPLES)
    top = np.interp(np.cos(turn), [-1, 1], hung)
    bow = np.stack([half * np.cos(turn), top + (down - top) * np.sin(turn)], -1)
    result: Array = iris[0] + bow @ axes.T
    return result


def _nose(points: Array, yaw: float) -> Array:
    """The nose's base, of a turned head its ridge and what is seen of the base."""
    if abs(yaw) <= _TURNED:
        return _smooth(points[list(_NOSE_BASE)])
    base = _NOSE_BASE[::-1] if yaw > 0 else _NOSE_BASE
    return _smooth(points[[*_NOSE_RIDGE, *base[3:]]])


def _mouth(points: Array) -> tuple[list[Array], list[Array]]:
    """The mouth as one line, and as two."""
    upper, lower = points[list(_LIPS_UPPER_INNER)], points[list(_LIPS_LOWER_INNER)]
    corners = points[[61, 291]]
    width = float(np.linalg.norm(corners[1] - corners[0]))
    gap = float(np.linalg.norm(upper - lower, axis=1).max())
    above, below, between = (
        _smooth(np.concatenate([corners[:1], inner[1:-1], corners[1:]]))
        for inner in (upper, lower, (upper + lower) / 2)
    )
    if gap < _OPEN * width:
        return [between], [between, _smooth(points[list(_LIPS_LOWER[3:-3])])]
    return [below if _smiles(corners, upper, lower) else between], [above, below]


def _smiles(corners: Array, upper: Array, lower: Array) -> bool:
    """Whether an open mouth's corners lie as high as its upper lip: of one that speaks they lie between both."""
    middle = len(upper) // 2
    down = lower[middle] - upper[middle]
    return bool((corners.mean(0) - upper[middle]) @ down < _SMILE * (down @ down))


def _glasses(points: Array, seen: Sequence[int], traits: Traits, scale: float) -> tuple[list[Array], list[Array]]:
    """The lenses, each from temple to nose, and the bridge between two; nothing where no glasses are plain.

    Of clear ones the brows are the upper rims, as good as.
    """
    if not (traits.dark_glasses or traits.glasses):
        return [], []
    lenses = []
    for side in seen:
        left, right = points[_UPPER_LIDS[side][0]], points[_UPPER_LIDS[side][-1]]
        across = right - left
        width = float(np.linalg.norm(across))
        down = np.array([-across[1], across[0]])  # the canvas' y points down
        depth = 0.15 + traits.glasses * scale / width if traits.glasses else _LENS[2]
        half, height, _ = _LENS
        angle = np.deg2rad(np.linspace(180, 0, _SAMPLES - 2))
        rim = np.stack([np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.6 * half, np.sin(angle) ** 0.6 * depth], -1)
        rim = np.concatenate([[[-half, -height]], rim, [[half, -height]]])
        lenses.append(_smooth((left + right) / 2 + rim[:, :1] * across + rim[:, 1:] * down))
    if len(lenses) < 2:
        return lenses, []
    if traits.dark_glasses:  # no brows are seen over them, so the bridge is their upper rim
        return lenses, [_smooth(np.concatenate([lens[[0, -1]] for lens in lenses]))]
    ends = [lenses[0][-1] * 0.7 + lenses[0][-5] * 0.3, lenses[1][0] * 0.7 + lenses[1][4] * 0.3]
    middle = (ends[0] + ends[1]) / 2 - 0.1 * np.array([-1.0, 1.0]) * (ends[1] - ends[0])[::-1]
    return lenses, [_smooth(np.array([ends[0], middle, ends[1]]))]


def _hull(points: Array, margin: float) -> Array:
    """Corners [C, 2] of the convex hull of points, ``margin`` px wider on every side."""
    around = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    wider = (points[:, None] + margin * np.stack([np.cos(around), np.sin(around)], -1)[None]).reshape(-1, 2)
    corners: Array = wider[ConvexHull(wider).vertices]
    return corners


def covered(face: FaceMarks, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The pixels [h, w] of the canvas in which no other line than the face's own is drawn."""
    return polygon2mask(shape, face.inside[:, ::-1] - 0.5)
