"""Small files that make a decoder work much, one for each way that is known, and pictures to begin with."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

_STUFFING = 60_000  # bytes in a segment of a JPEG, which may have 65,533


def picture(side: int = 64, mode: str = "RGB") -> Image.Image:
    """A ramp with some noise, so that no decoder has it too easy."""
    ramp = np.linspace(0, 200, side)[:, None, None] + np.zeros((side, side, 3))
    noise = np.random.default_rng(0).integers(0, 50, ramp.shape)
    return Image.fromarray((ramp + noise).astype(np.uint8)).convert(mode)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    """One of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_with(chunks: bytes) -> bytes:
    whole = encoded(picture(), "PNG")
    return whole[:33] + chunks + whole[33:]


def segment(marker: int, content: bytes) -> bytes:
    """One of a JPEG."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def jpeg_of_scans(side: int, scans: int, frame: int, components: int = 3) -> bytes:
    """A JPEG whose scans are empty: a decoder goes through all its blocks for each of them all the same."""
    parts = bytes(number for k in range(components) for number in (k + 1, 0x11, 0))
    tables = b"".join(segment(0xC4, bytes((kind,)) + b"\1" + bytes(15) + b"\0") for kind in (0x00, 0x10))
    head = segment(0xDB, b"\0" + bytes([1] * 64)) + segment(
        frame, struct.pack(">BHHB", 8, side, side, components) + parts
    )
    last = 0 if frame == 0xC2 else 63
    each = [segment(0xDA, bytes((1, k % components + 1, 0, 0, last, 0))) for k in range(scans)]
    return b"\xff\xd8" + head + tables + b"".join(each) + b"\xff\xd9"


def tiff(*entries: tuple[int, int, int, int], order: str = "<") -> bytes:
    """A picture of 64 px in grey, with tags (number, type, count, value) that replace its own."""
    tags = {256: (3, 1, 64), 257: (3, 1, 64), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1)}
    tags |= {273: (4, 1, 8), 277: (3, 1, 1), 278: (3, 1, 64), 279: (4, 1, 64 * 64)}
    tags |= {tag: (kind, count, value) for tag, kind, count, value in entries}
    ifd = b"".join(
        struct.pack("<HHI", tag, kind, count) + struct.pack("<I", value)
        for tag, (kind, count, value) in sorted(tags.items())
    )
    pixels = bytes(range(64)) * 64
    return struct.pack("<2sHI", b"II", 42, 8 + len(pixels)) + pixels + struct.pack("<H", len(tags)) + ifd + bytes(4)


def webp_canvas(side: int) -> bytes:
    """A WebP that claims a canvas of this many pixels a side."""
    inside = encoded(picture(), "WEBP")[12:]
    size = struct.pack("<I", side - 1)[:3]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + size + size + inside
    return b"RIFF" + struct.pack("<I", len(body)) + body


def icon(side: int, cursor: bool = False) -> bytes:
    """An icon of 256 px that holds a PNG of many more."""
    inside = encoded(Image.new("1", (side, side)), "PNG")
    head = struct.pack("<HHH", 0, 2 if cursor else 1, 1) + struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, len(inside), 22)
    return head + inside


def iptc(inside: bytes) -> bytes:
    """A picture of 64 px in IPTC, whose pixels are a file of any format that Pillow opens."""

    def field(record: int, number: int, content: bytes) -> bytes:
        return struct.pack(">BBBH", 0x1C, record, number, len(content)) + content

    head = field(3, 60, b"\1\0") + field(3, 65, b"\0") + field(3, 20, b"\0\x40") + field(3, 30, b"\0\x40")
    return head + field(3, 120, b"\1") + struct.pack(">BBBHI", 0x1C, 8, 10, 0x8004, len(inside)) + inside


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n%%EndComments\nshowpage\n%%EOF\n"


def bombs() -> Iterator[tuple[str, bytes]]:
    """Name and content of each; none has more than some 8 MB."""
    yield from _jpegs()
    yield from _pngs()
    yield from _tiffs()
    yield from _others()


def _jpegs() -> Iterator[tuple[str, bytes]]:
    plain = encoded(picture(), "JPEG")
    yield "sequential scans, 22,000 px", jpeg_of_scans(22_000, 3, 0xC0)
    yield "sequential scans, CMYK", jpeg_of_scans(22_000, 4, 0xC0, 4)
    yield "progressive, 3,000 scans", jpeg_of_scans(3_000, 3_000, 0xC2)
    yield "progressive, 100 scans of 64 million", jpeg_of_scans(8_000, 100, 0xC2)
    yield "progressive, 20 scans of 64 million", jpeg_of_scans(8_000, 20, 0xC2)
    yield "lossless", jpeg_of_scans(8_000, 3, 0xC3)
    yield "one scan, 22,000 px", jpeg_of_scans(22_000, 1, 0xC0, 1)
    yield "one scan, 65,500 px", jpeg_of_scans(65_500, 1, 0xC0, 1)
    yield "EXIF again and again", plain[:2] + segment(0xE1, b"Exif\0\0" + bytes(500)) * 15_000 + plain[2:]
    yield (
        "profiles again and again",
        plain[:2] + segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(_STUFFING)) * 100 + plain[2:],
    )
    yield "junk between segments", plain[:20] + bytes(8 << 20) + plain[20:]
    yield "comments again and again", plain[:2] + segment(0xFE, b"") * 1_000_000 + plain[2:]


def _pngs() -> Iterator[tuple[str, bytes]]:
    zeros = zlib.compress(bytes(31 << 20), 9)
    yield "iCCP again and again", png_with(chunk(b"iCCP", b"a\0\0" + zeros) * 150)
    yield "iTXt again and again", png_with(chunk(b"iTXt", b"a\0\1\0\0\0" + zeros) * 150)
    yield "zTXt again and again", png_with(chunk(b"zTXt", b"a\0\0" + zeros[:-9]) * 150)
    yield "zTXt 31 times", png_with(chunk(b"zTXt", b"a\0\0" + zeros[:-9]) * 31)
    yield "chunks again and again", png_with(chunk(b"tEXt", b"") * 500_000)
    whole = encoded(picture(), "PNG")
    yield "much data behind the picture", whole[:-12] + chunk(b"IDAT", zeros) * 100 + whole[-12:]
    for side in (8_000, 30_000, 2**31 - 1):
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0))
        yield f"PNG of {side} px", whole[:8] + header + whole[33:]


def _tiffs() -> Iterator[tuple[str, bytes]]:
    yield "TIFF, plain", tiff()
    yield "tiles of 60,000 px", tiff((259, 3, 1, 5), (322, 4, 1, 60_000), (323, 4, 1, 60_000), (324, 4, 1, 8))
    yield "TIFF of 60,000 px", tiff((256, 4, 1, 60_000), (257, 4, 1, 60_000))
    yield "offsets of 1 byte strips", tiff((273, 4, 1_000_000, 8), (279, 4, 1_000_000, 8)) + bytes(4 << 20)
    yield "tags that share their data", tiff(*((tag, 4, 100_000, 8) for tag in range(40_000, 40_900))) + bytes(400_000)
    for compression in (6, 34925, 50000, 50001):
        yield f"compression {compression}", tiff((259, 3, 1, compression))
    yield "a directory that is its own next one", tiff()[:-4] + struct.pack("<I", 8 + 64 * 64)


def _others() -> Iterator[tuple[str, bytes]]:
    yield "PPM with a long comment", b"P6\n#" + b"x" * (8 << 20) + b"\n64 64\n255\n" + bytes(64 * 64 * 3)
    yield "PPM in text", b"P3\n4000 4000\n255\n" + b"1 " * (4 << 20)
    yield "PPM of 16 bits", b"P6\n8000 8000\n65535\n" + bytes(1 << 20)
    yield "PPM of 8,000 px", b"P6\n8000 8000\n255\n" + bytes(1 << 20)
    gif = encoded(picture(16, "L"), "GIF")
    start = 13 + (3 << ((gif[10] & 7) + 1))
    yield "GIF of empty extensions", gif[:start] + b"!\x01\0\0" * 2_000_000 + gif[start:]
    yield "GIF of 65,535 px", gif[:6] + b"\xff\xff\xff\xff" + gif[10:]
    yield "GIF with a frame beyond it", gif.replace(b",\0\0\0\0", b",\0\xf0\0\xf0", 1)
    for side in (6_000, 16_000, 1 << 24):
        yield f"WebP of {side} px", webp_canvas(side)
    lengths = struct.pack("<IiiHHIIiiII", 40, 8_000, 8_000, 1, 8, 1, 0, 0, 0, 256, 0)
    palette = b"".join(bytes((k, 0, k, 0)) for k in range(256))
    yield "BMP of run lengths", b"BM" + struct.pack("<IHHI", 0, 0, 0, 1078) + lengths + palette + b"\1\1" * (4 << 20)
    yield (
        "BMP of few run lengths",
        b"BM" + struct.pack("<IHHI", 0, 0, 0, 1078) + lengths + palette + b"\1\1" * 2_000_000,
    )
    yield (
        "BMP of 60,000 px",
        encoded(picture(), "BMP").replace(struct.pack("<ii", 64, 64), struct.pack("<ii", 60000, 60000)),
    )
    yield "icon", icon(16_000)
    yield "cursor", icon(16_000, cursor=True)
    yield "Apple's icon", b"icns" + struct.pack(">I", 200) + b"ic10" + struct.pack(">I", 192) + bytes(184)
    yield "IPTC with EPS inside", iptc(EPS)
    yield "IPTC with a large PNG inside", iptc(encoded(Image.new("1", (16_000, 16_000)), "PNG"))
    yield "EPS", EPS
