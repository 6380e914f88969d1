"""The engine's log file: what libraries say, and the tracebacks of bugs.

Standard library only. Several processes may write at once: each line or traceback is appended by one system call.
"""

from __future__ import annotations

import contextlib
import os
import platform
import stat
import sys
import time
import traceback
from pathlib import Path

from .. import __version__
from ..contract import paths

MAX_BYTES = 1_000_000
"""Beyond this the log is begun anew at the next job; the one before is kept as ``engine.log.1``."""

MAX_ENTRY = 100_000
"""Bytes of one bug: a traceback is a few thousand, but an error's text may quote anything."""


def file() -> Path:
    """The log file."""
    return paths.logs() / "engine.log"


def redirect(*descriptors: int) -> None:
    """Lead these file descriptors to the log, or nowhere if it cannot be written."""
    log = _open()
    for descriptor in descriptors:
        os.dup2(log, descriptor)
    os.close(log)


def record_bug(error: BaseException) -> Path | None:
    """Append the traceback, and return the log's path; None if it could not be written."""
    entry = (
        f"--- {time.strftime('%Y-%m-%d %H:%M:%S')} CLIPasso {__version__}, Python {platform.python_version()}, "
        f"{platform.platform()}, process {os.getpid()}: {sys.argv}\n" + "".join(traceback.format_exception(error))
    )
    data = entry.encode("utf-8", "backslashreplace")[:MAX_ENTRY]
    log = _open()
    try:
        written = os.write(log, data) == len(data)
        return file() if written and stat.S_ISREG(os.fstat(log).st_mode) else None
    except OSError:
        return None
    finally:
        os.close(log)


def _open() -> int:
    """A descriptor that appends to the log, begun anew if it has grown too large; the null device if that fails."""
    path = file()
    try:
        paths.make(path.parent)
        # On Windows a log that another process has open cannot be renamed: it may then grow until that one ends.
        with contextlib.suppress(FileNotFoundError, PermissionError):
            if path.stat().st_size > MAX_BYTES:
                os.replace(path, path.with_name(path.name + ".1"))
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)
