"""The window of a sketch under way, while Inkscape waits."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import content, layers
from tests.support.pictures import LINES, SIZE, draw
from tests.support.real_inkscape import ACTION, Inkscape
from tests.support.stand_in import FakeEngine
from tests.support.waiting import wait_until

CANCEL, STOP = (-45, -30), (-150, -30)
"""Buttons, in pixels from the window's lower right corner."""


@pytest.fixture
def document(inkscape: Inkscape, fake_engine: FakeEngine) -> Path:
    fake_engine.play(width=SIZE[0], height=SIZE[1], strokes=LINES, seconds=30)
    inkscape.environment["CLIPASSO_WINDOW"] = "gtk"
    inkscape.choose(levels="4, 2", time_budget="60")
    draw(LINES).save(inkscape.folder / "photo.png")
    return inkscape.document('<image id="photo" width="300" height="200" xlink:href="photo.png"/>')


@contextmanager
def sketching(inkscape: Inkscape, document: Path) -> Iterator[tuple[str, subprocess.Popen[bytes], Path]]:
    """A sketch under way: its window, Inkscape, and where the document will be once the extension has ended."""
    after = inkscape.folder / "after.svg"
    actions = f"select-by-id:photo;{ACTION};export-type:svg;export-filename:{after};export-do"
    with inkscape.started("--batch-process", f"--actions={actions}", str(document)) as process:
        yield inkscape.window("^Sketch$"), process, after


def picture_of_strokes(inkscape: Inkscape, window: str) -> Any:
    """What the window shows of the photo and the strokes on it."""
    return inkscape.picture(window)[20:300, 20:480]


def differing(one: Any, other: Any) -> float:
    """The share of pixels that differ."""
    return float((one != other).any(-1).mean())


def strokes_seen(inkscape: Inkscape, window: str) -> None:
    """Wait until black lines are drawn over the faded photo."""
    wait_until(lambda: (picture_of_strokes(inkscape, window).max(-1) < 40).mean() > 0.002, 20, "strokes")


def test_stop_keeps_the_strokes_that_were_seen_to_move(inkscape: Inkscape, document: Path) -> None:
    with sketching(inkscape, document) as (window, process, after):
        strokes_seen(inkscape, window)
        inkscape.screenshot("window-1-drawing")
        first = picture_of_strokes(inkscape, window)
        moved = wait_until(lambda: differing(first, picture_of_strokes(inkscape, window)), 10, "strokes that move")
        inkscape.screenshot("window-2-drawing-on")
        assert moved < 0.2, "lines move; nothing else does"
        inkscape.click(window, *STOP)
        process.wait(20)
        assert [len(group) for group in layers(after).values()] == [2, 4]


@pytest.mark.parametrize("way", ["button", "closing"])
def test_cancel_leaves_the_document_as_it_was(inkscape: Inkscape, document: Path, way: str) -> None:
    plain = inkscape.folder / "plain.svg"
    inkscape.run(document, f"export-type:svg;export-filename:{plain};export-do")
    with sketching(inkscape, document) as (window, process, after):
        strokes_seen(inkscape, window)
        if way == "button":
            inkscape.click(window, *CANCEL)
        else:
            inkscape.key("alt+F4")
        process.wait(10)
        assert content(after) == content(plain)


def test_an_error_stays_until_it_was_read(inkscape: Inkscape, fake_engine: FakeEngine, document: Path) -> None:
    fake_engine.play(width=SIZE[0], height=SIZE[1], strokes=LINES, behaviour="user error")
    with sketching(inkscape, document) as (window, process, after):
        inkscape.settle(window)
        inkscape.screenshot("window-3-error")
        assert process.poll() is None
        inkscape.click(window, *CANCEL)
        process.wait(10)
        assert layers(after) == {}


@pytest.mark.parametrize("victim", ["Inkscape", "the engine"])
def test_nothing_is_left_after_a_kill(inkscape: Inkscape, document: Path, victim: str) -> None:
    with sketching(inkscape, document) as (window, process, _after):
        strokes_seen(inkscape, window)
        if victim == "Inkscape":
            process.kill()
            process.wait()
            wait_until(lambda: not inkscape.processes(), 3, "the end of everything")
        else:
            (engine,) = inkscape.processes("fake_worker.py")
            os.kill(engine, signal.SIGKILL)
            inkscape.settle(window)
            inkscape.screenshot("window-4-engine-killed")
            inkscape.key("alt+c")
            process.wait(10)
