"""A job at ``--quality paper``: the paper's recipe once per level, with the pipeline's messages and report."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract.events import Emit
from ..contract.job import SketchJob
from ..contract.sketch import Sketch, Stroke
from ..seeing.photo import Photo
from . import recipe

_MESSAGE_EVERY = 0.5  # seconds between two previews
_NO_BUDGET_GIVEN = SketchJob.time_budget


def sketch(
    job: SketchJob,
    picture: Photo,
    device: str,
    emit: Emit,
    stop: Callable[[], bool],
    steps: int = recipe.STEPS,
) -> tuple[list[Sketch], dict[str, Any]]:
    """Sketch a photo as `pipeline.sketch` does. The default time budget does not count: the recipe takes hours.

    Raises `UserError` when CLIP's packages or weights are missing.
    """
    begun = time.monotonic()
    emit({"type": "stage", "name": "optimise"})
    budget = float("inf") if job.time_budget == _NO_BUDGET_GIVEN else job.time_budget
    scale = picture.width / picture.rgb.shape[1]
    total = steps * recipe.SEEDS
    sketches: list[Sketch] = []
    done, first_loss = 0, 0.0

    def over() -> bool:
        return stop() or time.monotonic() - begun > budget

    for level in job.levels:
        watch = _watcher(emit, over, level, total, scale)
        settings = recipe.Settings(level, job.seed, device, job.rasterizer, steps)
        outcome = recipe.sketch(picture.rgb, settings, watch)
        done, first_loss = done + outcome.steps, first_loss or outcome.first_loss
        strokes = tuple(Stroke.of(points * scale, outcome.width * scale) for points in outcome.points)
        sketches.append(Sketch(level, picture.width, picture.height, strokes, outcome.loss))
        emit({"type": "level", "sketch": sketches[-1].to_json()})
    report = {
        "photo_sha256": picture.sha256,
        "strokes": [len(one.strokes) for one in sketches],
        "steps": done,
        "seconds": {"optimise": round(time.monotonic() - begun, 3)},
        "first_loss": first_loss,
        "best_loss": sketches[0].loss,
        "guidance": "paper",
        "device": device,
    }
    return sketches, report


def _watcher(emit: Emit, over: Callable[[], bool], level: int, total: int, scale: float) -> recipe.Watch:
    """Sends a preview now and then."""
    last = 0.0

    def watch(step: int, loss: float, points: NDArray[np.float64]) -> bool:
        nonlocal last
        now = time.monotonic()
        if now - last >= _MESSAGE_EVERY:
            last = now
            strokes = np.round(points * scale, 1).tolist()
            emit({"type": "step", "step": step, "steps": total, "level": level, "loss": loss, "strokes": strokes})
        return over()

    return watch
