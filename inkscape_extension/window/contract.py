"""What a window shows, what it returns, and what it lets go on meanwhile: the same for every kind of window."""

from __future__ import annotations

import select
from dataclasses import dataclass
from typing import Any, Callable, List, Tuple

from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.sketch import Sketch

from ..engine.client import Listener
from ..translation import translated

Outcome = Tuple[List[Sketch], Any]
"""The sketches, and the engine's report."""

Work = Callable[[Listener], Outcome]
"""Makes sketches, heeding a listener. Raises `UserError`, or `client.CancelledError`."""


def inkscape_has_gone() -> bool:
    """Whether nobody reads our stdout any more. Inkscape is not our parent, and no signal tells when it dies.

    Always False on Windows, where a pipe cannot be asked.
    """
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(1, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


@dataclass(frozen=True)
class Request:
    """What a window shows, and what it may offer at the end."""

    job: SketchJob
    title: str = translated("Sketch")
    gone: Callable[[], bool] = inkscape_has_gone  # whether nobody wants the sketch any more
    place: Callable[[Outcome], str] | None = None
    """Brings a finished sketch into the document; returns an empty text, or the sentence why it could not be."""


class ShownError(Exception):
    """A failure of which the user has read all in the window."""
