"""What is looked at: the whole photo, or the object from near; and the way back into the photo's pixels."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from clipasso_engine.contract.choices import Background
from clipasso_engine.seeing import closeup, foreground, view
from clipasso_engine.seeing.closeup import Box
from clipasso_engine.seeing.photo import Photo
from tests.support import scenes
from tests.support.told import refused

SMALL = scenes.ellipse(400, 600, (450, 120), (55, 70))


def photo(rgb: np.ndarray, alpha: np.ndarray | None = None, scale: int = 1) -> Photo:
    height, width = rgb.shape[:2]
    return Photo(rgb, alpha, "0" * 64, width * scale, height * scale)


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


def in_view(mask: np.ndarray, seen: view.View) -> np.ndarray:
    """The photo's ``mask`` as the canvas shows it."""
    width, height = seen.size
    part = seen.box.crop(mask)
    rows = ((np.arange(height) + 0.5) * part.shape[0] / height).astype(int)
    columns = ((np.arange(width) + 0.5) * part.shape[1] / width).astype(int)
    return part[np.ix_(rows, columns)]


def test_a_small_object_is_looked_at_from_near() -> None:
    seen = view.look(scenes.network(), photo(scenes.on_ground(SMALL)), "auto")
    assert seen.found is not None
    assert seen.box.width < 300
    assert max(seen.size) == view.CANVAS
    assert seen.rgb.shape == (seen.size[1], seen.size[0], 3)
    assert seen.boundary.shape == seen.found.mask.shape == seen.rgb.shape[:2]
    rows, columns = np.nonzero(SMALL)
    assert seen.box.left <= columns.min()
    assert columns.max() < seen.box.right
    assert seen.box.top <= rows.min()
    assert rows.max() < seen.box.bottom
    assert iou(seen.found.mask, in_view(SMALL, seen)) > 0.9


def test_where_the_near_look_contradicts_the_far_one_the_far_one_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """From near the network takes the middle of a flower for the whole."""
    far, middle = (scenes.ellipse(400, 600, (450, 120), radii) for radii in ((55, 70), (20, 20)))
    looks = [far.astype(np.float32)]
    monkeypatch.setattr(foreground, "predict", lambda network, rgb: looks.pop(0))
    looks.append(closeup.around(far, Box(0, 0, 600, 400)).crop(middle).astype(np.float32))
    seen = view.look(scenes.network(), photo(scenes.on_ground(far)), "auto")
    assert looks == []
    assert seen.found is not None
    assert iou(seen.found.mask, in_view(far, seen)) > 0.95


def test_canvas_points_go_back_to_the_pixels_of_the_file() -> None:
    """The photo was reduced three times while decoding."""
    picture = photo(np.zeros((400, 600, 3), np.uint8), scale=3)
    canvas = np.zeros((128, 256, 3), np.uint8)
    seen = view.View(Box(100, 50, 200, 100), canvas, np.zeros((128, 256), np.float32), None)
    corners = np.array([[0.0, 0.0], [256.0, 128.0], [128.0, 64.0]])
    assert seen.to_photo(corners, picture) == pytest.approx(3 * np.array([[100, 50], [200, 100], [150, 75]]))


def test_keep_looks_at_everything() -> None:
    seen = view.look(scenes.network(), photo(scenes.on_ground(SMALL)), "keep")
    assert seen.found is None
    assert seen.box == Box(0, 0, 600, 400)
    assert seen.size == (256, 171)


def test_auto_keeps_what_is_behind_where_nothing_stands_clear() -> None:
    seen = view.look(scenes.network(), photo(scenes.ground(300, 400)), "auto")
    assert seen.found is None
    assert seen.box == Box(0, 0, 400, 300)


def test_auto_only_guesses_where_an_object_is_not_clear() -> None:
    """On the moon a crater stands out a little: all is drawn, the crater first. Who wants it alone, gets it."""
    moon = photo(np.repeat(data.moon()[..., None], 3, axis=2))
    seen = view.look(scenes.network(), moon, "auto")
    assert seen.found is None
    assert seen.box == Box(0, 0, 512, 512)
    assert seen.guess is not None
    assert seen.guess.mask.any()
    taken = view.look(scenes.network(), moon, "remove")
    assert taken.found is not None
    assert taken.guess is None


@pytest.mark.parametrize(
    ("name", "point"),
    [("astronaut", (110, 220)), ("chelsea", (210, 230)), ("coffee", (280, 230)), ("rocket", (250, 320))],
)
def test_the_objects_of_photos_are_taken_out_of_their_background(name: str, point: tuple[int, int]) -> None:
    """The pixel (row, column) is a face, a nose, a cup, a rocket."""
    rgb = getattr(data, name)()
    seen = view.look(scenes.network(), photo(rgb), "auto")
    assert seen.found is not None
    there = np.zeros(rgb.shape[:2], bool)
    there[point[0] - 3 : point[0] + 4, point[1] - 3 : point[1] + 4] = True
    assert seen.found.mask[in_view(there, seen)].all()
    assert not seen.found.mask.all()


