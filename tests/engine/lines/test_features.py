"""What is drawn of a face: whole sets of marks, as many as the drawing and the face's size allow."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from skimage import data
from skimage.draw import polygon2mask

from clipasso_engine.lines import features
from clipasso_engine.lines.features import FaceMarks
from clipasso_engine.seeing.closeup import Box
from clipasso_engine.seeing.face_traits import Traits
from clipasso_engine.seeing.faces import Face, Finder
from clipasso_engine.seeing.foreground import Foreground
from clipasso_engine.seeing.view import View

pytestmark = pytest.mark.usefixtures("one_thread")

LEVELS = range(1, 513)
EYES = ("dots", "irises", "lids", "lower lids", "glasses")


@lru_cache
def astronaut() -> Face:
    """Her face with its middle at the origin."""
    (face,) = Finder().find(data.astronaut())
    return replace(face, points=face.points - face.points.mean(0))


def view(found: bool = True) -> View:
    rgb = np.zeros((256, 256, 3), np.uint8)
    boundary = np.zeros((256, 256), np.float32)
    item = Foreground(boundary < 1, boundary + 1) if found else None
    return View(Box(0, 0, 256, 256), rgb, boundary, item)


def marks(
    size: float, yaw: float = 0.0, found: bool = True, at: tuple[float, float] = (128, 128), **traits: Any
) -> FaceMarks:
    """Of the astronaut's face, made ``size`` px large and turned by ``yaw`` radians."""
    face = astronaut()
    turn = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    scale = size / face.size
    points = face.points @ turn.T * scale + [*at, 0]
    hairline = face.traits.hairline * [scale, scale, 1]
    return features.marks(Face(points, 1.0, replace(face.traits, hairline=hairline, **traits)), view(found))


def names(face: FaceMarks, level: int) -> tuple[str, ...]:
    (number,) = features.plan([face], level)
    return tuple(name for name in face.sets[number - 1].marks if face.marks[name]) if number else ()


TRAITS: list[dict[str, Any]] = [{}, {"dark_glasses": True}, {"glasses": 5.0}, {"moustache": True}]


@pytest.mark.parametrize("traits", TRAITS)
@pytest.mark.parametrize("size", [8, 14, 20, 35, 60, 120, 220])
def test_both_eyes_or_none_and_never_without_a_mouth(size: float, traits: dict[str, Any]) -> None:
    face = marks(size, **traits)
    for level in LEVELS:
        drawn = names(face, level)
        for name in ("dots", "irises", "lids", "lower lids", "brows"):
            assert name not in drawn or len(face.marks[name]) == 2
        if any(name in drawn for name in EYES):
            assert "mouth" in drawn or "lips" in drawn
        assert not ("dots" in drawn and "irises" in drawn)


@pytest.mark.parametrize("traits", TRAITS)
def test_more_strokes_never_take_a_mark_away(traits: dict[str, Any]) -> None:
    for size in (15, 40, 65, 130):
        face = marks(size, **traits)
        counts = [len(face.strokes(features.plan([face], level)[0])) for level in LEVELS]
        assert counts == sorted(counts)
        assert all(count <= 0.5 * level for count, level in zip(counts, LEVELS, strict=True))


def test_from_a_few_marks_to_a_likeness() -> None:
    face = marks(90)
    assert names(face, 4) == ()
    assert names(face, 8) == ("dots", "mouth")
    assert names(face, 12) == ("dots", "brows", "nose", "mouth")
    assert names(face, 16) == ("lids", "irises", "brows", "nose", "mouth")
    assert {"lids", "irises", "lower lids", "brows", "nose"} <= set(names(face, 24))
    assert {"lids", "irises", "lower lids", "brows", "nose", "lips"} == set(names(face, 32))


def test_a_face_too_small_for_lines_gets_none() -> None:
    assert names(marks(10), 128) == ()
    assert names(marks(16), 128) == ("dots", "mouth")
    assert names(marks(16, found=False), 128) == ()  # among many things its head has no outline
    assert names(marks(40, found=False), 32) == ("dots", "brows", "nose", "mouth")


