"""Photo files of more than forty kinds: formats, colours, orientations, and what else is odd about files of people."""

from __future__ import annotations

import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import ExifTags, Image, ImageCms

from tests.support.pictures import LINES, draw

Maker = Callable[[Path], Any]
"""Writes a file with the path it gets."""

TURNED_BACK = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How the camera stored an upright scene: the inverse of what the EXIF tag asks for."""


def plain() -> Image.Image:
    """Known lines on light ground with a coloured corner, 300 x 200."""
    image = draw(LINES)
    image.paste((250, 170, 140), (0, 0, 50, 30))
    return image


def cut_out() -> Image.Image:
    """The same, with a transparent right side."""
    image = plain().convert("RGBA")
    image.paste((0, 0, 0, 0), (255, 0, 300, 200))
    return image


def saved(image: Callable[[], Image.Image] = plain, mode: str = "", **options: Any) -> Maker:
    return lambda path: (image().convert(mode) if mode else image()).save(path, **options)


def turned(orientation: int, **options: Any) -> Maker:
    """As a camera stores it that was held so."""

    def write(path: Path) -> None:
        image, back = plain(), TURNED_BACK.get(orientation)
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        (image if back is None else image.transpose(back)).save(path, exif=exif, **options)

    return write


def converted(*words: str) -> Maker:
    """By ImageMagick, which writes what Pillow does not."""

    def write(path: Path) -> None:
        source = path.with_name(f"{path.name}.source.png")
        plain().save(source)
        subprocess.run(["convert", str(source), *words, str(path)], check=True, timeout=30)

    return write


def changed(make: Maker, change: Callable[[bytes], bytes]) -> Maker:
    def write(path: Path) -> None:
        make(path)
        path.write_bytes(change(path.read_bytes()))

    return write


def frames(image: Callable[[], Image.Image] = plain, **options: Any) -> Maker:
    """The photo, then one that is upside down."""
    return lambda path: image().save(
        path, save_all=True, append_images=[image().transpose(Image.Transpose.ROTATE_180)], **options
    )


def deep(path: Path) -> None:
    """A PNG of 16 bits a channel."""
    values = np.asarray(plain(), np.uint16) * 257
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", 300, 200, 16, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


def deep_grey() -> Image.Image:
    return Image.fromarray(np.asarray(plain().convert("L"), np.uint16) * 257)


def one_bit() -> Image.Image:
    return plain().convert("1", dither=Image.Dither.NONE)


def few_colours(transparent: int | bytes | None = None, colours: int = 16) -> Maker:
    """With a palette, of which one colour, or shades of all, may be transparent."""
    options: Any = {} if transparent is None else {"transparency": transparent}
    return lambda path: plain().quantize(colours).save(path, **options)


def premultiplied(path: Path) -> None:
    """A TIFF whose colours are multiplied with their alpha."""
    image = cut_out()
    image.putalpha(image.getchannel("A").point(lambda value: value // 2 + 100 if value else 0))
    tifffile.imwrite(path, np.asarray(image.convert("RGBa")), photometric="rgb", extrasamples=["assocalpha"])


def few(image: Image.Image) -> Image.Image:
    """With a palette, the last colour of which stands for what is transparent."""
    result = image.convert("RGB").quantize(255)
    result.paste(255, mask=image.getchannel("A").point(lambda value: 255 - value))
    return result


def chunk(kind: bytes, content: bytes) -> bytes:
    """Of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _without(whole: bytes, marker: int) -> bytes:
    """A JPEG without the first segment of a kind."""
    start = whole.index(bytes((0xFF, marker)))
    return whole[:start] + whole[start + 2 + int.from_bytes(whole[start + 2 : start + 4], "big") :]


