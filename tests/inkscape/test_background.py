"""Inkscape stays in use while a sketch is made: reached on the session bus, driven by mouse and keys."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.documents import layers
from tests.support.pictures import LINES, SIZE, draw
from tests.support.real_inkscape import ACTION, PLACE, Inkscape
from tests.support.stand_in import FakeEngine
from tests.support.waiting import wait_until

CLOSE, PLACE_IT = (-45, -30), (-150, -30)
"""Buttons, in pixels from the window's lower right corner."""

SVG = "{http://www.w3.org/2000/svg}"
PHOTO = '<image id="photo" x="{x}" y="20" width="150" height="100" xlink:href="photo.png"/>'


@pytest.fixture
def user(session_bus: Inkscape, fake_engine: FakeEngine) -> Inkscape:
    session_bus.environment["CLIPASSO_WINDOW"] = "gtk"
    session_bus.choose(levels="4, 2", time_budget="60")
    draw(LINES).save(session_bus.folder / "photo.png")
    fake_engine.play(width=SIZE[0], height=SIZE[1], strokes=LINES, seconds=6)
    return session_bus


@contextmanager
def editing(user: Inkscape, *documents: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Inkscape with these documents open, the last one in front."""
    with user.started(*map(str, documents)) as process:
        for document in documents:
            user.window(f"^{document.name}")
        user.settle()
        yield process


def front(user: Inkscape, document: Path) -> str:
    window = user.window(rf"^\*?{document.name}")
    user.xdotool("windowactivate", "--sync", window)
    wait_until(lambda: user.xdotool("getactivewindow") == window, 10, f"{document.name} in front")
    return window


def kept(user: Inkscape) -> list[Path]:
    return list((user.home / "finished").glob("*.json"))


def image(path: Path) -> ElementTree.Element:
    (found,) = ElementTree.parse(path).iter(f"{SVG}image")
    return found


def left_edge(layer: ElementTree.Element) -> float:
    """The smallest x of any control point."""
    numbers = [
        float(pair.split(",")[0])
        for path in layer
        for pair in (path.get("d") or "").replace("M", "").replace("C", "").split()
    ]
    return min(numbers)


def test_drawing_goes_on_and_the_sketch_follows_its_photo(user: Inkscape) -> None:
    document = user.document(PHOTO.format(x=20), 'width="400" height="300"')
    with editing(user, document):
        window = front(user, document)
        user.activate(ACTION)
        wait_until(lambda: user.processes("fake_worker.py"), 5, "Inkscape is free while the engine works")
        user.window("^Sketch for drawing.svg$")
        front(user, document)
        user.key("r")  # the rectangle tool
        user.xdotool("mousemove", "--window", window, "700", "500", "mousedown", "1")
        user.xdotool("mousemove", "--window", window, "800", "560", "mouseup", "1")
        user.screenshot("background-1-a-rectangle-meanwhile")
        user.key("F1", "ctrl+a", "Right", "Right")  # everything moves
        wait_until(lambda: not user.processes("detached.py"), 30, "the end of the window")
        user.screenshot("background-2-placed")
        placed = user.export("placed.svg")
        found = layers(placed)
        assert [len(group) for group in found.values()] == [2, 4]
        assert len(list(ElementTree.parse(placed).iter(f"{SVG}rect"))) == 1
        moved = float(image(placed).get("x", "0"))
        assert moved > 21
        assert left_edge(found["Sketch, 4 strokes"]) == pytest.approx(moved + 60 / 2, abs=0.1)
        assert kept(user) == []

        user.key("ctrl+z")
        undone = user.export("undone.svg")
        assert layers(undone) == {}
        assert len(list(ElementTree.parse(undone).iter(f"{SVG}rect"))) == 1
        assert float(image(undone).get("x", "0")) == moved


@pytest.mark.parametrize("moved_on", [False, True])
def test_then_the_sketch_is_selected_unless_the_user_has_gone_on(user: Inkscape, moved_on: bool) -> None:
    rectangle = '<rect id="mine" x="300" y="200" width="50" height="50"/>'
    document = user.document(PHOTO.format(x=20) + rectangle, 'width="400" height="300"')
    with editing(user, document):
        front(user, document)
        user.activate("select-by-id", "photo")
        user.activate(ACTION)
        user.window("^Sketch for drawing.svg$")
        if moved_on:
            user.activate("select-clear")
            user.activate("select-by-id", "mine")
        wait_until(lambda: not user.processes("detached.py"), 30, "the end of the window")
        user.screenshot(f"background-6-selected-{moved_on}")
        user.activate("delete-selection")
        left = ElementTree.parse(user.export("left.svg"))
        assert len(list(left.iter(f"{SVG}image"))) == 1
        assert len(list(left.iter(f"{SVG}rect"))) == (0 if moved_on else 1)
        assert list(layers(user.export("left.svg"))) == (
            ["Sketch, 2 strokes", "Sketch, 4 strokes"] if moved_on else ["Sketch, 2 strokes"]
        )


def test_another_document_in_front_gets_nothing_and_nothing_is_lost(user: Inkscape) -> None:
    document = user.document(PHOTO.format(x=20), 'width="400" height="300"')
    other = user.document(PHOTO.format(x=70), 'width="400" height="300"', name="other.svg")
    with editing(user, other, document):
        front(user, document)
        user.activate(ACTION)
        window = user.window("^Sketch for drawing.svg$")
        front(user, other)
        wait_until(lambda: kept(user), 20, "a finished sketch")
        user.settle(window)
        user.screenshot("background-3-another-document-in-front")
        assert len(kept(user)) == 1
        front(user, document)
        user.xdotool("windowactivate", "--sync", window)
        user.key("alt+p")
        wait_until(lambda: not kept(user), 20, "the sketch is placed")
        wait_until(lambda: not user.xdotool("search", "--name", "^Sketch for drawing"), 10, "the window's end")
        assert [len(group) for group in layers(user.export("placed.svg")).values()] == [2, 4]
        front(user, other)
        assert layers(user.export("other-now.svg")) == {}


def test_a_closed_document_gets_its_sketch_when_it_is_opened_again(user: Inkscape) -> None:
    document = user.document(PHOTO.format(x=20), 'width="400" height="300"')
    other = user.document("<rect/>", 'width="400" height="300"', name="other.svg")
    with editing(user, other, document):
        front(user, document)
        user.activate(ACTION)
        window = user.window("^Sketch for drawing.svg$")
        front(user, document)
        user.key("ctrl+w")
        wait_until(lambda: kept(user), 20, "a finished sketch")
        user.settle(window)
        user.screenshot("background-4-document-closed")
        user.click(window, *CLOSE)
        subprocess.run(["inkscape", str(document)], env=user.environment, timeout=30, check=True, capture_output=True)
        front(user, document)
        user.activate(PLACE)
        user.screenshot("background-5-opened-again")
        assert [len(group) for group in layers(user.export("placed.svg")).values()] == [2, 4]
        assert kept(user) == []


def test_two_at_once_and_none_outlives_inkscape(user: Inkscape, fake_engine: FakeEngine) -> None:
    fake_engine.play(width=SIZE[0], height=SIZE[1], strokes=LINES, seconds=50)
    document = user.document(PHOTO.format(x=20), 'width="400" height="300"')
    with editing(user, document) as process:
        front(user, document)
        user.activate(ACTION)
        user.activate(ACTION)
        wait_until(lambda: len(user.processes("fake_worker.py")) == 2, 20, "two engines")
        user.xdotool("windowactivate", "--sync", user.window("^Sketch for drawing.svg$"))
        user.key("alt+s")
        wait_until(lambda: len(user.processes("fake_worker.py")) == 1, 20, "the end of one")
        process.kill()
        process.wait()
        wait_until(lambda: not user.processes(), 5, "the end of everything")
    assert len(kept(user)) <= 1


def test_a_script_waits_for_its_sketch(user: Inkscape, fake_engine: FakeEngine) -> None:
    fake_engine.play(width=SIZE[0], height=SIZE[1], strokes=LINES, seconds=0)
    document, after = user.document(PHOTO.format(x=20)), user.folder / "after.svg"
    user.run(document, "select-by-id:photo", ACTION, f"export-type:svg;export-filename:{after};export-do")
    assert [len(group) for group in layers(after).values()] == [2, 4]
