"""Images that were damaged on purpose, each told by its number: the same number, the same bytes."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Any

from PIL import Image

from clipasso_engine.seeing.photo_formats import FORMATS

from . import photo_bombs

_SUFFIXES = (".jpg", ".png", ".webp", ".tif", ".gif", ".bmp", ".avif", ".ppm", ".heic", "")


@lru_cache(maxsize=1)
def whole() -> tuple[bytes, ...]:
    """Images of all formats that are read, most of them twice, and of some that are not."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a ramp"
    profile = bytes(range(256)) * 4
    kinds: list[tuple[str, str, dict[str, Any]]] = [
        ("JPEG", "RGB", {"exif": exif, "icc_profile": profile}),
        ("JPEG", "RGB", {"progressive": True}),
        ("JPEG", "CMYK", {}),
        ("MPO", "RGB", {"save_all": True, "append_images": [photo_bombs.picture(32)]}),
        ("PNG", "RGB", {"exif": exif, "icc_profile": profile}),
        ("PNG", "RGBA", {"save_all": True, "append_images": [photo_bombs.picture(64, "RGBA")]}),
        ("PNG", "P", {}),
        ("WEBP", "RGBA", {"exif": exif, "save_all": True, "append_images": [photo_bombs.picture(64, "RGBA")]}),
        ("WEBP", "RGB", {"lossless": True}),
        *(
            ("TIFF", "RGB", {"compression": name})
            for name in (None, "tiff_lzw", "jpeg", "tiff_adobe_deflate", "packbits")
        ),
        ("TIFF", "1", {"compression": "group4"}),
        ("TIFF", "F", {"exif": exif}),
        ("GIF", "P", {"save_all": True, "append_images": [photo_bombs.picture(48, "P")]}),
        ("BMP", "RGB", {}),
        ("BMP", "P", {}),
        ("AVIF", "RGB", {"exif": exif, "speed": 10}),
        ("PPM", "RGB", {}),
        *((kind, "RGB", {}) for kind in ("JPEG2000", "PCX", "TGA", "SGI", "EPS")),
        *((kind, "RGBA", {}) for kind in ("ICO", "ICNS", "DDS")),
    ]
    Image.init()
    images = [
        photo_bombs.encoded(photo_bombs.picture(64, mode), kind, **how)
        for kind, mode, how in kinds
        if kind in Image.SAVE
    ]
    read = [image for image, (kind, *_) in zip(images, kinds, strict=True) if kind in (*FORMATS, "MPO")]
    return (*images, *read, photo_bombs.iptc(images[0]), photo_bombs.tiff())


def mutated(number: int) -> tuple[str, bytes]:
    """The suffix of its name, right or wrong, and what is in it."""
    chance = random.Random(number)
    content = bytearray(chance.choice(whole()))
    for _ in range(chance.randint(1, 4)):
        (change,) = chance.choices((_bits, _number, _twice, _cut, _spliced, _swapped), (8, 8, 4, 1, 1, 1))
        content = change(content, chance)
    return chance.choice(_SUFFIXES), bytes(content)


def _place(content: bytearray, chance: random.Random) -> int:
    """More often near the beginning, where most of what steers a decoder stands, but seldom in the first bytes.

    Those say which decoder it will be.
    """
    least = 0 if chance.random() < 0.05 else min(12, len(content) - 1)
    return least + int((len(content) - least) * chance.random() ** chance.choice((1, 4)))


def _bits(content: bytearray, chance: random.Random) -> bytearray:
    for _ in range(chance.choice((1, 3, 20))):
        content[_place(content, chance)] ^= 1 << chance.randrange(8)
    return content


def _cut(content: bytearray, chance: random.Random) -> bytearray:
    return content[: max(40, _place(content, chance))]


def _number(content: bytearray, chance: random.Random) -> bytearray:
    """A number as sizes and counts are: large, none, or negative."""
    value = chance.choice(
        (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, chance.getrandbits(32))
    )
    length = chance.choice((2, 4))
    place = _place(content, chance)
    content[place : place + length] = (value % 256**length).to_bytes(length, chance.choice(("big", "little")))
    return content


def _twice(content: bytearray, chance: random.Random) -> bytearray:
    start = _place(content, chance)
    part = content[start : start + chance.choice((4, 12, 100, 1000))]
    return content[:start] + part * chance.choice((2, 3, 50)) + content[start:]


def _spliced(content: bytearray, chance: random.Random) -> bytearray:
    other = chance.choice(whole())
    return content[: max(1, _place(content, chance))] + bytearray(other[chance.randrange(len(other)) :])


def _swapped(content: bytearray, chance: random.Random) -> bytearray:
    """The beginning of another format."""
    length = chance.choice((4, 8, 16, 64))
    return bytearray(chance.choice(whole())[:length]) + content[length:]
