"""Only one install.py at a time may work on a folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from clipasso_engine.contract.errors import UserError

from .journal import Journal


@contextmanager
def exclusive(path: Path, journal: Journal) -> Iterator[None]:
    """Hold the lock file ``path``; the system releases it if we die. Raises `UserError` if another holds it.

    Nothing else is written before it is held: of two that start in a new home at once, one gets it.
    """
    missing = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        try:
            _lock(file)
        except OSError:
            raise UserError(f"Another install.py is at work in {path.parent}. Wait until it is done.") from None
        journal.load()
        journal.made_folders(missing[::-1])
        if path not in journal.files:
            journal.made_file(path)
        yield


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
