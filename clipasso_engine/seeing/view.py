"""Two looks at a photo: at the whole, to find a printed frame and the object, and at the object itself.

So a small object is drawn with as much care as one that fills the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..bezier.cubics import Array
from ..contract.choices import Background
from ..contract.codes import ErrorCode
from ..contract.errors import CodedError
from ..contract.sketch import Shape
from ..weights.opencv_network import Network
from . import boundary, closeup, faces, foreground, rembg_foreground, shapes
from .closeup import Box
from .faces import Face
from .foreground import Foreground
from .photo import Photo
from .rembg_foreground import Model

CANVAS = 256
"""Px: longer side of the canvas on which up to 32 strokes are found and optimised (`finer` has larger ones)."""

_CERTAIN = 0.66  # certainty from which on what was found is the object
_SMALLEST = 0.005  # of the photo that an object covers
_ON_OBJECT = 0.6  # of a face's landmarks that lie on the object, or the face does not belong to it
_INSIDE_SHAPES = 0.98  # likewise of shapes that somebody drew, which no line leaves
_HEAD = 1.9  # side of the square around a head, in sides of its face
_ZOOM = 1.3  # how much larger a head must be from near, or it is not looked at again
_NEARLY = 0.2  # score of regions that shall at least be in the picture


@dataclass(frozen=True)
class View:
    """What is looked at: a box of the decoded photo on a canvas."""

    box: Box  # in decoded photo pixels
    rgb: NDArray[np.uint8]  # [h, w, 3] the canvas
    boundary: NDArray[np.float32]  # [h, w]
    found: Foreground | None  # the object; None: everything is drawn
    guess: Foreground | None = None  # what may be the object where none is clear: drawn first, but not alone
    faces: tuple[Face, ...] = ()  # those on the object, in pixels of the decoded photo, the largest first
    around: NDArray[np.bool_] | None = None  # [h, w]: where alone lines are drawn, around the object; None: not so

    @property
    def size(self) -> tuple[int, int]:
        return self.boundary.shape[1], self.boundary.shape[0]

    def from_decoded(self, points: Array) -> Array:
        """Pixels [..., 2] of the decoded photo as canvas points."""
        scale = np.array([self.size[0] / self.box.width, self.size[1] / self.box.height])
        result: Array = (points - [self.box.left, self.box.top]) * scale
        return result

    def to_photo(self, points: Array, picture: Photo) -> Array:
        """Canvas points [..., 2] in pixels of the photo's file."""
        height, width = picture.rgb.shape[:2]
        result: Array = self.box.from_map(points, self.size) * [picture.width / width, picture.height / height]
        return result

    def width_in_photo(self, width: float, picture: Photo) -> float:
        """A line's ``width`` on the canvas in pixels of the photo's file."""
        return width * (self.box.width / self.size[0] * picture.width / picture.rgb.shape[1])

    def to_canvas(self, shares: Array, picture: Photo) -> Array:
        """Points [..., 2] in shares of the photo's width and height, in pixels of the canvas."""
        return self.box.to_map(shares * picture.rgb.shape[1::-1], self.size)


def look(
    network: Network, picture: Photo, background: Background, mask: Sequence[Shape] = (), larger: Model | None = None
) -> View:
    """The part of a photo to draw, on a canvas, with its boundaries and its object.

    ``background`` is "remove", "keep" (all lines of the photo are drawn, near as far), or "auto" (removed when an
    object stands clearly in front of it). Whatever it is, what lies inside a ``mask`` is the object. Raises `UserError`
    when the background shall be removed and nothing else is there, or the mask misses the photo.

    A ``larger`` model marks the object where there is one; if it cannot, `rembg_foreground.Trouble` is raised.

    People's faces on the object are found, and their heads looked at again from near.
    """
    seen = _look(network, picture, background, mask, larger)
    found = faces.Finder().find(picture.rgb)
    people = _people(seen, found, _INSIDE_SHAPES if mask else _ON_OBJECT)
    return with_heads(network, picture.rgb, replace(seen, faces=people))


def with_heads(network: Network, rgb: NDArray[np.uint8], seen: View) -> View:
    """The view with the boundaries of heads as they are seen from near, in a photo [H, W, 3]."""
    boundaries = seen.boundary
    for face in seen.faces:
        boundaries = _nearer(network, rgb, seen, face, boundaries)
    return replace(seen, boundary=boundaries)


def _look(
    network: Network, picture: Photo, background: Background, mask: Sequence[Shape], larger: Model | None
) -> View:
    rgb, alpha = picture.rgb, picture.alpha
    if mask:
        inside = _inside(network, picture, mask)
        if inside is not None:
            return inside
        background = "keep"
    frame, boundaries = _without_frame(network, rgb)
    canvas = boundary.resized(frame.crop(rgb), CANVAS)
    if background == "keep":
        return View(frame, canvas, boundaries, None)
    find = _from_alpha(picture) if alpha is not None else _by_network(picture, larger)
    found = find(frame, canvas)
    if not found.mask.any() and (background == "remove" or alpha is not None):
        raise CodedError(ErrorCode.NO_OBJECT)
    if background == "auto" and alpha is None:
        if float(found.mask.mean()) < _SMALLEST:
            return View(frame, canvas, boundaries, None)
        if found.certainty() < _CERTAIN:
            return View(frame, canvas, boundaries, None, found)
    box = closeup.around(found.mask | (found.score > _NEARLY), frame)
    if box == frame:
        return View(frame, canvas, boundaries, found)
    near = boundary.resized(box.crop(rgb), CANVAS)
    nearer = find(box, near)
    if alpha is None:
        far = _fitted(box.scaled(frame, found.score.shape).crop(found.score), near)
        nearer = foreground.refined(foreground.of_score(far), nearer)
    return View(box, near, boundary.predict(network, box.crop(rgb), CANVAS), nearer)


