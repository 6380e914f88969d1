"""The method on one page: photo -> boundaries -> object -> lines -> strokes -> guided optimisation -> sketches.

All lengths between the view and the finished sketch are in pixels of the canvas: the more strokes, the larger it is
(`finer.CANVASES`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .choosing import continuing
from .choosing.drawings import Drawings, candidates_on
from .choosing.selection import Candidates, Choice
from .clip import availability
from .contract.choices import WITH_CLIP, Background, GuidanceName
from .contract.codes import ErrorCode, NoticeCode
from .contract.errors import CodedError
from .contract.events import Emit
from .contract.job import AUTO, SketchJob
from .contract.sketch import Sketch
from .lines import eyes, features, weighted_lines
from .lines.tracing import Chain
from .optimising import guidance
from .optimising.device import choose as choose_device
from .optimising.device import torch_is_here
from .optimising.optimizer import LINE_WIDTH
from .seeing import analysis_cache, attention, boundary, finer, photo, rembg_foreground, shapes, surroundings
from .seeing.view import View
from .sketching import quick_sketches
from .sketching.canvases import Canvases
from .sketching.last_photo import LastPhoto, seen_by
from .sketching.levels import STEPS, Run, Stages
from .weights.opencv_network import Network

__all__ = ["STEPS", "Stages", "sketch"]

Keep = Callable[[Stages], None]

_THINNER = 0.6  # width of the background's strokes in that of the object's: a larger one brings it to the front


def sketch(
    job: SketchJob, emit: Emit, stop: Callable[[], bool], keep: Keep | None = None, memory: LastPhoto | None = None
) -> tuple[list[Sketch], dict[str, Any]]:
    """Sketch a photo at every level of the job.

    ``emit`` receives `contract.events`; ``stop`` is asked between steps and true means: finish with the best so far, as
    does the end of the job's time budget.
    ``keep`` is given the stages before the optimisation, those of the largest canvas first.
    ``memory`` is what earlier jobs left: the same photo is not looked at twice, nor the same level drawn twice.

    Returns the sketches, most strokes first, after them the other candidates, at last that of the background; and the
    report. Raises `UserError` when the photo cannot be sketched.
    """
    _require_torch(job)
    memory = memory or LastPhoto()
    run = Run(job, emit, stop, memory)
    with run.stage("load"):
        picture, device = _loaded(job, emit)
        memory.begin((picture.sha256, picture.upright))
        if job.clips:
            job = replace(job, mask=shapes.within(job.mask, job.clips, picture.rgb.shape[:2]))
        if job.quality == "paper":
            if job.levels == AUTO:
                raise CodedError(ErrorCode.PAPER_WITHOUT_LEVEL)
            from .paper import sketching  # brings PyTorch

            return sketching.sketch(job, shapes.cut_out(picture, job.mask), device, emit, stop)
        network = boundary.load()
    with run.stage("boundary"):
        view, around = _look(run, job, network, picture), None
        if _draws_background_apart(job):
            view = surroundings.standing_out(view)
            around = surroundings.around(view, _whole(job, network, picture))
    guide_name, notice = guidance.choose(job)
    if notice:
        run.notice(notice)
    of = _Photo(run, network, device, picture, guide_name, keep, memory)
    if job.part == "background":
        if around is None:
            raise CodedError(ErrorCode.NOTHING_TO_DRAW, photo=job.photo)
        return of.drawn(job, around, _thinner(view, around))
    sketches, report = of.drawn(job, view, LINE_WIDTH)
    if job.background_strokes:
        _add_background(of, job, view, around, sketches, report)
    return sketches, report


@dataclass(frozen=True)
class _Photo:
    """What drawings of several parts of a photo share."""

    run: Run
    network: Network
    device: str
    picture: photo.Photo
    guide_name: GuidanceName
    keep: Keep | None
    memory: LastPhoto

    def drawn(self, job: SketchJob, view: View, width: float) -> tuple[list[Sketch], dict[str, Any]]:
        """What `sketch` returns, of what is seen in one view alone, in strokes of a ``width`` in px of the canvas."""
        run = self.run
        canvases = Canvases(lambda side: self._traced(job, view, side, width))
        with run.stage("trace"):
            if job.levels == AUTO:
                job = replace(job, levels=(Drawings(canvases.of(1).lines, job.seed, 1, job.segments).enough(),))
            starts = {level: canvases.of(level).start(level) for level in job.levels}
        if not any(len(start[0].controls) for start in starts.values()):
            raise CodedError(ErrorCode.NOTHING_TO_DRAW, photo=job.photo)
        with run.stage("optimise"):
            if self.keep is not None:
                for stages in canvases.ready():
                    self.keep(stages)
            ranked = [run.level(canvases.of(level), level, starts[level]) for level in job.levels]
        sketches = [best for best, *_ in ranked] + [other for _, *others in ranked for other in others]
        report = run.report(canvases.of(job.levels[0]), sketches[: len(ranked)])
        if job.abstraction:
            with run.stage("steps"):
                report["abstraction"] = [quick.to_json() for quick in quick_sketches.quick_sketches(job, canvases, run)]
        return sketches, report

    def _traced(self, job: SketchJob, coarse: View, side: int, width: float) -> Stages:
        """The lines worth drawing on a canvas whose longer side has ``side`` px.

        ``coarse`` is the view on the smallest. Raises `UserError` if none is.
        """
        picture = self.picture
        key = (seen_by(job), self.guide_name, str(self.device), rembg_foreground.find(), side, width)
        seen = self.memory.look(key, lambda: self._seen(job, coarse, side))
        view, worth = seen.view, seen.worth
        region = view.around if view.found is None else view.found.region
        shown = view.rgb if region is None else np.where(region[..., None], view.rgb, np.uint8(255))
        subject = guidance.Subject(shown, seen.picture, self.device, job.seed, job.text, job.clip_model)
        drawings = continuing.drawings(job, worth, view, picture, seen.fitted)
        starts: dict[int, list[Choice]] = self.memory.level((key, job.seed, job.candidates, job.segments), dict)
        told = (seen.marked, seen.attention, job.part, width, starts, key)
        return Stages(picture, view, worth, drawings, subject, self.guide_name, *told)

    def _seen(self, job: SketchJob, coarse: View, side: int) -> _Seen:
        """What no seed and no number of strokes changes."""
        picture, guide_name = self.picture, self.guide_name
        view = finer.look(self.network, picture, coarse, side)
        details = [] if view.around is not None else _details(coarse, view.size[0] / coarse.size[0])
        marked = shapes.coverage(job.details, picture.rgb.shape[:2], view.box, view.boundary.shape)
        looked_at = _attention(view, guide_name, self.device)
        emphasis = shapes.emphasis(marked) * finer.standing(coarse, view)
        people = [features.marks(face, view) for face in view.faces]
        hints = weighted_lines.Hints(looked_at, details, emphasis, bool(job.mask), view.around, people)
        worth = weighted_lines.find(view.boundary, view.found, view.guess, hints)
        worth = continuing.left_over(job, worth, view, picture)
        return _Seen(view, worth, worth.picture(), marked, looked_at)


@dataclass(frozen=True)
class _Seen:
    """A part of a photo and its lines, on a canvas of one size."""

    view: View
    worth: weighted_lines.Lines
    picture: NDArray[np.float32]  # [h, w]: of the lines
    marked: NDArray[np.float32]  # [h, w] in 0..1: where more lines were asked for
    attention: NDArray[np.float32]  # [h, w] in 0..1

    @cached_property
    def fitted(self) -> list[Candidates]:
        """All candidate strokes."""
        return candidates_on(self.worth)


def _details(coarse: View, scale: float) -> list[Chain]:
    """Lines that are no boundaries, found on the smallest canvas, on one ``scale`` times as large."""
    seen = coarse.found or coarse.guess
    return [eye.scaled(scale) for eye in eyes.find(coarse.rgb, seen.mask if seen else None)]


def _add_background(
    of: _Photo, job: SketchJob, view: View, around: View | None, sketches: list[Sketch], report: dict[str, Any]
) -> None:
    """Add the sketch of what is around the object; where there is nothing to draw, that is told."""
    role = "none" if job.drawn_role == "start" else job.drawn_role
    extra = replace(
        job, part="background", levels=(job.background_strokes,), background_strokes=0, candidates=1, drawn_role=role
    )
    try:
        if around is None:
            raise CodedError(ErrorCode.NOTHING_TO_DRAW, photo=job.photo)
        drawn, told = of.drawn(extra, around, _thinner(view, around))
    except CodedError as error:
        if error.code not in (ErrorCode.NOTHING_TO_DRAW, ErrorCode.NOTHING_LEFT_TO_DRAW):
            raise
        of.run.notice(NoticeCode.NO_SURROUNDINGS)
        return
    sketches += drawn
    report["seconds"] = told["seconds"]
    if job.abstraction:
        report["abstraction"] += told["abstraction"]


def _thinner(view: View, around: View) -> float:
    """The width of the background's strokes, in px of its canvas."""
    nearer = (view.box.width / view.size[0]) / (around.box.width / around.size[0])
    return _THINNER * nearer * LINE_WIDTH


