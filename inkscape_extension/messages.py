"""What the user is told, and what only a log file gets.

Inkscape opens a window for any byte on stderr, and inkex turns every Python warning on. So file descriptor 2 leads to a
log file, and the real one is kept for sentences that are meant to be read.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from pathlib import Path
from typing import BinaryIO, Callable

from clipasso_engine.contract.errors import UserError

from .programs import starting
from .run import request_folder
from .translation import translated

MAX_LOG_BYTES = 1_000_000
"""A log file that has grown beyond this is begun anew."""

_WRONG_USAGE = 2  # the status with which argparse ends a program

_log: Path | None = None
_deaths_told = False

_for_the_user = 2
"""File descriptor of the real stderr."""


def claim_stderr(log: Path) -> None:
    """From now on what is written to stderr goes to ``log``, except what is told with `tell`. Call it once."""
    global _for_the_user, _log
    _log = log
    _for_the_user = os.dup(2)  # not inherited by children: one that kept it open would keep Inkscape waiting
    with open_log(log) as stream:
        os.dup2(stream.fileno(), 2)


def claimed_log() -> Path | None:
    """The log that stderr leads to by now; None before `claim_stderr`."""
    return _log


def tell(text: str) -> None:
    """Show ``text`` to the user: Inkscape opens a window with it."""
    with contextlib.suppress(OSError):  # nobody is left to read it
        os.write(_for_the_user, text.encode("utf-8") + b"\n")


def tell_of_a_bug(error: BaseException) -> None:
    """Put its traceback on stderr, which is the log, and tell the user where that is, or what else is the cause."""
    with contextlib.suppress(OSError):  # a full disk
        traceback.print_exception(type(error), error, error.__traceback__, file=sys.stderr)
    tell(starting.sentence(error))


def exit_status(run: Callable[[], object], quiet: tuple[type[Exception], ...] = ()) -> int:
    """``run`` an extension: 0 if it changed the document, 1 if it did not, which the user was then told.

    What is ``quiet`` is an end that the user knows of already.
    """
    tell_of_deaths()
    try:
        run()
    except quiet:
        return 1
    except SystemExit as end:
        if end.code:
            _tell_of_exit(end)
        return 1 if end.code else 0
    except UserError as error:
        tell(str(error))
        return 1
    except Exception as error:
        tell_of_a_bug(error)
        return 1
    return 0


def tell_of_deaths() -> None:
    """Tell of processes that died while they made a sketch, each once."""
    global _deaths_told
    for sentence in request_folder.deaths():
        tell(sentence)
        _deaths_told = True


def has_told_of_deaths() -> bool:
    """Whether the user has something to read, so that nothing more need be said."""
    return _deaths_told


def _tell_of_exit(end: SystemExit) -> None:
    """inkex has ended the program, having said why on stderr, which is the log."""
    if end.code == _WRONG_USAGE:
        tell(
            translated(
                "Inkscape still has the menu of another version of this extension, and what it asks for is not "
                "known here. Restart Inkscape; if that does not help, run install.py again. Details are in {log}"
            ).format(log=_log)
        )
    else:
        tell_of_a_bug(end)


def open_log(log: Path) -> BinaryIO:
    """``log``, opened to append to; the null device where it cannot be written (a full disk must not stop a sketch)."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        grown = log.exists() and log.stat().st_size > MAX_LOG_BYTES
        return open(log, "wb" if grown else "ab", buffering=0)
    except OSError:
        return open(os.devnull, "wb", buffering=0)
