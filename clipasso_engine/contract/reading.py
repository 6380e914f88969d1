"""What was sent, read by the type it should have. Standard library only, Python 3.8.

JSON brings numbers for texts, lists for numbers and anything at any depth. A type says what is right, and all else is a
`MisfitError`, which whoever knows the option tells in one sentence.
"""

from __future__ import annotations

import math
import os
from typing import Any, Callable, Literal, get_args, get_origin

MAX_TEXT = 4096
"""Characters of a text or path: Linux's longest path. More lets messages grow."""


class MisfitError(Exception):
    """A value is not of the type that it should have. ``value`` is the innermost that is not."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


def read(kind: Any, value: object) -> Any:
    """``value`` as a ``kind``: bool, int, float (finite), str, bytes, a Literal of texts, or a Tuple of kinds.

    Lists become tuples, whole numbers floats where that is the kind. Raises `MisfitError` for all else.
    """
    if get_origin(kind) is tuple:
        return _tuple(get_args(kind), value)
    if get_origin(kind) is Literal:
        if not isinstance(value, str) or value not in get_args(kind):
            raise MisfitError(value)
        return value
    return _READERS[kind](value)


def text(value: object) -> str:
    """A text that can be written in any Unicode encoding, of at most `MAX_TEXT` characters. Raises `MisfitError`."""
    if isinstance(value, str) and len(value) <= MAX_TEXT:
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:  # half of a surrogate pair
            raise MisfitError(value) from None
        return value
    raise MisfitError(value)


def path(value: object) -> str:
    """A text that can be a file's path here, where names may be any bytes but NUL. Raises `MisfitError`."""
    if isinstance(value, str) and 0 < len(value) <= MAX_TEXT and "\0" not in value:
        try:
            os.fsencode(value)
        except UnicodeEncodeError:
            raise MisfitError(value) from None
        return value
    raise MisfitError(value)


def _tuple(kinds: tuple[Any, ...], value: object) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise MisfitError(value)
    if kinds[1:] == (...,):
        return tuple([read(kinds[0], item) for item in value])
    if len(value) != len(kinds):
        raise MisfitError(value)
    return tuple([read(kind, item) for kind, item in zip(kinds, value)])


def _bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise MisfitError(value)


def _int(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise MisfitError(value)


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise MisfitError(value)
    try:
        number = float(value)
    except OverflowError:  # of a whole number of hundreds of digits
        raise MisfitError(value) from None
    if not math.isfinite(number):
        raise MisfitError(value)
    return number


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    raise MisfitError(value)


_READERS: dict[Any, Callable[[object], Any]] = {bool: _bool, int: _int, float: _float, str: text, bytes: _bytes}
