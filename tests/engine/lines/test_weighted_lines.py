"""The lines worth drawing: the object's, once each, what turns before what is straight, never the frame."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from clipasso_engine.lines import weighted_lines
from clipasso_engine.lines.tracing import Chain
from clipasso_engine.lines.weighted_lines import Hints, Lines
from clipasso_engine.seeing.foreground import Foreground

H, W = 160, 200


def ridges(*polylines: Sequence[tuple[float, float]], strength: float = 0.9) -> np.ndarray:
    sheet = np.zeros((H, W), np.float32)
    for line in polylines:
        cv2.polylines(sheet, [np.array(line, np.int32)[:, None]], False, 1.0, 2)
    return np.float32(strength) * np.minimum(1.6 * cv2.GaussianBlur(sheet, (0, 0), 1.2), 1.0)


def box(x0: int, y0: int, x1: int, y1: int) -> Foreground:
    """An object that fills a rectangle."""
    mask = np.zeros((H, W), bool)
    mask[y0:y1, x0:x1] = True
    return Foreground(mask, mask.astype(np.float32))


def weight_within(found: Lines, x0: float, y0: float, x1: float, y1: float) -> float:
    """The positive weight of all chains in a rectangle."""
    total = 0.0
    for chain, weight in zip(found.chains, found.weights, strict=True):
        x, y = chain.points.T
        total += float(np.maximum(weight, 0)[(x > x0) & (x < x1) & (y > y0) & (y < y1)].sum())
    return total


def test_every_point_has_a_weight() -> None:
    found = weighted_lines.find(ridges([(30, 80), (170, 80)]), None)
    assert (found.height, found.width) == (H, W)
    assert found.chains
    for chain, weight in zip(found.chains, found.weights, strict=True):
        assert weight.shape == (len(chain.points),)
        assert np.isfinite(weight).all()


def test_weight_lies_on_the_object() -> None:
    on, off = [(60, 60), (110, 100)], [(150, 40), (190, 110)]
    boundary = ridges(on, off)
    found = weighted_lines.find(boundary, box(50, 50, 120, 110))
    assert weight_within(found, 55, 55, 115, 105) > 20
    assert weight_within(found, 130, 0, W, H) == 0
    everything = weighted_lines.find(boundary, None)
    assert weight_within(everything, 130, 0, W, H) > 10


def test_drawing_off_the_object_costs() -> None:
    found = weighted_lines.find(ridges([(20, 80), (180, 80)]), box(60, 50, 120, 110))
    chain, weight = next(
        (c, w) for c, w in zip(found.chains, found.weights, strict=True) if np.ptp(c.points[:, 0]) > 150
    )
    assert weight[chain.points[:, 0] > 150].max() < 0
    assert weight[(chain.points[:, 0] > 70) & (chain.points[:, 0] < 110)].min() > 0


def test_the_outline_comes_before_a_line_inside_of_the_same_strength() -> None:
    rim = [(50, 50), (120, 50), (120, 110), (50, 110), (50, 50)]
    found = weighted_lines.find(ridges(rim, [(70, 80), (100, 80)]), box(50, 50, 120, 110))
    outside = weight_within(found, 60, 40, 110, 60) / 50
    inside = weight_within(found, 75, 70, 95, 90) / 20
    assert outside > inside > 0


def test_an_outline_that_only_the_mask_knows_is_not_worth_a_stroke() -> None:
    found = weighted_lines.find(np.zeros((H, W), np.float32), box(50, 50, 120, 110))
    assert found.chains
    assert all((weight < 0).all() for weight in found.weights)
    assert found.picture().max() == 0


def test_nothing_is_worth_drawing_twice() -> None:
    """The object's outline and the ridge along it are one line, as are the two sides of a pole."""
    rim = [(50, 50), (120, 50), (120, 110), (50, 110), (50, 50)]
    found = weighted_lines.find(ridges(rim), box(50, 50, 120, 110))
    here = [
        chain.points[(weight > 0) & (chain.points[:, 0] > 60) & (chain.points[:, 0] < 110) & (chain.points[:, 1] < 60)]
        for chain, weight in zip(found.chains, found.weights, strict=True)
    ]
    assert sum(len(points) > 0 for points in here) == 1

    one = weighted_lines.find(ridges([(40, 80), (160, 80)]), None)
    pole = weighted_lines.find(ridges([(40, 78), (160, 78)]) + ridges([(40, 82), (160, 82)]), None)
    middle = 60, 60, 140, 100
    assert weight_within(pole, *middle) == pytest.approx(weight_within(one, *middle), rel=0.2)


