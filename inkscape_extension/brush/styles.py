"""The brushes: how each draws a line. What they are made of is in `defs` and `power_stroke`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Callable, List, Sequence, Tuple

from .power_stroke import FLAT, ROUND, TAPERED, Cubic, PowerStroke, point_at

_DOT = 1e-3  # of its width: a line that is shorter has no direction
_SAMPLES = 24  # of a segment, to measure along it
_NIB = math.radians(40)  # a broad nib held by a right hand: thin strokes rise to the right
_THIN = 0.16  # of a nib's width: its thinnest line


@dataclass(frozen=True)
class Course:
    """How a line runs, as far as a hand that draws it cares."""

    directions: Sequence[tuple[float, float]]  # (share of its length, angle) at even steps
    slenderness: float  # its length, in widths of the brush
    chance: Random  # a hand's; the same for the same line


Pressure = Callable[[Course], List[Tuple[float, float]]]
"""From a line's course to its width points: (share of its length, factor) each."""


@dataclass(frozen=True)
class Grain:
    """How paper takes the stroke's material. Lengths are in widths of the plain stroke."""

    size: tuple[float, float]  # of a speck, along x and along y
    softness: float  # how far the edge fades
    bite: float  # 0: the paper takes everything, 1: only where it stands out most
    contrast: float  # how sharply a speck ends


@dataclass(frozen=True)
class Brush:
    """Lengths are in widths of the plain stroke."""

    width: float
    opacity: float = 1.0
    cap: str = ROUND  # what ends look like
    pressure: Pressure | None = None  # None: equally wide everywhere
    grain: Grain | None = None
    dashes: tuple[float, ...] = ()
    crosses: bool = False  # whether both ends are marked
    blend: str = ""  # CSS mix-blend-mode


def _ink(course: Course) -> list[tuple[float, float]]:
    taper = min(0.36, 4.5 / course.slenderness)
    return [(taper, 0.95), (0.5, 1.0), (1 - 1.15 * taper, 0.85)]


def _pencil(course: Course) -> list[tuple[float, float]]:
    return [(share, factor * course.chance.uniform(0.85, 1.15)) for share, factor in _PENCIL]


_PENCIL = ((0.03, 0.6), (0.22, 0.95), (0.5, 0.85), (0.75, 1.0), (0.97, 0.55))


def _charcoal(course: Course) -> list[tuple[float, float]]:
    return [(share, factor * course.chance.uniform(0.8, 1.15)) for share, factor in _CHARCOAL]


_CHARCOAL = ((0.03, 0.6), (0.2, 1.0), (0.4, 0.8), (0.62, 1.0), (0.85, 0.9), (0.97, 0.45))


def _broad_nib(course: Course) -> list[tuple[float, float]]:
    chosen = course.directions[1:-1:4]
    return [(share, max(_THIN, abs(math.sin(angle + _NIB)))) for share, angle in chosen]


BRUSHES: dict[str, Brush] = {
    "plain": Brush(1.0),
    "pencil": Brush(
        1.0, opacity=0.85, pressure=_pencil, grain=Grain(size=(0.22, 0.22), softness=0.14, bite=0.66, contrast=2.6)
    ),
    "ink": Brush(1.4, cap=TAPERED, pressure=_ink),
    "marker": Brush(2.4, opacity=0.72, blend="multiply"),
    "charcoal": Brush(
        2.4, opacity=0.85, pressure=_charcoal, grain=Grain(size=(0.3, 0.3), softness=0.45, bite=0.68, contrast=2.6)
    ),
    "calligraphic": Brush(1.8, cap=FLAT, pressure=_broad_nib),
    "construction": Brush(0.3, opacity=0.75, cap=FLAT, dashes=(3.2, 1.2), crosses=True),
}
"""In the order of the dialog. "plain" is what a new sketch is made of."""


def power_stroke(brush: Brush, curve: Sequence[Cubic], width: float, seed: str) -> PowerStroke | None:
    """How ``brush`` draws an open ``curve``, ``width`` wide at its widest; None if it is as wide everywhere.

    Same ``seed``, same stroke.
    """
    track = _track(curve)
    total = track[-1][0]
    if brush.pressure is None or total < _DOT * width:
        return None
    directions = [(length / total, angle) for length, angle, _t in track]
    points = brush.pressure(Course(directions, total / width, Random(seed)))
    return PowerStroke(
        tuple((_parameter(track, share * total), factor * width / 2) for share, factor in points), brush.cap
    )


_Step = Tuple[float, float, float]  # length so far, direction (radians), parameter


def _track(curve: Sequence[Cubic]) -> list[_Step]:
    """Samples along a curve."""
    steps: list[_Step] = []
    length = 0.0
    x, y = curve[0][0]
    for number, cubic in enumerate(curve):
        for step in range(1, _SAMPLES + 1):
            t = step / _SAMPLES
            nx, ny = point_at(cubic, t)[0]
            length += math.hypot(nx - x, ny - y)
            angle = math.atan2(ny - y, nx - x)
            if not steps:
                steps.append((0.0, angle, 0.0))
            steps.append((length, angle, number + t))
            x, y = nx, ny
    return steps


def _parameter(track: Sequence[_Step], length: float) -> float:
    """The parameter at a length along the curve."""
    for before, after in zip(track, track[1:]):
        if length <= after[0] and after[0] > before[0]:
            share = (length - before[0]) / (after[0] - before[0])
            return before[2] + share * (after[2] - before[2])
    return track[-1][2]
