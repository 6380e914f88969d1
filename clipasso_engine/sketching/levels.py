"""One job under way: levels optimised one after the other, with messages, figures and an eye on the clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..bezier import stroke_arrays
from ..bezier.cubics import Array
from ..choosing.drawings import OF_FACE, batched
from ..choosing.selection import Choice
from ..contract import events
from ..contract.choices import Part
from ..contract.codes import NoticeCode
from ..contract.events import Emit
from ..contract.job import SketchJob
from ..contract.sketch import Sketch, Stroke
from ..lines import weighted_lines
from ..optimising import guidance
from ..optimising.device import torch_is_here
from ..optimising.free_points import FreePoints
from ..optimising.guidance import Guidance
from ..optimising.less_memory import with_less_memory
from ..optimising.optimizer import LINE_WIDTH, Descent, Outcome, optimize
from ..optimising.rasterizer import draw
from ..seeing import photo
from ..seeing.view import View
from . import colours, tidying
from .last_photo import LastPhoto, drawn_by

STEPS = {"draft": 20, "normal": 60, "best": 200}
"""Optimisation steps per level, by quality. From a traced start the loss hardly falls after 60 (docs/method.md)."""

_AS_GOOD = 1.05  # of the lowest loss: candidates up to it fit as well, and their meaning decides
_MESSAGE_EVERY = 0.1  # seconds between two previews


class Starts(Protocol):
    def of(self, level: int) -> list[Choice]:
        """The starts of a drawing of at most ``level`` strokes."""
        ...


@dataclass(frozen=True)
class Stages:
    """What the pipeline sees and decides before it optimises, on a canvas of one size."""

    picture: photo.Photo
    view: View
    lines: weighted_lines.Lines
    drawings: Starts
    subject: guidance.Subject
    guide_name: str
    details: NDArray[np.float32]  # [h, w] in 0..1: where more lines were asked for
    attention: NDArray[np.float32]  # [h, w] in 0..1: what tells what is in the photo
    part: Part = "object"  # of the photo
    width: float = LINE_WIDTH  # px of the canvas: of finished strokes
    starts: dict[int, list[Choice]] = field(default_factory=dict)  # those that were asked for so far
    key: Hashable = None  # what all of this depends on, see `LastPhoto`

    @property
    def device(self) -> str:
        return self.subject.device

    @cached_property
    def guide(self) -> Guidance:
        """Raises what `guidance.build` raises."""
        return guidance.build(self.guide_name, self.subject)

    def start(self, level: int) -> list[Choice]:
        """The starts of a drawing of at most ``level`` strokes, one for each candidate."""
        if level not in self.starts:
            self.starts[level] = self.drawings.of(level)
        return self.starts[level]


class Run:
    """The job's clock, its messages, its figures."""

    def __init__(self, job: SketchJob, emit: Emit, stop: Callable[[], bool], memory: LastPhoto | None = None) -> None:
        self._job, self._emit, self._stop = job, emit, stop
        self._memory = memory or LastPhoto()
        self._remembered = 0
        self._begun = time.monotonic()
        self._last_message = 0.0
        self._seconds: dict[str, float] = {}
        self._steps, self._first_loss = 0, 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._emit({"type": "stage", "name": name})
        begun = time.monotonic()
        yield
        self._seconds[name] = round(self._seconds.get(name, 0.0) + time.monotonic() - begun, 3)

    def notice(self, code: NoticeCode, **details: object) -> None:
        """Something the user should know, though the work goes on."""
        self._emit(events.notice(code, **details))

    def level(self, stages: Stages, level: int, starts: list[Choice]) -> list[Sketch]:
        """The sketches of one level, one per candidate start, best first."""

        def work(device: str, candidates: int) -> Outcome:
            return self._optimized(stages, level, starts[:candidates], device)

        self._last_message = 0.0  # the start is always shown
        self._preview(0, level, 0.0, stages.view.to_photo(starts[0].controls, stages.picture))
        key = (stages.key, drawn_by(self._job), level)
        outcome: Outcome | None = self._memory.finished(key)
        if outcome is not None:
            self._remembered += 1
        else:
            outcome = with_less_memory(work, stages.device, len(starts), self.notice)
            if outcome.steps == STEPS[self._job.quality] and len(outcome.losses) == len(starts):
                self._memory.finish(key, outcome)
        self._steps += outcome.steps
        self._first_loss = self._first_loss or outcome.first_loss
        order = _ranked(outcome, stages)
        sketches = [finished(outcome, k, starts[k], level, stages) for k in order]
        self._emit({"type": "level", "sketch": sketches[0].to_json()})
        return sketches

    def _optimized(self, stages: Stages, level: int, starts: list[Choice], device: str) -> Outcome:
        guide = stages.guide
        if device != stages.device:
            guide = guidance.build(guide.name, replace(stages.subject, device=device))

        def watch(step: int, loss: float, points: NDArray[np.float32]) -> bool:
            # Candidates of fewer strokes are padded; their padding is no stroke.
            controls = points[: len(starts[0].controls)].astype(np.float64)
            self._preview(step, level, loss, stages.view.to_photo(controls, stages.picture))
            return self.over()

        steps = 0 if self.over() else STEPS[self._job.quality]
        points = batched(starts)
        descent = Descent(steps, backend=self._job.rasterizer, device=device)
        return optimize(points, guide, stages.view.size, descent, watch, held(starts))

    def over(self) -> bool:
        """Whether to finish with the best so far: that was asked for, or the time budget is spent."""
        return self._stop() or time.monotonic() - self._begun > self._job.time_budget

    def _preview(self, step: int, level: int, loss: float, controls: Array) -> None:
        now = time.monotonic()
        if now - self._last_message < _MESSAGE_EVERY:
            return
        self._last_message = now
        steps = STEPS[self._job.quality]
        strokes = [points.tolist() for points in stroke_arrays.separate(controls.round(1))]
        self._emit({"type": "step", "step": step, "steps": steps, "level": level, "loss": loss, "strokes": strokes})

    def report(self, stages: Stages, sketches: list[Sketch]) -> dict[str, Any]:
        """What was done and how; ``sketches`` are the best of each level."""
        return {
            "photo_sha256": stages.picture.sha256,
            "strokes": [len(sketch.strokes) for sketch in sketches],
            "steps": self._steps,
            "seconds": self._seconds,
            "first_loss": self._first_loss,
            "best_loss": sketches[0].loss,
            "guidance": stages.guide.name,
            "device": stages.device,
            "faces": len(stages.view.faces),
            "remembered": self._remembered,
        }