def test_the_two_sides_of_one_bent_chain_are_one_line() -> None:
    there, back = np.linspace([40, 80], [160, 80], 121), np.linspace([160, 83], [40, 83], 121)
    hairpin = Chain(np.concatenate([there, back]), np.ones(242), False)
    doubled = weighted_lines._own_double(hairpin)
    assert not doubled[:121].any()
    assert doubled[140:].all()
    weights = [np.ones(242)]
    weighted_lines._keep_one_of_each([hairpin], weights)
    assert (weights[0][:121] == 1).all()
    assert (weights[0][140:] < 0).all()
    ring = np.linspace(0, 2 * np.pi, 300)
    loop = Chain(80 + 40 * np.stack([np.cos(ring), np.sin(ring)], 1), np.ones(300), True)
    assert not weighted_lines._own_double(loop).any()


@pytest.mark.parametrize(
    "along", [[(2, 2), (197, 2)], [(2, 157), (197, 157)], [(2, 2), (2, 157)], [(197, 2), (197, 157)]]
)
def test_nothing_along_the_frame_is_worth_drawing(along: list[tuple[float, float]]) -> None:
    found = weighted_lines.find(ridges(along), None)
    assert sum(float(np.maximum(weight, 0).sum()) for weight in found.weights) < 5


def test_a_line_that_runs_into_the_frame_is_worth_drawing() -> None:
    found = weighted_lines.find(ridges([(100, 0), (104, 159)]), None)
    (weight,) = found.weights
    assert (weight > 0).mean() > 0.9


def test_what_turns_tells_more_than_what_is_straight() -> None:
    straight = weighted_lines.find(ridges([(60, 80), (140, 80)]), None)
    bent = weighted_lines.find(ridges([(60, 80), (80, 70), (90, 90), (110, 70), (120, 90), (140, 80)]), None)
    per_px = [max(float(np.median(weight)) for weight in found.weights) for found in (straight, bent)]
    assert per_px[1] > 1.3 * per_px[0]


def test_without_an_object_the_middle_counts_more() -> None:
    found = weighted_lines.find(ridges([(90, 60), (90, 100)], [(20, 60), (20, 100)]), None)
    assert weight_within(found, 70, 0, 130, H) > 1.2 * weight_within(found, 0, 0, 50, H) > 0


def test_attention_counts_for_some_strokes_but_not_for_very_few_or_many() -> None:
    boundary = ridges([(60, 40), (60, 120)], [(140, 40), (140, 120)])
    attention = np.zeros((H, W), np.float32)
    attention[:, 120:] = 1.0
    plain, led = weighted_lines.find(boundary, None), weighted_lines.find(boundary, None, hints=Hints(attention))
    right = [int(np.median(chain.points[:, 0])) > 100 for chain in led.chains]
    share = []
    for level in (4, 6, 8, 16):
        weights = [float(np.maximum(weight, 0).sum()) for weight in led.for_level(level)]
        share.append(sum(weight for weight, here in zip(weights, right, strict=True) if here) / sum(weights))
        assert min(weights) > 0
    assert share[0] == pytest.approx(0.5, abs=0.02)
    assert share[0] + 0.1 < share[1] < share[2] - 0.1
    assert share[3] == share[2] > 0.8
    for one, other in zip(led.for_level(32), led.weights, strict=True):
        assert np.array_equal(one, other)
    for one, other in zip(plain.for_level(8), led.weights, strict=True):
        assert np.array_equal(one, other)


