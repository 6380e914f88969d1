"""What the engine says: lines of its stdout become messages, and what they hold becomes sketches and errors."""

from __future__ import annotations

import queue
from typing import Any, BinaryIO

from clipasso_engine.contract import errors, paths
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.protocol import Message, decode
from clipasso_engine.contract.redrawing import Redrawn
from clipasso_engine.contract.sketch import Sketch

from ..translation import translated
from .setting import REINSTALL

MAX_LINE = 1 << 26  # bytes; a longer line is no message


def read(stream: BinaryIO, messages: queue.Queue[Message | Exception | None]) -> None:
    """Put every line of ``stream`` on the queue, then None. A line that is no message ends it with the exception."""
    try:
        for line in iter(lambda: stream.readline(MAX_LINE), b""):
            messages.put(decode(line))
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        messages.put(error)
        for _ in iter(lambda: stream.read(1 << 16), b""):
            pass  # so that the engine is never stuck on a full pipe
    messages.put(None)


class Sketches:
    """Decodes the sketches in messages; one that comes again, in the result, is the same object."""

    def __init__(self) -> None:
        self._known: list[tuple[Any, Sketch]] = []

    def decoded(self, message: Message) -> Message:
        """``level`` with a `Sketch` for ``sketch``, ``result`` with a list of them; other messages as they are.

        Raises `UserError` for a sketch that cannot be read.
        """
        if message["type"] == "level":
            return {**message, "sketch": self._sketch(message.get("sketch"))}
        if message["type"] == "result":
            report = message.get("report")
            return {
                **message,
                "sketches": [self._sketch(data) for data in message.get("sketches") or ()],
                "report": report if isinstance(report, dict) else {},
            }
        return message

    def _sketch(self, data: Any) -> Sketch:
        for known, sketch in self._known:
            if known == data:
                return sketch
        try:
            self._known.append((data, Sketch.from_json(data)))
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(
                translated("The engine sent a sketch that cannot be read ({error!r}). {reinstall}").format(
                    error=error, reinstall=REINSTALL
                )
            ) from None
        return self._known[-1][1]


def redrawn(message: Message) -> Redrawn:
    """What the engine's ``redrawn`` brings. Raises `UserError` if it cannot be read."""
    try:
        return Redrawn.from_message(message)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            translated("The engine sent an animation that cannot be read ({error!r}). {reinstall}").format(
                error=error, reinstall=REINSTALL
            )
        ) from None


def failure(message: Message) -> UserError:
    """What to tell the user for the engine's ``error``."""
    if message.get("kind") == "user":
        return errors.from_message(message)
    text = str(message.get("message", ""))
    return UserError(
        translated(
            "The engine failed, and it is not your doing ({text}). Please report it with the details in {log}"
        ).format(text=text, log=message.get("log") or paths.logs())
    )
