"""The engine that stays warm between runs, on Windows: reached by a named pipe (see the engine's `warm_pipe`)."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import subprocess
import time
from collections.abc import Mapping, Sequence
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any, BinaryIO, cast

from clipasso_engine import __version__
from clipasso_engine.contract import paths
from clipasso_engine.contract.protocol import encode

from ..translation import translated
from . import process

START_SECONDS = 10.0
_HELLO_SECONDS = 3.0
_KEY_BYTES = 32


class Connection:
    """A connection to a warm engine, in the place of a process started for one job."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.stdin = cast(BinaryIO, _Outgoing(connection))
        self.stdout = cast(BinaryIO, _Incoming(connection))

    def poll(self) -> None:
        """None, as of a process that runs: its end shows by the end of ``stdout``."""

    def is_paused(self) -> bool:
        """False: Windows has no signal that stops a process."""
        return False

    def kill(self) -> None:
        """Let go of it."""
        self._connection.close()

    def end(self) -> None:
        """Nothing: closing ``stdin`` has told the engine, which closes its side once it is ready for another."""

    def close(self, read: bool) -> None:
        """Let go of the connection, whether it was ``read`` to its end or not."""
        with contextlib.suppress(OSError):
            self._connection.close()

    def last_words(self) -> str:
        """None that we could read: its stderr is its own."""
        return ""

    def how_it_ended(self) -> str:
        return translated("it closed its connection")


class _Outgoing:
    """Lines to the engine, one a message. A pipe has no half that could be closed, so its end is said."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def write(self, line: bytes) -> None:
        self._connection.send_bytes(line)

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        self.write(encode({"type": "cancel"}))


class _Incoming:
    """Lines from the engine, one a message."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def readline(self, most: int) -> bytes:
        """The next one; b"" at the end."""
        try:
            line: bytes = self._connection.recv_bytes(most)
        except (EOFError, ConnectionError):
            return b""
        return line

    def read(self, _most: int) -> bytes:
        """What is left is read like lines."""
        return self.readline(1 << 26)


def connect(command: Sequence[str], idle: float, environment: Mapping[str, str]) -> Connection | None:
    """A warm engine, started if none is there, that then ends ``idle`` seconds after it was last used."""
    key = _key_file()
    if key is None:
        return None
    address = _address(command)
    connection = _reach(address, key)
    if connection is None:
        started = _start([*command, "--listen", address, "--key", str(key), "--idle", f"{idle:g}"], environment)
        if started is None:
            return None
        end = time.monotonic() + START_SECONDS
        while connection is None and time.monotonic() < end:
            ended = started.poll() is not None  # asked first: it may leave the place to another that just came up
            connection = _reach(address, key)
            if ended:
                break
            time.sleep(0.02)
        started.returncode = 0  # it outlives us, and Python shall not warn of that
    return Connection(connection) if connection is not None else None


def _address(command: Sequence[str]) -> str:
    """The pipe's name: of this version of the engine, in this home."""
    name = hashlib.sha256(repr((list(command), __version__, str(paths.home()))).encode()).hexdigest()[:16]
    return rf"\\.\pipe\clipasso-{name}"


def _key_file() -> Path | None:
    """The file whose content both sides have to know, made where it is not there; None where that is not possible."""
    file = paths.home() / "run" / "key"
    try:
        paths.make(file.parent)
        with contextlib.suppress(FileExistsError), open(
            os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb"
        ) as new:
            new.write(secrets.token_bytes(_KEY_BYTES))
        return file if file.stat().st_size == _KEY_BYTES else None
    except OSError:
        return None


def _reach(address: str, key: Path) -> Any:
    """A connection to an engine that has the key and says hello; None if none listens, or it is about to end."""
    try:
        connection = Client(address, authkey=key.read_bytes())
    except (OSError, EOFError, AuthenticationError):
        return None
    with contextlib.suppress(OSError, EOFError):
        if connection.poll(_HELLO_SECONDS):
            return connection
    connection.close()
    return None


def _start(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes] | None:
    nothing = subprocess.DEVNULL
    try:
        return subprocess.Popen(
            list(command), stdin=nothing, stdout=nothing, stderr=nothing, env=dict(environment), **process.own_group()
        )
    except OSError:
        return None
