"""Guidance by meaning: less for the photo's own lines than for others, the same every time, lines before meaning."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage import data

from clipasso_engine.contract.job import SketchJob
from clipasso_engine.optimising import guidance
from clipasso_engine.optimising.guidance import Subject, both, meaning
from tests.support.told import refused

pytestmark = pytest.mark.usefixtures("one_thread")

SIZE = 150, 226  # height, width


@pytest.fixture(scope="module")
def subject() -> Subject:
    return Subject(data.chelsea()[::2, ::2], np.zeros(SIZE, np.float32), "cpu")


def edges(subject: Subject) -> torch.Tensor:
    """The strong edges of the photo as ink [1, h, w]."""
    grey = torch.from_numpy(subject.rgb).float().mean(-1)[None, None] / 255
    grey = torch.nn.functional.avg_pool2d(grey, 5, 1, 2)[0, 0]
    steep = torch.zeros(SIZE)
    steep[1:, 1:] = (grey[1:, 1:] - grey[:-1, 1:]).abs() + (grey[1:, 1:] - grey[1:, :-1]).abs()
    return (steep > torch.quantile(steep, 0.93)).float()[None]


def test_the_photos_own_lines_are_nearer_than_the_same_upside_down(subject: Subject) -> None:
    guide = meaning.see(subject)
    own = edges(subject)
    loss = guide.evaluate(torch.cat([own, own.flip(1), torch.zeros_like(own)]))
    assert loss.shape == (3,)
    assert loss[0] < loss[1]
    assert loss[0] < loss[2]
    assert torch.equal(loss, guide.loss(torch.cat([own, own.flip(1), torch.zeros_like(own)]), 0.3))


def test_steps_along_its_gradient_lower_it(subject: Subject) -> None:
    guide = meaning.see(subject)
    ink = (0.3 + 0.4 * edges(subject)).requires_grad_(True)
    first = guide.evaluate(ink)
    (gradient,) = torch.autograd.grad(first.sum(), ink)
    assert torch.isfinite(gradient).all()
    with torch.no_grad():
        assert guide.evaluate(ink - 0.02 * gradient / gradient.abs().max()) < first


def test_lines_come_first_and_keep_a_share(subject: Subject) -> None:
    lines = np.zeros(SIZE, np.float32)
    lines[70:72, 50:180] = 1
    guide = guidance.build("meaning", Subject(subject.rgb, lines, subject.device))
    assert guide.name == "meaning"
    ink = np.zeros((1, *SIZE), np.float32)
    ink[0, 40:42, 40:170] = 1
    by_lines = guidance.build("boundary", Subject(subject.rgb, lines, subject.device)).pull(ink, both.CLIP_FROM / 2)
    for mine, theirs in zip(guide.pull(ink, both.CLIP_FROM / 2), by_lines, strict=True):
        assert np.array_equal(mine, theirs)
    assert not np.array_equal(guide.pull(ink, 1.0)[0], by_lines[0])


def test_it_has_no_use_for_a_text() -> None:
    assert guidance.choose(SketchJob("photo.jpg", guidance="meaning")) == ("meaning", None)
    with refused("needs CLIP, but the sketch is to be guided without it.*--guidance both"):
        guidance.choose(SketchJob("photo.jpg", guidance="meaning", text="a cat"))
