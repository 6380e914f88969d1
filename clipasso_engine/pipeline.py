"""The method on one page: photo -> boundaries -> object -> lines -> strokes -> guided optimisation -> sketches.

Two looks are taken at a photo: one at the whole, to find a printed frame and the object, and one at the object
itself, so that a small one is drawn with as much care as one that fills the picture. All lengths from there on are in
pixels of the canvas, the close-up scaled to `CANVAS` px on its longer side.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from . import boundary, closeup, colours, foreground, lines, photo, selection
from .closeup import Box
from .errors import UserError
from .job import Message, Sketch, SketchJob, Stroke
from .strokes import Array

if TYPE_CHECKING:
    import torch

CANVAS = 256
"""Px: longer side of the canvas on which strokes are found and optimised."""

STEPS = {"draft": 20, "normal": 60, "best": 200}
_MESSAGE_EVERY = 0.1  # seconds between two previews
_SOLID = 0.42  # of its convex hull that an object fills
_CLEAR = 0.6  # mean boundary strength along an object's outline from which on it counts as an object

Emit = Callable[[Message], None]
Keep = Callable[["Stages"], None]


def sketch(
    job: SketchJob, emit: Emit, stop: Callable[[], bool], keep: Keep | None = None
) -> tuple[list[Sketch], dict[str, Any]]:
    """Sketch a photo at every level of the job.

    ``emit`` receives the messages ``stage``, ``step`` and ``level`` of `job.Message`; ``stop`` is asked between steps
    and true means: finish with the best so far, as does the end of the job's time budget. ``keep`` is given the
    stages before the optimisation.

    Returns the sketches, most strokes first, and the report. Raises `UserError` when the photo cannot be sketched.
    """
    run = _Run(job, emit, stop)
    with run.stage("load"):
        picture = photo.load(job.photo)
        device = _device(job.device)
        network = boundary.load(device)
    with run.stage("boundary"):
        view = _look(network, picture.rgb, picture.alpha)
    with run.stage("trace"):
        worth = lines.find(view.boundary, view.found)
        candidates = [selection.Candidates.of(chain.points) for chain in worth.chains]
        starts = {level: _start(candidates, worth, level) for level in job.levels}
    if not any(len(start.controls) for start in starts.values()):
        raise UserError(
            f"The photo {job.photo} shows nothing to draw: no line in it is strong enough. "
            "Choose a photo with an object in it, or with more contrast."
        )
    with run.stage("optimise"):
        guide = _guidance(job, view, worth, device)
        if keep is not None:
            keep(Stages(picture, view, worth, starts, guide, device))
        sketches = [run.level(starts[level], level, guide, view, picture, device) for level in job.levels]
    return sketches, run.report(guide.name, str(device), sketches)


@dataclass(frozen=True)
class View:
    """What is looked at: a box of the decoded photo on a canvas."""

    box: Box  # in decoded photo pixels
    rgb: NDArray[np.uint8]  # [h, w, 3] the canvas
    boundary: NDArray[np.float32]  # [h, w]
    found: foreground.Foreground | None  # the object; None: everything is drawn

    @property
    def size(self) -> tuple[int, int]:
        return self.boundary.shape[1], self.boundary.shape[0]

    def to_photo(self, points: Array, picture: photo.Photo) -> Array:
        """Canvas points [..., 2] in pixels of the photo's file."""
        height, width = picture.rgb.shape[:2]
        scale = np.array([self.box.width / self.size[0], self.box.height / self.size[1]])
        result: Array = (points * scale + [self.box.left, self.box.top]) * [
            picture.width / width,
            picture.height / height,
        ]
        return result


@dataclass(frozen=True)
class Stages:
    """What the pipeline saw and decided before it optimised, for those who look into it."""

    picture: photo.Photo
    view: View
    lines: lines.Lines
    starts: dict[int, selection.Choice]  # by level
    guide: Any  # `guidance.Guidance`
    device: torch.device


def _look(network: Any, rgb: NDArray[np.uint8], alpha: NDArray[np.float32] | None) -> View:
    height, width = rgb.shape[:2]
    boundaries = boundary.predict(network, rgb, CANVAS)
    frame = closeup.inside_frame(boundaries, height, width)
    if (frame.width, frame.height) != (width, height):
        boundaries = boundary.predict(network, frame.crop(rgb), CANVAS)
    canvas = boundary.resized(frame.crop(rgb), CANVAS)
    if alpha is not None:
        found = foreground.from_alpha(_fitted(frame.crop(alpha), canvas))
    else:
        found = foreground.find(canvas, boundaries)
    if found.clearness(boundaries) < _CLEAR or found.solidity() < _SOLID or not found.mask.any():
        return View(frame, canvas, boundaries, None)
    box = closeup.around(found.mask | (found.score > 0.35), frame)
    if box == frame:
        return View(frame, canvas, boundaries, found)
    near = boundary.resized(box.crop(rgb), CANVAS)
    if alpha is not None:
        found = foreground.from_alpha(_fitted(box.crop(alpha), near))
    else:
        part = box.scaled(frame, found.score.shape)
        found = foreground.sharpened(near, _fitted(part.crop(found.score), near))
    return View(box, near, boundary.predict(network, box.crop(rgb), CANVAS), found)