def test_a_small_face_has_a_smaller_share() -> None:
    small, large = marks(31), marks(62)
    assert names(large, 16) == ("dots", "brows", "nose", "mouth")
    assert names(small, 16) == ("dots", "mouth")


@pytest.mark.parametrize(("yaw", "near"), [(-1.2, "right"), (1.2, "left")])
def test_a_profile_lacks_the_far_eye(yaw: float, near: str) -> None:
    face, full = marks(100, yaw), marks(100)
    for name in ("dots", "irises", "lids", "lower lids", "brows"):
        assert len(full.marks[name]) == 2
        assert len(face.marks[name]) == 1
    x = float(face.marks["lids"][0][:, 0].mean())
    nose = float(face.marks["nose"][0][:, 0].mean())
    assert (x > nose) == (near == "right")
    assert names(face, 8) == ("dots", "brows", "nose", "mouth")  # as many strokes as two eyes and a mouth need, and one


def test_a_turned_nose_has_a_ridge() -> None:
    """Seen from the front it is its base alone; turned, it reaches up to the eyes."""

    def height(face: FaceMarks) -> float:
        return float(np.ptp(face.marks["nose"][0][:, 1]))

    assert height(marks(100)) < 12
    assert height(marks(100, 0.6)) > 25


def test_several_faces_share_and_none_has_more_before_all_have_some() -> None:
    faces = [marks(70, at=(60, 128)), marks(66, at=(190, 128)), marks(64, at=(120, 60))]
    assert features.plan(faces, 8) == [1, 0, 0]
    assert features.plan(faces, 16) == [1, 1, 0]
    assert features.plan(faces, 24) == [1, 1, 1]
    assert features.plan(faces, 48) == [3, 3, 3]
    for level in LEVELS:
        plan = features.plan(faces, level)
        assert sum(len(face.strokes(n)) for face, n in zip(faces, plan, strict=True)) <= 0.5 * level
        assert max(plan) - min(plan) <= 1
        assert max(plan) <= 1 or max(plan) == min(plan)


def test_a_smile_bends_up_and_an_open_mouth_has_two_lips() -> None:
    """The astronaut smiles and shows her teeth."""
    face = marks(100)
    mouth, (upper, lower) = face.marks["mouth"][0], face.marks["lips"]
    assert mouth[12, 1] > mouth[[0, -1], 1].max() + 4
    assert lower[12, 1] > upper[12, 1] + 4
    assert upper[0] == pytest.approx(lower[0])


def test_marks_are_ink_in_the_face() -> None:
    face = marks(100)
    inside = features.covered(face, (256, 256))
    for lines in face.marks.values():
        for line in lines:
            column, row = np.floor(line).astype(int).T
            assert inside[row, column].all()
    jaw = face.outline[0].points
    assert not inside[np.floor(jaw[:, 1]).astype(int), np.floor(jaw[:, 0]).astype(int)].any()


def test_dark_glasses_hide_eyes_and_glasses_do_not() -> None:
    dark, clear = marks(100, dark_glasses=True), marks(100, glasses=12.0)
    for level in LEVELS:
        assert not set(names(dark, level)) & {"dots", "irises", "lids", "lower lids"}
    assert names(dark, 7) == ()
    assert names(dark, 8) == ("glasses", "bridge", "mouth")
    ((begin, *_, end),) = dark.marks["bridge"]
    assert end[0] - begin[0] == pytest.approx(np.ptp(np.concatenate(dark.marks["glasses"])[:, 0]), rel=0.05)
    assert {"lids", "irises", "glasses"} <= set(names(clear, 48))
    (left, right), (bridge,) = clear.marks["glasses"], clear.marks["bridge"]
    for lens, dot in zip((left, right), clear.marks["dots"], strict=True):
        low, high = lens.min(0), lens.max(0)
        assert (low < dot.min(0)).all()
        assert (high > dot.max(0)).all()
    assert left[-1, 0] < bridge[:, 0].mean() < right[0, 0]