def test_eyes_gain_by_attention_but_never_lose() -> None:
    ring = np.linspace(0, 2 * np.pi, 30)
    seen, unseen = (
        Chain(np.stack([x + 5 * np.cos(ring), 80 + 5 * np.sin(ring)], 1), np.ones(30), True) for x in (60, 150)
    )
    attention = np.zeros((H, W), np.float32)
    attention[:, :100] = 1.0
    found = weighted_lines.find(np.zeros((H, W), np.float32), None, hints=Hints(attention, [seen, unseen]))
    gained, kept = (now / before for now, before in zip(found.for_level(16), found.weights, strict=True))
    assert gained == pytest.approx(np.full(30, 2.25))
    assert kept == pytest.approx(np.ones(30))


def test_attention_leaves_what_costs_as_it_is() -> None:
    attention = np.ones((H, W), np.float32)
    found = weighted_lines.find(ridges([(20, 80), (180, 80)]), box(60, 50, 120, 110), hints=Hints(attention))
    for weight, told in zip(found.weights, found.for_level(8), strict=True):
        assert np.array_equal(weight[weight <= 0], told[weight <= 0])
        assert (told[weight > 0] > weight[weight > 0]).all()


def test_a_closed_line_is_a_whole_unless_much_of_it_is_a_guess() -> None:
    ring = np.linspace(0, 2 * np.pi, 200)
    circle = Chain(80 + 40 * np.stack([np.cos(ring), np.sin(ring)], 1), np.ones(200), True)
    arc = Chain(circle.points[:150], np.ones(150), False)
    faint = np.where(np.arange(200) < 60, -0.1, 1.0)
    found = Lines([circle, arc, circle], [np.ones(200), np.ones(150), faint], H, W)
    assert found.whole == [True, False, False]


def test_emphasis_is_a_factor_of_what_is_worth_drawing() -> None:
    boundary = ridges([(60, 40), (60, 120)], [(140, 40), (140, 120)])
    emphasis = np.ones((H, W))
    emphasis[:, 120:] = 3.0
    plain, led = (
        weighted_lines.find(boundary, None),
        weighted_lines.find(boundary, None, hints=Hints(emphasis=emphasis)),
    )
    left, right = (30, 0, 90, H), (110, 0, 170, H)
    assert weight_within(led, *right) == pytest.approx(3 * weight_within(plain, *right))
    assert weight_within(led, *left) == pytest.approx(weight_within(plain, *left))


def test_lines_end_where_a_mask_drawn_by_hand_does_and_its_own_outline_is_none() -> None:
    across = ridges([(20, 80), (180, 80)])
    found = weighted_lines.find(across, box(60, 50, 120, 110), hints=Hints(by_hand=True))
    points = np.concatenate([chain.points for chain in found.chains])
    assert points[:, 0].min() > 56
    assert points[:, 0].max() < 124
    assert np.abs(points[:, 1] - 80).max() < 2
    assert weight_within(found, 56, 70, 124, 90) > 30


def test_a_mask_drawn_by_hand_along_an_outline_has_that_outline() -> None:
    edges = ridges([(60, 50), (120, 50), (120, 110), (60, 110), (60, 50)])
    found = weighted_lines.find(edges, box(62, 48, 122, 108), hints=Hints(by_hand=True))
    plain = weighted_lines.find(edges, box(62, 48, 122, 108))
    assert weight_within(found, 0, 0, W, H) == pytest.approx(weight_within(plain, 0, 0, W, H), rel=0.05)


def test_a_blank_map_has_no_lines() -> None:
    found = weighted_lines.find(np.zeros((H, W), np.float32), None)
    assert found.chains == []
    assert found.picture().shape == (H, W)
    assert not found.picture().any()


def test_the_picture_shows_weights_along_the_lines() -> None:
    points = np.linspace([50.5, 40.5], [150.5, 40.5], 101)
    weight = np.where(np.arange(101) < 50, 0.5, -0.5)
    picture = Lines([Chain(points, np.ones(101), False)], [weight], H, W).picture()
    assert picture.dtype == np.float32
    assert picture[40, 55:95] == pytest.approx(np.full(40, 0.5))
    assert not picture[:, 110:].any()
    assert not picture[45:].any()
    assert not picture[:36].any()
    bright = Lines([Chain(points, np.ones(101), False)], [np.full(101, 7.0)], H, W).picture()
    assert bright.max() == 1.0
