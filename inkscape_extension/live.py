"""A sketch made while Inkscape waits, in a window where there can be one."""

from __future__ import annotations

from clipasso_engine.job import SketchJob

from . import engine_process, progress_window


def sketch(job: SketchJob, title: str = "Sketch") -> progress_window.Outcome:
    """The sketches of ``job`` and the engine's report.

    Raises `UserError`, `engine_process.CancelledError` if it is not wanted any more, and `progress_window.ShownError`
    if it failed and the user has read why.
    """
    with engine_process.Engine(engine_process.command()) as engine:
        return progress_window.watch(progress_window.Request(job, title), lambda listener: engine.sketch(job, listener))