def test_a_hairline_that_does_not_stand_out_is_none() -> None:
    face = astronaut()
    faint = Traits(face.traits.hairline * [1, 1, 0.1], False, 0.0, False)
    plain = replace(face, points=face.points + np.array([128, 128, 0]))
    assert features.marks(plain, view()).hairline
    assert not features.marks(replace(plain, traits=faint), view()).hairline


def test_closed_eyes_are_drawn_closed_and_narrow_ones_without_lower_lids() -> None:
    """The astronaut's lower lids moved up to the upper ones, by all of the way or by less than half."""
    face = astronaut()
    upper = [number for lid in features._UPPER_LIDS for number in lid]
    lower = [number for lid in features._LOWER_LIDS for number in lid]
    for part, irises, lids in ((0.0, 2, 2), (0.4, 2, 0), (1.0, 0, 0)):
        points = face.points * 120 / face.size + [128, 128, 0]
        points[lower] += part * (points[upper] - points[lower])
        drawn = features.marks(replace(face, points=points), view()).marks
        assert (len(drawn["irises"]), len(drawn["lower lids"])) == (irises, lids)
        height = max(float(np.ptp(eye[:, 1])) for eye in drawn["dots"])
        width = max(float(np.ptp(eye[:, 0])) for eye in drawn["dots"])
        assert (width > 15) == (irises == 0)
        assert height < 8


def test_lines_of_small_faces_are_finer() -> None:
    assert [marks(size).line for size in (20, 72, 150)] == pytest.approx([0.55, 0.8, 1.0])


def test_an_iris_hangs_from_its_lid_and_does_not_pass_the_lower_one() -> None:
    face = marks(150).marks
    for bow, above, below in zip(face["irises"], face["lids"], face["lower lids"], strict=True):
        for end in bow[[0, -1]]:
            assert np.linalg.norm(above - end, axis=1).min() < 1.5
        column = np.abs(below[:, 0] - bow[len(bow) // 2, 0]).argmin()
        assert bow[:, 1].max() < below[column, 1]
        assert np.ptp(bow[:, 0]) > 4


def test_only_an_open_mouth_that_smiles_is_its_lower_lip() -> None:
    """The same open mouth, its corners as high as the upper lip's middle, or half way down to the lower one's."""

    def sag(part: float) -> float:
        points = astronaut().points * 120 / astronaut().size + [128, 128, 0]
        upper, lower = (points[list(lip)] for lip in (features._LIPS_UPPER_INNER, features._LIPS_LOWER_INNER))
        low = lower.copy()
        low[1:-1, 1] += 14
        points[list(features._LIPS_LOWER_INNER)] = low
        points[[61, 291], 1] = upper[5, 1] + part * (low[5, 1] - upper[5, 1])
        (mouth,) = features.marks(replace(astronaut(), points=points), view()).marks["mouth"]
        return float(mouth[len(mouth) // 2, 1] - mouth[[0, -1], 1].mean())

    assert sag(0.0) > 12
    assert abs(sag(0.5)) < 4


@pytest.mark.parametrize("yaw", [-0.9, 0.9])
def test_the_jaw_of_a_turned_head_is_all_that_is_seen_of_it(yaw: float) -> None:
    """The mouth does not lie outside it, on its level or below."""
    face = marks(100, yaw)
    jaw, (mouth,) = face.outline[0].points, face.marks["mouth"]
    assert polygon2mask((256, 256), jaw[:, ::-1])[tuple(mouth[:, ::-1].astype(int).T)].mean() > 0.95


def test_a_face_without_marks_has_no_contour_of_its_own() -> None:
    assert len(marks(40).outline) >= 1
    for face in (marks(10), marks(16, found=False)):
        assert face.outline == face.hairline == face.head == []
