"""The hash by which both programs tell whether two files are the same. Standard library only, Python 3.8."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

_CHUNK = 1 << 20  # bytes that are read at once; a larger value takes more memory meanwhile


def sha256_of(stream: BinaryIO) -> str:
    """Hex SHA-256 of what is left to read, without holding it all. Raises `OSError`."""
    digest = hashlib.sha256()
    for chunk in iter(lambda: stream.read(_CHUNK), b""):
        digest.update(chunk)
    return digest.hexdigest()
