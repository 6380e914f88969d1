"""Crossings near ends, and ends that meet nothing, on a photo whose diagonal is 500 px."""

from __future__ import annotations

import numpy as np
import pytest

from clipasso_engine.evaluation import ends

SIZE = (400, 300)


def line(*corners: float) -> np.ndarray:
    """A straight stroke from (x, y) to (x, y)."""
    start, end = np.array(corners[:2], float), np.array(corners[2:], float)
    return start + np.linspace(0, 1, 4)[:, None] * (end - start)


def measured(*strokes: np.ndarray) -> ends.Ends:
    return ends.measure(np.array(strokes).reshape(-1, 4, 2), 500.0, SIZE)


def test_a_crossing_near_an_end_is_a_tangle() -> None:
    across = line(100, 150, 300, 150)
    assert measured(across, line(200, 50, 200, 160)).tangles == 1
    assert measured(across, line(110, 50, 110, 250)).tangles == 1
    assert measured(across, line(200, 50, 200, 250)).tangles == 0, "far from all ends"
    assert measured(across, line(200, 50, 200, 151)).tangles == 0, "it ends at the line"
    assert measured(across, line(200, 50, 200, 120)).tangles == 0


def test_a_loop_at_the_end_of_a_stroke_is_a_tangle() -> None:
    loop = np.array([[112.0, 150], [200, 90], [40, 90], [128, 150]])
    assert measured(loop).tangles == 1
    assert measured(line(100, 150, 300, 150)).tangles == 0


def test_ends_that_touch_or_miss() -> None:
    across = line(100, 150, 300, 150)
    assert measured(across).open == 2.0
    touching = measured(across, line(200, 50, 200, 149))
    assert touching.open == pytest.approx(3 / 2)
    assert touching.missed == 0.0
    missing = measured(across, line(200, 50, 200, 145))
    assert missing.open == pytest.approx(4 / 2)
    assert missing.missed == pytest.approx(1 / 2)


def test_ends_at_the_frame_and_the_end_of_a_closed_stroke_are_not_open() -> None:
    assert measured(line(0, 150, 398, 150)).open == 0.0
    assert measured(np.array([[200.0, 150], [260, 90], [260, 210], [200, 150]])).open == 0.0


def test_nothing_has_no_ends() -> None:
    nothing = measured()
    assert (nothing.tangles, nothing.open, nothing.missed) == (0, None, None)