def test_a_printed_frame_is_left_out_whatever_becomes_of_the_background() -> None:
    framed = np.full((240, 320, 3), 250, np.uint8)
    framed[12:-12, 12:-12] = scenes.on_ground(scenes.ellipse(216, 296, (148, 108), (60, 60)))
    for background in ("keep", "auto"):
        box = view.look(scenes.network(), photo(framed), background).box
        assert box.left >= 12
        assert box.top >= 12
        assert box.right <= 308
        assert box.bottom <= 228


@pytest.mark.parametrize("background", ["auto", "remove"])
def test_alpha_is_the_object(background: Background) -> None:
    """Of two discs, only the one that the alpha channel shows, though the other is the plainer."""
    shown = scenes.ellipse(300, 400, (120, 150), (70, 70))
    other = scenes.ellipse(300, 400, (300, 150), (70, 70))
    rgb = scenes.on_ground(shown | other)
    seen = view.look(scenes.network(), photo(rgb, shown.astype(np.float32)), background)
    assert seen.found is not None
    assert iou(seen.found.mask, in_view(shown, seen)) > 0.97
    assert seen.box.right < 230


@pytest.mark.parametrize("hidden", [None, np.zeros((100, 120), np.float32)], ids=["blank", "transparent"])
def test_nothing_to_take_out_of_its_background_is_said(hidden: np.ndarray | None) -> None:
    with refused(r"No object was found.*--background keep"):
        view.look(scenes.network(), photo(np.full((100, 120, 3), 255, np.uint8), hidden), "remove")


@pytest.mark.parametrize("background", ["auto", "remove", "keep"])
def test_a_mask_is_the_object_whatever_the_alpha_channel_says(background: Background) -> None:
    shown = scenes.ellipse(300, 400, (120, 150), (70, 70))
    other = scenes.ellipse(300, 400, (300, 150), (70, 70))
    corners = ((0.55, 0.2), (0.95, 0.2), (0.95, 0.8), (0.55, 0.8))
    picture = photo(scenes.on_ground(shown | other), shown.astype(np.float32))
    seen = view.look(scenes.network(), picture, background, ((corners,),))
    assert seen.found is not None
    drawn = np.zeros((300, 400), bool)
    drawn[60:240, 220:380] = True
    assert iou(seen.found.mask, in_view(drawn, seen)) > 0.97
    assert seen.box.left > 190


@pytest.mark.parametrize("size", [(16, 16), (16, 320), (320, 16)])
@pytest.mark.parametrize("background", ["auto", "remove", "keep"])
def test_the_smallest_and_the_longest_photos(size: tuple[int, int], background: Background) -> None:
    height, width = size
    disc = scenes.ellipse(height, width, (width / 2, height / 2), (5, 5))
    seen = view.look(scenes.network(), photo(scenes.on_ground(disc)), background)
    assert max(seen.size) == view.CANVAS
    assert seen.box.left >= 0
    assert seen.box.top >= 0
    assert seen.box.right <= width
    assert seen.box.bottom <= height


def test_a_face_on_the_object_is_seen_and_in_the_photos_pixels() -> None:
    seen = view.look(scenes.network(), photo(data.astronaut()), "auto")
    (face,) = seen.faces
    eyes = face.points[[33, 263], :2].mean(0)
    assert eyes == pytest.approx([225.5, 102.5], abs=3)
    expected = (eyes - [seen.box.left, seen.box.top]) * seen.size[0] / seen.box.width
    assert seen.from_decoded(eyes) == pytest.approx(expected)
    assert seen.to_photo(seen.from_decoded(eyes), photo(data.astronaut())) == pytest.approx(eyes)


def test_a_face_that_is_not_on_the_object_is_not_seen() -> None:
    """Somebody marked the helmet at the bottom right; or half of the face, which would be cut."""
    helmet = (((0.55, 0.7), (0.95, 0.7), (0.95, 0.99), (0.55, 0.99)),)
    half = (((0.3, 0.05), (0.44, 0.05), (0.44, 0.5), (0.3, 0.5)),)
    head = (((0.28, 0.02), (0.6, 0.02), (0.6, 0.42), (0.28, 0.42)),)
    for shape, count in ((helmet, 0), (half, 0), (head, 1)):
        assert len(view.look(scenes.network(), photo(data.astronaut()), "auto", (shape,)).faces) == count


def test_a_small_head_is_looked_at_again_from_near() -> None:
    """Around the face boundaries change; far from it not a pixel does."""
    picture = photo(data.astronaut())
    once, seen = view._look(scenes.network(), picture, "auto", (), None), view.look(scenes.network(), picture, "auto")
    changed = np.abs(seen.boundary - once.boundary) > 0
    rows, columns = np.nonzero(changed)
    (face,) = seen.faces
    centre, size = seen.from_decoded(face.points[:, :2].mean(0)), face.size * seen.size[0] / seen.box.width
    assert changed.any()
    assert np.abs(columns + 0.5 - centre[0]).max() < size
    assert np.abs(rows + 0.5 - centre[1]).max() < size
    near = changed[int(centre[1] - size / 2) : int(centre[1] + size / 2), int(centre[0] - size / 2) : int(centre[0])]
    assert near.mean() > 0.9


def test_a_large_head_is_near_enough() -> None:
    picture = photo(data.astronaut()[:230, 110:340])
    once, seen = view._look(scenes.network(), picture, "auto", (), None), view.look(scenes.network(), picture, "auto")
    assert len(seen.faces) == 1
    assert np.array_equal(once.boundary, seen.boundary)
