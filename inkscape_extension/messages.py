"""What the user is told, and what only a log file gets.

Inkscape opens a window for any byte on stderr, and inkex turns every Python warning on. So file descriptor 2 leads to a
log file, and the real one is kept for sentences that are meant to be read.
"""

from __future__ import annotations

import contextlib
import os
import stat
import traceback
from pathlib import Path
from typing import BinaryIO

from clipasso_engine.contract import paths

MAX_LOG_BYTES = 1_000_000
"""A log file that has grown beyond this is begun anew."""

_log: Path | None = None

_for_the_user = 2
"""File descriptor of the real stderr."""


def claim_stderr(log: Path) -> None:
    """From now on what is written to stderr goes to ``log``, except what is told with `tell`. Call it once."""
    global _for_the_user, _log
    _for_the_user = os.dup(2)  # not inherited by children: one that kept it open would keep Inkscape waiting
    with open_log(log) as stream:
        os.dup2(stream.fileno(), 2)
    _log = log if stat.S_ISREG(os.fstat(2).st_mode) else None


def claimed_log() -> Path | None:
    """The log that stderr leads to by now; None before `claim_stderr`, and where it cannot be written."""
    return _log


def log_error(error: BaseException) -> None:
    """Append the error's traceback to the log that stderr leads to; nothing before `claim_stderr`."""
    global _log
    if _log is None:
        return
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__)).encode("utf-8", "replace")
    try:
        if os.write(2, trace) == len(trace):
            return
    except OSError:
        pass
    _log = None  # a full disk: nobody shall be sent there


def tell(text: str) -> None:
    """Show ``text`` to the user: Inkscape opens a window with it."""
    with contextlib.suppress(OSError):  # nobody is left to read it
        os.write(_for_the_user, text.encode("utf-8", "replace") + b"\n")


def open_log(log: Path) -> BinaryIO:
    """``log``, opened to append to; the null device where it cannot be written (a full disk must not stop a sketch)."""
    try:
        paths.make(log.parent)
        grown = log.exists() and log.stat().st_size > MAX_LOG_BYTES
        return open(log, "wb" if grown else "ab", buffering=0, opener=paths.private)
    except OSError:
        return open(os.devnull, "wb", buffering=0)
