"""Going on from curves that are drawn already: as the start of a sketch, or as company that new strokes leave alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..bezier import cubics, stroke_arrays
from ..bezier.cubics import Array
from ..contract.codes import ErrorCode
from ..contract.errors import CodedError
from ..contract.job import SketchJob
from ..lines.features import FaceMarks
from ..lines.weighted_lines import Lines
from ..seeing.photo import Photo
from ..seeing.view import View
from .drawings import Choice, Drawings
from .selection import Candidates

_BESIDE = 6.0  # px: a line this near to a curve and parallel to it is what the curve draws; hands are not exact
_DRAWN = -0.1  # weight of a line that is drawn already: a new stroke may cross it, not follow it
_LEFT = 10.0  # px of line that must be left over for new strokes
_MEET = 1.5  # px between the end of a curve and the start of the next one that goes on from it
_BEND = np.cos(np.deg2rad(50.0))
_TOLERANCE = 2.0  # px that a stroke may leave what was drawn by hand
_SHORTEST = 4.0  # px: a shorter piece of a hand's line is a slip
_SAMPLES = 64


def on_canvas(job: SketchJob, view: View, picture: Photo) -> Array:
    """The curves that are drawn already, [D, 4, 2] in pixels of the canvas."""
    return view.to_canvas(np.array(job.drawn, dtype=np.float64).reshape(-1, 4, 2), picture)


def left_over(job: SketchJob, worth: Lines, view: View, picture: Photo) -> Lines:
    """The lines worth drawing that the job's company does not draw already; all of them where it has none.

    Raises `UserError` if no line is left.
    """
    if job.drawn_role != "company" or not job.drawn:
        return worth
    company = list(cubics.sample(on_canvas(job, view, picture), _SAMPLES))
    weights = [
        np.where(cubics.beside(chain.points, company, _BESIDE) & (weight > 0), _DRAWN, weight)
        for chain, weight in zip(worth.chains, worth.weights, strict=True)
    ]
    faces = tuple(_without_head(face, company) for face in worth.faces if not _is_drawn(face, company))
    if not any(face.most() for face in faces) and sum(int((weight > 0).sum()) for weight in weights) < _LEFT:
        raise CodedError(ErrorCode.NOTHING_LEFT_TO_DRAW)
    return replace(worth, weights=weights, faces=faces)


def _is_drawn(face: FaceMarks, company: list[Array]) -> bool:
    """Whether one of the face's first marks is there already: then the face was drawn as somebody wanted it."""
    return _is_any_there(face.strokes(min(1, face.most())), company)


def _without_head(face: FaceMarks, company: list[Array]) -> FaceMarks:
    """The face, without the strokes that close its head where somebody has drawn a part of that already."""
    return replace(face, head=[]) if _is_any_there(face.head, company) else face


def _is_any_there(lines: list[Array], company: list[Array]) -> bool:
    """Whether most of one of the polylines is drawn by the company."""
    return any(cubics.beside(line, company, _BESIDE).mean() > 0.5 for line in lines)


class Started:
    """Like `Drawings`, but of strokes that start where curves were drawn; what is missing is traced."""

    def __init__(self, worth: Lines, curves: Array, job: SketchJob, view: View, picture: Photo) -> None:
        self._controls = as_strokes(curves, job.segments)
        self._gain = np.array([_gain(worth, controls) for controls in self._controls])
        company = replace(job, drawn_role="company")
        try:
            self._others: Drawings | None = Drawings(
                left_over(company, worth, view, picture), job.seed, 1, job.segments
            )
        except CodedError:
            self._others = None

    def of(self, level: int) -> list[Choice]:
        """One start of at most ``level`` strokes: the drawn curves that tell most, then what they leave over."""
        order = np.argsort(-self._gain, kind="stable")[:level]
        choice = Choice(self._controls[order], self._gain[order], np.full(len(order), -1))
        if self._others is not None and len(order) < level:
            more = self._others.of(level - len(order))[0]
            choice = choice.with_others(more)
        return [choice]


def drawings(
    job: SketchJob, worth: Lines, view: View, picture: Photo, fitted: list[Candidates] | None = None
) -> Drawings | Started:
    """Where the sketches of a job start: from the lines, of which the candidates may be ``fitted`` already, or from
    what is drawn already."""
    if job.drawn_role == "start" and job.drawn:
        return Started(worth, on_canvas(job, view, picture), job, view, picture)
    return Drawings(worth, job.seed, job.candidates, job.segments, fitted)


def as_strokes(curves: Array, segments: int = 1) -> Array:
    """Curves [D, 4, 2] as few strokes [S, 3 ``segments`` + 1, 2] of up to so many cubics, NaN where one has less.

    What goes on smoothly is joined, and split only where it must be.
    """
    fitted = [stroke for line in _joined(curves) for stroke in _chained(_fitted(line), segments)]
    return stroke_arrays.stacked(fitted, segments)


def _chained(curves: list[Array], segments: int) -> list[Array]:
    """Cubics [4, 2] of one smooth line, in its order, as strokes of up to ``segments`` that touch each other."""
    runs: list[list[Array]] = []
    for cubic in curves:
        touches = bool(runs) and len(runs[-1]) < segments and np.array_equal(runs[-1][-1][3], cubic[0])
        if touches:
            runs[-1].append(cubic)
        else:
            runs.append([cubic])
    return [stroke_arrays.join(np.array(run), [True] * (len(run) - 1)) for run in runs]


def _joined(curves: Array) -> list[Array]:
    """Polylines [_, 2] of curves that follow each other without a corner."""
    lines: list[Array] = []
    for points in cubics.sample(curves, _SAMPLES):
        if lines and _goes_on(lines[-1], points):
            lines[-1] = np.concatenate([lines[-1], points[1:]])
        else:
            lines.append(points)
    return lines


def _goes_on(line: Array, points: Array) -> bool:
    out, ahead = line[-1] - line[-3], points[2] - points[0]
    size = float(np.linalg.norm(out) * np.linalg.norm(ahead))
    return float(np.linalg.norm(points[0] - line[-1])) < _MEET and float(out @ ahead) >= _BEND * size


def _fitted(line: Array) -> list[Array]:
    points = cubics.resample(line, _SAMPLES)
    controls, error2 = cubics.fit(points)
    length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    if error2.max() <= _TOLERANCE**2 or length < 2 * _SHORTEST:
        return [controls] if length >= _SHORTEST else []
    worst = int(np.clip(error2.argmax(), _SAMPLES // 4, 3 * _SAMPLES // 4))
    return _fitted(points[: worst + 1]) + _fitted(points[worst:])


def _gain(worth: Lines, controls: Array) -> float:
    """What a stroke is worth: the weight of the lines it draws, and a little for having been drawn at all."""
    (points,) = stroke_arrays.separate(controls[None])
    line = [cubics.sample(points, _SAMPLES * (len(points) // 3))]
    drawn = sum(
        float(weight[cubics.beside(chain.points, line, _BESIDE) & (weight > 0)].sum())
        for chain, weight in zip(worth.chains, worth.weights, strict=True)
    )
    return drawn + 0.1 * float(cubics.lengths(points))
