"""One photo on trial: sketched, measured, and drawn by the alternatives."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from PIL import Image

from .. import pipeline
from ..bezier import stroke_arrays
from ..contract.events import Event
from ..contract.job import SketchJob
from ..contract.sketch import Sketch, Stroke
from ..pipeline import Stages
from ..seeing import meaning as towers
from ..weights.opencv_network import Network
from . import alternatives, meaning, metrics
from .meaning import Vectors
from .metrics import Figures, Reference

OURS = "ours"
_FADED = 0.8  # how far the background is faded to white where the mask is shown
_SHOWN = 320  # px: longer side of the pictures kept


@dataclass(frozen=True)
class Drawing:
    """One level of one way to draw a photo."""

    way: str
    level: int
    sketch: Sketch
    figures: Figures
    seconds: float  # of the first level all the way from the photo, of the others what they cost on top
    meaning: Vectors  # [D], see `evaluation.meaning`


@dataclass(frozen=True)
class Trial:
    """All drawings of one photo, way by way, most strokes first."""

    name: str
    photo: Image.Image
    masked: Image.Image | None  # the photo with its background faded; None: no object was found
    guidance: str
    meaning: Vectors  # [D] of the photo
    drawings: list[Drawing]

    def of(self, way: str) -> list[Drawing]:
        return [drawing for drawing in self.drawings if drawing.way == way]

    @property
    def ways(self) -> list[str]:
        return list(dict.fromkeys(drawing.way for drawing in self.drawings))


def run(name: str, job: SketchJob, compare: bool, judge: Network | None = None) -> Trial:
    """Sketch and measure one photo, and the alternatives too if they are to be compared. Raises `UserError`.

    ``judge`` is the boundary network to measure by, the engine's own if None.
    """
    clock = _Clock()
    kept: list[Stages] = []
    sketches, report = pipeline.sketch(job, clock, lambda: False, kept.append)
    stages = kept[-1]  # of the smallest canvas
    reference = Reference.of(stages, judge)
    sketches = sketches[: len(job.levels)]  # after them come the other candidates
    tower = towers.load()

    def measured(way: str, drawn: list[tuple[Sketch, float]]) -> list[Drawing]:
        told = [meaning.of_sketch(tower, sketch, stages) for sketch, _ in drawn]
        return _measured(way, drawn, reference, told)

    drawings = measured(OURS, list(zip(sketches, clock.seconds, strict=True)))
    if compare:
        for way, prepare in _alternatives(stages, job):
            drawings += measured(way, _drawn(prepare, sketches))
    return Trial(name, *_pictures(stages), report["guidance"], meaning.of_photo(tower, stages), drawings)


class _Clock:
    """Listens to a pipeline's messages for the seconds that each level took."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._last = time.perf_counter()

    def __call__(self, event: Event) -> None:
        if event["type"] == "level":
            now = time.perf_counter()
            self.seconds.append(now - self._last)
            self._last = now


def _alternatives(stages: Stages, job: SketchJob) -> Iterator[tuple[str, Callable[[], alternatives.Draw]]]:
    rgb, width = stages.picture.rgb, stages.picture.width
    if alternatives.potrace_installed():
        yield "potrace", lambda: alternatives.potrace(rgb, width)
        yield "potrace, cut out", lambda: alternatives.potrace(alternatives.cut_out(stages), width)
    yield "Canny", lambda: alternatives.canny_centre_lines(rgb, width)
    yield "Canny, cut out", lambda: alternatives.canny_centre_lines(alternatives.cut_out(stages), width)
    steps = pipeline.STEPS[job.quality]
    yield "random start", lambda: alternatives.random_start(stages, steps, job.seed)


def _drawn(prepare: Callable[[], alternatives.Draw], ours: list[Sketch]) -> list[tuple[Sketch, float]]:
    """The same levels as ours has, with lines as wide."""
    drawn = []
    begun = time.perf_counter()
    draw = prepare()
    for own in ours:
        width = max((stroke.width for stroke in own.strokes), default=1.0)
        strokes = tuple(Stroke.of(points, width) for points in draw(own.level))
        now = time.perf_counter()
        drawn.append((replace(own, strokes=strokes), now - begun))
        begun = now
    return drawn


def _measured(way: str, drawn: list[tuple[Sketch, float]], reference: Reference, told: list[Vectors]) -> list[Drawing]:
    controls = {sketch.level: stroke_arrays.of_sketch(sketch) for sketch, _ in drawn}
    drawings = []
    for (sketch, seconds), vector in zip(drawn, told, strict=True):
        figures = metrics.measure(controls[sketch.level], reference)
        richer = controls.get(2 * sketch.level)
        if richer is not None:
            apart = metrics.nesting(controls[sketch.level], richer, reference.diagonal)
            figures = replace(figures, nesting=apart)
        drawings.append(Drawing(way, sketch.level, sketch, figures, seconds, vector))
    return drawings


def _pictures(stages: Stages) -> tuple[Image.Image, Image.Image | None]:
    photo = Image.fromarray(stages.picture.rgb)
    masked = None
    if stages.view.found is not None:
        masked = Image.blend(photo, Image.fromarray(alternatives.cut_out(stages)), _FADED)
    for picture in filter(None, (photo, masked)):
        picture.thumbnail((_SHOWN, _SHOWN), Image.Resampling.LANCZOS)
    return photo, masked
