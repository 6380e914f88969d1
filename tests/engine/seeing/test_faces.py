"""Faces: found wherever they are and however large, with their landmarks; none where nobody is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from skimage import data

from clipasso_engine.seeing import faces
from clipasso_engine.seeing.faces import Face, Finder
from tests.support import scenes

pytestmark = pytest.mark.usefixtures("one_thread")

EYES, MOUTH = [33, 133, 362, 263], [61, 291]
FACE = (slice(20, 230), slice(120, 330))  # of skimage's astronaut: her head


@pytest.fixture(scope="module")
def finder() -> Finder:
    return Finder()


@pytest.fixture(scope="module")
def astronaut(finder: Finder) -> Face:
    (face,) = finder.find(data.astronaut())
    return face


def on_wall(height: int, width: int, *heads: tuple[int, int, int]) -> np.ndarray:
    """A photo of heads at (left, top) with so many px a side before a plain wall."""
    rgb = scenes.ground(height, width)
    for left, top, side in heads:
        rgb[top : top + side, left : left + side] = cv2.resize(data.astronaut()[FACE], (side, side), None, 0, 0, 3)
    return rgb


def test_eyes_and_mouth_lie_where_they_are(astronaut: Face) -> None:
    assert astronaut.score > 0.8
    assert astronaut.points[EYES, 1].mean() == pytest.approx(103.5, abs=3)
    assert astronaut.points[MOUTH, 1].mean() == pytest.approx(140, abs=3)
    assert 85 < astronaut.size < 115
    assert abs(astronaut.yaw) < 0.15


def test_the_same_photo_gives_the_same_landmarks_whatever_the_threads(finder: Finder, astronaut: Face) -> None:
    torch.set_num_threads(2)
    (again,) = finder.find(data.astronaut())
    assert torch.get_num_threads() == 2
    torch.set_num_threads(1)
    assert again.points.tobytes() == astronaut.points.tobytes()


@pytest.mark.parametrize("angle", [-35, 20, 35])
def test_a_tilted_head(finder: Finder, astronaut: Face, angle: float) -> None:
    """Landmarks turn with the photo."""
    turn = cv2.getRotationMatrix2D((225.0, 120.0), angle, 1.0)
    (face,) = finder.find(cv2.warpAffine(data.astronaut(), turn, (512, 512), None, 1, 1).astype(np.uint8))
    expected = astronaut.points[:, :2] @ turn[:, :2].T + turn[:, 2]
    assert np.linalg.norm(face.points[:, :2] - expected, axis=1).mean() < 0.04 * astronaut.size


@pytest.mark.parametrize(
    ("height", "width", "head"),
    [(600, 900, 700), (600, 900, 100), (700, 1200, 130), (1200, 700, 90)],
    ids=["larger than the photo is high", "small", "a face of 5 % of the photo's width", "in an upright photo"],
)
def test_a_face_of_any_size(finder: Finder, height: int, width: int, head: int) -> None:
    side = min(head, height)
    left, top = round(0.6 * (width - side)), round(0.3 * (height - side))
    (face,) = finder.find(on_wall(height, width, (left, top, side)))
    centre = face.points[:, :2].mean(0)
    assert centre == pytest.approx([left + 0.5 * side, top + 0.5 * side], abs=0.1 * side)


def test_two_faces_the_larger_first(finder: Finder) -> None:
    small, large = finder.find(on_wall(500, 800, (60, 100, 130), (400, 120, 260)))[::-1]
    assert large.size > 1.5 * small.size
    assert small.points[:, 0].mean() == pytest.approx(125, abs=15)
    assert large.points[:, 0].mean() == pytest.approx(530, abs=25)


def test_yaw_is_how_far_a_head_is_turned(finder: Finder, astronaut: Face) -> None:
    """The mesh turned in space tells the angle; in a mirror it has the other sign."""
    for angle in (-0.8, 0.5):
        turn = np.array([[np.cos(angle), 0, -np.sin(angle)], [0, 1, 0], [np.sin(angle), 0, np.cos(angle)]])
        turned = Face(astronaut.points @ turn.T, 1.0, astronaut.traits)
        assert turned.yaw - astronaut.yaw == pytest.approx(angle, abs=0.03)


@pytest.mark.parametrize("name", ["chelsea", "coffee", "rocket", "horse", "clock", "moon", "brick", "coins"])
def test_nobody(finder: Finder, name: str) -> None:
    """A cat's face, a clock's and the coins' portraits of an inch are nobody's."""
    picture = np.asarray(getattr(data, name)())
    grey = picture.astype(np.uint8) * (255 if picture.dtype == bool else 1)
    assert finder.find(grey if grey.ndim == 3 else np.repeat(grey[..., None], 3, 2)) == []


@pytest.mark.parametrize("shape", [(40, 40), (8, 300), (1, 1), (300, 3)])
def test_blank_and_tiny_photos(finder: Finder, shape: tuple[int, int]) -> None:
    assert finder.find(np.full((*shape, 3), 200, np.uint8)) == []


def test_looks_cover_the_whole_photo() -> None:
    for height, width in ((300, 500), (1000, 400), (10, 1000), (512, 512)):
        covered = np.zeros((height, width), int)
        for look in faces._looks(height, width):
            assert look.width == look.height
            if look.width < max(height, width):
                covered[max(look.top, 0) : look.bottom, max(look.left, 0) : look.right] += 1
        assert covered.min() >= 1