def _loaded(job: SketchJob, emit: Emit) -> tuple[photo.Photo, str]:
    """The photo and the device to compute on, with notices of what is amiss with them."""
    picture = photo.load(job.photo, job.upright, job.photo_bytes)
    device, left_out = choose_device(job.device)
    for notice in (*picture.notices, *left_out):
        emit(notice)
    emit({"type": "photo", "width": picture.width, "height": picture.height})
    return picture, device


def _require_torch(job: SketchJob) -> None:
    """Raises `UserError` where something is asked for that a light installation cannot do."""
    if torch_is_here():
        return
    for choice, usual in ((job.guidance, ("auto", "boundary")), (job.rasterizer, ("native",)), (job.quality, STEPS)):
        if choice not in usual:
            raise CodedError(ErrorCode.TORCH_MISSING, choice=choice)


def _draws_background_apart(job: SketchJob) -> bool:
    """Whether what is around the object is drawn in strokes of its own."""
    return job.background_strokes > 0 or job.part == "background"


def _look(run: Run, job: SketchJob, network: Network, picture: photo.Photo) -> View:
    """The view of the photo; where rembg's model is here and fails, with a notice of that and without it."""
    larger = rembg_foreground.find()
    background: Background = job.background
    if background == "keep" and _draws_background_apart(job):
        background = "auto"
    try:
        return analysis_cache.look(network, picture, background, job.mask, larger)
    except rembg_foreground.Trouble as problem:
        assert larger is not None
        run.notice(NoticeCode.REMBG_FAILED, file=larger.file, reason=problem)
        return analysis_cache.look(network, picture, background, job.mask)


def _whole(job: SketchJob, network: Network, picture: photo.Photo) -> View:
    """The view of all that is seen of the photo, object or not."""
    clip = shapes.within((), job.clips, picture.rgb.shape[:2])
    return replace(analysis_cache.look(network, picture, "keep", clip), faces=())


def _attention(view: View, guide_name: GuidanceName, device: str) -> NDArray[np.float32]:
    """Where it is looked at, [h, w] in 0..1 on the object: by the classifier, and by CLIP as much where CLIP guides and
    has its weights (paper, section 3.3)."""
    seen = view.found.region if view.found else view.guess.region if view.guess else None
    if view.around is not None:  # attention is on the object
        return np.zeros_like(view.boundary)
    known = attention.on(attention.find(attention.load(), view.rgb), seen)
    if guide_name not in WITH_CLIP or not availability.usable(availability.SALIENCY_MODEL):
        return known
    from .clip import saliency as clip_saliency  # brings PyTorch

    clips = attention.on(clip_saliency.saliency(view.rgb, device), seen)
    return ((known + clips) / 2).astype(np.float32)
