"""Drawings of any number of strokes: fewer are abstractions of more; other seeds and starts see it otherwise."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from skimage import data

from clipasso_engine.bezier import cubics, stroke_arrays
from clipasso_engine.choosing import drawings
from clipasso_engine.choosing.drawings import Choice, Drawings
from clipasso_engine.lines import features, weighted_lines
from clipasso_engine.lines.weighted_lines import Lines
from clipasso_engine.seeing import photo, view
from tests.support import scenes

LEVELS = (32, 16, 8, 4)


@lru_cache
def worth() -> Lines:
    """The lines of a real photo."""
    return weighted_lines.find(scenes.boundaries(data.chelsea()[::2, ::2]), None)


@lru_cache
def drawn(seed: int, count: int) -> dict[int, list[Choice]]:
    drawings = Drawings(worth(), seed, count)
    return {level: drawings.of(level) for level in LEVELS}


def test_at_most_as_many_strokes_as_asked_for() -> None:
    for level, (choice,) in drawn(0, 1).items():
        assert 1 <= len(choice.controls) <= level
        assert len(choice.gain) == len(choice.controls)


def test_levels_nest() -> None:
    """What few strokes draw, more strokes draw too: nearly along the same lines."""
    diagonal = np.hypot(worth().height, worth().width)
    for few, many in ((4, 8), (8, 16), (16, 32)):
        one, other = (cubics.sample(drawn(0, 1)[level][0].controls, 40).reshape(-1, 2) for level in (few, many))
        nearest = np.linalg.norm(one[:, None] - other[None], axis=-1).min(1)
        assert nearest.mean() <= 0.025 * diagonal, (few, many)


def test_strokes_of_fewer_are_longer() -> None:
    typical = [float(np.median(cubics.lengths(drawn(0, 1)[level][0].controls))) for level in LEVELS]
    assert typical == sorted(typical)
    assert typical[-1] > 1.5 * typical[0]


def test_the_same_seed_draws_the_same_and_another_draws_otherwise() -> None:
    again = Drawings(worth(), 3, 1).of(16)[0].controls
    assert np.array_equal(drawn(3, 1)[16][0].controls, again)
    assert not np.array_equal(again, drawn(4, 1)[16][0].controls)


def test_candidates_differ_and_the_first_is_what_one_alone_would_be() -> None:
    one, two, three = drawn(0, 3)[16]
    assert np.array_equal(one.controls, drawn(0, 1)[16][0].controls)
    assert not np.array_equal(one.controls, two.controls)
    assert not np.array_equal(two.controls, three.controls)


def test_a_photo_without_lines_gives_no_strokes() -> None:
    for choice in Drawings(Lines([], [], 100, 120), 0, 2).of(16):
        assert choice.controls.shape == (0, 4, 2)


def test_batched_pads_out_of_sight() -> None:
    some = [Choice(np.full((n, 4, 2), float(n)), np.ones(n), np.zeros(n, np.int_)) for n in (3, 1, 0)]
    points = drawings.batched(some)
    assert points.shape == (3, 3, 4, 2)
    assert points.dtype == np.float32
    for row, size in zip(points, (3, 1, 0), strict=True):
        assert (row[:size] == size).all()
        assert (row[size:] < -500).all()


@pytest.mark.parametrize("level", [1, 512])
def test_the_smallest_and_the_largest_drawing(level: int) -> None:
    (choice,) = Drawings(worth(), 0, 1).of(level)
    assert 1 <= len(choice.controls) <= level
    assert (choice.gain > 0).all()


@lru_cache
def portrait() -> Lines:
    """The lines of a photo of one person."""
    picture = photo.Photo(data.astronaut()[:300, 80:380], None, "", 300, 300)
    seen = view.look(scenes.network(), picture, "auto")
    people = [features.marks(face, seen) for face in seen.faces]
    return weighted_lines.find(seen.boundary, seen.found, hints=weighted_lines.Hints(faces=people))


@pytest.mark.parametrize("level", [4, 8, 16, 24, 32])
@pytest.mark.parametrize("segments", [1, 3])
def test_a_face_has_its_own_strokes_and_no_others(level: int, segments: int) -> None:
    """They are among those asked for, and no line of the photo is drawn where eyes, nose and mouth are."""
    lines = portrait()
    (face,) = lines.faces
    (choice,) = Drawings(lines, 0, 1, segments).of(level)
    assert len(choice.controls) == level
    assert list(choice.gain) == sorted(choice.gain, reverse=True)
    own = choice.controls[choice.chain == drawings.OF_FACE]
    (number,) = features.plan([face], level)
    (closed,) = features.heads_in([face], [number], level)
    assert len(own) == len(face.strokes(number)) + closed * len(face.head)
    inside = features.covered(face, (lines.height, lines.width))

    def share(strokes: np.ndarray) -> float:
        column, row = np.floor(cubics.sample(stroke_arrays.even(strokes), 60).reshape(-1, 2)).astype(int).T
        kept = (row >= 0) & (row < lines.height) & (column >= 0) & (column < lines.width)
        return float(inside[row[kept], column[kept]].mean())

    # Few strokes may leave their lines by up to 7 px, and the hairline runs close to the brows.
    assert share(choice.controls[choice.chain != drawings.OF_FACE]) < (0.1 if level <= 8 else 0.05)
    within = [share(stroke[None]) > 0.97 for stroke in own]
    assert sum(within) == len(face.strokes(number))


def test_another_seed_sees_the_same_face() -> None:
    one, other = (Drawings(portrait(), seed, 1).of(16)[0] for seed in (1, 2))
    own = [choice.controls[choice.chain == drawings.OF_FACE] for choice in (one, other)]
    assert np.array_equal(*own)
