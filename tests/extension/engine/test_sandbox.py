"""From inside Flatpak's and Snap's sandboxes the engine is reached, or a sentence says why not and what to do."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clipasso_engine import __version__
from clipasso_engine.contract.errors import UserError
from inkscape_extension.engine import client, sandbox
from inkscape_extension.engine.setting import Setting
from tests.support.stand_in import PIXEL, ROOT, SVG

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Flatpak and Snap are Linux's")

# Of flatpak-spawn: the "host" is what is below $HOST, which the sandbox shows at another place than it really is.
FLATPAK_SPAWN = """#!/bin/sh
[ "$1 $2" = "--host --watch-bus" ] || exit 64
shift 2
case "$1" in --env=*) export "${1#--env=}"; shift;; esac
[ "$1" = true ] && exit 0
program=$1; shift
exec "$HOST/$(basename "$program")" "$@"
"""


def bubblewrap_works():
    command = ["bwrap", "--ro-bind", "/", "/", "true"]
    return bool(shutil.which("bwrap")) and subprocess.run(command, capture_output=True).returncode == 0


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A folder of programs that comes first on PATH; makes them: ``programs(name, text)``."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    def make(name, text):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
        return str(folder / name)

    return make


@pytest.fixture(autouse=True)
def no_sandbox(monkeypatch):
    for variable in ("FLATPAK_ID", "SNAP", "SNAP_NAME"):
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"FLATPAK_ID": "org.inkscape.Inkscape"}, "Flatpak"),
        ({"SNAP": "/snap/inkscape/1", "SNAP_NAME": "inkscape"}, "Snap"),
        ({"SNAP": "/snap/code/1", "SNAP_NAME": "code"}, None),  # a terminal of another snap started Inkscape
        ({}, None),
    ],
)
def test_the_name_of_the_sandbox(environ, name):
    assert sandbox.name(environ) == name


def test_flatpak_is_known_by_its_file_too(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "_FLATPAK_INFO", tmp_path)
    assert sandbox.name({}) == "Flatpak"


def test_without_a_sandbox_nothing_is_asked():
    how = Setting(["/no/python", "-m", "clipasso_engine", "worker"], warm=600)
    assert sandbox.reachable(how, {}) is how


@pytest.mark.parametrize("variable", ["FLATPAK_ID", "SNAP"])
def test_a_python_that_has_the_engine_inside_is_taken(programs, monkeypatch, variable):
    monkeypatch.setenv(variable, "here")
    how = Setting([programs("python", "#!/bin/sh\nexit 0"), "worker"], warm=600)
    assert sandbox.reachable(how, os.environ) is how


@pytest.mark.parametrize("python", [None, "#!/bin/sh\nexit 1"])  # none, or another one, without the engine
def test_flatpaks_way_out(programs, home, monkeypatch, python):
    monkeypatch.setenv("FLATPAK_ID", "org.inkscape.Inkscape")
    programs("flatpak-spawn", FLATPAK_SPAWN)
    program = programs("python", python) if python else "/no/python"
    how = sandbox.reachable(Setting([program, "worker"], warm=600), os.environ)
    assert how.command == ["flatpak-spawn", "--host", "--watch-bus", f"--env=CLIPASSO_HOME={home}", program, "worker"]
    assert (how.remote, how.warm) == (True, 0)


@pytest.mark.parametrize("spawn", [None, "#!/bin/sh\nexit 1"])  # not there, or not allowed
def test_flatpak_without_a_way_out(programs, monkeypatch, spawn):
    monkeypatch.setenv("FLATPAK_ID", "org.example.Inkscape")
    if spawn:
        programs("flatpak-spawn", spawn)
    with pytest.raises(UserError, match=r"from Flatpak.*--talk-name=org\.freedesktop\.Flatpak org\.example\.Inkscape,"):
        sandbox.reachable(Setting(["/no/python"]), os.environ)


def test_snap_has_no_way_out(programs, monkeypatch):
    monkeypatch.setenv("SNAP", "/snap/inkscape/1")
    programs("flatpak-spawn", "#!/bin/sh\nexit 0")
    with pytest.raises(UserError, match=r"from Snap, .* engine /no/python, .* Use an Inkscape installed another way"):
        sandbox.reachable(Setting(["/no/python"]), os.environ)


def test_a_command_of_the_dialog_is_left_alone(installed_engine, monkeypatch):
    monkeypatch.setenv("SNAP", "/snap/inkscape/1")
    with client.start("sh -c 'exit 3'") as running, pytest.raises(UserError, match="exit status 3"):
        running._await_hello(lambda _message: None)


@pytest.mark.skipif(not bubblewrap_works(), reason="bubblewrap is not there, or may make no sandbox here")
class TestInBubblewrap:
    """A real sandbox that hides the engine's Python, as Flatpak hides the system's."""

    @pytest.fixture
    def run(self, fake_engine, home, tmp_path, programs):
        """Starts Sketch Photo in the sandbox; answers its status, stdout and stderr."""
        hidden, document = tmp_path / "hidden", tmp_path / "document.svg"
        hidden.mkdir()
        python = hidden / "python3"
        python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        python.chmod(0o755)
        home.mkdir()
        command = [str(python), *fake_engine.command[1:]]
        (home / "engine.json").write_text(json.dumps({"command": command, "version": __version__, "warm": 600}))
        photo = f'<image id="photo" width="100" height="50" xlink:href="data:image/png;base64,{PIXEL}"/>'
        document.write_text(SVG.format(attributes='width="200" height="100"', content=photo), encoding="utf-8")

        def start(**sandboxes):
            program = ROOT / "inkscape_extension/programs/sketch_image.py"
            mounts = f"--ro-bind / / --dev /dev --bind {tmp_path} {tmp_path} --bind {hidden} {tmp_path}/host"
            done = subprocess.run(
                [*f"bwrap {mounts} --tmpfs {hidden}".split(), sys.executable, program, "--levels=2", document],
                capture_output=True,
                env={
                    **os.environ,
                    **sandboxes,
                    "HOST": str(tmp_path / "host"),
                    "TMPDIR": str(tmp_path),
                    "PYTHONPATH": os.pathsep.join(path for path in sys.path if path and Path(path) != ROOT),
                    "DBUS_SESSION_BUS_ADDRESS": "disabled:",
                    "LANGUAGE": "C",
                },
                timeout=60,
            )
            return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")

        return start

    def test_the_sketch_comes_over_the_way_out(self, run, programs, fake_engine, home):
        programs("flatpak-spawn", FLATPAK_SPAWN)
        status, document, told = run(FLATPAK_ID="org.inkscape.Inkscape")
        assert (status, told) == (0, "")
        assert document.count("<path") == 2
        (job, *_) = fake_engine.messages()
        assert job["job"]["photo_bytes"] == PIXEL  # the sandbox's /tmp is not the host's

    @pytest.mark.parametrize(
        ("variable", "told"), [("FLATPAK_ID", "flatpak override --user"), ("SNAP", "that cannot be allowed")]
    )
    def test_or_there_is_one_sentence(self, run, fake_engine, variable, told):
        status, document, sentence = run(**{variable: "here"})
        assert (status, document) == (1, "")
        assert told in sentence
        assert sentence.count("\n") == 1
        assert not fake_engine.messages()
