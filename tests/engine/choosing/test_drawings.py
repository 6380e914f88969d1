"""Drawings of any number of strokes: fewer are abstractions of more; other seeds and starts see it otherwise."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import torch
from skimage import data

from clipasso_engine.bezier import cubics
from clipasso_engine.choosing import drawings
from clipasso_engine.choosing.drawings import Choice, Drawings
from clipasso_engine.lines import weighted_lines
from clipasso_engine.lines.weighted_lines import Lines
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
    assert points.dtype == torch.float32
    for row, size in zip(points, (3, 1, 0), strict=True):
        assert (row[:size] == size).all()
        assert (row[size:] < -500).all()


@pytest.mark.parametrize("level", [1, 128])
def test_the_smallest_and_the_largest_drawing(level: int) -> None:
    (choice,) = Drawings(worth(), 0, 1).of(level)
    assert 1 <= len(choice.controls) <= level
    assert (choice.gain > 0).all()
