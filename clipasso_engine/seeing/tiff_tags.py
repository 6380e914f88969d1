"""The tags of a TIFF's first picture that say what decoding it takes, read before anything is decoded (TIFF 6.0)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

_BYTES = frozenset({1, 2, 6, 7})  # types that Pillow keeps as they are, without an object for each value
_MAX_ENTRIES = 1000  # tags of a picture; real ones have dozens
_COMPRESSION, _SAMPLES, _TILE_WIDTH, _TILE_LENGTH = 259, 277, 322, 323
_KNOWN = frozenset({1, 2, 3, 4, 5, 7, 8, 32773, 32946})
"""None, CCITT, LZW, JPEG, deflate, PackBits, as cameras and scanners write; not old JPEG, LZMA, ZSTD, WebP."""


@dataclass(frozen=True)
class Tags:
    known: bool  # a compression that is read here
    values: int  # the longest list of numbers in any tag
    tile_samples: int  # what one tile holds; 0 without tiles


def read(file: BinaryIO) -> Tags | None:
    """None where the file is too damaged to tell, which its decoder will say."""
    try:
        entries = _entries(file)
    except struct.error:
        return None
    first = {tag: value for tag, _kind, _count, value in entries}
    longest = max((count for _tag, kind, count, _value in entries if kind not in _BYTES), default=0)
    tile = first.get(_TILE_WIDTH, 0) * first.get(_TILE_LENGTH, 0)
    known = first.get(_COMPRESSION, 1) in _KNOWN
    return Tags(known and len(entries) < _MAX_ENTRIES, longest, tile * max(1, first.get(_SAMPLES, 1)))


def _entries(file: BinaryIO) -> list[tuple[int, int, int, int]]:
    """Tag, type, count, and the value of those that have one whole number."""
    file.seek(0)
    head = file.read(16)
    order = "<" if head.startswith(b"II") else ">"
    big = struct.unpack_from(order + "H", head, 2)[0] == 43
    word = "Q" if big else "L"
    file.seek(min(struct.unpack_from(order + word, head, 8 if big else 4)[0], 2**62))
    (count,) = struct.unpack(order + ("Q" if big else "H"), file.read(8 if big else 2))
    entries = []
    for _ in range(min(count, _MAX_ENTRIES)):
        entry = file.read(20 if big else 12)
        tag, kind, values = struct.unpack_from(order + "HH" + word, entry)
        code = {1: "B", 3: "H", 4: "L", 16: "Q"}.get(kind, "")
        value = struct.unpack_from(order + code, entry, 12 if big else 8)[0] if code and values == 1 else 0
        entries.append((tag, kind, values, value))
    return entries
