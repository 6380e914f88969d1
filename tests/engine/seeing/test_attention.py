"""Attention lies on what tells the thing, within 0..1, whatever the photo's shape; its network is the published one."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from skimage import data

from clipasso_engine.contract.errors import UserError
from clipasso_engine.seeing import attention, classifier_network
from clipasso_engine.seeing.classifier_network import CHANNELS, CLASSES, STRIDES, ClassifierNetwork
from clipasso_engine.weights.opencv_network import Network

pytestmark = pytest.mark.usefixtures("one_thread")

TABBY, EGYPTIAN_CAT = 281, 285
ESPRESSO, CUP = 967, 968


@lru_cache(maxsize=1)
def network() -> Network:
    return attention.load()


@lru_cache(maxsize=1)
def classifier() -> ClassifierNetwork:
    return classifier_network.load()


def chances(rgb: np.ndarray) -> np.ndarray:
    """How likely the network holds each class to be for a photo, [1000]."""
    rgb = cv2.resize(rgb, (256, 256), interpolation=cv2.INTER_AREA)
    photo = torch.from_numpy(rgb).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        return classifier()(photo)[0].softmax(0).numpy()


def test_the_network_knows_what_is_in_photos() -> None:
    cat, coffee = data.chelsea()[:, 60:380], data.coffee()
    assert chances(cat)[TABBY : EGYPTIAN_CAT + 1].sum() > 0.5
    assert chances(coffee)[[ESPRESSO, CUP]].sum() > 0.5


def test_its_maps_have_the_strides_that_are_told() -> None:
    with torch.no_grad():
        maps = classifier().maps(torch.rand(2, 3, 128, 160))
        logits = classifier().logits(maps[-1])
    assert [tuple(seen.shape[-2:]) for seen in maps] == [(128 // stride, 160 // stride) for stride in STRIDES]
    assert tuple(seen.shape[1] for seen in maps) == CHANNELS
    assert logits.shape == (2, CLASSES)


def test_attention_lies_on_a_cats_face() -> None:
    """Chelsea's eyes, nose and whiskers lie in this box; ears, fur and background do not."""
    found = attention.find(network(), data.chelsea())
    assert found.shape == data.chelsea().shape[:2]
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() == 1
    face = found[70:240, 110:330]
    outside = (found.sum() - face.sum()) / (found.size - face.size)
    assert face.mean() > 1.8 * outside


def test_attention_moves_with_the_thing() -> None:
    """A cup pasted to the left or to the right of a grey picture is where the attention is."""
    cup = data.coffee()[::2, ::2][30:190, 60:240]
    for left in (20, 300):
        sheet = np.full((256, 512, 3), 127, np.uint8)
        sheet[48:208, left : left + 180] = cup
        found = attention.find(network(), sheet)
        here = np.zeros(found.shape, np.bool_)
        here[40:216, left - 8 : left + 188] = True
        assert found[here].mean() > 4 * found[~here].mean()


@pytest.mark.parametrize("shape", [(16, 320), (320, 16), (40, 40), (700, 300)])
def test_photos_of_any_shape_have_attention(shape: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (*shape, 3), dtype=np.uint8)
    found = attention.find(network(), rgb)
    assert found.shape == shape
    assert np.isfinite(found).all()
    assert found.max() == 1


def test_a_blank_photo_does_no_harm() -> None:
    found = attention.find(network(), np.full((64, 96, 3), 200, np.uint8))
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert np.isfinite(attention.on(np.zeros((64, 96), np.float32), None)).all()


def test_the_same_photo_has_the_same_attention() -> None:
    rgb = data.astronaut()[::2, ::2]
    one = attention.find(network(), rgb)
    torch.set_num_threads(2)
    try:
        assert np.array_equal(one, attention.find(network(), rgb))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)


def test_on_the_object_attention_goes_from_none_to_all() -> None:
    seen = np.linspace(0.2, 0.6, 200, dtype=np.float32)[None].repeat(100, axis=0)
    seen[:, 150:] = 1.0  # of what lies beside the object
    mask = np.zeros(seen.shape, np.bool_)
    mask[:, 20:120] = True
    told = attention.on(seen, mask)
    assert told[mask].min() == 0
    assert told[mask].max() == 1
    assert 0.4 < np.median(told[mask]) < 0.6
    assert (told[:, :15] == 0).all()
    assert (told[:, 160:] == 1).all()
    everywhere = attention.on(seen, None)
    assert everywhere[:, :40].max() < 0.2
    assert np.array_equal(attention.on(seen, np.zeros_like(mask)), everywhere)


def test_missing_and_damaged_weights_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"classifier network's weights .* cannot be read: "):
        attention.load(weights=tmp_path / "classifier.safetensors")
    damaged = tmp_path / "classifier.safetensors"
    damaged.write_bytes(attention.WEIGHTS.read_bytes()[:-1] + b"x")
    with pytest.raises(UserError, match="are damaged: their SHA-256"):
        attention.load(weights=damaged)
