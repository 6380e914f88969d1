"""The window of a sketch under way, while Inkscape waits."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.documents import content, layers
from tests.support.pictures import LINES, SIZE, draw
from tests.support.real_inkscape import ACTION, FakeEngine, Inkscape, wait_until

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


def test_stop_keeps_the_strokes_that_were_seen_to_move(inkscape: Inkscape, document: Path) -> None:
    with sketching(inkscape, document) as (window, process, after):
        time.sleep(1.5)
        first = inkscape.screenshot("window-1-drawing").read_bytes()
        time.sleep(1)
        assert inkscape.screenshot("window-2-drawing-on").read_bytes() != first
        inkscape.click(window, *STOP)
        process.wait(20)
        assert [len(group) for group in layers(after).values()] == [2, 4]


@pytest.mark.parametrize("way", ["button", "closing"])
def test_cancel_leaves_the_document_as_it_was(inkscape: Inkscape, document: Path, way: str) -> None:
    plain = inkscape.folder / "plain.svg"
    inkscape.run(document, f"export-type:svg;export-filename:{plain};export-do")
    with sketching(inkscape, document) as (window, process, after):
        time.sleep(1)
        if way == "button":
            inkscape.click(window, *CANCEL)
        else:
            inkscape.key("alt+F4")
        process.wait(10)
        assert content(after) == content(plain)


def test_an_error_stays_until_it_was_read(inkscape: Inkscape, fake_engine: FakeEngine, document: Path) -> None:
    fake_engine.play(width=SIZE[0], height=SIZE[1], strokes=LINES, behaviour="user error")
    with sketching(inkscape, document) as (window, process, after):
        time.sleep(1.5)
        inkscape.screenshot("window-3-error")
        assert process.poll() is None
        inkscape.click(window, *CANCEL)
        process.wait(10)
        assert layers(after) == {}


@pytest.mark.parametrize("victim", ["Inkscape", "the engine"])
def test_nothing_is_left_after_a_kill(inkscape: Inkscape, document: Path, victim: str) -> None:
    with sketching(inkscape, document) as (_window, process, _after):
        time.sleep(1)
        if victim == "Inkscape":
            process.kill()
            process.wait()
            wait_until(lambda: not inkscape.processes(), 3, "the end of everything")
        else:
            (engine,) = inkscape.processes("fake_worker.py")
            os.kill(engine, signal.SIGKILL)
            time.sleep(1)
            inkscape.screenshot("window-4-engine-killed")
            inkscape.key("alt+c")
            process.wait(10)
