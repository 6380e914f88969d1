"""What a window shows, what it returns, and what it lets go on meanwhile: the same for every kind of window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, List, Tuple

from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.sketch import Sketch

from ..engine import client
from ..engine.client import Listener

Outcome = Tuple[List[Sketch], Any]
"""The sketches, and the engine's report."""

Work = Callable[[Listener], Outcome]
"""Makes sketches, heeding a listener. Raises `UserError`, or `client.CancelledError`."""


@dataclass(frozen=True)
class Request:
    """What a window shows, and what it may offer at the end."""

    job: SketchJob
    title: str = "Sketch"
    gone: Callable[[], bool] = client.inkscape_has_gone  # whether nobody wants the sketch any more
    place: Callable[[Outcome], str] | None = None
    """Brings a finished sketch into the document; returns an empty text, or the sentence why it could not be."""


class ShownError(Exception):
    """A failure of which the user has read all in the window."""
