"""Decode a photo file into pixels: oriented, on a ground, 8 bits a channel."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError, features

from ..contract import file_kinds, hashing, photo_file, texts
from ..contract.codes import ErrorCode, NoticeCode
from ..contract.errors import CodedError
from ..contract.events import Event, notice
from . import cut_off, photo_formats, transparency
from .guarded_file import TooCostlyError
from .photo_formats import OtherKindError, TooLargeError

MIN_SIDE = 16
"""Pixels; fewer hold nothing to trace."""

MAX_ASPECT = 20
"""Longer side over shorter: beyond it the shorter side vanishes at the size the method works at."""

MAX_WORKING_SIDE = 2048
"""Pixels; several times what the method looks at, and little memory. Larger photos are reduced to it."""

_LEAST_WORKING_SIDE = 1920
"""Pixels that a JPEG decoded at 1/2, 1/4 or 1/8 must still have: a little less than `MAX_WORKING_SIDE`, so that photos
of 12 and 16 megapixels (4032 and 4000 px wide, say) need not be decoded whole and reduced by hand."""

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = frozenset({5, 6, 7, 8})

_MAY_BE_MISSING = (
    0.05  # of the rows of a photo whose file is cut off; more draws photos that lack what is worth drawing
)


@dataclass(frozen=True)
class Photo:
    """A decoded photo.

    ``rgb`` and ``alpha`` show the whole photo, reduced where its longer side exceeds `MAX_WORKING_SIDE`; strokes are
    measured in the pixels of ``width`` x ``height``, the file's own size after orientation.
    """

    rgb: NDArray[np.uint8]  # [h, w, 3], on white, or on dark grey where that would hide it
    alpha: NDArray[np.float32] | None  # [h, w] in 0..1; None if it tells no object, see `transparency.flattened`
    sha256: str  # of the file's bytes
    width: int
    height: int
    upright: bool = True  # turned as EXIF asks
    notices: tuple[Event, ...] = ()  # what the user should know of the file


def load(path: str | os.PathLike[str], upright: bool = True, content: bytes | None = None) -> Photo:
    """Read what `photo_formats` allows: EXIF orientation, transparency, palette, 16 bits, CMYK, first frame.

    ``upright`` is whether EXIF orientation counts; Inkscape shows some photos without it. ``content`` is the file's,
    where it is not here and ``path`` is but its name.
    Raises `UserError` if there is no such file, it may not be read, is no image, is damaged, is too small
    (`MIN_SIDE`), too large, too costly to decode (see `photo_formats`) or too elongated (`MAX_ASPECT`), or if there
    is not enough memory.
    """
    path = Path(path)
    try:
        with photo_file.opened(path, content) as file, warnings.catch_warnings():
            # Pillow warns about untidy files that it reads all the same.
            warnings.simplefilter("ignore")
            return _decode(file, path, upright)
    except FileNotFoundError:
        raise CodedError(ErrorCode.PHOTO_MISSING, photo=path) from None
    except PermissionError:
        raise CodedError(ErrorCode.PHOTO_FORBIDDEN, photo=path) from None
    except MemoryError:
        raise CodedError(ErrorCode.OUT_OF_MEMORY) from None
    except OSError as error:
        raise CodedError(ErrorCode.PHOTO_UNREADABLE, photo=path, reason=error.strerror or error) from error


def _decode(file: BinaryIO, path: Path, upright: bool) -> Photo:
    image, declared, notices = _decoded(file, path)
    file.seek(0)
    sha256 = hashing.sha256_of(file)  # only of what is a photo: a whole file of another kind may be large
    try:
        orientation = _orientation(image) if upright else 1
        pixels = np.array(_upright(_working_size(_plain(image)), orientation))
    except Exception as error:
        raise _damaged(path, error) from error
    width, height = declared
    if orientation in _SIDEWAYS:
        width, height = height, width
    try:
        rgb, alpha = transparency.flattened(pixels) if pixels.shape[2] == 4 else (pixels, None)
    except ValueError:
        raise CodedError(ErrorCode.PHOTO_TRANSPARENT, photo=path) from None
    return Photo(rgb, alpha, sha256, width, height, upright, notices)


def _decoded(file: BinaryIO, path: Path) -> tuple[Image.Image, tuple[int, int], tuple[Event, ...]]:
    """The image, loaded; its size before it was reduced; and notices."""
    image, declared, reduced = _opened(file, path)
    notices: tuple[Event, ...] = ()
    try:
        image.load()
    except Exception as error:
        if not cut_off.is_cut_off(image, error):
            raise _damaged(path, error) from error
        image, declared, reduced = _opened(cut_off.completed(file), path)
        # Only JPEGs have a place for noise, and they are small by now; other images may be held but once.
        with_noise = image if image.format == "PNG" else _opened(cut_off.completed(file, noise=True), path)[0]
        missing = _load_cut_off(image, with_noise, path, error)
        notices = (_cut_off(path, missing),)
    # TIFFs come upright out of load(), so their size is known only now.
    return image, declared if reduced else image.size, notices


def _cut_off(path: Path, missing: float) -> Event:
    if not missing:
        return notice(NoticeCode.PHOTO_END_MISSING, photo=path)
    return notice(NoticeCode.PHOTO_CUT_OFF, photo=path, percent=max(1, round(100 * missing)))


def _opened(file: BinaryIO, path: Path) -> tuple[Image.Image, tuple[int, int], bool]:
    """The image, not yet loaded; the size it has; and whether it will be reduced while it is read."""
    image = _open(file, path)
    declared = image.size
    _check_size(path, declared)
    # Only JPEG heeds this: it then decodes at 1/2, 1/4 or 1/8, never below the size asked for.
    width, height = (max(1, _LEAST_WORKING_SIDE * side // max(declared)) for side in declared)
    image.draft(None, (width, height))
    return image, declared, image.size != declared


def _load_cut_off(image: Image.Image, with_noise: Image.Image, path: Path, error: Exception) -> float:
    """Load what there is; the share of its pixels that is missing. Raises `UserError` if that is too much."""
    try:
        for each in (image, with_noise):
            cut_off.load(each)
        missing = cut_off.missing_share(image, with_noise)
    except Exception:
        raise _damaged(path, error) from error
    if missing > _MAY_BE_MISSING:
        raise _damaged(path, error) from error
    return missing


def _open(file: BinaryIO, path: Path) -> Image.Image:
    try:
        return photo_formats.opened(file)
    except UnidentifiedImageError:
        raise _unreadable(file, path) from None
    except OtherKindError as kind:
        raise CodedError(ErrorCode.PHOTO_OTHER_KIND, photo=path, kind=kind) from None
    except TooLargeError as error:
        raise _too_large(path, error.size, error.most) from None
    except Exception as error:
        raise _damaged(path, error) from error


def _unreadable(file: BinaryIO, path: Path) -> CodedError:
    file.seek(0)
    kind = file_kinds.name(file.read(file_kinds.HEAD_BYTES))
    if not kind:
        return CodedError(ErrorCode.PHOTO_NO_IMAGE, photo=path)
    if kind == texts.AVIF and features.check("avif"):
        return CodedError(ErrorCode.PHOTO_DAMAGED, photo=path, reason="no AVIF image in it")
    return CodedError(ErrorCode.PHOTO_OTHER_KIND, photo=path, kind=kind)


def _damaged(path: Path, error: Exception) -> CodedError:
    """What a decoder's ``error`` means for the user; each of them fails in its own way on bad data."""
    if isinstance(error, TooCostlyError):
        return CodedError(ErrorCode.PHOTO_TOO_COSTLY, photo=path, reason=error)
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return CodedError(ErrorCode.OUT_OF_MEMORY)
    return CodedError(ErrorCode.PHOTO_DAMAGED, photo=path, reason=error)


