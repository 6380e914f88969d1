"""Images whose end is missing: all but the last bytes may be there, or only the upper half of the picture."""

from __future__ import annotations

import io
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile

_END_OF_JPEG = b"\xff\xd9"  # marker EOI, ITU-T T.81
_NOISE = b"\x55\x2a" * 64  # data that a decoder takes for pixels if it lacks any
_SAME = 2  # of 255: colours that differ by no more are one, as JPEG leaves them where it has nothing
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
    pixels, others = np.asarray(image.convert("RGBA")), np.asarray(with_noise.convert("RGBA"))
    left_black = image.format == "PNG" and not pixels[-1, -1, :3].any()
    if not left_black and np.array_equal(pixels, others):
        return 0.0
    last = pixels[-1, -1].astype(np.int16)
    alike = (np.abs(pixels - last) <= _SAME).all(axis=2)[::-1, ::-1]
    ends = np.where(alike.all(axis=1), alike.shape[1], np.argmin(alike, axis=1))  # pixels at the end of each row
    rows = len(ends) if ends.all() else int(np.argmin(ends))
    return float(ends[:rows].sum()) / alike.size
