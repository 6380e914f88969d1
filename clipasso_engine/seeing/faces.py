"""People's faces in a photo: where they are and where in them eyes, brows, nose, mouth and jaw lie.

Two networks of the MediaPipe project, with their authors' weights (docs/faces.md tells where they come from): a
detector (BlazeFace, Bazarevsky et al., 2019, full range) that sees faces of 6 % of its picture and more, and a mesh of
478 landmarks with refined eyes, irises and lips ("Attention Mesh", Grishchenko et al., 2020).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..bezier.cubics import Array
from ..weights import bundled
from ..weights.opencv_network import Network
from . import face_traits
from .closeup import Box
from .face_traits import Traits

DETECTOR, DETECTOR_SHA256 = bundled.FACE_DETECTOR, bundled.FACE_DETECTOR_SHA256
LANDMARKS, LANDMARKS_SHA256 = bundled.FACE_LANDMARKS, bundled.FACE_LANDMARKS_SHA256

SIDE = 192
"""Px: side of the square that both networks see."""

_STRIDE = 4  # px of that square between the places at which the detector says something
_LIKELY = 0.6  # score from which on the detector has seen a face; its authors' threshold
_PRESENT = 0.9  # probability of a face, by the landmark network, from which on there is one
_SURE = 0.65  # mean score, when the detector looks again at what it has seen, from which on it is a face
_AGAIN = (2.4, 3.2)  # sides of the squares of these looks, in sides of the square that the landmark network sees
_SAME = 0.4  # of the smaller of two boxes that both cover: from there on they are one face
_WHOLE = 0.04  # of a look's side: a box that comes so near to an edge which is none of the photo is cut there
_TILE = 0.55  # of the photo's longer side: side of the looks at parts of it
_AROUND = 1.5  # side of the square that the landmark network sees, in sides of the face's box
_HEAD = 1.4  # side of the square in which a head's traits are measured, in sides of that
_MOST = 16  # faces that are taken, the largest first
_NOISE = 8.0  # px: a smaller face in the photo's file has no eyes
_EYES = (33, 263)  # outer corners, of the eye that is left in the picture first
_CORNERS = ((33, 133), (362, 263))  # of both eyes, likewise

_IRISES = {
    "left": [468, 469, 470, 471, 472],
    "right": [473, 474, 475, 476, 477],
}  # of each: centre, right, top, left, bottom
_LIDS = 16  # the first points of a refined eye are its lids


@dataclass(frozen=True)
class Face:
    """One face."""

    points: Array  # [478, 3] MediaPipe's landmarks: x, y in pixels of the decoded photo; z likewise, less is nearer
    score: float  # how sure the detector is, 0..1
    traits: Traits

    @property
    def size(self) -> float:
        """Px: mean side of the box around the landmarks."""
        low, high = self.points[:, :2].min(0), self.points[:, :2].max(0)
        return float((high - low).mean())

    @property
    def yaw(self) -> float:
        """Radians by which the head is turned: 0 is towards the camera, positive towards the picture's right."""
        return _yaw(self.points)


def _yaw(points: Array) -> float:
    across = points[454] - points[234]
    return float(np.arctan2(across[2], np.hypot(across[0], across[1])))