def _too_large(path: Path, size: tuple[int, int], most: int) -> CodedError:
    width, height = size
    return CodedError(
        ErrorCode.PHOTO_TOO_LARGE,
        photo=path,
        width=width,
        height=height,
        most=most // 1_000_000,
        plenty=MAX_WORKING_SIDE,
    )


def _check_size(path: Path, declared: tuple[int, int]) -> None:
    width, height = declared
    if min(declared) < MIN_SIDE:
        raise CodedError(ErrorCode.PHOTO_TOO_SMALL, photo=path, width=width, height=height, least=MIN_SIDE)
    if max(declared) > MAX_ASPECT * min(declared):
        raise CodedError(ErrorCode.PHOTO_TOO_ELONGATED, photo=path, width=width, height=height, most=MAX_ASPECT)


def _plain(image: Image.Image) -> Image.Image:
    """The image as RGB, or as RGBA if it has transparency."""
    if image.mode.startswith("I") or image.mode == "F":
        image = _grey_of_8_bits(image)
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _grey_of_8_bits(image: Image.Image) -> Image.Image:
    low, high = _value_range(image)
    # Reduced before the arithmetic, which takes several copies.
    reduced = _working_size(image.convert("I") if image.mode.startswith("I;16") else image)
    values = np.nan_to_num(np.asarray(reduced, np.float32), nan=low).clip(low, high)
    return Image.fromarray(np.rint((values - low) * (255 / (high - low))).astype(np.uint8))


def _value_range(image: Image.Image) -> tuple[float, float]:
    """Black and white of deep grey: the file does not say for 32 bits, so the tightest usual range that fits."""
    if image.mode.startswith("I;16"):
        return 0, 65535
    values = np.asarray(image)
    finite = np.isfinite(values)
    low = float(values.min(initial=0, where=finite))
    high = float(values.max(initial=0, where=finite))
    for white in (1, 255, 65535):
        if low >= 0 and high <= white:
            return 0, white
    return low, high


def _working_size(image: Image.Image) -> Image.Image:
    if max(image.size) <= MAX_WORKING_SIDE:
        return image
    scale = MAX_WORKING_SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _orientation(image: Image.Image) -> int:
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # a broken EXIF block is no reason to refuse the pixels
        return 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    transpose = _UPRIGHT.get(orientation)
    return image if transpose is None else image.transpose(transpose)
