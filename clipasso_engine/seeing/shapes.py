"""Areas that somebody drew over a photo: closed shapes as maps of what is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.codes import ErrorCode
from ..contract.errors import CodedError
from ..contract.sketch import Shape
from .closeup import Box
from .photo import Photo

_FINER = 4  # times in each direction, so that a pixel's share inside a shape comes out in sixteenths
_BITS = 4  # of a pixel's fraction in OpenCV's coordinates
_STAIRS = 0.7  # px that an outline may leave the pixels of a picture, so that it does not follow each of them
_BEYOND = 2  # px
_MORE = 5.0  # times a line's worth where more detail is asked for
_FAR = 2.0**26  # px: OpenCV's coordinates end at 2^31, a fraction included; nothing so far off touches the picture


def coverage(shapes: Sequence[Shape], photo: tuple[int, int], box: Box, canvas: tuple[int, int]) -> NDArray[np.float32]:
    """How much of each pixel lies inside the shapes together: [h, w] in 0..1.

    ``shapes`` are in shares of the width and height of a photo of ``photo`` (height, width) pixels, of which ``canvas``
    (height, width) shows ``box``.
    """
    height, width = canvas[0] * _FINER, canvas[1] * _FINER
    inside = np.zeros((height, width), dtype=np.uint8)
    for shape in shapes:
        rings = [_placed(np.array(ring, dtype=np.float64), photo, box, (height, width)) for ring in shape]
        layer = np.zeros_like(inside)
        cv2.fillPoly(layer, rings, (1,), cv2.LINE_8, _BITS)  # several rings at once: even-odd
        inside |= layer
    fine = inside.reshape(canvas[0], _FINER, canvas[1], _FINER)
    result: NDArray[np.float32] = fine.mean(axis=(1, 3), dtype=np.float32)
    return result


def cut_out(picture: Photo, shapes: Sequence[Shape]) -> Photo:
    """A photo that is white outside the shapes; as it is where there are none. Raises `UserError` if they miss it."""
    if not shapes:
        return picture
    height, width = picture.rgb.shape[:2]
    inside = coverage(shapes, (height, width), Box(0, 0, width, height), (height, width)) > 0.5
    if not inside.any():
        raise missed()
    return replace(picture, rgb=np.where(inside[..., None], picture.rgb, np.uint8(255)))


def within(mask: Sequence[Shape], clips: Sequence[Sequence[Shape]], photo: tuple[int, int]) -> tuple[Shape, ...]:
    """What is left of ``mask`` inside every one of ``clips``, for a photo of (height, width) pixels; no shapes: all.

    Shapes are in shares of the photo's sides. Raises `UserError` if nothing is left.
    """
    height, width = photo
    whole = Box(0, 0, width, height)
    cuts = [(tuple(clip), coverage(clip, photo, whole, photo) > 0.5) for clip in clips]
    cuts = [(clip, inside) for clip, inside in cuts if not inside.all()]
    if not cuts:
        return tuple(mask)
    if len(cuts) == 1 and not mask:
        return cuts[0][0]
    left = np.logical_and.reduce([inside for _clip, inside in cuts])
    if mask:
        left &= coverage(mask, photo, whole, photo) > 0.5
    if not left.any():
        raise missed()
    return of_pixels(left.astype(np.float64))


def missed() -> CodedError:
    """For a mask that lies beside the photo."""
    return CodedError(ErrorCode.MASK_BESIDE_PHOTO)


def of_picture(picture: Photo) -> tuple[Shape, ...]:
    """The white of a black and white picture as a shape, in shares of its width and height; none if it has no white."""
    return of_pixels(picture.rgb.mean(axis=2) / 255)


def of_pixels(grey: NDArray[np.float64]) -> tuple[Shape, ...]:
    """Where a picture [h, w] in 0..1 is more than half, as a shape in shares of its sides; none if it is so nowhere."""
    from skimage.measure import approximate_polygon, find_contours  # brings SciPy's statistics, half a second

    beyond = np.pad(np.pad(grey, _BEYOND, mode="edge"), 1)  # what is white up to the frame goes on behind it
    contours = (contour[:, ::-1] - (_BEYOND + 0.5) for contour in find_contours(beyond, 0.5))
    rings = (approximate_polygon(contour, _STAIRS) / grey.shape[::-1] for contour in contours)
    shape = tuple(tuple((float(x), float(y)) for x, y in ring) for ring in rings if len(ring) > 3)
    return (shape,) if shape else ()


def emphasis(details: NDArray[np.float32]) -> NDArray[np.float64]:
    """The factor [h, w] of what lines are worth, of how much of each pixel lies inside the shapes for details."""
    return 1.0 + (_MORE - 1.0) * details.astype(np.float64)


def _placed(ring: NDArray[np.float64], photo: tuple[int, int], box: Box, size: tuple[int, int]) -> NDArray[np.int32]:
    """A ring [N, 2] on a picture of ``size`` (height, width) of the box, as OpenCV takes it."""
    points = box.to_map(ring * photo[::-1], size[::-1]) - 0.5  # OpenCV's pixel centres are whole numbers
    return np.rint(np.clip(points, -_FAR, _FAR) * 2**_BITS).astype(np.int32)
