"""One sketch drawn once more, as the extension asks for it."""

from __future__ import annotations

from ..contract.protocol import Message
from ..contract.redrawing import TYPES, Animation, Plot, Redrawn, from_message

KINDS = tuple(TYPES.values())
"""The types of the messages that ask for it."""


def run(message: Message) -> Message:
    """The answer to a message that asks for an animation or a plot. Raises `CodedError`."""
    if message["type"] == TYPES[Animation]:
        from ..redrawing.animating import animate  # brings OpenCV, which the worker need not wait for

        done: Redrawn = animate(from_message(Animation, message))
    else:
        from ..redrawing.plotting import plot

        done = plot(from_message(Plot, message))
    return done.to_message()
