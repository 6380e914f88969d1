"""Images whose end is missing: all but the last bytes may be there, or only the upper half of the picture."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

_END_OF_JPEG = b"\xff\xd9"  # marker EOI, ITU-T T.81
_NOISE = b"\x55\x2a" * 64  # data that a decoder takes for pixels if it lacks any
_SAME = 2  # of 255: colours that differ by no more are one, as JPEG leaves them where it has nothing
_BAND = 64  # rows that are compared at once; more take more memory
_FORMATS = ("JPEG", "MPO", "PNG")


def is_cut_off(image: Image.Image, error: Exception) -> bool:
    """Whether a decoder gave up because the file ends too early, and in a format of which more can be had."""
    return image.format in _FORMATS and isinstance(error, (OSError, SyntaxError)) and "truncated" in str(error).lower()


def completed(file: BinaryIO, noise: bool = False) -> BinaryIO:
    """The file from its beginning, a JPEG with the end that it must have, so that its decoder hands over what it has.

    With ``noise``, where a JPEG lacks pixels there will be others than without.
    """
    file.seek(0)
    content = file.read()
    end = (_NOISE if noise else b"") + _END_OF_JPEG
    return io.BytesIO(content + end if content.startswith(b"\xff\xd8") else content)


def load(image: Image.Image) -> None:
    """Decode as much as there is of an ``image`` that is open; the rest is of one colour. Raises what Pillow raises."""
    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, True
    try:
        image.load()
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def missing_share(image: Image.Image, with_noise: Image.Image) -> float:
    """Which share of the pixels, 0..1, is missing at the end of an image, of which there is another one `completed`
    with noise: the rows, from the last one up, that end in the last pixel's colour.
    """
    last = np.asarray(image.crop((image.width - 1, image.height - 1, *image.size)).convert("RGBA"), np.int16)[0, 0]
    left_black = image.format == "PNG" and not last[:3].any()
    if not left_black and _same(image, with_noise):
        return 0.0
    missing = 0
    for rows in _bands(image):
        alike = (np.abs(rows - last) <= _SAME).all(axis=2)[::-1, ::-1]
        ends = np.where(alike.all(axis=1), alike.shape[1], np.argmin(alike, axis=1))  # pixels at the end of each row
        if not ends.all():
            missing += int(ends[: np.argmin(ends)].sum())
            break
        missing += int(ends.sum())
    return missing / (image.width * image.height)


def _same(image: Image.Image, other: Image.Image) -> bool:
    return image.size == other.size and all(
        np.array_equal(ours, theirs) for ours, theirs in zip(_bands(image), _bands(other), strict=True)
    )


def _bands(image: Image.Image) -> Iterator[NDArray[np.uint8]]:
    """The rows, [h, w, 4], some at a time from the last one up, since all of a large photo takes GBs in arithmetic."""
    for bottom in range(image.height, 0, -_BAND):
        yield np.asarray(image.crop((0, max(0, bottom - _BAND), image.width, bottom)).convert("RGBA"))
