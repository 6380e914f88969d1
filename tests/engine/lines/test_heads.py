"""A head's outline is found over its face, and drawn before what is as clear elsewhere."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from skimage import data

from clipasso_engine.bezier import cubics
from clipasso_engine.bezier.cubics import Array
from clipasso_engine.choosing.drawings import Drawings
from clipasso_engine.lines import features, heads, weighted_lines
from clipasso_engine.seeing.closeup import Box
from clipasso_engine.seeing.faces import Face, Finder
from clipasso_engine.seeing.view import View

pytestmark = pytest.mark.usefixtures("one_thread")

SIDE = 256
CENTRE, RADIUS = np.array([128.0, 120.0]), 62.0


@lru_cache
def astronaut() -> Face:
    """Her face, 70 px large, in the middle of the circle that is its head."""
    (face,) = Finder().find(data.astronaut())
    scale = 70 / face.size
    points = face.points * scale
    points[:, :2] += CENTRE - points[:, :2].mean(0)
    return Face(points, 1.0, replace(face.traits, hairline=np.zeros((48, 3))))


def circle(radius: float, lower: bool = True) -> NDArray[np.float32]:
    """A boundary map with a circle around the face, or its upper half."""
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    line = np.abs(np.hypot(x - CENTRE[0], y - CENTRE[1]) - radius) < 1.5
    if not lower:
        line &= y < CENTRE[1]
    return ndimage.gaussian_filter(line.astype(np.float32), 0.7)


def radii(course: Array) -> Array:
    return np.linalg.norm(course[:, :2] - CENTRE, axis=1)


@pytest.mark.parametrize("radius", [50.0, 56.0, 62.0])
def test_the_crown_follows_the_head(radius: float) -> None:
    course = heads.crown(astronaut().points[:, :2], circle(radius), None)
    assert np.abs(radii(course) - radius).max() < 3
    assert course[:, 2].min() > 0.5


def test_of_two_alike_it_follows_the_objects_edge() -> None:
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    both = np.maximum(circle(50.0), circle(62.0))
    for radius in (50.0, 62.0):
        course = heads.crown(astronaut().points[:, :2], both, np.hypot(x - CENTRE[0], y - CENTRE[1]) < radius)
        assert np.abs(np.median(radii(course)) - radius) < 2


def test_where_nothing_is_seen_there_is_no_crown() -> None:
    view = View(Box(0, 0, SIDE, SIDE), np.zeros((SIDE, SIDE, 3), np.uint8), np.zeros((SIDE, SIDE), np.float32), None)
    head = heads.find(astronaut().points[:, :2], view)
    assert head.strokes == []
    (chin,) = head.lines
    assert chin.points[:, 1].max() == pytest.approx(astronaut().points[:, 1].max(), abs=1)


def test_lines_along_a_head_are_worth_more_than_others() -> None:
    boundary = np.maximum(circle(RADIUS, lower=False), circle(115.0))
    view = View(Box(0, 0, SIDE, SIDE), np.zeros((SIDE, SIDE, 3), np.uint8), boundary, None)
    marks = features.marks(astronaut(), view)

    def worth(faces: list[features.FaceMarks], radius: float) -> float:
        """Of the best line over the face at a distance from its middle."""
        lines = weighted_lines.find(boundary, None, None, weighted_lines.Hints(faces=faces))
        over = [
            weight[(np.abs(radii(chain.points) - radius) < 3) & (chain.points[:, 1] < CENTRE[1] - radius / 2)]
            for chain, weight in zip(lines.chains, lines.weights, strict=True)
        ]
        return float(np.median(max(over, key=lambda weight: weight.sum() if len(weight) else 0.0)))

    assert worth([marks], RADIUS) > 1.7 * worth([], RADIUS)
    assert worth([marks], 115.0) == pytest.approx(worth([], 115.0))


def test_a_head_is_closed_by_two_strokes_that_meet_at_the_ears() -> None:
    view = View(Box(0, 0, SIDE, SIDE), np.zeros((SIDE, SIDE, 3), np.uint8), circle(56.0), None)
    points = astronaut().points[:, :2]
    chin, over = heads.find(points, view).strokes
    assert chin[:, 1].max() > points[:, 1].max() - 1
    assert over[:, 1].min() == pytest.approx(CENTRE[1] - 56, abs=2)
    assert np.linalg.norm(chin[[0, -1]] - over[[0, -1]], axis=1).max() < 25


@pytest.mark.parametrize(("level", "strokes"), [(7, 0), (8, 2), (24, 2)])
def test_heads_have_a_share_of_the_strokes_beside_faces(level: int, strokes: int) -> None:
    view = View(Box(0, 0, SIDE, SIDE), np.zeros((SIDE, SIDE, 3), np.uint8), circle(56.0), None)
    face = features.marks(astronaut(), view)
    (closed,) = features.heads_in([face], features.plan([face], level), level)
    assert closed * len(face.head) == strokes


def test_what_a_head_draws_is_not_drawn_again() -> None:
    """A circle around a face is drawn by the head's own strokes, and by no other."""
    boundary = circle(56.0)
    view = View(Box(0, 0, SIDE, SIDE), np.zeros((SIDE, SIDE, 3), np.uint8), boundary, None)
    lines = weighted_lines.find(boundary, None, None, weighted_lines.Hints(faces=[features.marks(astronaut(), view)]))
    (choice,) = Drawings(lines, 0, 1).of(16)
    over = cubics.sample(choice.controls, 32)[..., 1].min(axis=1) < CENTRE[1] - 50
    assert over.sum() == 1
