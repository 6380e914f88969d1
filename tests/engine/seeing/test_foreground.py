"""The object: found wherever it lies in a photo, in real photos too, or given by the photo's alpha."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from skimage import data

from clipasso_engine.seeing import foreground
from clipasso_engine.seeing.foreground_network import ForegroundNetwork
from clipasso_engine.weights import bundled
from clipasso_engine.weights.opencv_network import Network
from tests.support import scenes
from tests.support.told import refused

H, W = 192, 256


def seen(network: Network, rgb: np.ndarray) -> foreground.Foreground:
    """The object in a photo [h, w, 3]."""
    return foreground.of_score(foreground.predict(network, rgb))


@pytest.fixture(scope="module")
def network() -> Network:
    return foreground.load()


def defined() -> ForegroundNetwork:
    return bundled.filled(ForegroundNetwork(), foreground.WEIGHTS, foreground.WEIGHTS_SHA256)


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union."""
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize(
    ("centre", "radii"),
    [
        ((128, 96), (60, 60)),
        ((70, 80), (40, 40)),
        ((185, 130), (45, 30)),
        ((128, 150), (50, 80)),
        ((128, 96), (18, 18)),
    ],
    ids=["in the middle", "left", "right", "cut by the frame", "small"],
)
def test_a_coloured_disc_on_a_textured_ground(
    network: Network, centre: tuple[int, int], radii: tuple[int, int]
) -> None:
    disc = scenes.ellipse(H, W, centre, radii)
    found = seen(network, scenes.on_ground(disc))
    assert overlap(found.mask, disc) > 0.95
    assert found.score[disc].mean() > 0.95
    assert found.score[~disc].mean() < 0.02
    assert found.certainty() > 0.85


def test_two_objects_are_both_found(network: Network) -> None:
    pair = scenes.ellipse(H, W, (80, 96), (35, 45)) | scenes.ellipse(H, W, (180, 96), (35, 45))
    assert overlap(seen(network, scenes.on_ground(pair)).mask, pair) > 0.95


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("astronaut", [(110, 220), (300, 180), (450, 100), (450, 330)], [(60, 460), (200, 400), (60, 60)]),
        ("chelsea", [(60, 100), (115, 175), (115, 320), (210, 230), (20, 350)], [(20, 430), (200, 430)]),
        ("coffee", [(150, 290), (280, 230), (300, 350), (200, 130)], [(30, 60), (60, 500), (370, 50)]),
        ("rocket", [(160, 320), (250, 320), (350, 322)], [(100, 100), (300, 200), (300, 440), (380, 600)]),
    ],
)
def test_the_objects_of_photos(
    network: Network, name: str, inside: list[tuple[int, int]], outside: list[tuple[int, int]]
) -> None:
    """Pixels (row, column): face, suit and helmet before flag and shuttle; the cat; cup and saucer; the rocket."""
    found = seen(network, getattr(data, name)())
    assert all(found.mask[point] for point in inside)
    assert not any(found.mask[point] for point in outside)
    assert found.certainty() > 0.66


def test_the_same_photo_gives_the_same_mask(network: Network) -> None:
    one, other = (seen(n, data.coffee()) for n in (network, foreground.load()))
    assert one.mask.tobytes() == other.mask.tobytes()
    assert one.score.tobytes() == other.score.tobytes()


@pytest.mark.parametrize("level", [0, 200, 255])
def test_there_is_no_object_in_a_blank_photo(network: Network, level: int) -> None:
    found = seen(network, np.full((H, W, 3), level, np.uint8))
    assert not found.mask.any()
    assert found.certainty() == 0


def test_a_texture_is_no_object(network: Network) -> None:
    found = seen(network, scenes.ground(H, W))
    assert found.score.max() < 0.1
    assert not found.mask.any()


@pytest.mark.parametrize("shape", [(13, 256), (256, 13), (16, 320), (320, 16), (1, 300), (300, 1)])
def test_narrow_photos(network: Network, shape: tuple[int, int]) -> None:
    """Squeezed into a square they would show the network nothing."""
    height, width = shape
    disc = scenes.ellipse(height, width, (width / 2, height / 2), (width / 3, height / 3))
    found = seen(network, scenes.on_ground(disc))
    assert found.mask.shape == found.score.shape == shape
    if min(shape) > 1:
        assert overlap(found.mask, disc) > 0.85


