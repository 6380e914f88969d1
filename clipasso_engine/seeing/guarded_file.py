"""A file that is read for a decoder, and that ends the decoding where it costs more than pictures do."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

MAX_READS = 1_000_000
"""Calls of a decoder; the largest photos need a tenth. More are seconds of skipping comments and junk byte by byte."""

MAX_OPENING_BYTES = 64 << 20
"""Bytes beside the file's own length that may be read while it is opened; more lets tags repeat the same data."""


class TooCostlyError(Exception):
    """A picture that would take too long or too much memory; its text is what it has too much of."""


class GuardedFile:
    """``file``, with each `read` counted. Raises `TooCostlyError` with ``complaint`` where they are too many."""

    def __init__(self, file: BinaryIO, complaint: str) -> None:
        self._file = file
        self._complaint = complaint
        self._reads = 0
        self._left = file.seek(0, io.SEEK_END) + MAX_OPENING_BYTES
        file.seek(0)

    def opened(self) -> None:
        """From here on bytes do not count: a decoder reads what it shows."""
        self._left = -1

    def read(self, size: int | None = -1) -> bytes:
        self._reads += 1
        content = self._file.read(-1 if size is None else size)
        if self._left >= 0:
            self._left = max(0, self._left - len(content))
        if self._reads > MAX_READS or self._left == 0:
            raise TooCostlyError(self._complaint)
        return content

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
