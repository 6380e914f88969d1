"""The abstraction path: quick sketches of fewer and of more strokes than were asked for.

With them at hand, stepping through the levels of a finished sketch costs nothing.
"""

from __future__ import annotations

from ..choosing.drawings import batched
from ..contract.job import PATH, SketchJob
from ..contract.sketch import Sketch
from ..optimising.optimizer import Descent, optimize
from .canvases import Canvases
from .levels import Run, finished, held

STEPS = 20
"""Optimisation steps for each level; a traced start is near its end after so many."""

_AT_LEAST = 32  # the level up to which the path goes


def levels(job: SketchJob) -> tuple[int, ...]:
    """Those of the path that are not asked for: up to one above the asked ones, and to 32 at least."""
    most = max(job.levels)
    top = max(_AT_LEAST, min((level for level in PATH if level > most), default=most))
    return tuple(level for level in PATH if level <= top and level not in job.levels)


def quick_sketches(job: SketchJob, canvases: Canvases, run: Run) -> list[Sketch]:
    """One sketch for each of `levels`, fewest strokes first; just traced when the job's time is over."""
    sketches = []
    for level in levels(job):
        stages = canvases.of(level)
        start = stages.start(level)[0]
        if len(start.controls):
            points = batched([start])
            descent = Descent(0 if run.over() else STEPS, device=stages.device)
            fixed = held([start])
            outcome = optimize(points, stages.guide, stages.view.size, descent, lambda *_: run.over(), fixed)
            sketches.append(finished(outcome, 0, start, level, stages))
    return sketches
