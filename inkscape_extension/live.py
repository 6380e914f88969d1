"""A sketch made while Inkscape waits, in a window where there can be one."""

from __future__ import annotations

from clipasso_engine.job import SketchJob

from . import engine_process, progress_window


def sketch(job: SketchJob, title: str = "Sketch", engine: str = "") -> progress_window.Outcome:
    """The sketches of ``job`` and the engine's report; ``engine`` is the command chosen in the dialog.

    Raises `UserError`, `engine_process.CancelledError` if it is not wanted any more, and `progress_window.ShownError`
    if it failed and the user has read why.
    """

    def work(listener: engine_process.Listener) -> progress_window.Outcome:
        with engine_process.start(engine) as running:
            return running.sketch(job, listener)

    return progress_window.watch(progress_window.Request(job, title), work)
