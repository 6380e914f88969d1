"""The colour of a stroke is that of the photo beneath it."""

from __future__ import annotations

import numpy as np
import pytest

from clipasso_engine.sketching import colours

RED, BLUE = (200, 30, 20), (10, 20, 220)


@pytest.fixture
def halves() -> np.ndarray:
    """Red on the left, blue on the right, 60 x 40 px."""
    rgb = np.empty((40, 60, 3), np.uint8)
    rgb[:, :30], rgb[:, 30:] = RED, BLUE
    return rgb


def upright(x: float) -> np.ndarray:
    return np.array([[x, 5.0], [x, 15.0], [x, 25.0], [x, 35.0]])


def test_each_stroke_has_its_own(halves: np.ndarray) -> None:
    assert colours.along(np.stack([upright(15), upright(45)]), halves, 4.0) == ("#c81e14", "#0a14dc")


def test_specks_do_not_count(halves: np.ndarray) -> None:
    halves[::3, ::3] = 255
    assert colours.along(upright(15)[None], halves, 4.0) == ("#c81e14",)


def test_an_outline_has_the_colour_of_its_object(halves: np.ndarray) -> None:
    mask = np.zeros((40, 60), bool)
    mask[:, 30:] = True
    assert colours.along(upright(29)[None], halves, 6.0) == ("#c81e14",)
    assert colours.along(upright(29)[None], halves, 6.0, mask) == ("#0a14dc",)


def test_a_stroke_off_the_object_has_what_lies_beneath_it(halves: np.ndarray) -> None:
    mask = np.zeros((40, 60), bool)
    mask[:, 50:] = True
    assert colours.along(upright(10)[None], halves, 6.0, mask) == ("#c81e14",)


def test_points_outside_the_photo_take_the_colour_of_its_edge(halves: np.ndarray) -> None:
    strokes = np.stack([upright(-500), upright(1e4), np.full((4, 2), 90.0)])
    assert colours.along(strokes, halves, 4.0) == ("#c81e14", "#0a14dc", "#0a14dc")


def test_no_stroke_no_colour(halves: np.ndarray) -> None:
    assert colours.along(np.zeros((0, 4, 2)), halves, 4.0) == ()
