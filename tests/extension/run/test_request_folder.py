"""Processes beside Inkscape that die are told of."""

import json
import os
import subprocess
import sys
import time

import pytest

from inkscape_extension.run import request_folder
from tests.support.stand_in import ROOT

pytest.importorskip("fcntl")


def asked(name="cup.svg", up=True, age=0.0):
    folder = request_folder.new()
    (folder / request_folder.REQUEST).write_text(json.dumps({"asked": {"document": {"name": name}}}))
    touched = [folder]
    if up:
        (folder / request_folder.UP).touch()
        touched.insert(0, folder / request_folder.UP)
    for path in touched:
        os.utime(path, (time.time() - age,) * 2)
    return folder


def test_a_death_is_told_once(home):
    folder = asked()
    (told,) = request_folder.deaths()
    assert "The sketch for cup.svg was not finished" in told
    assert str(home / "logs" / "background.log") in told
    assert not folder.exists()
    assert request_folder.deaths() == []


def test_one_that_runs_is_left_alone():
    folder = asked()
    with request_folder.locked(folder / request_folder.LOCK):
        assert request_folder.deaths() == []
    assert folder.exists()


@pytest.mark.parametrize(("up", "age", "left"), [(False, 1, True), (False, 120, False), (True, 7200, False)])
def test_no_news(up, age, left):
    """One that is just starting; one that never came up, which its starter has told; one of long ago."""
    folder = asked(up=up, age=age)
    assert request_folder.deaths() == []
    assert folder.exists() == left


def test_a_damaged_request_is_told_of_too():
    (asked() / request_folder.REQUEST).write_text("{")
    assert len(request_folder.deaths()) == 1


@pytest.mark.parametrize("program", ["place_sketch.py", "change_brush.py"])
def test_the_next_entry_tells_it(tmp_path, program):
    asked("boat.svg")
    document = tmp_path / "document.svg"
    document.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    done = subprocess.run(
        [sys.executable, str(ROOT / "inkscape_extension" / "programs" / program), str(document)],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        timeout=60,
    )
    first, *more = done.stderr.decode().splitlines()
    assert "The sketch for boat.svg was not finished" in first
    assert bool(more) == (program == "change_brush.py"), "it has a sentence of its own, placing has nothing to add"
