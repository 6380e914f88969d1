"""The outline of a stroke of changing width, and the path effect that stands for it."""

import math
import re

import inkex
import pytest

from inkscape_extension.brush import power_stroke
from inkscape_extension.brush.power_stroke import FLAT, ROUND, TAPERED, PowerStroke

LINE = ((0.0, 0.0), (10.0, 0.0), (20.0, 0.0), (30.0, 0.0))
BEND = ((0.0, 0.0), (0.0, 40.0), (40.0, 40.0), (40.0, 0.0))
POINTS = ((0.2, 2.0), (0.5, 4.0), (0.8, 1.0))


def flattened(data, steps=20):
    """The points of an outline, without its caps."""
    x = y = 0.0
    points = []
    for command in inkex.Path(data):
        if command.letter == "C":
            (x1, y1, x2, y2, x3, y3) = command.args
            for step in range(steps + 1):
                t = step / steps
                weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3)
                a, b, c, d = weights
                points.append((a * x + b * x1 + c * x2 + d * x3, a * y + b * y1 + c * y2 + d * y3))
        if command.letter != "Z":
            x, y = command.args[-2:]
    return points


def test_the_width_is_that_of_the_points():
    points = flattened(PowerStroke(POINTS, TAPERED).outline([LINE], 4))
    for t, half in POINTS:
        near = [abs(y) for x, y in points if abs(x - 30 * t) < 0.1]
        assert near
        assert max(near) == pytest.approx(half, abs=0.05)
    assert max(abs(y) for _x, y in points) == pytest.approx(4, abs=0.01)


def test_both_sides_are_as_far_from_a_bend():
    stroke = PowerStroke(((0.3, 3.0), (0.7, 3.0)), ROUND)
    centre = [
        (3 * (1 - t) * t * t * 40 + t**3 * 40, 3 * (1 - t) ** 2 * t * 40 + 3 * (1 - t) * t * t * 40)
        for t in (step / 2000 for step in range(2001))
    ]
    for x, y in flattened(stroke.outline([BEND], 4)):
        assert min(math.hypot(x - cx, y - cy) for cx, cy in centre) == pytest.approx(3, abs=0.06)


@pytest.mark.parametrize(("cap", "ends"), [(TAPERED, "MCCZ"), (ROUND, "MCACAZ"), (FLAT, "MCLCLZ")])
def test_the_ends(cap, ends):
    data = PowerStroke(POINTS, cap).outline([LINE], 2)
    assert re.sub(r"[^A-Z]", "", data) == ends
    first, last = inkex.Path(data)[0].args, POINTS[0][1]
    assert first == pytest.approx((0, 0) if cap == TAPERED else (0, last), abs=0.01)


def test_several_segments_are_one_line():
    halves = [
        ((0.0, 0.0), (5.0, 0.0), (10.0, 0.0), (15.0, 0.0)),
        ((15.0, 0.0), (20.0, 0.0), (25.0, 0.0), (30.0, 0.0)),
    ]
    stroke = PowerStroke(tuple((2 * t, half) for t, half in POINTS), TAPERED)
    points = flattened(stroke.outline(halves, 4))
    assert max(x for x, _ in points) == pytest.approx(30)
    middle = [abs(y) for x, y in points if abs(x - 15) < 0.1]
    assert max(middle) == pytest.approx(4, abs=0.05)


@pytest.mark.parametrize(
    "curve",
    [
        ((5.0, 5.0),) * 4,
        ((0.0, 0.0), (0.0, 0.0), (30.0, 0.0), (30.0, 0.0)),
        ((0.0, 0.0), (60.0, 0.0), (-30.0, 0.0), (30.0, 0.0)),
        ((0.0, 0.0), (1e-9, 0.0), (0.0, 1e-9), (0.0, 0.0)),
    ],
)
def test_degenerate_curves_have_finite_outlines(curve):
    data = PowerStroke(POINTS, ROUND).outline([curve], 3)
    assert all(abs(value) < 100 for x, y in flattened(data) for value in (x, y))


def test_the_effect_says_the_same():
    effect = inkex.PathEffect()
    PowerStroke(POINTS, TAPERED).write(effect, 2)
    assert effect.get("effect") == "powerstroke"
    assert effect.get("offset_points") == "0.2,2 | 0.5,4 | 0.8,1"
    assert effect.get("start_linecap_type") == effect.get("end_linecap_type") == "zerowidth"
    assert power_stroke.read_widths(effect) == [4, 8, 2]
    effect.set("scale_width", "0.5")
    assert power_stroke.read_widths(effect) == [2, 4, 1]
    effect.set("offset_points", "what?")
    assert power_stroke.read_widths(effect) == []
