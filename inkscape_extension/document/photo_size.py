"""The size of a photo in pixels, from the beginning of its file: what can be told without Pillow."""

from __future__ import annotations

import struct
from typing import BinaryIO

from clipasso_engine.contract.errors import UserError

from .photo_file import PhotoFile
from .viewport import Size

_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # JPEG markers that begin with a height and a width
_EXIF, _SCAN = 0xE1, 0xDA
_ORIENTATION = 0x0112
_SIDEWAYS = (5, 6, 7, 8)


def read(photo: PhotoFile) -> Size | None:
    """Width and height of a PNG or a JPEG, as it is seen: after EXIF orientation. None for other and damaged files."""
    try:
        with photo.opened() as file:
            head = file.read(24)
            if head.startswith(b"\x89PNG\r\n\x1a\n"):
                size = struct.unpack(">II", head[16:24])
            elif head.startswith(b"\xff\xd8"):
                size = _jpeg(file)
            else:
                return None
    except (UserError, struct.error):
        return None
    return (float(size[0]), float(size[1])) if min(size) > 0 else None


def _jpeg(file: BinaryIO) -> tuple[int, int]:
    """Raises `struct.error` where the file ends before it tells."""
    file.seek(2)
    sideways = False
    while True:
        mark, kind = struct.unpack(">BB", file.read(2))
        while kind == 0xFF:  # padding
            (kind,) = struct.unpack(">B", file.read(1))
        if mark != 0xFF or kind == _SCAN:
            raise struct.error("no frame before the picture")
        segment = file.read(struct.unpack(">H", file.read(2))[0] - 2)
        if kind == _EXIF and segment.startswith(b"Exif\0\0"):
            sideways = _orientation(segment[6:]) in _SIDEWAYS
        if kind in _FRAMES:
            height, width = struct.unpack(">HH", segment[1:5])
            return (height, width) if sideways else (width, height)


def _orientation(tiff: bytes) -> int:
    """The tag of that name, or 1 where it is not there or cannot be read."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2], ">")
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        entries = (struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * entry) for entry in range(count))
        return next((value for tag, _kind, _count, value in entries if tag == _ORIENTATION), 1)
    except struct.error:
        return 1