PHOTOS: dict[str, Maker] = {
    **{f"jpeg-turned-{number}.jpg": turned(number, quality=95) for number in range(1, 9)},
    **{f"png-turned-{number}.png": turned(number) for number in range(2, 9)},
    **{f"tiff-turned-{number}.tif": turned(number) for number in (2, 3, 6, 8)},
    "webp-turned.webp": turned(6, lossless=True),
    "jpeg-turned-99.jpg": turned(99, quality=95),
    "grey.jpg": saved(mode="L", quality=95),
    "progressive.jpg": saved(progressive=True, quality=95),
    "coarse-colours.jpg": saved(subsampling=2, quality=95),
    "cmyk.jpg": saved(mode="CMYK", quality=95),
    "cmyk-without-adobe.jpg": changed(saved(mode="CMYK", quality=95), lambda whole: _without(whole, 0xEE)),
    "ycck.jpg": converted("-colorspace", "CMYK", "-quality", "95"),
    "rgb-inside.jpg": saved(keep_rgb=True, quality=95),
    "restarts.jpg": saved(restart_marker_blocks=3, quality=95),
    "two-densities.jpg": saved(dpi=(72, 300), quality=95),
    "no-end.jpg": changed(saved(quality=95), lambda whole: whole[:-2]),
    "more-behind-the-end.jpg": changed(saved(quality=95), lambda whole: whole + b"more" * 999),
    "several-pictures.mpo": frames(format="MPO"),
    "a-profile.jpg": saved(icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()),
    "a-profile.png": saved(icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()),
    "a-profile-that-is-none.png": saved(icc_profile=b"no profile at all"),
    "deep.png": deep,
    "deep-grey.png": saved(deep_grey),
    "deep-grey.tif": saved(deep_grey),
    "one-bit.png": saved(one_bit),
    "one-bit.tif": saved(one_bit, compression="group4"),
    "one-bit.bmp": saved(one_bit),
    "two-bits.png": few_colours(colours=4),
    "palette.png": few_colours(),
    "palette-with-a-transparent-colour.png": few_colours(0),
    "palette-with-shades.png": few_colours(bytes(range(255, 95, -10))),
    "grey-and-alpha.png": saved(cut_out, mode="LA"),
    "alpha.png": saved(cut_out),
    "a-transparent-grey.png": saved(mode="L", transparency=235),
    "a-transparent-colour.png": saved(transparency=(250, 170, 140)),
    "interlaced.png": converted("-interlace", "PNG"),
    "oblong-pixels.png": saved(dpi=(72, 144)),
    "light-gamma.png": changed(
        saved(), lambda whole: whole[:33] + chunk(b"gAMA", struct.pack(">I", 100000)) + whole[33:]
    ),
    "moving.png": frames(default_image=False),
    "moving-from-another-picture.png": frames(default_image=True),
    "plain.gif": saved(),
    "moving.gif": frames(duration=100, loop=0),
    "transparent.gif": saved(lambda: few(cut_out()), transparency=255),
    "moving.webp": frames(duration=100, lossless=True),
    "alpha.webp": saved(cut_out, lossless=True),
    "lzw.tif": saved(compression="tiff_lzw"),
    "jpeg-inside.tif": saved(compression="jpeg", quality=95),
    "cmyk.tif": saved(mode="CMYK"),
    "alpha.tif": saved(cut_out),
    "premultiplied.tif": premultiplied,
    "pages.tif": frames(),
    "white-is-zero.tif": converted("-colorspace", "gray", "-define", "quantum:polarity=min-is-white"),
    "planes.tif": converted("-interlace", "plane"),
    "tiles.tif": converted("-define", "tiff:tile-geometry=64x64"),
    "big-endian.tif": converted("-define", "tiff:endian=msb"),
    "plain.bmp": saved(),
    "palette.bmp": few_colours(),
    "runs.bmp": converted("-type", "palette", "-compress", "RLE"),
    "plain.ppm": saved(),
    "grey.pgm": saved(mode="L"),
    "one-bit.pbm": saved(one_bit),
    "plain.avif": saved(quality=95),
    "a-png-by-its-content.jpg": saved(format="PNG"),
    "a-jpeg-by-its-content.png": saved(format="JPEG", quality=95),
    "a-tiff-by-its-content.png": saved(format="TIFF"),
    "no-ending": saved(format="JPEG", quality=95),
    "SHOUTING.JPG": saved(quality=95),
    "ein Bild, 100 % #1.png": saved(),
}
