"""The same part of a photo on larger canvases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clipasso_engine.contract.job import MAX_STROKES
from clipasso_engine.seeing import finer, view
from clipasso_engine.seeing.photo import Photo
from tests.support import scenes

DISC = scenes.ellipse(400, 600, (300, 200), (150, 140))


def photo() -> Photo:
    rgb = scenes.on_ground(DISC)
    rgb[DISC & (np.arange(600) // 6 % 2 == 0)] = (250, 240, 230)
    return Photo(rgb, None, "0" * 64, 600, 400)


@pytest.fixture(scope="module")
def seen() -> view.View:
    return view.look(scenes.network(), photo(), "auto")


def test_every_number_of_strokes_has_a_canvas_and_more_strokes_no_smaller_one() -> None:
    sides = [finer.canvas(strokes) for strokes in range(1, MAX_STROKES + 1)]
    assert sides == sorted(sides)
    assert set(sides[:32]) == {view.CANVAS}
    assert sides[63] > view.CANVAS
    assert sides[-1] > sides[127] > sides[63]


def test_the_same_size_is_the_same_view(seen: view.View) -> None:
    assert finer.look(scenes.network(), photo(), seen, view.CANVAS) is seen
    assert (finer.standing(seen, seen) == 1).all()


def test_a_larger_canvas_shows_the_same_place_and_object_and_more_boundaries(seen: view.View) -> None:
    larger = finer.look(scenes.network(), photo(), seen, 512)
    assert larger.box == seen.box
    assert max(larger.size) == 512
    assert larger.rgb.shape[:2] == larger.boundary.shape == larger.found.mask.shape == larger.found.score.shape
    assert abs(larger.found.mask.mean() - seen.found.mask.mean()) < 0.01
    height, width = larger.boundary.shape
    inside = np.s_[height // 2 - 40 : height // 2 + 40, width // 2 - 40 : width // 2 + 40]
    coarse = seen.boundary[np.ix_(np.arange(height) * seen.size[1] // height, np.arange(width) * seen.size[0] // width)]
    contrast = [float(np.ptp(some[inside].mean(axis=0))) for some in (larger.boundary, coarse)]
    assert contrast[0] > 2 * contrast[1]


def test_what_only_the_finer_look_sees_is_worth_less(seen: view.View) -> None:
    larger = finer.look(scenes.network(), photo(), seen, 512)
    boundary = np.zeros_like(seen.boundary)
    boundary[:, 30] = 1.0
    factor = finer.standing(replace(seen, boundary=boundary), larger)
    assert factor.shape == larger.boundary.shape
    assert factor[200, 61] == pytest.approx(1.0)
    assert factor[200, 100] == pytest.approx(0.4)
