"""The formats that photos may have, and what is looked at in each before anything of it is decoded.

Pillow opens some forty formats. Here are those that people have photos in and that Inkscape can show. Of the others,
one opens a file inside with all formats (IPTC), one starts a program (EPS), some decode pictures while they are opened,
before a size is known (ICO, CUR, ICNS), and most are seldom used, so their decoders are seldom tried.
"""

from __future__ import annotations

import contextlib
import re
import struct
from functools import lru_cache
from typing import BinaryIO, cast

from PIL import Image, PngImagePlugin

from ..contract import file_kinds, texts
from . import jpeg_scans, tiff_tags
from .guarded_file import GuardedFile, TooCostlyError

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF", "PPM")
"""Names of Pillow's plugins; JPEG includes MPO. HEIF joins them where ``pillow-heif`` is installed."""

_HEIF = {"HEIF"}  # as pillow-heif calls its plugin

MAX_DECODED_PIXELS = 64_000_000
"""What may be held while decoding: 4 bytes a pixel in Pillow, in up to three copies where there is transparency."""

MAX_JPEG_PIXELS = 512_000_000
"""A JPEG of one scan is reduced while it is read, so there time is the limit, not memory."""

_MAX_PIXELS = {"WEBP": 36_000_000, "AVIF": 36_000_000}
"""Formats whose decoders hold several copies besides Pillow's: 1.5 GB are less than this at 30 bytes a pixel."""

_MAX_SCANS = 100  # of a JPEG; cameras and editors write 1 or about 10; each takes time for all its pixels
_MAX_SCANNED_PIXELS = 1_500_000_000  # scans times pixels of a JPEG; more lets it take longer than some 10 s
_MAX_SEGMENTS = 20_000  # of a JPEG; the colour profiles and depth maps of cameras take hundreds
_MAX_EXIF = 300  # segments of EXIF or XMP in a JPEG: those of depth maps take 200; each EXIF is copied once more
_MAX_JUNK = 1 << 20  # bytes between a JPEG's segments; Pillow skips them one by one
_MAX_CHUNKS = 300_000  # of a PNG; 64 million pixels of 64 bits in chunks of 8 kB are 64 thousand
_MAX_COMPRESSED_CHUNKS = 32  # texts and profiles of a PNG, each of which may be MAX_TEXT_CHUNK when unpacked
_MAX_TIFF_VALUES = 400_000  # strips of 64 million pixels 20 times as high as wide, in 4 planes, are 143 thousand
_MAX_RLE_BYTES = 4 << 20  # of a BMP with run lengths, which Pillow unpacks in Python at 1 MB/s

# Texts and colour profiles in PNGs, which may be larger than Pillow takes; compressed, these could be bombs.
PngImagePlugin.MAX_TEXT_CHUNK = 32 << 20
PngImagePlugin.MAX_TEXT_MEMORY = 64 << 20

# Pillow's own limit, in its words, on sizes that are met only while decoding: it refuses twice as much.
Image.MAX_IMAGE_PIXELS = MAX_JPEG_PIXELS // 2

_COMPRESSED = frozenset({b"iCCP", b"zTXt", b"iTXt"})


class OtherKindError(Exception):
    """A file that is not read here; its text is what it is."""


class TooLargeError(Exception):
    """A picture of more pixels than can be decoded in 1.5 GB."""

    def __init__(self, size: tuple[int, int], most: int) -> None:
        super().__init__()
        self.size = size  # width, height
        self.most = most  # pixels


