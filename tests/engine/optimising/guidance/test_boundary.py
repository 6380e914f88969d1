"""Guidance by lines: cover is worth more the more of the lines it covers, and stray ink costs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.optimising import guidance
from clipasso_engine.optimising.guidance import Guidance, Subject
from clipasso_engine.optimising.rasterizer import draw

H, W = 90, 120
LEVEL = [[20.0, 30.0], [45.0, 30.0], [75.0, 30.0], [100.0, 30.0]]
UPRIGHT = [[60.0, 40.0], [60.0, 52.0], [60.0, 68.0], [60.0, 80.0]]
AWAY = [[20.0, 75.0], [28.0, 75.0], [36.0, 75.0], [44.0, 75.0]]
NOTHING: list[list[list[float]]] = []


def ink(*strokes: list[list[float]]) -> np.ndarray:
    points = np.array(strokes, np.float32).reshape(1, -1, 4, 2)
    return draw(points, (W, H), 3.0).ink


def guide(strengths: tuple[float, float] = (1.0, 1.0)) -> Guidance:
    """For a photo that shows a level line and an upright one."""
    picture = np.zeros((H, W), np.float32)
    picture[29:31, 20:100] = strengths[0]
    picture[40:80, 59:61] = strengths[1]
    return guidance.build("boundary", Subject(np.zeros((H, W, 3), np.uint8), picture, "cpu"))


def loss(*strokes: list[list[float]], strengths: tuple[float, float] = (1.0, 1.0)) -> float:
    return float(guide(strengths).evaluate(ink(*strokes))[0])


def test_an_empty_sheet_costs_one_whatever_the_photo() -> None:
    assert loss() == pytest.approx(1.0, abs=0.02)
    assert loss(strengths=(0.2, 0.05)) == pytest.approx(1.0, abs=0.02)


def test_the_more_lines_are_drawn_the_better() -> None:
    assert loss() > loss(UPRIGHT) > loss(LEVEL) > loss(LEVEL, UPRIGHT)
    assert loss(LEVEL, UPRIGHT) < 0.25


def test_lines_of_more_weight_count_more() -> None:
    assert loss(LEVEL, strengths=(0.3, 1.0)) > loss(UPRIGHT, strengths=(0.3, 1.0))


def test_stray_ink_costs() -> None:
    assert loss(AWAY) > loss() + 0.1
    assert loss(LEVEL, UPRIGHT, AWAY) > loss(LEVEL, UPRIGHT) + 0.1


def test_drawing_a_line_twice_is_worth_little() -> None:
    gain = loss() - loss(LEVEL)
    assert loss(LEVEL) - loss(LEVEL, [[x, y + 3] for x, y in LEVEL]) < 0.05 * gain


def test_a_stroke_is_drawn_towards_a_line_nearby() -> None:
    for fraction in (0.0, 0.5, 1.0):
        drawn = draw(np.array([[[[x, y + 4] for x, y in LEVEL]]], np.float32), (W, H), 3.0)
        gradient = drawn.pull(guide().pull(drawn.ink, fraction)[1])
        assert (gradient[..., 1] > 0).all()  # descent moves it up, on to the line


def test_wide_blurs_lead_and_narrow_ones_end() -> None:
    """A stroke 6 px off is nearly as good as one in place at first, and hardly better than none at the end."""

    def share(fraction: float) -> float:
        off, on, none = (
            float(guide((1.0, 0.0)).pull(ink(*strokes), fraction)[0][0])
            for strokes in ([[[x, y + 6] for x, y in LEVEL]], [LEVEL], NOTHING)
        )
        return (none - off) / (none - on)

    assert share(0.0) > share(0.5) > share(1.0)


def test_each_candidate_for_itself() -> None:
    both = guide().evaluate(np.concatenate([ink(LEVEL), ink(AWAY)]))
    assert both.tolist() == pytest.approx([loss(LEVEL), loss(AWAY)], abs=1e-6)


def test_a_photo_without_lines_asks_for_an_empty_sheet() -> None:
    nothing = guidance.build("boundary", Subject(np.zeros((H, W, 3), np.uint8), np.zeros((H, W), np.float32), "cpu"))
    empty, drawn = float(nothing.evaluate(ink())[0]), float(nothing.evaluate(ink(LEVEL))[0])
    assert np.isfinite([empty, drawn]).all()
    assert empty < drawn


@pytest.mark.parametrize("shape", [(13, 256), (7, 5), (33, 31)])
def test_any_size_of_canvas(shape: tuple[int, int]) -> None:
    picture = np.zeros(shape, np.float32)
    picture[shape[0] // 2] = 1
    subject = Subject(np.zeros((*shape, 3), np.uint8), picture, "cpu")
    assert float(guidance.build("boundary", subject).evaluate(np.zeros((1, *shape), np.float32))[0]) == pytest.approx(
        1, abs=0.02
    )


def test_a_text_needs_clip() -> None:
    with pytest.raises(UserError, match="a running horse"):
        guidance.choose(SketchJob("p.png", guidance="boundary", text="a running horse"))
    assert guidance.choose(SketchJob("p.png", guidance="boundary")) == ("boundary", None)


@pytest.mark.parametrize("fraction", [None, 0.0, 0.7])
def test_its_gradient_is_that_of_finite_differences(fraction: float | None) -> None:
    sheet = np.random.default_rng(0).random((2, H, W)).astype(np.float32)
    sheet[1] *= 0.1
    loss, gradient = guide().pull(sheet, fraction)
    assert loss.shape == (2,)
    direction = np.random.default_rng(1).standard_normal(sheet.shape).astype(np.float32)
    low, high = (guide().pull(sheet + side * 0.02 * direction, fraction)[0] for side in (-1, 1))
    assert (gradient * direction).sum((1, 2)) == pytest.approx((high - low) / 0.04, rel=0.02, abs=1e-5)


def test_a_tensor_is_judged_as_an_array_is() -> None:
    """So one definition serves the compiled loops and PyTorch's devices."""
    sheet = ink(LEVEL, AWAY)
    mine = guide()
    losses, gradient = mine.pull(sheet, 0.3)
    for_tensor, gradient_of_tensor = mine.pull(torch.from_numpy(sheet), 0.3)
    assert isinstance(gradient_of_tensor, torch.Tensor)
    assert for_tensor == pytest.approx(losses, rel=1e-5)
    assert gradient_of_tensor.numpy() == pytest.approx(gradient, abs=1e-7, rel=1e-4)
    assert mine.evaluate(sheet) == pytest.approx(mine.evaluate(torch.from_numpy(sheet)), rel=1e-5)
