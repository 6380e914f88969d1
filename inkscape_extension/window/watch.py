"""A window for a sketch under way: strokes as they move, time left, stop, cancel.

Inkscape's own "working" dialog is not painted and its Cancel is dead while an extension runs. So the extension opens a
window of its own: GTK where Inkscape's Python has it, else a page in the browser, else none; then only the job's time
budget ends a run.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Callable

from ..engine import client
from .contract import Outcome, Request, Work

KINDS = ("gtk", "page", "none")


def watch(request: Request, work: Work) -> Outcome:
    """Let ``work`` go on in the best window there is, and return what it makes.

    With ``request.place``, the window stays until the sketch is placed or the user closes it.
    Raises `client.CancelledError` if the user cancels or closes the window, `ShownError` for a failure that the
    user has read there, and what ``work`` raises if there is no window.
    """
    for kind in wanted():
        run = _open(kind, request)
        if run is not None:
            return run(work)
    return work(lambda _message: client.CANCEL if request.gone() else None)


def available() -> bool:
    """Whether there can be a window at all."""
    return any(module_of(kind) is not None for kind in wanted())


def wanted() -> Sequence[str]:
    """What kinds to try, best first: ``CLIPASSO_WINDOW`` names one kind, for tests and for those whose GTK fails."""
    chosen = os.environ.get("CLIPASSO_WINDOW", "")
    return (chosen,) if chosen in KINDS else KINDS


def module_of(kind: str) -> Any:
    """The module for one kind of window; None if it cannot work here."""
    if kind == "gtk":
        # GTK on Wayland is said to crash inside other programs' Pythons; XWayland is everywhere that Inkscape runs.
        if os.environ.get("DISPLAY"):
            os.environ.setdefault("GDK_BACKEND", "x11")
        try:
            from . import gtk_window
        except (ImportError, ValueError, RuntimeError):  # no gi, no typelib or another version of it, no screen
            return None
        return gtk_window if gtk_window.usable() else None
    if kind == "page":
        from . import page_window

        return page_window if page_window.usable() else None
    return None


def _open(kind: str, request: Request) -> Callable[[Work], Outcome] | None:
    module = module_of(kind)
    run: Callable[[Work], Outcome] | None = module.Window(request).run if module is not None else None
    return run
