"""The window that sets the engine up, as a page in the browser."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any, Callable

from ..engine.set_up import SetUp
from ..translation import translated
from . import page_window, set_up_view

_PAGE = Path(__file__).with_name("set_up.html")
_EVERY = 0.1  # seconds
_SEEN = 0.5  # seconds until the page knows that this was all


class Window(page_window.Page):
    """See `set_up_watch.offer`."""

    def __init__(self, state: SetUp, why: str, gone: Callable[[], bool]) -> None:
        super().__init__(gone)
        self._state, self._why = state, why
        self._last = ""  # the button that ended it

    def run(self) -> bool:
        """Whether the engine is set up, and the sketch wanted now."""
        with self.served():
            while not self._last and not self.gone():
                time.sleep(_EVERY)
            self._state.end()
            if self._last:
                time.sleep(_SEEN)
        return self._last == set_up_view.SKETCH

    def document(self) -> bytes:
        return page_window.filled(_PAGE, {"title": set_up_view.TITLE})

    def snapshot(self) -> dict[str, Any]:
        if self._last:
            done = set_up_view.View(translated("Done. This page can be closed."))
            return {**dataclasses.asdict(done), "end": True}
        shown = set_up_view.view(self._state, self._why)
        plain = [(action, label.replace("_", "")) for action, label in shown.buttons]
        return dataclasses.asdict(dataclasses.replace(shown, buttons=plain))

    def press(self, button: str) -> None:
        if button == set_up_view.BEGIN:
            self._state.begin()
        elif button == set_up_view.CANCEL:
            self._state.cancel()
        elif button in (set_up_view.CLOSE, set_up_view.SKETCH):
            self._last = button
