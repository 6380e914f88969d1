"""The object: found on a textured ground wherever it lies, clear or not, or given by the photo's alpha."""

from __future__ import annotations

import numpy as np
import pytest
import scenes

from clipasso_engine import foreground

H, W = 192, 256


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
def test_a_coloured_disc_on_a_textured_ground(centre: tuple[int, int], radii: tuple[int, int]) -> None:
    disc = scenes.ellipse(H, W, centre, radii)
    rgb = scenes.on_ground(disc)
    boundary = scenes.boundaries(rgb)
    found = foreground.find(rgb, boundary)
    assert overlap(found.mask, disc) > 0.9
    assert found.score[disc].mean() > 2 * found.score[~disc].mean()
    assert found.solidity() > 0.9
    assert found.clearness(boundary) > 0.6


def test_two_objects_are_both_found() -> None:
    pair = scenes.ellipse(H, W, (80, 96), (35, 45)) | scenes.ellipse(H, W, (180, 96), (35, 45))
    rgb = scenes.on_ground(pair)
    assert overlap(foreground.find(rgb, scenes.boundaries(rgb)).mask, pair) > 0.9


def test_holes_close_and_specks_go() -> None:
    disc, speck = scenes.ellipse(H, W, (100, 96), (60, 60)), scenes.ellipse(H, W, (220, 40), (8, 8))
    seen = (disc & ~scenes.ellipse(H, W, (100, 96), (20, 20))) | speck
    found = foreground.sharpened(scenes.on_ground(seen), seen.astype(np.float32))
    assert overlap(found.mask, disc) > 0.95
    assert not (found.mask & speck).any()


def test_the_same_photo_gives_the_same_mask() -> None:
    rgb = scenes.on_ground(scenes.ellipse(H, W, (100, 90), (50, 60)))
    boundary = scenes.boundaries(rgb)
    one, other = foreground.find(rgb, boundary), foreground.find(rgb, boundary)
    assert np.array_equal(one.mask, other.mask)
    assert np.array_equal(one.score, other.score)


def test_nothing_stands_clear_in_a_blank_photo() -> None:
    rgb = np.full((H, W, 3), 200, np.uint8)
    nothing = np.zeros((H, W), np.float32)
    assert foreground.find(rgb, nothing).clearness(nothing) == 0


def test_a_texture_does_not_stand_clear() -> None:
    rgb = scenes.ground(H, W)
    boundary = scenes.boundaries(rgb)
    assert foreground.find(rgb, boundary).clearness(boundary) < 0.4


def test_alpha_is_the_mask() -> None:
    alpha = np.linspace(0, 1, H * W, dtype=np.float32).reshape(H, W)
    found = foreground.from_alpha(alpha)
    assert np.array_equal(found.mask, alpha > 0.5)
    assert np.array_equal(found.score, alpha)


def test_the_region_takes_in_what_may_belong() -> None:
    score = np.zeros((4, 4), np.float32)
    score[0, 0], score[1, 1] = 0.95, 0.1
    mask = np.zeros((4, 4), bool)
    mask[3, 3] = True
    assert np.argwhere(foreground.Foreground(mask, score).region).tolist() == [[0, 0], [3, 3]]


def test_solidity_tells_a_disc_from_what_is_left_around_one() -> None:
    disc = scenes.ellipse(H, W, (128, 96), (60, 60))
    score = np.zeros((H, W), np.float32)
    assert foreground.Foreground(disc, score).solidity() > 0.95
    crescent = scenes.ellipse(H, W, (128, 96), (75, 75)) & ~scenes.ellipse(H, W, (150, 96), (70, 70))
    assert foreground.Foreground(crescent, score).solidity() < 0.6
    assert foreground.Foreground(np.zeros((H, W), bool), score).solidity() == 0


def test_clearness_is_the_boundary_along_the_outline_off_the_frame() -> None:
    half = np.zeros((H, W), bool)
    half[:, :100] = True
    score = half.astype(np.float32)
    border = np.zeros((H, W), np.float32)
    border[:, 99:101] = 0.8
    assert foreground.Foreground(half, score).clearness(border) == pytest.approx(0.8)
    assert foreground.Foreground(half, score).clearness(border[:, ::-1]) == 0
    assert foreground.Foreground(np.ones((H, W), bool), score).clearness(border) == 0


@pytest.mark.parametrize("shape", [(13, 256), (256, 13)])
def test_narrow_photos(shape: tuple[int, int]) -> None:
    rgb = scenes.on_ground(scenes.ellipse(*shape, (shape[1] / 2, shape[0] / 2), (5, 5)))
    found = foreground.find(rgb, np.zeros(shape, np.float32))
    assert found.mask.shape == found.score.shape == shape
