"""Setting the engine up, as the windows see it, with a stand-in for install.py."""

import json
import sys
import zipfile

import pytest

from clipasso_engine import __version__
from clipasso_engine.contract import pythons
from inkscape_extension.engine import set_up, setting
from inkscape_extension.engine.set_up import FAILED, OFFER, READY, STOPPED, SetUp
from inkscape_extension.run import engine_there
from inkscape_extension.window import set_up_view, set_up_watch
from installer import gallery
from tests.support.stand_in import PIXEL
from tests.support.waiting import wait_until
from tests.support.working_document import WorkingDocument

PROGRAM = """
import json, os, sys, time
def say(**message): print(json.dumps(message), flush=True)
print("not a message")
if "--plan" in sys.argv:
    say(type="plan", home=os.environ["CLIPASSO_HOME"], python="p", download=400_000_000, disk=2_500_000_000,
        hosts=["one.example", "two.example"])
    sys.exit()
say(type="step", name="environment", text="...")
say(type="download", package="torch", bytes=200_000_000)
what = open(__file__ + ".do").read()
if what == "wait":
    os.read(0, 1)
    say(type="error", text="Stopped. Run install.py again to go on.")
    sys.exit(130)
if what == "fail":
    say(type="error", text="pip ...: the disk is full. Make room and run this again. The log is ...",
        reason="the disk is full. Make room and run this again.")
    sys.exit(1)
if what == "break":
    sys.exit("no such thing")
say(type="line", text="Installing collected packages: torch")
say(type="step", name="engine", text="...")
"""


@pytest.fixture
def source(tmp_path, monkeypatch):
    """The folder with install.py; ``do`` says what that does."""
    folder = tmp_path / "source"
    (folder / "requirements").mkdir(parents=True)
    (folder / "install.py").write_text(PROGRAM)
    monkeypatch.setattr(set_up, "SOURCE", folder)
    do(folder, "all")
    return folder


def do(folder, what):
    (folder / "install.py.do").write_text(what)


def reached(state, *wanted):
    wait_until(lambda: state.state in wanted, 30, str(wanted))
    return state


@pytest.fixture
def offered(source):
    state = SetUp()
    state.look()
    return reached(state, OFFER, FAILED)


def shown(state, why=setting.MISSING):
    return set_up_view.view(state, why)


def actions(state):
    return [action for action, _label in shown(state).buttons]


def test_the_offer_says_size_place_and_where_from(offered, home):
    assert offered.state == OFFER, offered.text
    now = shown(offered)
    assert "not on this computer yet" in now.headline
    values = [value for _name, value in now.rows]
    assert values == ["about 400 MB", "one.example, two.example", str(home), "up to 2.5 GB", "p"]
    assert "before you press" in now.text
    assert actions(offered) == ["begin", "close"]
    assert "another version" in shown(offered, setting.OUTDATED).headline


def test_to_the_end(offered):
    offered.begin()
    reached(offered, READY, FAILED)
    assert (offered.state, offered.fraction) == (READY, 1.0)
    assert actions(offered) == ["sketch", "close"]


def test_stopped_and_gone_on(offered, source):
    do(source, "wait")
    offered.begin()
    wait_until(lambda: offered.step == "download", 30)
    now = shown(offered)
    assert now.headline == "Downloading torch: 200 MB of about 400 MB"
    assert 0.3 < now.fraction < 0.5
    assert actions(offered) == ["cancel"]
    offered.cancel()
    reached(offered, STOPPED, FAILED)
    assert (offered.state, offered.text) == (STOPPED, "")
    assert actions(offered) == ["begin", "close"]
    do(source, "all")
    offered.begin()
    assert reached(offered, READY, FAILED).state == READY


def test_stopped_before_the_process_is_there(offered, source):
    do(source, "wait")
    offered.begin()
    offered.cancel()
    assert reached(offered, STOPPED, FAILED).state == STOPPED


