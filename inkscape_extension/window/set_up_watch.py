"""A window that offers to set the engine up, shows how far that is, and ends with "Sketch Now"."""

from __future__ import annotations

from typing import Any, Callable

from ..engine import set_up
from ..engine.set_up import SetUp
from . import watch
from .contract import inkscape_has_gone


def offer(why: str, gone: Callable[[], bool] = inkscape_has_gone) -> bool | None:
    """Whether the engine was set up and the sketch is wanted now; None where there can be no window.

    ``why`` is one of `setting.why_set_up`, and ``gone`` says whether nobody wants it any more.
    """
    for kind in watch.wanted():
        module = _module(kind)
        if module is not None:
            state = SetUp()
            state.look()
            ready: bool = module.Window(state, why, gone).run()
            return ready and state.state == set_up.READY
    return None


def _module(kind: str) -> Any:
    if kind == "none" or watch.module_of(kind) is None:
        return None
    if kind == "gtk":
        from . import set_up_gtk

        return set_up_gtk
    from . import set_up_page

    return set_up_page
