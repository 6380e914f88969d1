"""Where to look: a printed frame is cut off and a horizon is not; a small object is looked at from near."""

from __future__ import annotations

import numpy as np
import pytest

from clipasso_engine.seeing import closeup
from clipasso_engine.seeing.closeup import Box
from tests.support import scenes

WHOLE = Box(0, 0, 1000, 800)


def sheet(*lines: tuple[slice, slice]) -> np.ndarray:
    """A boundary map [200, 250] of straight lines."""
    boundary = np.zeros((200, 250), np.float32)
    for line in lines:
        boundary[line] = 0.9
    return boundary


ALL = slice(None)
LEFT, RIGHT = (ALL, slice(5, 7)), (ALL, slice(243, 245))
TOP, BOTTOM = (slice(6, 8), ALL), (slice(190, 192), ALL)


def test_a_frame_on_four_sides_is_cut_off() -> None:
    box = closeup.inside_frame(sheet(LEFT, RIGHT, TOP, BOTTOM), 800, 1000)
    assert 4 * 7 <= box.left <= 4 * 12
    assert 4 * 8 <= box.top <= 4 * 13
    assert 4 * 238 <= box.right <= 4 * 243
    assert 4 * 185 <= box.bottom <= 4 * 190


def test_two_opposite_sides_are_a_frame() -> None:
    box = closeup.inside_frame(sheet(TOP, BOTTOM), 800, 1000)
    assert (box.left, box.right) == (0, 1000)
    assert box.top > 0
    assert box.bottom < 800


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [TOP],
        [(slice(100, 102), ALL)],
        [TOP, LEFT],
        [(slice(30, 32), ALL), (slice(168, 170), ALL)],
        [(slice(6, 8), slice(60, 190)), (slice(190, 192), slice(60, 190))],
    ],
    ids=["nothing", "one side", "a horizon", "a corner", "far inside", "broken lines"],
)
def test_what_is_no_frame(lines: list[tuple[slice, slice]]) -> None:
    assert closeup.inside_frame(sheet(*lines), 800, 1000) == WHOLE


def test_a_printed_frame_in_a_photo_is_seen() -> None:
    rgb = scenes.on_ground(scenes.ellipse(240, 320, (160, 120), (60, 60)))
    framed = np.full_like(rgb, 250)
    framed[12:-12, 12:-12] = rgb[12:-12, 12:-12]
    box = closeup.inside_frame(scenes.boundaries(framed), 240, 320)
    assert min(box.left, box.top, 320 - box.right, 240 - box.bottom) >= 12
    assert max(box.left, box.top, 320 - box.right, 240 - box.bottom) <= 24
    assert closeup.inside_frame(scenes.boundaries(rgb), 240, 320) == Box(0, 0, 320, 240)


def test_a_horizon_in_a_photo_stays() -> None:
    rgb = scenes.ground(240, 320)
    rgb[140:] = rgb[140:] // 3
    assert closeup.inside_frame(scenes.boundaries(rgb), 240, 320) == Box(0, 0, 320, 240)


def test_around_a_small_object_with_air() -> None:
    mask = np.zeros((80, 100), bool)
    mask[20:40, 50:60] = True
    box = closeup.around(mask, WHOLE)
    assert box.left < 500
    assert box.right > 600
    assert box.top < 200
    assert box.bottom > 400
    assert box.width < 200
    assert box.height < 300


def test_around_is_measured_from_the_frame_s_corner() -> None:
    mask = np.zeros((80, 100), bool)
    mask[20:40, 50:60] = True
    one, moved = closeup.around(mask, WHOLE), closeup.around(mask, Box(300, 70, 1300, 870))
    assert (moved.left - one.left, moved.top - one.top) == (300, 70)
    assert (moved.width, moved.height) == (one.width, one.height)


def test_around_does_not_leave_the_frame() -> None:
    mask = np.zeros((80, 100), bool)
    mask[60:, 80:] = True
    frame = Box(10, 20, 1010, 820)
    box = closeup.around(mask, frame)
    assert (box.right, box.bottom) == (frame.right, frame.bottom)


@pytest.mark.parametrize(
    "part",
    [(slice(0, 0), slice(0, 0)), (slice(5, 75), slice(5, 95)), (slice(40, 42), slice(50, 52))],
    ids=["no object", "a large one", "a speck"],
)
def test_without_gain_the_frame_is_kept(part: tuple[slice, slice]) -> None:
    mask = np.zeros((80, 100), bool)
    mask[part] = True
    assert closeup.around(mask, WHOLE) == WHOLE


def test_crop_and_scaled_agree() -> None:
    pixels = np.arange(800 * 1000).reshape(800, 1000)
    box, frame = Box(300, 200, 500, 600), Box(100, 0, 900, 800)
    part = box.scaled(frame, (80, 80))
    assert (part.left, part.top, part.right, part.bottom) == (20, 20, 40, 60)
    assert np.array_equal(part.crop(frame.crop(pixels)[::10, ::10]), box.crop(pixels)[::10, ::10])
    tiny = Box(305, 200, 306, 201).scaled(frame, (80, 80))
    assert (tiny.width, tiny.height) == (1, 1)
