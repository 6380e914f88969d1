"""Ends that overshoot, miss or meet other strokes, on a canvas of 256 px."""

from __future__ import annotations

import numpy as np
import pytest

from clipasso_engine.sketching import tidying

SIZE = (256, 256)


def line(*corners: float) -> np.ndarray:
    """A straight stroke from (x, y) to (x, y)."""
    start, end = np.array(corners[:2], float), np.array(corners[2:], float)
    return start + np.linspace(0, 1, 4)[:, None] * (end - start)


def tidy(*strokes: np.ndarray, free: list[bool] | None = None) -> list[np.ndarray]:
    return tidying.tidy(strokes, free or [True] * len(strokes), SIZE)


ACROSS = line(50, 100, 200, 100)


@pytest.mark.parametrize("turned", [False, True])
def test_what_sticks_out_beyond_a_stroke_is_cut_off(turned: bool) -> None:
    over = line(120, 30, 120, 105)
    across, cut = tidy(ACROSS, over[::-1] if turned else over)
    assert across == pytest.approx(ACROSS)
    ends = cut[::-1] if turned else cut
    assert ends[0] == pytest.approx((120, 30))
    assert ends[-1] == pytest.approx((120, 100))


def test_a_cut_curve_keeps_its_course() -> None:
    curve = np.array([[60.0, 40], [100, 20], [150, 60], [160, 104]])
    cut = tidy(ACROSS, curve)[1]
    assert cut[-1][1] == pytest.approx(100, abs=0.01)
    before, after = (tidying._line(points) for points in (curve, cut))
    assert max(tidying._distance(point, before)[0] for point in after) < 0.1


def test_a_stroke_of_several_cubics_is_cut_in_its_last() -> None:
    long = np.concatenate([line(120, 30, 130, 70), line(130, 70, 120, 105)[1:]])
    cut = tidy(ACROSS, long)[1]
    assert len(cut) == len(long)
    assert cut[:4] == pytest.approx(long[:4])
    assert cut[-1][1] == pytest.approx(100)


def test_a_long_piece_beyond_a_stroke_is_meant() -> None:
    for through in (line(120, 30, 120, 130), line(120, 92, 120, 104)):
        assert tidy(ACROSS, through)[1] == pytest.approx(through)


def test_an_end_that_meets_another_stroke_beyond_stays() -> None:
    over, on = line(120, 30, 120, 105), line(120, 105, 160, 140)
    assert tidy(ACROSS, over, on)[1] == pytest.approx(over)


def test_what_falls_short_of_a_stroke_to_which_it_points_meets_it() -> None:
    short = line(120, 30, 120, 96)
    met = tidy(ACROSS, short)[1]
    assert met[-1] == pytest.approx((120, 100))
    assert met[0] == pytest.approx(short[0])
    far = line(120, 30, 120, 90)
    assert tidy(ACROSS, far)[1] == pytest.approx(far)


def test_what_runs_beside_a_stroke_is_not_bent_onto_it() -> None:
    beside = line(80, 96, 160, 96)
    assert tidy(ACROSS, beside)[1] == pytest.approx(beside)


def test_two_ends_that_miss_each_other_meet() -> None:
    corner = line(203, 101, 203, 200)
    across, down = tidy(ACROSS, corner)
    assert across[-1] == pytest.approx(down[0], abs=0.01)


def test_ends_at_the_frame_and_strokes_that_are_held_stay() -> None:
    at_frame = line(120, 200, 120, 254)
    along = line(50, 250.5, 200, 250.5)
    assert tidy(along, at_frame)[1] == pytest.approx(at_frame)
    short = line(120, 30, 120, 96)
    assert tidy(ACROSS, short, free=[True, False])[1] == pytest.approx(short)
    assert tidy(ACROSS, short, free=[False, True])[1] == pytest.approx(short)


def test_no_strokes() -> None:
    assert tidy() == []
