"""How a JPEG is built, read from its markers: what that costs is known before anything is decoded (ITU-T T.81)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import BinaryIO

_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)  # but stuffed bytes, filling and restarts
_CHUNK = 1 << 16  # bytes read at once while a marker is looked for
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEQUENTIAL = frozenset({0xC0, 0xC1, 0xC9})
_PROGRESSIVE = frozenset({0xC2, 0xCA})
_WITHOUT_LENGTH = frozenset({0x01, 0xD8})
_END, _SCAN, _EXIF = 0xD9, 0xDA, 0xE1


@dataclass
class Build:
    """What was met up to the end of the image, or up to where a limit was passed."""

    known: bool = True  # a frame that is coded with DCT: others cannot be reduced while they are read
    whole: bool = False  # held whole while it is decoded, however much it is reduced
    scans: int = 0
    exif: int = 0  # segments that may hold EXIF: Pillow appends each to those before
    segments: int = 0
    components: int = 0
    junk: int = 0  # bytes between segments before the first scan


def build(file: BinaryIO, most_scans: int, most_segments: int) -> Build:
    """Read the markers of a JPEG from its beginning. Stops early where one scan is all, and past either limit."""
    found = Build()
    file.seek(2)
    while found.scans <= most_scans and found.segments <= most_segments:
        before = file.tell()
        marker = _next_marker(file)
        if marker is None or marker == _END:
            break
        if not found.scans:
            found.junk += file.tell() - before - 2
        if marker in _WITHOUT_LENGTH:
            continue
        length = int.from_bytes(file.read(2), "big")
        end = file.tell() + max(0, length - 2)
        _heed(found, marker, file.read(6))
        if found.scans and not found.whole:
            break
        file.seek(end)
    return found


def _heed(found: Build, marker: int, body: bytes) -> None:
    found.segments += 1
    found.exif += marker == _EXIF
    if marker in _FRAMES and len(body) == 6:
        found.components = body[5]
        found.known = marker in _SEQUENTIAL | _PROGRESSIVE
        found.whole = marker in _PROGRESSIVE
    if marker == _SCAN and body:
        found.scans += 1
        # A scan that lacks components will be followed by others, and their pixels come last.
        found.whole = found.whole or body[0] < found.components


def _next_marker(file: BinaryIO) -> int | None:
    """The code of the next marker, behind which the file then stands; None at its end."""
    while len(chunk := file.read(_CHUNK)) > 1:
        match = _MARKER.search(chunk)
        if match:
            file.seek(match.end() - len(chunk), 1)
            return chunk[match.end() - 1]
        if len(chunk) < _CHUNK:
            return None
        file.seek(-1, 1)
    return None