def _fitted(values: NDArray[np.float32], canvas: NDArray[np.uint8]) -> NDArray[np.float32]:
    """``values`` [H, W] at the size of the canvas [h, w, 3]."""
    return cv2.resize(values, canvas.shape[1::-1], interpolation=cv2.INTER_AREA).astype(np.float32)


def _start(candidates: list[selection.Candidates], worth: lines.Lines, level: int) -> selection.Choice:
    """The traced drawing of ``level`` strokes: the fewer, the more freely each may leave its line."""
    freedom = 32 / level
    tolerance, apart = max(1.5, 2.2 * freedom**0.58), max(3.0, 4.0 * freedom**0.53)
    return selection.choose(candidates, worth.weights, level, tolerance, apart)


def _guidance(job: SketchJob, view: View, worth: lines.Lines, device: torch.device) -> Any:
    from . import guidance

    subject = guidance.Subject(rgb=view.rgb, boundary=worth.picture(), device=device, seed=job.seed)
    return guidance.build("boundary", subject)


def _device(name: str) -> torch.device:
    import torch

    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next(device for device in ("cuda", "mps", "cpu") if available[device])
    if not available[name]:
        raise UserError(f"The device {name} was asked for, but PyTorch finds none here. Choose auto or cpu.")
    return torch.device(name)


class _Run:
    """One job under way: its clock, its messages, its figures."""

    def __init__(self, job: SketchJob, emit: Emit, stop: Callable[[], bool]) -> None:
        self._job, self._emit, self._stop = job, emit, stop
        self._begun = time.monotonic()
        self._last_message = 0.0
        self._seconds: dict[str, float] = {}
        self._steps, self._first_loss = 0, 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._emit({"type": "stage", "name": name})
        begun = time.monotonic()
        yield
        self._seconds[name] = round(time.monotonic() - begun, 3)

    def over(self) -> bool:
        return self._stop() or time.monotonic() - self._begun > self._job.time_budget

    def level(
        self,
        start: selection.Choice,
        level: int,
        guide: Any,
        view: View,
        picture: photo.Photo,
        device: torch.device,
    ) -> Sketch:
        import torch

        from .optimizer import optimize

        steps = STEPS[self._job.quality]

        def watch(step: int, loss: float, points: torch.Tensor) -> bool:
            self._preview(step, steps, level, loss, view.to_photo(points.cpu().numpy().astype(np.float64), picture))
            return self.over()

        points = torch.as_tensor(start.controls, dtype=torch.float32, device=device)[None]
        outcome = optimize(points, guide, view.size, 0 if self.over() else steps, watch)
        self._steps += outcome.steps
        self._first_loss = self._first_loss or outcome.first_loss
        controls = outcome.points[outcome.best].numpy().astype(np.float64)
        result = _finished(controls, start.gain, level, outcome.losses[outcome.best], view, picture)
        self._emit({"type": "level", "sketch": result.to_json()})
        return result

    def _preview(self, step: int, steps: int, level: int, loss: float, controls: Array) -> None:
        now = time.monotonic()
        if now - self._last_message >= _MESSAGE_EVERY:
            self._last_message = now
            strokes = np.round(controls, 1).tolist()
            self._emit({"type": "step", "step": step, "steps": steps, "level": level, "loss": loss, "strokes": strokes})

    def report(self, guidance: str, device: str, sketches: list[Sketch]) -> dict[str, Any]:
        return {
            "strokes": [len(sketch.strokes) for sketch in sketches],
            "steps": self._steps,
            "seconds": self._seconds,
            "first_loss": self._first_loss,
            "best_loss": sketches[0].loss,
            "guidance": guidance,
            "device": device,
        }


def _finished(controls: Array, gain: Array, level: int, loss: float, view: View, picture: photo.Photo) -> Sketch:
    from .optimizer import LINE_WIDTH

    scale = view.box.width / view.size[0] * picture.width / picture.rgb.shape[1]
    shades = colours.along(controls, view.rgb, 2 * LINE_WIDTH, view.found.mask if view.found else None)
    strokes = tuple(
        Stroke(tuple((float(x), float(y)) for x, y in points), LINE_WIDTH * scale, float(worth / gain.max()), shade)
        for points, worth, shade in zip(view.to_photo(controls, picture), gain, shades, strict=True)
    )
    return Sketch(level, picture.width, picture.height, strokes, loss)