def test_a_failure_is_told_and_can_be_tried_again(offered, source):
    do(source, "fail")
    offered.begin()
    reached(offered, FAILED, READY)
    assert shown(offered).text.startswith("The disk is full. Make room and run this again.\n")
    assert "kept" in shown(offered).headline
    assert actions(offered) == ["begin", "close"]
    do(source, "break")
    offered.begin()
    wait_until(lambda: "no such thing" in offered.text, 30)
    assert "exit status 1" in offered.text


def test_without_a_python(source, monkeypatch):
    monkeypatch.setattr(pythons, "candidates", lambda own: iter([["/no/python"], ["/bin/false"]]))
    state = SetUp()
    state.look()
    assert "64-bit Python from 3.10 to 3.14" in reached(state, FAILED).text
    monkeypatch.setattr(pythons, "candidates", lambda own: iter([["/bin/echo", "3 12 True /python\n#"]]))
    state.begin()  # looks again
    wait_until(lambda: "venv package" in state.text, 30)


@pytest.mark.parametrize("own", ["", sys.executable])
def test_pythons_that_are_asked(own, tmp_path):
    python = tmp_path / "python3.12"
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    asked = list(pythons.candidates(own, {"PATH": str(tmp_path)}))
    assert asked == [*([[own]] if own else []), [str(python)]]


@pytest.mark.parametrize(
    ("answer", "python"),
    [
        ("3 12 True /p y\nvenv\n", ("/p y", "3.12", True)),
        ("3 10 True /p\nTraceback ...", ("/p", "3.10", False)),
        ("3 9 True /p\nvenv", None),
        ("3 15 True /p\nvenv", None),
        ("3 12 False /p\nvenv", None),
        ("Python was not found", None),
    ],
)
def test_what_pythons_answer(answer, python):
    assert pythons.understood(answer) == python


def test_when_an_engine_has_to_be_set_up(home, tmp_path):
    assert setting.why_set_up() == setting.MISSING
    assert setting.why_set_up("ssh box clipasso worker") is None
    home.mkdir()
    file = home / "engine.json"
    python = tmp_path / "python"
    file.write_text(json.dumps({"command": [str(python)], "version": __version__}))
    assert setting.why_set_up() == setting.INCOMPLETE, "its Python is gone"
    python.touch()
    assert setting.why_set_up() is None
    file.write_text(json.dumps({"command": [str(python)], "version": "0.0.1"}))
    assert setting.why_set_up() == setting.OUTDATED
    file.write_text("{")
    assert setting.why_set_up() == setting.INCOMPLETE
    (home / "INCOMPLETE").touch()
    assert setting.why_set_up() == setting.INCOMPLETE


def test_nothing_is_offered_where_the_installer_is_not(source, monkeypatch):
    (source / "install.py").unlink()
    monkeypatch.setattr(set_up_watch, "offer", lambda *_words: pytest.fail("offered"))
    engine_there.ensure()


@pytest.fixture
def unpacked(tmp_path):
    """The gallery's zip in a made-up user folder."""
    folder = tmp_path / "inkscape" / "extensions" / "org.clipasso.sketch"
    (tmp_path / "clipasso.zip").write_bytes(gallery.content())
    with zipfile.ZipFile(tmp_path / "clipasso.zip") as archive:
        archive.extractall(folder)
    return folder


def test_the_unpacked_zip_sketches(unpacked, installed_engine, tmp_path):
    photo = f'<image id="photo" width="100" height="50" xlink:href="data:image/png;base64,{PIXEL}"/>'
    document = WorkingDocument(tmp_path, photo)
    document.run(unpacked / "inkscape_extension/programs/sketch_image.py", "--levels=2", select=["photo"])
    assert list(document.layers()) == ["Sketch, 2 strokes"]


def test_the_unpacked_zip_says_that_there_is_no_engine_where_no_window_can_be(unpacked, home, tmp_path):
    document = WorkingDocument(tmp_path, f'<image id="photo" xlink:href="data:image/png;base64,{PIXEL}"/>')
    told = document.run(unpacked / "inkscape_extension/programs/sketch_image.py", "--levels=2", select=["photo"])
    assert "is not installed" in told
    assert {path.name for path in home.iterdir()} <= {"logs"}
