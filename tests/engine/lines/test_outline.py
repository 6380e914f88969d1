"""The outline: pulled from the mask onto the ridge, all the way round, cut where the object leaves the photo."""

from __future__ import annotations

import cv2
import numpy as np

from clipasso_engine.lines import outline

SIDE = 140
CENTRE = np.array([70.0, 70.0])


def disc(radius: float, x: float = 70.0, y: float = 70.0) -> np.ndarray:
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    return np.hypot(columns - x, rows - y) < radius


def ring(radius: float) -> np.ndarray:
    """A boundary map with a soft circular ridge around the middle."""
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    away = np.hypot(*(np.stack([columns, rows]) - CENTRE[:, None, None])) - radius
    return np.exp(-(away**2) / (2 * 1.5**2)).astype(np.float32)


def radii(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points - CENTRE, axis=1)


def test_the_contour_snaps_to_the_ridge() -> None:
    for shrunk in (36.0, 44.0):
        (chain,) = outline.outlines(disc(shrunk), ring(40))
        assert chain.closed
        assert np.abs(radii(chain.points) - 40).max() < 1
        assert chain.strength.min() > 0.7
        angles = np.sort(np.arctan2(*(chain.points - CENTRE).T))
        assert np.diff(angles).max() < 0.1


def test_without_a_ridge_the_mask_s_own_contour_stays() -> None:
    (chain,) = outline.outlines(disc(40), np.zeros((SIDE, SIDE), np.float32))
    assert chain.closed
    assert np.abs(radii(chain.points) - 40).max() < 1
    assert chain.strength.max() == 0


def test_a_ridge_far_off_is_left_alone() -> None:
    (chain,) = outline.outlines(disc(30), ring(55))
    assert np.abs(radii(chain.points) - 30).max() < 2.5


def test_over_a_gap_in_the_ridge_the_outline_goes_on() -> None:
    boundary = ring(40)
    boundary[:, 66:74] = 0
    (chain,) = outline.outlines(disc(38), boundary)
    assert chain.closed
    assert np.abs(radii(chain.points) - 40).max() < 2.5


def test_pixel_stairs_are_smooth() -> None:
    (chain,) = outline.outlines(disc(40), np.zeros((SIDE, SIDE), np.float32))
    steps = np.diff(chain.points, axis=0)
    headings = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
    assert np.abs(np.diff(headings)).max() < np.deg2rad(10)


def test_a_closed_outline_is_broken_where_it_is_weakest() -> None:
    boundary = ring(40)
    boundary[:70, 60:80] *= 0.2  # the top
    (chain,) = outline.outlines(disc(40), boundary)
    assert np.array_equal(chain.points[0], chain.points[-1])
    assert chain.strength[0] < 0.5 * np.median(chain.strength)
    x, y = chain.points[0]
    assert 58 < x < 82
    assert y < 70


def test_an_object_that_leaves_the_photo_is_cut_at_the_frame() -> None:
    (chain,) = outline.outlines(disc(40, x=110), np.zeros((SIDE, SIDE), np.float32))
    assert not chain.closed
    assert chain.points.min() > 2
    assert chain.points.max() < SIDE - 2
    ends = chain.points[[0, -1], 0]
    assert ends.min() > SIDE - 6  # it reaches the frame at both ends


def test_an_object_cut_on_two_sides_has_two_outlines() -> None:
    bar = np.zeros((SIDE, SIDE), bool)
    bar[50:90] = True
    chains = outline.outlines(bar, np.zeros((SIDE, SIDE), np.float32))
    assert sorted(round(float(chain.points[:, 1].mean())) for chain in chains) == [50, 90]
    assert not any(chain.closed for chain in chains)


def test_each_piece_and_each_hole_has_its_own() -> None:
    annulus = disc(30, 40) & ~disc(14, 40)
    chains = outline.outlines(annulus | disc(12, 110), np.zeros((SIDE, SIDE), np.float32))
    assert len(chains) == 3
    assert all(chain.closed for chain in chains)


def test_specks_and_nothing_and_everything_have_none() -> None:
    boundary = ring(40)
    speck = cv2.circle(np.zeros((SIDE, SIDE), np.uint8), (70, 70), 2, 1, -1) > 0
    for mask in (speck, np.zeros((SIDE, SIDE), bool), np.ones((SIDE, SIDE), bool)):
        assert outline.outlines(mask, boundary) == []
