"""The engine that stays warm between runs: a process of its own, reached by a socket that nobody else can open.

Linux and macOS; `warm_pipe` is for Windows.
Where there is none and none can be started, the engine is started for the one run, as it is elsewhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from clipasso_engine import __version__
from clipasso_engine.contract import paths, peer

from ..translation import translated
from . import process

START_SECONDS = 10.0
_HELLO_SECONDS = 3.0
_MAX_PATH = 100  # bytes of a socket's address, less than Linux (107) and macOS (103) have room for


class Connection:
    """A connection to a warm engine, in the place of a process started for one job."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self.stdin = connection.makefile("wb")
        self.stdout = connection.makefile("rb")

    def poll(self) -> None:
        """None, as of a process that runs: its end shows by the end of ``stdout``."""

    def is_paused(self) -> bool:
        """Whether it is stopped by a signal."""
        return process.is_paused(peer.of(self._socket).pid)

    def kill(self) -> None:
        """Let go of it; one that is stopped by a signal would keep its memory for ever, and is killed."""
        _kill_if_paused(self._socket)
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Nothing more is wanted: the engine drops what it does, and closes its side once it is ready for another."""
        _kill_if_paused(self._socket)
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self, read: bool) -> None:
        """Let go of the connection, whether it was ``read`` to its end or not."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        for stream in (self.stdin, self.stdout, self._socket):
            with contextlib.suppress(OSError):
                stream.close()

    def last_words(self) -> str:
        """None that we could read: its stderr is its own."""
        return ""

    def how_it_ended(self) -> str:
        return translated("it closed its connection")


def connect(command: Sequence[str], idle: float, environment: Mapping[str, str]) -> Connection | None:
    """A warm engine, started if none is there, that then ends ``idle`` seconds after it was last used."""
    path = _path(command)
    if path is None:
        return None
    connection = _reach(path)
    if connection is None:
        started = _start([*command, "--listen", str(path), "--idle", f"{idle:g}"], environment)
        if started is None:
            return None
        end = time.monotonic() + START_SECONDS
        while connection is None and time.monotonic() < end:
            ended = started.poll() is not None  # asked first: it may leave the place to another that just came up
            connection = _reach(path)
            if ended:
                break
            time.sleep(0.02)
        started.returncode = 0  # it outlives us, and Python shall not warn of that
    return Connection(connection) if connection is not None else None


def _path(command: Sequence[str]) -> Path | None:
    """Where the socket of this version of the engine is, in a folder that is ours alone; None if there can be none."""
    if sys.platform not in ("linux", "darwin"):
        return None
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    folder = (
        Path(runtime, "clipasso")
        if runtime and os.path.isabs(runtime) and os.path.isdir(runtime)
        else paths.home() / "run"
    )
    name = hashlib.sha256(repr((list(command), __version__, str(paths.home()))).encode()).hexdigest()[:16]
    path = folder / f"{name}.sock"
    try:
        paths.make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    return path if private and len(os.fsencode(path)) <= _MAX_PATH else None


def _reach(path: Path) -> socket.socket | None:
    """A connection to an engine of our own user that says hello; None if none listens, or it is about to end."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(_HELLO_SECONDS)
        connection.connect(str(path))
        if peer.of(connection).uid == os.getuid() and connection.recv(1, socket.MSG_PEEK):
            connection.settimeout(None)
            return connection
    except socket.timeout:
        with contextlib.suppress(OSError):
            _kill_if_paused(connection)
    except OSError:
        pass
    connection.close()
    return None


def _kill_if_paused(connection: socket.socket) -> None:
    """Kill the engine at the other end, if it is ours and stopped by a signal, with all it started."""
    with contextlib.suppress(OSError):  # not connected, or ended meanwhile
        pid, uid = peer.of(connection)
        if pid > 0 and uid == os.getuid() and process.is_paused(pid):
            os.killpg(pid, signal.SIGKILL)


def _start(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes] | None:
    nothing = subprocess.DEVNULL
    try:
        return subprocess.Popen(
            list(command), stdin=nothing, stdout=nothing, stderr=nothing, env=dict(environment), start_new_session=True
        )
    except OSError:
        return None
