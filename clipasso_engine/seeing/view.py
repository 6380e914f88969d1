"""Two looks at a photo: at the whole, to find a printed frame and the object, and at the object itself.

So a small object is drawn with as much care as one that fills the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..bezier.cubics import Array
from ..contract.codes import ErrorCode
from ..contract.errors import CodedError
from ..contract.sketch import Shape
from . import boundary, closeup, foreground, rembg_foreground, shapes
from .closeup import Box
from .foreground import Foreground
from .photo import Photo
from .rembg_foreground import Model

if TYPE_CHECKING:
    from torch import nn

CANVAS = 256
"""Px: longer side of the canvas on which strokes are found and optimised."""

_CERTAIN = 0.66  # certainty from which on what was found is the object
_SMALLEST = 0.005  # of the photo that an object covers
_NEARLY = 0.2  # score of regions that shall at least be in the picture


@dataclass(frozen=True)
class View:
    """What is looked at: a box of the decoded photo on a canvas."""

    box: Box  # in decoded photo pixels
    rgb: NDArray[np.uint8]  # [h, w, 3] the canvas
    boundary: NDArray[np.float32]  # [h, w]
    found: Foreground | None  # the object; None: everything is drawn
    guess: Foreground | None = None  # what may be the object where none is clear: drawn first, but not alone

    @property
    def size(self) -> tuple[int, int]:
        return self.boundary.shape[1], self.boundary.shape[0]

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
    network: nn.Module, picture: Photo, background: str, mask: Sequence[Shape] = (), larger: Model | None = None
) -> View:
    """The part of a photo to draw, on a canvas, with its boundaries and its object.

    ``background`` is "remove", "keep" (all lines of the photo are drawn, near as far), or "auto" (removed when an
    object stands clearly in front of it). Whatever it is, what lies inside a ``mask`` is the object. Raises `UserError`
    when the background shall be removed and nothing else is there, or the mask misses the photo.

    A ``larger`` model marks the object where there is one; if it cannot, `rembg_foreground.Trouble` is raised.
    """
    rgb, alpha = picture.rgb, picture.alpha
    if mask:
        inside = _inside(network, picture, mask)
        if inside is not None:
            return inside
        background = "keep"
    boundaries = boundary.predict(network, rgb, CANVAS)
    frame = closeup.inside_frame(boundaries, *rgb.shape[:2])
    if (frame.width, frame.height) != (rgb.shape[1], rgb.shape[0]):
        boundaries = boundary.predict(network, frame.crop(rgb), CANVAS)
    canvas = boundary.resized(frame.crop(rgb), CANVAS)
    if background == "keep":
        return View(frame, canvas, boundaries, None)
    device = next(network.parameters()).device
    find = _from_alpha(picture) if alpha is not None else _by_network(picture, device, larger)
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


def _inside(network: nn.Module, picture: Photo, mask: Sequence[Shape]) -> View | None:
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


def _by_network(picture: Photo, device: Any, larger: Model | None) -> Callable[[Box, NDArray[np.uint8]], Foreground]:
    """The same, by the foreground network, which sees the box in all the photo's detail.

    Where it finds something, the ``larger`` one has the say.
    """
    network = foreground.load(device)
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