def test_the_score_is_the_networks_at_the_photos_size(network: Network) -> None:
    """What the network was trained to see: the brightest value is 1, then less ImageNet's mean, by its deviation."""
    rgb = np.random.default_rng(0).integers(0, 201, (320, 320, 3), dtype=np.uint8)
    rgb[0, 0, 0] = 200
    x = (torch.from_numpy(rgb) / 200 - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
    with torch.inference_mode():
        expected = torch.sigmoid(defined()(x.permute(2, 0, 1)[None].contiguous()))[0, 0].numpy()
    assert foreground.predict(network, rgb) == pytest.approx(expected, abs=1e-4)


def test_small_pieces_go_and_small_holes_close() -> None:
    disc, other = scenes.ellipse(H, W, (100, 96), (60, 60)), scenes.ellipse(H, W, (220, 150), (15, 15))
    speck, hole = scenes.ellipse(H, W, (220, 40), (8, 8)), scenes.ellipse(H, W, (100, 96), (6, 6))
    window = scenes.ellipse(H, W, (100, 70), (15, 15))
    seen = ((disc & ~hole & ~window) | other | speck).astype(np.float32)
    found = foreground.of_score(seen)
    assert np.array_equal(found.mask, (disc & ~window) | other)
    assert found.score is seen


def test_a_near_look_refines_the_edge_and_nothing_else() -> None:
    whole = scenes.ellipse(H, W, (128, 96), (60, 60))
    near = scenes.ellipse(H, W, (128, 96), (63, 63)) & ~scenes.ellipse(H, W, (128, 96), (20, 20))
    objects = [foreground.of_score(mask.astype(np.float32)) for mask in (whole, near)]
    refined = foreground.refined(*objects)
    assert overlap(refined.mask, scenes.ellipse(H, W, (128, 96), (63, 63))) > 0.97
    assert refined.mask[96, 128]
    part = foreground.of_score(scenes.ellipse(H, W, (128, 96), (45, 45)).astype(np.float32))
    nothing = foreground.of_score(np.zeros((H, W), np.float32))
    assert foreground.refined(objects[0], part) is objects[0]
    assert foreground.refined(nothing, nothing) is nothing


def test_certainty_is_how_far_scores_are_from_a_half() -> None:
    def of(*scores: float) -> float:
        return foreground.of_score(np.array([scores], np.float32)).certainty()

    assert of(1, 1, 0, 0) == 1
    assert of(0.9, 0.05) == pytest.approx(0.8)  # the second is not seen at all
    assert of(0.5, 1) == pytest.approx(0.5)
    assert of(0.5, 0.5) == 0
    assert of(0.05, 0) == 0


def test_alpha_is_the_mask() -> None:
    alpha = np.linspace(0, 1, H * W, dtype=np.float32).reshape(H, W)
    found = foreground.from_alpha(alpha)
    assert np.array_equal(found.mask, alpha > 0.5)
    assert np.array_equal(found.score, alpha)


def test_the_region_takes_in_what_may_belong() -> None:
    score = np.zeros((4, 4), np.float32)
    score[0, 0], score[1, 1] = 0.4, 0.2
    mask = np.zeros((4, 4), bool)
    mask[3, 3] = True
    assert np.argwhere(foreground.Foreground(mask, score).region).tolist() == [[0, 0], [3, 3]]


def test_missing_and_damaged_weights_are_said(tmp_path: Path) -> None:
    weights = tmp_path / "foreground.safetensors"
    with refused(r"The foreground network's weights.*cannot be read: No such file.*install\.py"):
        foreground.load(weights=weights)
    weights.write_bytes(foreground.WEIGHTS.read_bytes()[:-1] + b"x")
    with refused(r"damaged: their SHA-256 is \w{64}, not.*install\.py"):
        foreground.load(weights=weights)


def test_loaded_weights_are_frozen_32_bit_floats() -> None:
    network = defined()
    assert not network.training
    assert all(p.dtype == torch.float32 and not p.requires_grad for p in network.parameters())
    assert sum(p.numel() for p in network.parameters()) == 1_125_485
