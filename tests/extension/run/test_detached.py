"""The process beside Inkscape, with a photo that is embedded in the document."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import signal
import subprocess
import sys

import pytest

from clipasso_engine.contract.job import SketchJob
from inkscape_extension.layer.placement import Placement
from inkscape_extension.run import finished, request_folder
from tests.support.stand_in import PIXEL, ROOT
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nothing runs beside Inkscape there")

PROGRAM = ROOT / "inkscape_extension" / "run" / "detached.py"
PHOTO = base64.b64decode(PIXEL) + bytes(range(256)) * 400  # more than a pipe takes at once


@pytest.fixture
def process(home, installed_engine, request):
    """It, for an Inkscape that is there and does not answer; with an engine that never ends where a ``way`` to kill it
    is tried.
    """
    if "way" in request.fixturenames:
        installed_engine.play(behaviour="hang")
    with subprocess.Popen(["sleep", "60"]) as inkscape:
        folder = request_folder.new()
        asked = finished.Asked(finished.Document("", "drawing.svg", "a"), Placement(("photo",), "abc"))
        wanted = {
            "job": dataclasses.replace(SketchJob("photo (embedded)"), levels=(2,)).to_message(),
            "asked": asked.to_json(),
            "engine": "",
            "inkscape": {"owner": ":1.999999", "pid": inkscape.pid, "started": _started(inkscape.pid)},
        }
        (folder / request_folder.REQUEST).write_text(json.dumps(wanted))
        environment = {
            **os.environ,
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        with subprocess.Popen(
            [sys.executable, str(PROGRAM), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        ) as started:
            started.stdin.write(PHOTO)
            started.stdin.close()
            yield started
            started.kill()
        inkscape.kill()


def _started(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return int(stat.read().rpartition(")")[2].split()[19])


def files_with_the_photo(folder):
    return [path for path in folder.rglob("*") if path.is_file() and PHOTO[-1000:] in path.read_bytes()]


def test_it_hands_the_photo_on_and_keeps_a_sketch_without_it(process, home, installed_engine):
    wait_until(lambda: list(home.glob("finished/*.json")), 30, "a sketch")
    (told, *_) = installed_engine.messages()
    assert base64.b64decode(told["job"]["photo_bytes"]) == PHOTO
    assert told["job"]["photo"] == "photo (embedded)"
    assert files_with_the_photo(home) == []
    assert len(finished.all_kept()) == 1


@pytest.mark.parametrize("way", ["SIGTERM", "SIGKILL"])
def test_the_photo_is_in_no_file_when_it_is_killed(process, home, installed_engine, way):
    wait_until(lambda: installed_engine.messages(), 30, "the engine at work")
    assert files_with_the_photo(home) == []
    process.send_signal(getattr(signal, way))
    assert process.wait(10) == -getattr(signal, way)
    assert files_with_the_photo(home) == []
    assert "was not finished" in request_folder.deaths()[0]
