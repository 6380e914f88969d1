"""A photo's file, opened only if it can be one: a path may lead to anything, and some of it never ends.

Standard library only, Python 3.8.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
from collections.abc import Iterator
from typing import BinaryIO

from .codes import ErrorCode
from .errors import CodedError

MAX_BYTES = 1 << 30
"""Twice the largest picture that is decoded, at 16 bits a channel; more takes longer to read and hash."""

# Opening a pipe, or a device, must not wait for somebody at its other end; the names are not known on Windows.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


@contextlib.contextmanager
def opened(path: str | os.PathLike[str], content: bytes | None = None) -> Iterator[BinaryIO]:
    """The file for reading, or its ``content`` where that is known, and ``path`` is but its name.

    Raises `CodedError` for a folder, a device, pipe or socket, and for a file without content or of more than
    `MAX_BYTES`, none of which is read; `OSError` if there is none, or it may not be read.
    """
    if content is not None:
        _check_size(path, len(content))
        yield io.BytesIO(content)
        return
    _check(path, os.stat(path))  # opening may do something to a device, such as rewind a tape
    with open(os.open(path, _FLAGS), "rb") as file:
        _check(path, os.fstat(file.fileno()))  # it may have become another
        yield file


def _check(path: str | os.PathLike[str], found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise CodedError(ErrorCode.PHOTO_IS_FOLDER, photo=path)
    if not stat.S_ISREG(found.st_mode):
        raise CodedError(ErrorCode.PHOTO_NO_ORDINARY_FILE, photo=path)
    _check_size(path, found.st_size)


def _check_size(path: str | os.PathLike[str], size: int) -> None:
    if size == 0:  # also what the kernel offers in /proc as ordinary files, where reading may wait or never end
        raise CodedError(ErrorCode.PHOTO_NO_IMAGE, photo=path)
    if size > MAX_BYTES:
        raise CodedError(ErrorCode.PHOTO_FILE_TOO_LARGE, photo=path, size=size >> 20, most=MAX_BYTES >> 20)
