"""A photo's file, whether it lies on a disk or is part of the document."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from clipasso_engine.contract import file_kinds, hashing, photo_file
from clipasso_engine.contract.errors import UserError

from ..translation import translated


@dataclass(frozen=True)
class PhotoFile:
    """What the engine is given. An embedded photo is never written to a disk, so nothing is left of it there."""

    path: str  # where it lies; of an embedded one, what the user is told that it is called
    content: bytes | None = field(default=None, repr=False)  # of an embedded one

    @contextlib.contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """For reading. Raises `UserError` if that cannot be, as for a folder or a device, which are not opened."""
        try:
            with photo_file.opened(self.path, self.content) as stream:
                yield stream
        except OSError as error:
            raise UserError(
                translated(
                    "The photo {path} cannot be read ({strerror}). Allow reading it, or import it again."
                ).format(path=self.path, strerror=error.strerror)
            ) from None

    def check_kind(self) -> None:
        """Raise `UserError` for what begins like no photo: a link may lead to any file of the user's."""
        with self.opened() as stream:
            file_kinds.check(self.path, stream.read(file_kinds.HEAD_BYTES))

    def sha256(self) -> str:
        """Hash of its bytes. Raises `UserError` if it cannot be read."""
        with self.opened() as stream:
            return hashing.sha256_of(stream)
