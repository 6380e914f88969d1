"""Eyes and noses: small dark discs on the object, and nothing else."""

from __future__ import annotations

import cv2
import numpy as np

from clipasso_engine.lines import eyes, weighted_lines
from clipasso_engine.seeing.foreground import Foreground

EYES, NOSE = ((70, 80), (130, 80)), (100, 120)


def face(*discs: tuple[int, int], radius: int = 5) -> np.ndarray:
    """A pale face on a dark ground, 200 px square, with dark discs at (x, y)."""
    picture = np.full((200, 200, 3), 60, np.uint8)
    cv2.circle(picture, (100, 100), 80, (225, 200, 180), -1)
    for disc in discs:
        cv2.circle(picture, disc, radius, (30, 20, 20), -1)
    return cv2.GaussianBlur(picture, (0, 0), 1.0)


def mask() -> np.ndarray:
    inside = np.zeros((200, 200), np.uint8)
    cv2.circle(inside, (100, 100), 80, 1, -1)
    return inside > 0


def centres(rgb: np.ndarray, inside: np.ndarray | None) -> list[tuple[int, int]]:
    found = [chain.points[:-1].mean(0) - 0.5 for chain in eyes.find(rgb, inside)]
    return sorted((round(float(x)), round(float(y))) for x, y in found)


def test_eyes_and_nose_are_found_where_they_are() -> None:
    found = centres(face(*EYES, NOSE), mask())
    assert np.abs(np.array(found) - np.array(sorted([*EYES, NOSE]))).max() <= 1


def test_a_blank_face_has_none() -> None:
    assert centres(face(), mask()) == []


def test_what_is_on_the_outline_or_off_the_object_is_none() -> None:
    assert centres(face((100, 22), (20, 20)), mask()) == []


def test_no_more_than_three_are_drawn_of_a_pattern() -> None:
    pattern = [(60 + 20 * i, 70 + 20 * j) for i in range(5) for j in range(4)]
    assert len(centres(face(*pattern), mask())) <= 3


def test_pale_spots_are_none() -> None:
    dark = 255 - face(*EYES, NOSE)
    assert centres(dark, mask()) == []


def test_a_spot_is_a_line_worth_drawing() -> None:
    found = Foreground(mask(), mask().astype(np.float32))
    details = eyes.find(face(*EYES), mask())
    drawn = weighted_lines.find(
        np.zeros((200, 200), np.float32), found, hints=weighted_lines.Hints(details=details)
    ).picture()
    for x, y in EYES:
        assert drawn[y - 8 : y + 9, x - 8 : x + 9].max() > 0.3
    assert drawn[NOSE[1], NOSE[0]] == 0