def _without_frame(network: Network, rgb: NDArray[np.uint8]) -> tuple[Box, NDArray[np.float32]]:
    """The photo without a frame printed into it, and the boundaries [h, w] of that."""
    boundaries = boundary.predict(network, rgb, CANVAS)
    frame = closeup.inside_frame(boundaries, *rgb.shape[:2])
    if (frame.width, frame.height) != (rgb.shape[1], rgb.shape[0]):
        boundaries = boundary.predict(network, frame.crop(rgb), CANVAS)
    return frame, boundaries


def _people(seen: View, found: Sequence[Face], least: float) -> tuple[Face, ...]:
    """The faces of which so much lies in the view, and on the object where there is one."""
    people = []
    for face in found:
        column, row = np.floor(seen.from_decoded(face.points[:, :2])).astype(int).T
        height, width = seen.boundary.shape
        there = (column >= 0) & (row >= 0) & (column < width) & (row < height)
        if seen.found is not None:
            there[there] = seen.found.region[row[there], column[there]]
        if there.mean() > least:
            people.append(face)
    return tuple(people)


def _nearer(
    network: Network, rgb: NDArray[np.uint8], seen: View, face: Face, boundaries: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The boundaries [h, w] of the view with those of a head, seen from near, in their place.

    Near, the network sees hairline, ears, glasses and beard of a head that is small in the view.
    """
    corners = _HEAD * np.array([[-1.0, -1.0], [1.0, 1.0]]) * face.size / 2 + face.points[:, :2].mean(0)
    low, high = np.rint(np.clip(seen.from_decoded(corners), 0, seen.size)).astype(int)
    canvas = max(seen.size)
    if (high - low).max() * _ZOOM > canvas or (high - low).min() < 8:
        return boundaries
    scale = np.array([seen.box.width, seen.box.height]) / seen.size
    (left, top), (right, bottom) = np.rint(low * scale).astype(int), np.rint(high * scale).astype(int)
    part = rgb[seen.box.top + top : seen.box.top + bottom, seen.box.left + left : seen.box.left + right]
    near = boundary.predict(network, part, canvas)
    times = canvas / (high - low).max()
    thick = cv2.dilate(near, np.ones((round(times), round(times)), np.uint8))  # or shrinking would make lines paler
    width, height = (int(side) for side in high - low)
    shrunk = cv2.resize(thick, (width, height), interpolation=cv2.INTER_AREA)
    soft = _soft_edge(height, width)
    result = boundaries.copy()
    there = result[low[1] : high[1], low[0] : high[0]]
    there[:] = (1 - soft) * there + soft * np.maximum(shrunk, 0)
    return result


def _soft_edge(height: int, width: int) -> NDArray[np.float32]:
    """[h, w]: 1 inside, falling to 0 at the edge over an eighth of each side."""
    rows, columns = (
        np.clip(np.minimum(np.arange(n) + 0.5, n - 0.5 - np.arange(n)) / (n / 8), 0, 1) for n in (height, width)
    )
    return np.outer(rows, columns).astype(np.float32)


def _inside(network: Network, picture: Photo, mask: Sequence[Shape]) -> View | None:
    """The part of a photo around what shapes cover, which is the object; None where they cover all of it.

    Raises `UserError` where they cover nothing of it.
    """
    rgb, find = picture.rgb, _from_shapes(picture, mask)
    everywhere = Box(0, 0, rgb.shape[1], rgb.shape[0])
    inside = find(everywhere, boundary.resized(rgb, CANVAS)).mask
    if not inside.any():
        raise shapes.missed()
    if inside.all():
        return None
    box = closeup.around(inside, everywhere)
    canvas = boundary.resized(box.crop(rgb), CANVAS)
    return View(box, canvas, boundary.predict(network, box.crop(rgb), CANVAS), find(box, canvas))


def _from_alpha(picture: Photo) -> Callable[[Box, NDArray[np.uint8]], Foreground]:
    """The object on the canvas [h, w, 3] that shows a box of the photo, by the photo's alpha channel."""
    alpha = picture.alpha
    assert alpha is not None
    return lambda box, canvas: foreground.from_alpha(_fitted(box.crop(alpha), canvas))


def _from_shapes(picture: Photo, mask: Sequence[Shape]) -> Callable[[Box, NDArray[np.uint8]], Foreground]:
    """The same, by shapes that somebody drew."""
    size = picture.rgb.shape[:2]
    return lambda box, canvas: foreground.from_alpha(shapes.coverage(mask, size, box, canvas.shape[:2]))


def _by_network(picture: Photo, larger: Model | None) -> Callable[[Box, NDArray[np.uint8]], Foreground]:
    """The same, by the foreground network, which sees the box in all the photo's detail.

    Where it finds something, the ``larger`` one has the say.
    """
    network = foreground.load()
    predict = None if larger is None else rembg_foreground.load(larger)

    def find(box: Box, canvas: NDArray[np.uint8]) -> Foreground:
        part = box.crop(picture.rgb)
        score = foreground.predict(network, part)
        if predict is not None and score.max() > 0.5:
            score = predict(part)
        return foreground.of_score(_fitted(score, canvas))

    return find


def _fitted(values: NDArray[np.float32], canvas: NDArray[np.uint8]) -> NDArray[np.float32]:
    """``values`` [H, W] at the size of the canvas [h, w, 3]."""
    return cv2.resize(values, canvas.shape[1::-1], interpolation=cv2.INTER_AREA).astype(np.float32)
