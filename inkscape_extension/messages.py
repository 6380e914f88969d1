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

from .translation import translated

MAX_LOG_BYTES = 1_000_000
"""A log file that has grown beyond this is begun anew."""

_for_the_user = 2
"""File descriptor of the real stderr."""


def claim_stderr(log: Path) -> None:
    """From now on what is written to stderr goes to ``log``, except what is told with `tell`. Call it once."""
    global _for_the_user
    _for_the_user = os.dup(2)  # not inherited by children: one that kept it open would keep Inkscape waiting
    with open_log(log) as stream:
        os.dup2(stream.fileno(), 2)


def tell(text: str) -> None:
    """Show ``text`` to the user: Inkscape opens a window with it."""
    with contextlib.suppress(OSError):  # nobody is left to read it
        os.write(_for_the_user, text.encode("utf-8") + b"\n")


def tell_of_a_bug(log: Path) -> None:
    """Put the current exception's traceback on stderr, which is the log, and tell the user where it is."""
    with contextlib.suppress(OSError):  # a full disk
        traceback.print_exc(file=sys.stderr)
    tell(
        translated(
            "Something went wrong in the extension, and it is not your doing; the document is as it was. "
            "Please report it with the details in {log}"
        ).format(log=log)
    )


def exit_status(run: Callable[[], object], log: Path, quiet: tuple[type[Exception], ...] = ()) -> int:
    """``run`` an extension: 0 if it changed the document, 1 if it did not, which the user was then told.

    What is ``quiet`` is an end that the user knows of already.
    """
    try:
        run()
    except quiet:
        return 1
    except UserError as error:
        tell(str(error))
        return 1
    except Exception:
        tell_of_a_bug(log)
        return 1
    return 0


def open_log(log: Path) -> BinaryIO:
    """``log``, opened to append to; the null device where it cannot be written (a full disk must not stop a sketch)."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        grown = log.exists() and log.stat().st_size > MAX_LOG_BYTES
        return open(log, "wb" if grown else "ab", buffering=0)
    except OSError:
        return open(os.devnull, "wb", buffering=0)
