"""What is known of a sketch under way: made from the engine's messages, shown by whichever window there is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Callable

from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.protocol import Message
from clipasso_engine.contract.sketch import Point, Sketch

from .. import advice
from ..translation import translated

Strokes = Sequence[Sequence[Point]]
"""The 3 k + 1 control points (x, y) of each stroke, in photo pixels."""

_STAGES = {
    "start": translated("Starting the engine"),
    "load": translated("Reading the photo"),
    "boundary": translated("Looking for boundaries"),
    "trace": translated("Tracing lines"),
    "optimise": translated("Improving the strokes"),
    "steps": translated("Sketching more and fewer strokes"),
}
# Of the whole, when a stage begins; most of the time is spent in the last one.
_BEGINS = {"start": 0.0, "load": 0.05, "boundary": 0.08, "trace": 0.12, "optimise": 0.18, "steps": 0.85}
_STROKE_SHARE = 0.009  # width of a stroke, of the photo's longer side, where a message does not tell it


@dataclass
class Progress:
    """The state to show. One thread lets it heed messages while another one reads it: each field is set at once."""

    job: SketchJob
    clock: Callable[[], float] = time.monotonic
    stage: str = "start"
    fraction: float = 0.0  # 0..1 of the whole
    seconds_left: float | None = None  # None: not known yet
    size: tuple[int, int] | None = None  # of the photo in pixels, width and height
    strokes: list[Any] = field(default_factory=list)  # `Strokes`, as they are now
    levels: dict[int, Sketch] = field(default_factory=dict)  # those that are finished, most strokes first
    step: tuple[int, int, int] = (0, 0, 0)  # level, step, steps
    notice: str = ""  # what the user should know, though the work goes on

    def __post_init__(self) -> None:
        self._begun = self.clock()
        self._first_step: tuple[float, float] | None = None  # when it came, and how many steps were done then

    def heed(self, message: Message) -> None:
        """Take in a message of the engine, with its sketches decoded; those that say nothing here are ignored."""
        kind = message["type"]
        if kind == "stage" and message.get("name") in _STAGES:
            self.stage = message["name"]
            self.fraction = max(self.fraction, _BEGINS[self.stage])
        elif kind == "photo":
            self.size = (int(message["width"]), int(message["height"]))
        elif kind == "notice":
            self.notice = advice.told_notice(message)
        elif kind == "step":
            self.strokes = message["strokes"]
            self.step = (int(message.get("level", 0)), int(message["step"]), int(message["steps"]))
            self._estimate()
        elif kind == "level":
            sketch: Sketch = message["sketch"]
            self.size = (sketch.width, sketch.height)
            self.strokes = [stroke.points for stroke in sketch.strokes]
            if sketch.part == self.job.part:
                self.levels = {**self.levels, sketch.level: sketch}
            else:  # the background comes last, under what is drawn already
                self.strokes += [stroke.points for own in list(self.levels.values())[:1] for stroke in own.strokes]

    def _estimate(self) -> None:
        _level, step, steps = self.step
        now, done = self.clock(), len(self.levels) * steps + step
        sketches = max(1, len(self.job.levels)) + bool(self.job.background_strokes)
        rest = max(0, sketches * steps - done)
        self.fraction = max(self.fraction, _BEGINS["optimise"] + (1 - _BEGINS["optimise"]) * done / max(1, done + rest))
        if self._first_step is None:
            self._first_step = (now, done)
        since, before = self._first_step
        if done > before:
            left = rest * (now - since) / (done - before)
            self.seconds_left = max(0.0, min(left, self._begun + self.job.time_budget - now))

    def headline(self) -> str:
        """One line: what the engine does now."""
        level, step, steps = self.step
        if self.stage != "optimise" or not level:
            return _STAGES[self.stage] + " ..."
        return translated("{stage}: {count}, step {step} of {steps}").format(
            stage=_STAGES[self.stage], count=stroke_count(level), step=step, steps=steps
        )

    def time_left(self) -> str:
        """How long it will take yet, roughly; empty while nobody knows."""
        if self.seconds_left is None:
            return ""
        seconds = max(1, round(self.seconds_left))
        if seconds < 60:
            return translated("about {count} s left").format(count=seconds)
        return translated("about {count} min left").format(count=round(seconds / 60))


def stroke_count(level: int) -> str:
    return translated("1 stroke") if level == 1 else translated("{count} strokes").format(count=level)


def strokes_svg(strokes: Strokes, size: tuple[int, int], scale: float = 1.0, width: float = 0.0) -> str:
    """An SVG of a photo's ``size``, drawn ``scale`` times as large, with nothing on it but these strokes.

    ``width`` is the strokes' in photo pixels, 0 one that suits the photo.
    """
    width = width or _STROKE_SHARE * max(size)
    paths = "".join(f"M{_pairs(stroke[:1])}C{_pairs(stroke[1:])}" for stroke in strokes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{max(1, round(size[0] * scale))}" '
        f'height="{max(1, round(size[1] * scale))}" viewBox="0 0 {size[0]} {size[1]}" preserveAspectRatio="none">'
        f'<path d="{paths}" fill="none" stroke="#000" stroke-width="{width:.2f}" stroke-linecap="round" '
        'stroke-linejoin="round"/></svg>'
    )


def _pairs(points: Sequence[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
