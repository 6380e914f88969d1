"""A sketch made while Inkscape waits, in a window where there can be one."""

from __future__ import annotations

from clipasso_engine.contract.job import SketchJob

from ..engine import client
from ..translation import translated
from ..window import contract, watch
from . import engine_there


def sketch(job: SketchJob, title: str = translated("Sketch"), engine: str = "") -> contract.Outcome:
    """The sketches of ``job`` and the engine's report; ``engine`` is the command chosen in the dialog.

    Raises `UserError`, `client.CancelledError` if it is not wanted any more, and `contract.ShownError`
    if it failed and the user has read why.
    """

    engine_there.ensure(engine)

    def work(listener: client.Listener) -> contract.Outcome:
        with client.start(engine) as running:
            return running.sketch(job, listener)

    return watch.watch(contract.Request(job, title), work)