def held(starts: list[Choice]) -> NDArray[np.bool_]:
    """[K, S]: the strokes of faces. Landmarks say better than any guidance where they run."""
    most = max(len(start.controls) for start in starts)
    result = np.zeros((len(starts), most), np.bool_)
    for row, start in zip(result, starts, strict=True):
        row[: len(start.chain)] = start.chain == OF_FACE
    return result


def _ranked(outcome: Outcome, stages: Stages) -> list[int]:
    """The candidates, the best first: of those that fit the lines about as well as any, the nearest in meaning."""
    order = sorted(range(len(outcome.losses)), key=outcome.losses.__getitem__)
    fitting = [k for k in order if outcome.losses[k] <= _AS_GOOD * outcome.losses[order[0]]]
    if len(fitting) == 1 or not torch_is_here():
        return order
    from ..seeing import meaning  # brings PyTorch

    shape = FreePoints(outcome.points[fitting])
    ink = draw(shape.chains(shape.start), stages.view.size, LINE_WIDTH).ink
    best = fitting[int(meaning.nearness(ink, stages.subject.rgb).argmax())]
    return [best, *(k for k in order if k != best)]


def finished(outcome: Outcome, candidate: int, start: Choice, level: int, stages: Stages) -> Sketch:
    """A candidate, which was ``start``, as a sketch on the photo."""
    view, picture = stages.view, stages.picture
    gain = start.gain
    traced = stroke_arrays.separate(outcome.points[candidate, : len(gain)].astype(np.float64))
    clean = tidying.tidy(traced, (start.chain != OF_FACE).tolist(), view.size)
    controls = stroke_arrays.stacked(clean, (start.controls.shape[1] - 1) // 3)
    width = view.width_in_photo(stages.width, picture)
    shades = colours.along(
        stroke_arrays.even(controls), view.rgb, 2 * LINE_WIDTH, view.found.mask if view.found else None
    )
    placed = stroke_arrays.separate(view.to_photo(controls, picture))
    strokes = tuple(
        Stroke.of(points, fine * width, worth / gain.max(), shade)
        for points, fine, worth, shade in zip(placed, start.widths.tolist(), gain, shades, strict=True)
    )
    return Sketch(level, picture.width, picture.height, strokes, outcome.losses[candidate], stages.part)
