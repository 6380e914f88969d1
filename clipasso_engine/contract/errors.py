"""The two kinds of failure. Standard library only, Python 3.8.

The engine says what went wrong and why; what to do about it is said by whoever stands before the user, in words that
are at hand there: `commands.advice` names commands and their options, ``inkscape_extension.advice`` menus and pages.
"""

from __future__ import annotations

import reprlib
import unicodedata
from typing import Any

from . import texts
from .codes import ErrorCode

MAX_DETAIL = 4500
"""Characters of a message's detail; more lets a message grow. Linux's longest path, 4096, is not cut."""

_MAX_SHOWN = 160  # characters, likewise of a value
_LEFT_OUT = " ... "

_SHOWN = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = 80


class UserError(Exception):
    """Something the user can mend. Its text is whole and shown as it is, to the user of the program that raised it.

    One sentence or two: what went wrong, why, and what to do next; it names the offending value and the allowed ones.
    What may be read both on the command line and in Inkscape is a `CodedError`.
    Every other exception is a bug: its traceback goes to a log file and the user is told the file's path.
    """

    def to_message(self) -> dict[str, Any]:
        """The fields of the message ``error`` of `protocol` that tell it."""
        return {"kind": "user", "message": str(self)}


class CodedError(UserError):
    """A failure that either program may have to tell. ``str()`` says what and why, in English, but not what to do."""

    def __init__(self, code: ErrorCode, **details: object) -> None:
        """``details`` fill the text's placeholders, and those of the advice. They travel, so each is kept as a text."""
        self.code = code
        self.details: dict[str, str] = {name: cut(str(value)) for name, value in details.items()}
        super().__init__(texts.WHAT_AND_WHY[code].format(**self.details))

    def to_message(self) -> dict[str, Any]:
        return {**super().to_message(), "code": self.code.value, "details": self.details}


def shown(value: object) -> str:
    """A value in a message, whatever was sent: like its ``repr``, but cut where it is long, large or deep."""
    return cut(_SHOWN.repr(value), _MAX_SHOWN)


def cut(text: str, most: int = MAX_DETAIL) -> str:
    """The text on one line: its middle left out where it is longer than ``most`` characters, what no line can hold, or
    no encoding, written as an escape."""
    short = _without_middle(text, most)
    told = (_escaped(letter) if unicodedata.category(letter) in _NOT_TOLD else letter for letter in short)
    return _without_middle("".join(told), most)  # escapes are longer


_NOT_TOLD = {"Cc", "Cs", "Zl", "Zp"}  # controls, halves of surrogate pairs, separators of lines and paragraphs


def _without_middle(text: str, most: int) -> str:
    half = (most - len(_LEFT_OUT)) // 2
    return text if len(text) <= most else f"{text[:half]}{_LEFT_OUT}{text[-half:]}"


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def from_message(message: dict[str, Any]) -> UserError:
    """The error that an engine tells; one that is not known here, from a newer engine, in that engine's English."""
    try:
        return CodedError(ErrorCode(message["code"]), **message["details"])
    except (KeyError, ValueError, TypeError):  # of the code, a placeholder or what is no dictionary
        return UserError(str(message.get("message", "")))
