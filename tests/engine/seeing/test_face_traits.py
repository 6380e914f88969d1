"""What landmarks do not tell: seen where it is plain, and only there. On a real face, with things drawn onto it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from clipasso_engine.seeing.face_traits import Traits
from clipasso_engine.seeing.faces import Face, Finder

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def finder() -> Finder:
    return Finder()


@pytest.fixture(scope="module")
def face(finder: Finder) -> Face:
    (face,) = finder.find(data.astronaut())
    return face


def seen(finder: Finder, rgb: np.ndarray) -> Traits:
    (face,) = finder.find(rgb)
    return face.traits


def test_a_bare_face_has_nothing_but_a_hairline(face: Face) -> None:
    assert not face.traits.dark_glasses
    assert not face.traits.moustache
    assert face.traits.glasses == 0


def test_the_hairline_runs_over_the_forehead(face: Face) -> None:
    """Between brows and crown, from one side of the face to the other."""
    x, y, plain = face.traits.hairline.T
    over = (x > 195) & (x < 255)
    assert over.sum() > 15
    assert 70 < y[over].mean() < 90
    assert plain[over].mean() > 0.5
    assert x.max() - x.min() > 0.8 * face.size


def test_a_cap_is_a_hairline_too(finder: Finder, face: Face) -> None:
    rgb = data.astronaut()
    rgb[:80, 150:300] = (20, 30, 90)
    x, y, plain = seen(finder, rgb).hairline.T
    over = (x > 200) & (x < 235)  # further right there is hair below the cap
    assert y[over] == pytest.approx(80, abs=4)
    assert plain[over].min() > 0.7


def test_dark_glasses(finder: Finder, face: Face) -> None:
    rgb = data.astronaut()
    for eye in ([33, 133], [362, 263]):
        x, y = face.points[eye, :2].mean(0)
        cv2.ellipse(rgb, (round(x), round(y) + 1), (16, 14), 0, 0, 360, (25, 20, 20), -1, cv2.LINE_AA)
    traits = seen(finder, rgb)
    assert traits.dark_glasses
    assert traits.glasses == 0


def test_glasses(finder: Finder, face: Face) -> None:
    """Two rims and a bridge; how deep the rims reach is told."""
    rgb = data.astronaut()
    lower = face.points[[145, 374], 1].mean()
    for eye in ([33, 133], [362, 263]):
        x, y = face.points[eye, :2].mean(0)
        cv2.ellipse(rgb, (round(x), round(y)), (15, 14), 0, 0, 360, (20, 20, 30), 2, cv2.LINE_AA)
    cv2.line(rgb, (219, 101), (233, 101), (20, 20, 30), 3, cv2.LINE_AA)
    traits = seen(finder, rgb)
    assert not traits.dark_glasses
    assert traits.glasses == pytest.approx(104 + 14 - lower, abs=4)


def test_a_moustache(finder: Finder, face: Face) -> None:
    rgb = data.astronaut()
    (left, over), (right, _) = np.rint(face.points[[61, 291], :2]).astype(int)
    cv2.line(rgb, (left + 2, over - 6), (right - 2, over - 6), (50, 35, 25), 7, cv2.LINE_AA)
    assert seen(finder, rgb).moustache


def test_traits_move_with_their_picture() -> None:
    traits = Traits(np.array([[1.0, 2.0, 0.5], [3.0, 4.0, 1.0]]), False, 2.0, True)
    moved = traits.placed(np.array([[0.0, -3.0, 10.0], [3.0, 0.0, 20.0]]))
    assert moved.hairline.tolist() == [[4.0, 23.0, 0.5], [-2.0, 29.0, 1.0]]
    assert (moved.dark_glasses, moved.glasses, moved.moustache) == (False, 6.0, True)
