"""When each stroke is drawn: a clock that all kinds of animations go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..contract.codes import ErrorCode
from ..contract.errors import CodedError
from .drawing import Line

_LEAST_DRAWING = 0.25  # of the length that is left for drawing, however many pauses there are
_USUAL_PAUSE = 0.12  # seconds
_USUAL_PAUSING = 0.3  # of the length, at most, unless a pause is asked for
_ISOCHRONY = 0.6  # people draw a line twice as long in less than twice the time: length ** this


@dataclass(frozen=True)
class Timeline:
    """Seconds from the beginning."""

    spans: tuple[tuple[float, float], ...]  # of each line: when its drawing begins and ends
    drawn: float  # when all is drawn
    whole: float  # when it begins anew

    def shares(self, second: float) -> list[float]:
        """How much of each line is drawn, 0..1 of its length."""
        return [min(1.0, max(0.0, (second - begin) / (end - begin))) for begin, end in self.spans]


def timeline(lines: Sequence[Line], length: float, pause: float | None, hold: float) -> Timeline:
    """``length`` seconds for all lines, with pauses between them (None: as many as do not take long), then ``hold``.

    Raises `CodedError` if the pauses leave too little time to draw.
    """
    breaks = len(lines) - 1
    if pause is None:
        pause = min(_USUAL_PAUSE, _USUAL_PAUSING * length / max(breaks, 1))
    drawing = length - pause * breaks
    if drawing < _LEAST_DRAWING * length:
        most = (1 - _LEAST_DRAWING) * length / breaks
        raise CodedError(
            ErrorCode.PAUSES_TOO_LONG, pause=f"{pause:g}", count=breaks, length=f"{length:g}", most=f"{most:.2g}"
        )
    weights = np.array([max(line.length, line.width, 1e-9) for line in lines]) ** _ISOCHRONY
    seconds = drawing * weights / weights.sum()
    ends = np.cumsum(seconds + pause) - pause
    spans = tuple((float(end - taken), float(end)) for end, taken in zip(ends, seconds, strict=True))
    return Timeline(spans, length, length + hold)
