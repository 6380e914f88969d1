"""All that the extension writes is for its user alone, whatever the umask."""

from __future__ import annotations

import os
import stat
import sys

import pytest

from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.sketch import Sketch
from inkscape_extension.engine import warm_engine
from inkscape_extension.layer.placement import Placement
from inkscape_extension.run import finished, request_folder
from tests.support.stand_in import PIXEL
from tests.support.working_document import WorkingDocument

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes")

IMAGE = f'<image id="photo" width="100" height="50" xlink:href="data:image/png;base64,{PIXEL}"/>'


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def umask(request):
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(folder):
    """Of the folder and all below it, by their kinds."""
    found = [folder, *folder.rglob("*")]
    assert len(found) > 1
    return {(path.name, oct(stat.S_IMODE(path.lstat().st_mode))) for path in found if _mode(path) != _right(path)}


def _mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


def _right(path):
    return 0o700 if path.is_dir() else 0o600


def asked():
    return finished.Asked(finished.Document("", "a.svg", "svg"), Placement(("photo",), "abc"))


def test_what_a_run_writes(umask, home, tmp_path, installed_engine):
    setting = (home / "engine.json").read_text()
    (home / "engine.json").unlink()
    home.rmdir()
    os.environ["CLIPASSO_HOME"] = str(home)
    told = WorkingDocument(tmp_path, IMAGE).sketch()  # that there is no engine, for which it makes the home and its log
    assert "is not installed" in told
    with open(home / "engine.json", "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as stream:
        stream.write(setting)
    installed_engine.play(behaviour="flood stderr")
    assert WorkingDocument(tmp_path, IMAGE).sketch() == ""
    assert {path.name for path in (home / "logs").iterdir()} == {"extension.log", "engine-stderr.log"}
    assert modes(home) == set()


def test_what_waits_to_be_placed(umask, home, tmp_path):
    kept = finished.save(asked(), SketchJob("photo"), [Sketch(1, 100, 50, (), 0.5)], {})
    kept.want()
    told = WorkingDocument(tmp_path, "<g/>").run("place_sketch.py")
    assert told == "" or "sketch" in told
    assert {path.suffix for path in (home / "finished").iterdir()} == {".json", ".wanted", ".answer"}
    assert modes(home) == set()


@pytest.mark.skipif(sys.platform != "linux", reason="nothing runs beside Inkscape there")
def test_what_is_asked_of_a_process_beside_inkscape(umask, home):
    folder = request_folder.new()
    with request_folder.locked(folder / request_folder.LOCK):
        assert (folder / request_folder.LOCK).exists()
    assert modes(home) == set()


@pytest.mark.skipif(sys.platform != "linux", reason="there are no warm engines there")
def test_where_the_warm_engine_listens(umask, home, monkeypatch):
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert warm_engine._path(["engine"]) is not None
    assert modes(home) == set()


def test_a_part_of_a_sketch_holds_no_photo(home):
    """What is kept of a job until its sketch is placed."""
    kept = finished.save(asked(), SketchJob("photo", photo_bytes=b"the photo's bytes"), [], {})
    assert b"photo_bytes" not in kept.file.read_bytes()
    assert kept.job.photo_bytes is not None
