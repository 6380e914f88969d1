"""How each program of the extension ends: with a changed document, or with a sentence why not."""

from __future__ import annotations

from typing import Callable

from clipasso_engine.contract.errors import UserError

from .. import advice, messages
from ..run import request_folder
from ..translation import translated
from . import starting

_WRONG_USAGE = 2  # the status with which argparse ends a program

_deaths_told = False


def tell_of_a_bug(error: BaseException) -> None:
    """Put its traceback on stderr, which is the log, and tell the user where that is, or what else is the cause."""
    messages.log_error(error)
    messages.tell(starting.sentence(error))


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
        messages.tell(advice.told(error))
        return 1
    except Exception as error:
        tell_of_a_bug(error)
        return 1
    return 0


def tell_of_deaths() -> None:
    """Tell of processes that died while they made a sketch, each once."""
    global _deaths_told
    for sentence in request_folder.deaths():
        messages.tell(sentence)
        _deaths_told = True


def has_told_of_deaths() -> bool:
    """Whether the user has something to read, so that nothing more need be said."""
    return _deaths_told


def _tell_of_exit(end: SystemExit) -> None:
    """inkex has ended the program, having said why on stderr, which is the log."""
    if end.code == _WRONG_USAGE:
        log = messages.claimed_log()
        sentence = translated(
            "Inkscape still has the menu of another version of this extension, and what it asks for is not "
            "known here. Restart Inkscape; if that does not help, run install.py again."
        )
        messages.tell(f"{sentence} {translated('Details are in {log}').format(log=log)}" if log else sentence)
    else:
        tell_of_a_bug(end)
