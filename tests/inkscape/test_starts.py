"""Processes beside Inkscape come up every time: each one's window, with GTK in the main thread and GLib in others.

CLIPASSO_STARTS=200 python -m pytest tests/inkscape/test_starts.py
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
from pathlib import Path

from clipasso_engine.contract import inkscape_python
from clipasso_engine.contract.job import SketchJob
from inkscape_extension.run.session_bus import _started
from tests.support.pictures import LINES, SIZE, draw
from tests.support.real_inkscape import Inkscape
from tests.support.stand_in import FakeEngine
from tests.support.waiting import wait_until

STARTS = int(os.environ.get("CLIPASSO_STARTS") or 10)
PYTHON = inkscape_python.find(Path(shutil.which("inkscape") or ""))


LOOK = {
    "brush": "plain",
    "colour": "keep",
    "stroke_colour": "#000000",
    "palette": "crayons",
    "stroke_width": 100.0,
    "width_by": "equal",
}
PLACEMENT = {
    "photo": ["photo"],
    "photo_sha256": "",
    "layer": "",
    "kept": 0,
    "hand": "keep",
    "beside": False,
    "visible": "most",
    "place": "above",
    "photo_shown": "plain",
    "look": LOOK,
}
"""As `Placement.to_json` writes it; that needs inkex, which this Python lacks."""


def test_every_start_makes_its_sketch(session_bus: Inkscape, fake_engine: FakeEngine, tmp_path: Path) -> None:
    session_bus.environment["CLIPASSO_WINDOW"] = "gtk"
    fake_engine.play(width=SIZE[0], height=SIZE[1], strokes=LINES)
    draw(LINES).save(tmp_path / "photo.png")
    failed = [number for number in range(STARTS) if not _makes_its_sketch(session_bus, tmp_path)]
    log = session_bus.home / "background.log"
    assert failed == [], f"{len(failed)} of {STARTS}: {log.read_text()[-2000:]}"
    assert "Traceback" not in log.read_text()


def _makes_its_sketch(user: Inkscape, folder: Path) -> bool:
    """One start, for an Inkscape that does not answer, so that the sketch is kept."""
    assert PYTHON is not None
    with subprocess.Popen(["sleep", "60"]) as inkscape:
        request = user.home / "running" / f"request-{inkscape.pid}"
        request.mkdir(parents=True)
        photo = shutil.copyfile(folder / "photo.png", request / "photo.png")
        answers = {"owner": ":1.999999", "pid": inkscape.pid, "started": _started(inkscape.pid)}
        document = {"path": "", "name": "drawing.svg", "marks": "a"}
        asked = {"document": document, "placement": PLACEMENT}
        job = dataclasses.replace(SketchJob(str(photo)), levels=(2,)).to_message()
        (request / "request.json").write_text(
            json.dumps({"job": job, "asked": asked, "inkscape": answers, "engine": ""})
        )
        with open(user.home / "background.log", "ab") as log:
            process = subprocess.Popen(
                [
                    str(PYTHON.path),
                    str(user.profile / "extensions/clipasso/inkscape_extension/run/detached.py"),
                    str(request),
                ],
                env={**user.environment, "CLIPASSO_HOME": str(user.home), "PYTHONPATH": str(PYTHON.extensions)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        finished = user.home / "finished"
        with process:
            wait_until(lambda: process.poll() is not None or list(finished.glob("*.json")), 30, "a sketch or an end")
            made = len(list(finished.glob("*.json"))) == 1
            inkscape.kill()  # then the process ends by itself
            process.wait(15)
        shutil.rmtree(finished, ignore_errors=True)
        return made and process.returncode == 0 and not request.exists()
