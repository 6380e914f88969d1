"""A worker that stays warm where there are no Unix sockets: on Windows, reached by a named pipe.

Each side proves that it has a key out of a folder of the user's own, so nobody else can send a job or play the engine.
What travels are bytes, never pickles. As `warm`, it does not listen while it serves, and ends when nobody has come for
a while or when its files have changed.
"""

from __future__ import annotations

import contextlib
import os
import threading
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import BinaryIO, cast

from ..sketching.last_photo import LastPhoto
from . import warm_run


def serve(address: str, key: Path, idle: float) -> None:
    """Serve connections to ``address``, of those who have the ``key``, until ``idle`` seconds pass without any.

    Returns at once if another process listens there already, or there is no key.
    """
    files, memory = warm_run.files(), LastPhoto()
    served: Connection | None = None
    while True:
        try:
            listener = Listener(address, authkey=key.read_bytes())
        except OSError:
            return
        if served is not None:
            served.close()  # not before another one can connect: that shall not have to start a process of its own
        connection = _next(listener, idle)
        if connection is None or files != warm_run.files():
            return
        source, protocol = cast(BinaryIO, _Source(connection)), cast(BinaryIO, _Protocol(connection))
        warm_run.serve(source, protocol, memory, first=served is None)
        served = connection


def _next(listener: Listener, idle: float) -> Connection | None:
    """The next one who has the key. The listener is closed then. None if it cannot listen any more."""

    def give_up() -> None:
        listener.close()
        os._exit(0)  # the main thread waits in a call that nothing else ends

    timer = threading.Timer(idle, give_up)
    timer.daemon = True
    timer.start()
    try:
        while True:
            with contextlib.suppress(AuthenticationError, EOFError, ConnectionError):  # a stranger; a client that died
                return listener.accept()
    except OSError:
        return None
    finally:
        timer.cancel()
        listener.close()


class _Source:
    """The lines that come, one a message."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def readline(self, most: int) -> bytes:
        """The next one; b"" at the end. Raises `OSError` for one of more bytes than ``most``."""
        try:
            return self._connection.recv_bytes(most)
        except EOFError:
            return b""


class _Protocol:
    """The lines that go, one a message."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def write(self, line: bytes) -> None:
        self._connection.send_bytes(line)

    def flush(self) -> None:
        """Nothing is kept back."""