class Finder:
    """Both networks."""

    def __init__(self) -> None:
        """Raises what `bundled.network` raises."""
        self._detector = bundled.network(DETECTOR, DETECTOR_SHA256)
        self._mesh = Mesh()

    def find(self, rgb: NDArray[np.uint8]) -> list[Face]:
        """The faces in a photo [H, W, 3], the largest first; the same whatever the number of threads."""
        boxes = _detected(self._detector, rgb)
        faces = [face for box in boxes[:_MOST] if (face := self._face(rgb, box)) is not None]
        faces.sort(key=lambda face: -face.size)
        return _apart(faces)

    def _face(self, rgb: NDArray[np.uint8], found: _Box) -> Face | None:
        square = _Square.of_box(found)
        presence = 1.0
        for _ in range(2):  # the second time in the square that the landmarks of the first ask for
            points, present = self._mesh.of(rgb, square)
            square, presence = _Square.of_points(points), min(presence, present)
        if presence < _PRESENT:
            return None
        score = self._again(rgb, square)
        return Face(points, score, _traits(rgb, points, square)) if score >= _SURE else None

    def _again(self, rgb: NDArray[np.uint8], square: _Square) -> float:
        """How sure the detector is of a face when it sees it upright, at two sizes, and in a mirror, 0..1.

        People's faces are faces however one looks at them; dogs, clocks and stones are only now and then.
        """
        pictures = []
        for times in _AGAIN:
            wider = replace(square, side=times * square.side)
            pictures.append(_warped(rgb, wider))
            pictures.append(np.ascontiguousarray(pictures[-1][:, ::-1]))
        count = SIDE // _STRIDE
        logits = np.stack([_run(self._detector, picture)["scores"].reshape(count, count) for picture in pictures])
        middle = logits[:, count // 3 : -(count // 3), count // 3 : -(count // 3)].max((1, 2))
        return float(_probability(middle).mean())


@dataclass(frozen=True)
class _Box:
    """A detected face, in pixels of the photo."""

    low: Array  # [2] left, top
    high: Array  # [2] right, bottom
    eyes: Array  # [2, 2] left in the picture, right
    score: float

    def overlap(self, other: _Box) -> float:
        """Of the smaller one's area: what both cover."""
        both = np.maximum(np.minimum(self.high, other.high) - np.maximum(self.low, other.low), 0)
        return float(both.prod() / max(min((b.high - b.low).prod() for b in (self, other)), 1e-9))


def _looks(height: int, width: int) -> list[Box]:
    """Squares that the detector sees: the photo, the photo small for faces that fill it, and parts of it."""
    longer = max(height, width)
    side = round(_TILE * longer)
    tiles = [Box(left, top, left + side, top + side) for top in _starts(height, side) for left in _starts(width, side)]
    middle = ((width - longer) // 2, (height - longer) // 2)
    whole = Box(*middle, middle[0] + longer, middle[1] + longer)
    far = Box(whole.left - longer // 2, whole.top - longer // 2, whole.right + longer // 2, whole.bottom + longer // 2)
    return [whole, far, *tiles]


def _starts(length: int, side: int) -> list[int]:
    """Where tiles of ``side`` begin that cover ``length``, overlapping by a third at least."""
    if length <= side:
        return [(length - side) // 2]
    count = int(np.ceil((length - side) / (0.66 * side))) + 1
    return [round(start) for start in np.linspace(0, length - side, count)]


def _detected(network: Network, rgb: NDArray[np.uint8]) -> list[_Box]:
    """The faces that the detector sees, the surest first, each once."""
    height, width = rgb.shape[:2]
    looks = _looks(height, width)
    seen = [_run(network, _shown(rgb, look)) for look in looks]
    boxes = [
        box
        for look, said in zip(looks, seen, strict=True)
        for box in _decoded(said["boxes"][0], said["scores"][0, :, 0], look)
        if _is_whole(box, look, height, width) and (box.high - box.low).max() > _NOISE
    ]
    boxes.sort(key=lambda box: -box.score)
    kept: list[_Box] = []
    for box in boxes:
        if all(box.overlap(other) < _SAME for other in kept):
            kept.append(box)
    return kept


def _is_whole(box: _Box, look: Box, height: int, width: int) -> bool:
    """Whether no edge of the ``look`` cuts the box, but for edges that are the photo's."""
    near = _WHOLE * look.width
    return not (
        (box.low[0] < look.left + near and look.left > 0)
        or (box.low[1] < look.top + near and look.top > 0)
        or (box.high[0] > look.right - near and look.right < width)
        or (box.high[1] > look.bottom - near and look.bottom < height)
    )


def _shown(rgb: NDArray[np.uint8], look: Box) -> NDArray[np.uint8]:
    """A square of the photo, black outside it, as the network sees it."""
    height, width = rgb.shape[:2]
    scale = SIDE / look.width
    left, top, right, bottom = max(look.left, 0), max(look.top, 0), min(look.right, width), min(look.bottom, height)
    part = rgb[top:bottom, left:right]
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    shrunk = cv2.resize(part, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    canvas = np.zeros((SIDE, SIDE, 3), np.uint8)
    x, y = round((left - look.left) * scale), round((top - look.top) * scale)
    shrunk = shrunk[: SIDE - y, : SIDE - x]
    canvas[y : y + shrunk.shape[0], x : x + shrunk.shape[1]] = shrunk
    return canvas


def _run(network: Network, picture: NDArray[np.uint8], darkest: float = -1.0) -> Mapping[str, NDArray[np.float32]]:
    """What a network makes of a picture [192, 192, 3], black as ``darkest`` and white as 1."""
    values = picture.transpose(2, 0, 1)[None].astype(np.float32) / 255
    return network(values * (1 - darkest) + darkest)


def _decoded(regressed: NDArray[Any], logits: NDArray[Any], look: Box) -> list[_Box]:
    """Boxes of what the detector says at each place: [P, 16] centre, size and six points by offset, [P] how sure."""
    score = _probability(logits)
    count, scale = SIDE // _STRIDE, look.width / SIDE
    boxes = []
    for place in np.flatnonzero(score > _LIKELY):
        anchor = (np.array([place % count, place // count]) + 0.5) * _STRIDE
        values = regressed[place].astype(np.float64).reshape(8, 2)
        centre, half, eyes = values[0] + anchor, values[1] / 2, values[2:4] + anchor
        origin = np.array([look.left, look.top])
        boxes.append(
            _Box(
                (centre - half) * scale + origin,
                (centre + half) * scale + origin,
                eyes * scale + origin,
                float(score[place]),
            )
        )
    return boxes


def _probability(logits: NDArray[Any]) -> Array:
    return 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -100, 100)))


@dataclass(frozen=True)
class _Square:
    """The part of the photo that the landmark network sees, turned so that the eyes lie level."""

    centre: Array  # [2] px of the photo
    side: float  # px
    angle: float  # radians

    @classmethod
    def of_box(cls, box: _Box) -> _Square:
        return cls((box.low + box.high) / 2, _AROUND * float((box.high - box.low).max()), _angle(*box.eyes))

    @classmethod
    def of_points(cls, points: Array) -> _Square:
        angle = _angle(*points[list(_EYES), :2])
        turned = points[:, :2] @ _turn(angle)
        low, high = turned.min(0), turned.max(0)
        return cls(_turn(angle) @ ((low + high) / 2), _AROUND * float((high - low).max()), angle)

    def matrix(self, pixels: int = SIDE) -> Array:
        """[2, 3]: pixels of the square, so many on each side -> pixels of the photo."""
        linear = _turn(self.angle) * self.side / pixels
        return np.column_stack([linear, self.centre - linear @ np.full(2, pixels / 2)])


def _angle(first: Array, second: Array) -> float:
    return float(np.arctan2(second[1] - first[1], second[0] - first[0]))


def _turn(angle: float) -> Array:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


class Mesh:
    """The landmark network."""

    def __init__(self) -> None:
        """Raises what `bundled.network` raises."""
        self._network = bundled.network(LANDMARKS, LANDMARKS_SHA256)
        self._refined = _refined(bundled.description(LANDMARKS.read_bytes())["graph"]["nodes"])

    def of(self, rgb: NDArray[np.uint8], square: _Square) -> tuple[Array, float]:
        """The landmarks [478, 3] in a square of the photo, in its pixels, and the probability that a face is there."""
        matrix = square.matrix()
        seen = _run(self._network, _warped(rgb, square), darkest=0.0)
        values = {name: said[0].astype(np.float64) for name, said in seen.items()}
        points = np.zeros((478, 3))
        points[:468] = values["mesh"].reshape(468, 3)
        for name, order in self._refined.items():
            points[order, :2] = values[name]
        for eye, order in _IRISES.items():
            points[order, :2] = values[f"{eye} iris"]
            points[order, 2] = points[self._refined[f"{eye} eye"][:_LIDS], 2].mean()
        points[:, :2] = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        points[:, 2] *= square.side / SIDE
        return points, float(_probability(seen["presence"]).reshape(()))


def _refined(nodes: Sequence[Mapping[str, Any]]) -> dict[str, list[int]]:
    """Which points of the mesh the parts that look again at the lips and each eye tell anew, in their order.

    They tell of those around which they look (MediaPipe, tensors_to_face_landmarks_with_attention). ``nodes`` are the
    network's operations.
    """
    maker = {node["to"]: node for node in nodes}
    result = {}
    for node in nodes:
        if node["op"] == "in image" and not node["to"].endswith("iris"):
            source = maker[node["of"][1]]
            while source["op"] != "crop of landmarks":
                source = maker[source["of"][0]]
            result[node["to"]] = source["around"]
    return result


def _traits(rgb: NDArray[np.uint8], points: Array, square: _Square) -> Traits:
    wider = replace(square, side=_HEAD * square.side)
    matrix = wider.matrix(face_traits.SIDE)
    upright = (points[:, :2] - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    return face_traits.measure(_warped(rgb, wider, face_traits.SIDE), upright, _yaw(points)).placed(matrix)


def _warped(rgb: NDArray[np.uint8], square: _Square, pixels: int = SIDE) -> NDArray[np.uint8]:
    """[pixels, pixels, 3]: a square of the photo, without aliasing, its edge's colours beyond it."""
    matrix, shrink = square.matrix(pixels), max(1.0, square.side / pixels)
    if shrink > 1:
        corners = matrix @ np.array([[0, pixels, 0, pixels], [0, 0, pixels, pixels], [1, 1, 1, 1]])
        height, width = rgb.shape[:2]
        low = np.clip(np.floor(corners.min(1) - 2 * shrink).astype(int), 0, [width - 1, height - 1])
        high = np.maximum(np.ceil(corners.max(1) + 2 * shrink).astype(int), low + 1)
        # A blur of this many pixels leaves what the smaller picture can show.
        part = rgb[low[1] : high[1], low[0] : high[0]]
        rgb = cv2.GaussianBlur(part, (0, 0), 0.5 * shrink).astype(np.uint8, copy=False)
        matrix[:, 2] -= low
    matrix[:, 2] += matrix[:, :2] @ np.full(2, 0.5) - 0.5  # OpenCV's pixel centres are whole numbers
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    picture = cv2.warpAffine(rgb, matrix, (pixels, pixels), flags=how, borderMode=cv2.BORDER_REPLICATE)
    return picture.astype(np.uint8, copy=False)


def _apart(faces: list[Face]) -> list[Face]:
    """Without those whose landmarks fell onto a larger face."""
    kept: list[Face] = []
    for face in faces:
        centre = face.points[:, :2].mean(0)
        if all(np.linalg.norm(centre - other.points[:, :2].mean(0)) > 0.4 * other.size for other in kept):
            kept.append(face)
    return kept
