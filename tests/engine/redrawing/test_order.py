"""The order in which strokes are drawn, and when."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from clipasso_engine.contract.codes import ErrorCode
from clipasso_engine.contract.errors import CodedError
from clipasso_engine.contract.redrawing import Order
from clipasso_engine.contract.sketch import Stroke
from clipasso_engine.redrawing import document, order
from clipasso_engine.redrawing.drawing import Layer, Line
from clipasso_engine.redrawing.timeline import timeline
from tests.support import drawn_sketches
from tests.support.drawn_sketches import line


def layers(path: Path) -> tuple[Layer, ...]:
    return document.read(path.read_bytes(), path.name).layers


def numbers(lines: list[Line]) -> list[int]:
    """Which strokes of the sketch they are, counted from 0."""
    return [int(line.id.rpartition("-")[2]) - 1 for line in lines]


@pytest.fixture
def face(tmp_path: Path) -> Path:
    return drawn_sketches.write(tmp_path / "face.svg")


def test_the_outline_is_found(face: Path) -> None:
    (layer,) = layers(face)
    assert order.outline(layer.lines).tolist() == [False, False, True, True, True, True, False]


def test_a_person_draws_the_outline_then_what_tells_most(face: Path) -> None:
    drawn = order.ordered(layers(face), "auto")
    assert sorted(numbers(drawn)[:4]) == [2, 3, 4, 5]
    assert numbers(drawn)[0] == 2, "the most telling of it"
    assert numbers(drawn)[-1] == 6, "the mouth, which tells least"
    gaps = [np.linalg.norm(one.points[-1] - other.points[0]) for one, other in itertools.pairwise(drawn[:4])]
    assert max(gaps) < 1, "along it, in one go"


def test_a_restacked_layer_is_drawn_as_it_lies(face: Path) -> None:
    text = face.read_text()
    paths = re.findall(r" *<path.*?/>\n", text)
    moved = text.replace(paths[6], "").replace(paths[0], paths[6] + paths[0])  # the mouth, to the bottom
    face.write_text(moved)
    expected: dict[Order, list[int]] = {"auto": [6, 0, 1, 2, 3, 4, 5], "layer": [6, 0, 1, 2, 3, 4, 5]}
    for how, drawn in expected.items():
        assert numbers(order.ordered(layers(face), how)) == drawn
    assert numbers(order.ordered(layers(face), "person"))[0] == 2


def test_a_stroke_added_by_hand_is_no_restacking(face: Path) -> None:
    added = '<path id="mine-8" d="M 80,170 H 120" style="fill:none;stroke:#000000"/></g>'
    face.write_text(face.read_text().replace("</g>", added))
    drawn = numbers(order.ordered(layers(face), "auto"))
    assert sorted(drawn[:4]) == [2, 3, 4, 5]
    assert len(drawn) == 8


def test_the_background_comes_last(tmp_path: Path) -> None:
    ground = drawn_sketches.sketch((Stroke(line(0, 195, 200, 195), 2, 1.0),), part="background")
    path = drawn_sketches.write(tmp_path / "a.svg", drawn_sketches.sketch(), ground)
    drawn = order.ordered(layers(path), "auto")
    assert len(drawn) == 8
    assert drawn[-1].id.startswith("background")


def test_the_clock_leaves_no_gap_but_pauses(face: Path) -> None:
    lines = order.ordered(layers(face), "auto")
    when = timeline(lines, 10.0, 0.2, 1.0)
    assert (when.spans[0][0], when.drawn, when.whole) == (0.0, 10.0, 11.0)
    assert when.spans[-1][1] == pytest.approx(10.0)
    gaps = [begin - end for (_, end), (begin, _) in itertools.pairwise(when.spans)]
    assert gaps == pytest.approx([0.2] * 6)
    taken = [end - begin for begin, end in when.spans]
    longest, shortest = (choose(range(7), key=lambda index: lines[index].length) for choose in (max, min))
    ratio = lines[longest].length / lines[shortest].length
    assert 1.5 < taken[longest] / taken[shortest] < ratio, "longer ones take longer, but are drawn faster"


def test_short_pauses_fit_whatever_the_number(face: Path) -> None:
    many = order.ordered(layers(face), "auto") * 70
    when = timeline(many, 6.0, None, 1.0)
    drawing = sum(end - begin for begin, end in when.spans)
    assert drawing == pytest.approx(0.7 * 6.0)
    with pytest.raises(CodedError, match=r"489 pauses of 0\.1 seconds") as error:
        timeline(many, 6.0, 0.1, 1.0)
    assert error.value.code == ErrorCode.PAUSES_TOO_LONG
