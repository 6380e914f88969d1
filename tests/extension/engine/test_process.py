"""What surrounds the engine's process."""

import os
import subprocess
import sys

from clipasso_engine.contract.job import SketchJob
from inkscape_extension.engine import process
from inkscape_extension.engine.client import Engine
from tests.support.stand_in import FAKE_WORKER


def test_what_is_inkscapes_own_is_left_out(home):
    inherited = {
        "PATH": "/bin",
        "HOME": "/h",
        "PYTHONPATH": "x",
        "PYTHONHOME": "x",
        "LD_LIBRARY_PATH": "x",
        "DYLD_LIBRARY_PATH": "x",
        "GI_TYPELIB_PATH": "x",
        "GIO_MODULE_DIR": "x",
        "GDK_PIXBUF_MODULE_FILE": "x",
    }
    assert process.environment(inherited) == {
        "PATH": "/bin",
        "HOME": "/h",
        "CLIPASSO_HOME": str(home),
    }


def test_the_engine_gets_the_scrubbed_one(fake_engine, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/usr/share/inkscape/extensions")
    monkeypatch.setenv("GIO_MODULE_DIR", "/x")
    with Engine(fake_engine.command, tmp_path / "stderr.log") as running:
        running.sketch(SketchJob(str(FAKE_WORKER), levels=(2, 1)), lambda _message: None)
    environment = fake_engine.messages()[0]["environment"]
    assert not {"PYTHONPATH", "GIO_MODULE_DIR"} & set(environment)
    assert environment["PATH"] == os.environ["PATH"]


def test_windows_gets_no_console_and_a_group(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200, raising=False)
    monkeypatch.setattr(subprocess, "CREATE_NO_WINDOW", 0x8000000, raising=False)
    assert process.own_group() == {"creationflags": 0x8000200}
