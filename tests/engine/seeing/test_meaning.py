"""Sketch and photo as vectors that point the same way where the sketch shows the photo's thing."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest
import torch
from skimage import data

from clipasso_engine.contract.errors import UserError
from clipasso_engine.seeing import meaning
from clipasso_engine.seeing.meaning import MeaningTower

pytestmark = pytest.mark.usefixtures("one_thread")


@lru_cache(maxsize=1)
def tower() -> MeaningTower:
    return meaning.load()


def test_vectors_have_length_one_and_gradients_reach_the_ink() -> None:
    ink = torch.zeros(2, 1, 100, 160)
    ink[0, 0, 20:80, 40:43] = 1
    ink[1, 0, 50:53, 20:140] = 1
    ink.requires_grad_(True)
    told = tower().of_sketches(ink)
    assert told.shape == (2, meaning.DIMENSIONS)
    assert told.norm(dim=1).tolist() == pytest.approx([1, 1], abs=1e-5)
    (gradient,) = torch.autograd.grad(told[0, 0], ink)
    assert gradient[0].abs().max() > 0
    assert gradient[1].abs().max() == 0
    assert tower().of_photos(meaning.darkness_of(data.coffee())).shape == (1, meaning.DIMENSIONS)


def test_pictures_lie_in_the_middle_of_a_white_square() -> None:
    wide = meaning.squared(torch.ones(1, 1, 50, 200), 64)
    assert wide.shape == (1, 3, 64, 64)
    assert wide[0, :, :24].min() == 1
    assert wide[0, :, 24:40].max() < 1e-5
    assert wide[0, :, 40:].min() == 1
    one_pixel = meaning.squared(torch.ones(1, 3, 400, 1), 64)
    assert torch.isfinite(one_pixel).all()


def test_damaged_weights_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"meaning network's weights .* cannot be read: "):
        meaning.load(weights=tmp_path / "meaning.safetensors")