def opened(file: BinaryIO) -> Image.Image:
    """The picture, not yet decoded.

    ``file`` must stay open until it is decoded. Raises `OtherKindError` for a kind of file that is known, but not read,
    `TooCostlyError`, `TooLargeError`, and what Pillow raises.
    """
    file.seek(0)
    head = file.read(file_kinds.HEAD_BYTES)
    build = _look_ahead(file, head)
    register_heif()
    guarded = GuardedFile(file, texts.MANY_PARTS)
    try:
        image = Image.open(cast(BinaryIO, guarded), formats=[*FORMATS, *(_HEIF & Image.OPEN.keys())])
    except Image.DecompressionBombError:
        raise TooCostlyError(texts.MANY_PIXELS) from None
    guarded.opened()
    width, height = image.size
    most = _most_pixels(image, build)
    if width * height > most:
        raise TooLargeError(image.size, most)
    if build and build.scans * width * height > _MAX_SCANNED_PIXELS:
        raise TooCostlyError(texts.MANY_SCANS)
    if image.format == "BMP" and image.tile[0][0] == "bmp_rle" and file.seek(0, 2) > _MAX_RLE_BYTES:
        raise TooCostlyError(texts.MANY_PARTS)
    return image


@lru_cache(maxsize=1)
def register_heif() -> None:
    """Let Pillow read HEIC where the package ``pillow-heif`` is installed."""
    with contextlib.suppress(ImportError):
        from pillow_heif import register_heif_opener

        register_heif_opener()


def _most_pixels(image: Image.Image, build: jpeg_scans.Build | None) -> int:
    if build and not build.whole:
        return MAX_JPEG_PIXELS
    return _MAX_PIXELS.get(image.format or "", MAX_DECODED_PIXELS)


def _look_ahead(file: BinaryIO, head: bytes) -> jpeg_scans.Build | None:
    """How a JPEG is built; None for other formats. Raises what `opened` raises."""
    if head.startswith(b"\xff\xd8\xff"):
        return _look_at_jpeg(file)
    if head.startswith(b"\x89PNG"):
        _look_at_png(file)
    elif head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        _look_at_tiff(file)
    elif head.startswith(b"RIFF") and head[8:16] == b"WEBPVP8X":
        _look_at_webp(head)
    elif re.match(rb"P[0-7fFy]\s", head) and not file_kinds.is_photo(head):
        raise OtherKindError(texts.ODD_PNM)
    return None


def _look_at_jpeg(file: BinaryIO) -> jpeg_scans.Build:
    build = jpeg_scans.build(file, _MAX_SCANS, _MAX_SEGMENTS)
    if not build.known:
        raise OtherKindError(texts.ODD_JPEG)
    if build.scans > _MAX_SCANS:
        raise TooCostlyError(texts.MANY_SCANS)
    if build.segments > _MAX_SEGMENTS or build.exif > _MAX_EXIF or build.junk > _MAX_JUNK:
        raise TooCostlyError(texts.MANY_PARTS)
    return build


def _look_at_png(file: BinaryIO) -> None:
    file.seek(8)
    compressed = 0
    for _ in range(_MAX_CHUNKS):
        start = file.read(8)
        if len(start) < 8 or start[4:] == b"IEND":
            return
        compressed += start[4:] in _COMPRESSED
        if compressed > _MAX_COMPRESSED_CHUNKS:
            break
        file.seek(int.from_bytes(start[:4], "big") + 4, 1)
    raise TooCostlyError(texts.MANY_PARTS)


def _look_at_tiff(file: BinaryIO) -> None:
    tags = tiff_tags.read(file)
    if tags is None:
        return
    if not tags.known:
        raise OtherKindError(texts.ODD_TIFF)
    if tags.values > _MAX_TIFF_VALUES or tags.tile_samples > MAX_DECODED_PIXELS:
        raise TooCostlyError(texts.MANY_PARTS)


def _look_at_webp(head: bytes) -> None:
    """Its decoder makes room for the canvas while it is opened."""
    low, high, *rest = struct.unpack_from("<HBHB", head, 24)
    width, height = low + (high << 16) + 1, rest[0] + (rest[1] << 16) + 1
    if width * height > _MAX_PIXELS["WEBP"]:
        raise TooLargeError((width, height), _MAX_PIXELS["WEBP"])
