"""A worker that stays warm between jobs, so that the next one does not wait for imports (Linux, macOS).

It listens on a socket that only its user can open, serves one connection at a time, and ends when nobody has come for a
while, or when its own files have changed. While it serves, the socket is not there: a second job is another process's.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from ..contract import peer
from ..sketching.last_photo import LastPhoto
from . import warm_run

_LOOK_EVERY = 5.0  # seconds


def serve(path: Path, idle: float) -> None:
    """Serve connections to the socket ``path`` until ``idle`` seconds pass without any.

    Returns at once if another process listens there already.
    """
    files, memory = warm_run.files(), LastPhoto()
    served: socket.socket | None = None
    while True:
        listener = _listener(path)
        if served is not None:
            served.close()  # not before another one can connect: that shall not have to start a process of its own
        if listener is None:
            return
        connection = _next(listener, path, idle, files)
        if connection is None:
            return
        _serve_one(connection, memory, first=served is None)
        served = connection


def _serve_one(connection: socket.socket, memory: LastPhoto, first: bool) -> None:
    with connection.makefile("rb") as source, contextlib.suppress(OSError), connection.makefile("wb") as protocol:
        warm_run.serve(cast(BinaryIO, source), cast(BinaryIO, protocol), memory, first)


def _listener(path: Path) -> socket.socket | None:
    """The socket, ready for a connection; None if another process listens there."""
    with _locked(path):
        if _somebody_listens(path):
            return None
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        mask = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(mask)
        listener.listen(1)
        return listener


def _next(listener: socket.socket, path: Path, idle: float, files: list[tuple[str, int]]) -> socket.socket | None:
    """The next connection of our user's; None when it is time to end. Nobody can connect any more then."""
    end = time.monotonic() + idle
    try:
        while time.monotonic() < end and files == warm_run.files() and path.exists():
            if select.select([listener], [], [], min(_LOOK_EVERY, idle))[0]:
                connection = listener.accept()[0]
                if files == warm_run.files() and peer.of(connection).uid == os.getuid():
                    return connection
                connection.close()
        return None
    finally:
        with _locked(path):
            listener.close()
            if not _somebody_listens(path):
                path.unlink(missing_ok=True)


def _somebody_listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open(path.with_suffix(".lock"), "w", encoding="ascii") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
