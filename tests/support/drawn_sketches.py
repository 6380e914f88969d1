"""Small sketches as SVG files, and a painter of its own to hold animations against."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from clipasso_engine.contract.choices import Part
from clipasso_engine.contract.layer_format import LayerMetadata
from clipasso_engine.contract.sketch import Sketch, Stroke
from clipasso_engine.output import svg

_ROUND = 0.5523  # of a circle's radius: the handles of a quarter of it


def quarter(x: float, y: float, radius: float, turn: int) -> tuple[tuple[float, float], ...]:
    """The control points of a quarter of a circle, the ``turn``-th."""
    points = [(radius, 0), (radius, _ROUND * radius), (_ROUND * radius, radius), (0, radius)]
    for _ in range(turn % 4):
        points = [(-b, a) for a, b in points]
    return tuple((x + a, y + b) for a, b in points)


def line(*ends: float) -> tuple[tuple[float, float], ...]:
    x, y, to_x, to_y = ends
    return tuple((x + share * (to_x - x), y + share * (to_y - y)) for share in (0, 1 / 3, 2 / 3, 1))


FACE = (
    Stroke(line(80, 90, 90, 90), 3, 1.0),  # an eye, which tells most
    Stroke(line(110, 90, 120, 90), 3, 0.9),
    Stroke(quarter(100, 100, 80, 0), 3, 0.8),
    Stroke(quarter(100, 100, 80, 1), 3, 0.7),
    Stroke(quarter(100, 100, 80, 2), 3, 0.6),
    Stroke(quarter(100, 100, 80, 3), 3, 0.5),
    Stroke(line(80, 140, 120, 140), 3, 0.2),  # the mouth
)
"""A round face: its outline are the strokes 2 to 5."""


def sketch(strokes: tuple[Stroke, ...] = FACE, level: int | None = None, part: Part = "object") -> Sketch:
    return Sketch(len(strokes) if level is None else level, 200, 200, strokes, 0.1, part)


def write(path: Path, *sketches: Sketch, visible: int = 0) -> Path:
    svg.write(sketches or [sketch()], path, LayerMetadata(0, 0, "boundary", "1", "ab"), visible)
    return path


def painted(strokes: list[tuple[np.ndarray, float]], shares: list[float], size: int, scale: float) -> np.ndarray:
    """Grey [size, size] of strokes (control points [4, 2], width), drawn up to 0..1 of their lengths by small discs."""
    finer = 4
    image = Image.new("L", (size * finer, size * finer), 255)
    draw = ImageDraw.Draw(image)
    for (points, width), share in zip(strokes, shares, strict=True):
        if share <= 0:
            continue
        t = np.linspace(0, 1, 801)[:, None]
        p0, p1, p2, p3 = points
        curve = (1 - t) ** 3 * p0 + 3 * (1 - t) ** 2 * t * p1 + 3 * (1 - t) * t**2 * p2 + t**3 * p3
        along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
        radius = width * scale * finer / 2 - 0.5  # what is drawn includes its border
        for x, y in curve[along <= share * along[-1]] * scale * finer:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=0)
    return np.asarray(image.resize((size, size), Image.Resampling.BOX))


def unlike(one: np.ndarray, other: np.ndarray) -> float:
    """How much ink is in one picture and not in the other, as a share of what the first has; 0 is none."""
    ink, other_ink = 1 - one / 255.0, 1 - other / 255.0
    return float(np.abs(ink - other_ink).sum() / max(ink.sum(), 1.0))
