"""Before a sketch: an engine, or the window that sets one up."""

from __future__ import annotations

from typing import Callable

from ..engine import client, set_up, setting
from ..window import set_up_watch
from ..window.contract import inkscape_has_gone


def ensure(chosen: str = "", gone: Callable[[], bool] = inkscape_has_gone) -> None:
    """Offer to set the engine up if there is none; ``chosen`` is the command chosen in the dialog.

    Where that cannot be offered, the sketch fails and tells why. Raises `client.CancelledError` if the user closes the
    window, with or without an engine by then.
    """
    why = setting.why_set_up(chosen)
    if why is None or not set_up.possible():
        return
    if set_up_watch.offer(why, gone) is False:
        raise client.CancelledError
