"""install.py from end to end, with a stand-in for Python and pip: see installer/conftest.py."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clipasso_engine import __version__
from installer import extension

ROOT = Path(__file__).resolve().parents[2]


def test_everything_is_put_where_it_belongs(machine, run_install):
    machine.program("inkscape")
    status, said = run_install("--no-weights")
    assert status == 0, said
    for name in (
        "clipasso.inx",
        "inkscape_extension/programs/sketch_image.py",
        "clipasso_engine/contract/job.py",
        "engine.json",
    ):
        assert (machine.extension / name).is_file(), name
    assert not (machine.extension / "clipasso_engine/pipeline.py").exists()
    assert not (machine.home / "INCOMPLETE").exists()
    command = machine.setting["command"]
    assert command[1:] == ["-I", "-m", "clipasso_engine", "worker"]
    assert os.access(command[0], os.X_OK)
    assert machine.setting["version"] == __version__
    assert machine.setting["home"] == str(machine.home)
    assert (machine.extension / "engine.json").read_bytes() == (machine.home / "engine.json").read_bytes()
    assert str(machine.extension) in said
    assert "Ready" in said


def test_the_launcher_starts_the_engine_with_its_home(machine, run_install):
    assert run_install("--no-weights")[0] == 0
    environ = {"STAND_IN": os.environ["STAND_IN"], "PATH": "/usr/bin:/bin", "CLIPASSO_HOME": "/elsewhere"}
    subprocess.run([machine.home / "bin/clipasso", "doctor", "a b"], env=environ, check=True)
    assert machine.commands("doctor")[-1] == ["-I", "-m", "clipasso_engine", "doctor", "a b"]


def test_the_marker_is_there_from_the_first_step_to_the_last(machine, run_install):
    run_install("--no-weights")
    asked = [json.loads(line) for line in machine.asked.read_text().splitlines()]
    made = [entry["marker"] for entry in asked if "pip" in entry["words"] or "venv" in entry["words"]]
    assert made
    assert all(made)


def test_children_get_no_python_settings_but_the_users_pip_settings(machine, run_install, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("PIP_TARGET", "/somewhere")
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    run_install("--no-weights")
    for line in machine.asked.read_text().splitlines():
        names = json.loads(line)["environment"]
        assert "PYTHONPATH" not in names
        assert "PIP_TARGET" not in names
        assert "PIP_INDEX_URL" in names


def test_a_second_run_reuses_the_environment(machine, run_install):
    run_install("--no-weights")
    command = machine.setting["command"]
    run_install("--no-weights")
    assert len(machine.commands("venv")) == 1
    assert machine.setting["command"] == command


def test_minimal_leaves_clip_out_and_replaces_the_larger_environment(machine, run_install):
    run_install("--no-weights")
    assert any(word.endswith("clip.txt") for word in machine.commands("-r")[-1])
    first = Path(machine.setting["command"][0]).parents[1]
    run_install("--minimal")
    assert not any(word.endswith("clip.txt") for word in machine.commands("-r")[-1])
    assert not machine.commands("fetch")
    assert not first.exists()
    assert Path(machine.setting["command"][0]).exists()


def test_weights_that_cannot_be_fetched_are_no_failure(machine, run_install):
    status, said = run_install()
    assert status == 0, said
    assert machine.commands("models", "fetch")
    assert "could not be fetched" in said
    assert "clipasso models fetch" in said


def test_a_failed_first_installation_leaves_nothing_but_the_log_and_the_marker(machine, run_install):
    machine.program("inkscape")
    machine.order(fail="install", message="ERROR: [Errno 28] No space left on device")
    status, said = run_install("--no-weights")
    assert status == 1
    assert "the disk is full" in said
    log = machine.home / "logs/install.log"
    assert str(log) in said
    assert "No space left" in log.read_text()
    left = machine.everything()
    assert left == {
        "clipasso",
        *(f"clipasso/{name}" for name in ("INCOMPLETE", "install.lock", "installed.json", "logs", "logs/install.log")),
    }


def test_a_failed_update_keeps_what_worked(machine, run_install):
    machine.program("inkscape")
    run_install("--no-weights")
    before = {path: path.read_bytes() for path in machine.user.rglob("*") if path.is_file()}
    machine.order(fail="torch.txt")
    status, said = run_install("--minimal")  # another environment
    assert status == 1
    assert "works as it did" in said
    after = {path: path.read_bytes() for path in machine.user.rglob("*") if path.is_file()}
    changed = {path.name for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert changed == {"install.log"}


def test_an_engine_that_does_not_start_gives_way_to_the_older_one(machine, run_install):
    run_install("--no-weights")
    module = next(machine.home.glob("env/engine-*/lib/site-packages/clipasso_engine/contract/errors.py"))
    module.write_text("older = True\n")
    machine.order(fail="clipasso_engine")
    status, said = run_install("--no-weights")
    assert status == 1
    assert "does not start" in said
    assert module.read_text() == "older = True\n"
    assert not (machine.home / "engine-before").exists()


def start(machine):
    """install.py as a process of its own, on the stand-in for Python."""
    program = f"import sys; sys.executable = {str(machine.python)!r}; import install; sys.exit(install.main())"
    command = [getattr(sys, "_base_executable", sys.executable), "-c", program]
    return subprocess.Popen([*command, "--no-weights"], cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_installation_says_incomplete_and_is_repaired(machine, run_install, how):
    machine.program("inkscape")
    machine.order(sleep="torch.txt")
    process = start(machine)
    deadline = time.monotonic() + 30
    while not machine.commands("-r") and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(how)
    process.communicate(timeout=10)
    assert (machine.home / "INCOMPLETE").exists()
    assert not (machine.home / "engine.json").exists()
    assert bool(list(machine.home.glob("env/*"))) == (how == signal.SIGKILL)
    machine.order()
    assert run_install("--no-weights")[0] == 0
    assert not (machine.home / "INCOMPLETE").exists()
    assert (machine.extension / "clipasso.inx").is_file()


def test_two_at_once_are_one_too_many(machine, run_install):
    machine.order(sleep="torch.txt")
    process = start(machine)
    while not machine.commands("-r"):
        time.sleep(0.02)
    status, said = run_install("--no-weights")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert status == 1
    assert "Another install.py is at work" in said


def test_uninstall_removes_all_it_made_and_nothing_else(machine, run_install):
    machine.program("inkscape")
    foreign = [
        machine.home / "models/clip.safetensors",
        machine.home / "notes.txt",
        machine.extension / "mine.inx",
        machine.extension.parent / "other/other.inx",
        machine.user / ".config/inkscape/preferences.xml",
    ]
    for path in foreign:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    assert run_install("--no-weights", "--demo")[0] == 0
    in_environment = next(machine.home.glob("env/engine-*")) / "mine.py"
    in_environment.write_text("mine")
    compiled = machine.extension / "inkscape_extension/programs/__pycache__/sketch_image.cpython-311.pyc"
    compiled.parent.mkdir()
    compiled.write_bytes(b"")
    status, said = run_install("--uninstall")
    assert status == 0, said
    files = {path for path in machine.user.rglob("*") if path.is_file()}
    assert files == {*foreign, in_environment}
    assert str(machine.home / "notes.txt") in said
    assert str(machine.extension / "mine.inx") in said
    assert str(in_environment) in said


def test_uninstall_leaves_no_trace_where_there_was_nothing(machine, run_install):
    machine.program("inkscape")
    run_install("--no-weights")
    assert run_install("--uninstall")[0] == 0
    assert machine.everything() == set()
    status, said = run_install("--uninstall")
    assert status == 0, said
    assert "Nothing to remove" in said


def test_an_update_removes_files_that_the_new_version_has_not(machine, run_install, monkeypatch):
    machine.program("inkscape")
    now = extension.files()
    monkeypatch.setattr(extension, "files", lambda: {**now, "inkscape_extension/old.py": ROOT / "install.py"})
    run_install("--no-weights")
    assert (machine.extension / "inkscape_extension/old.py").is_file()
    monkeypatch.setattr(extension, "files", lambda: now)
    run_install("--no-weights")
    assert not (machine.extension / "inkscape_extension/old.py").exists()
    assert (machine.extension / "inkscape_extension/programs/sketch_image.py").is_file()


def test_a_foreign_file_in_the_way_is_moved_aside(machine, run_install):
    machine.program("inkscape")
    machine.extension.mkdir(parents=True)
    (machine.extension / "clipasso.inx").write_text("mine")
    status, said = run_install("--no-weights")
    assert status == 0, said
    kept = machine.extension / "clipasso.inx.before-clipasso"
    assert kept.read_text() == "mine"
    assert str(kept) in said
    run_install("--uninstall")
    assert kept.read_text() == "mine"


def test_a_linked_extension_folder_is_not_written_into(machine, run_install, tmp_path):
    machine.program("inkscape")
    machine.extension.parent.mkdir(parents=True)
    target = tmp_path / "checkout"
    target.mkdir()
    machine.extension.symlink_to(target)
    status, said = run_install("--no-weights")
    assert status == 1
    assert "is a link to" in said
    assert not list(target.iterdir())


def test_every_inkscape_gets_the_extension(machine, run_install):
    machine.program("inkscape")
    profiles = [".config/inkscape", ".var/app/org.inkscape.Inkscape/config/inkscape", "snap/inkscape/common"]
    for profile in profiles[1:]:
        (machine.user / profile).mkdir(parents=True)
    status, said = run_install("--no-weights")
    assert status == 0, said
    assert "sandbox" in said
    for profile in profiles:
        assert (machine.user / profile / "extensions/clipasso/clipasso.inx").is_file()


def test_only_the_profile_that_is_named_gets_it(machine, run_install, monkeypatch, tmp_path):
    machine.program("inkscape")
    monkeypatch.setenv("INKSCAPE_PROFILE_DIR", str(tmp_path / "profile"))
    run_install("--no-weights")
    assert (tmp_path / "profile/extensions/clipasso/clipasso.inx").is_file()
    assert not (machine.user / ".config").exists()


def test_without_inkscape_there_is_still_a_command_line(machine, run_install):
    status, said = run_install("--no-weights")
    assert status == 0, said
    assert "Inkscape was not found" in said
    assert (machine.home / "bin/clipasso").is_file()


def test_the_demo_goes_through_the_command_line_where_inkscape_is_not(machine, run_install):
    status, said = run_install("--no-weights", "--demo")
    assert status == 0, said
    assert "16 strokes" in said
    for name in ("sketch.svg", "sketch.png"):
        assert (machine.home / "demo" / name).is_file()
        assert str(machine.home / "demo" / name) in said


def test_the_demo_fails_clearly_if_inkscape_makes_no_sketch(machine, run_install):
    machine.program("inkscape")
    machine.program("xvfb-run")
    status, said = run_install("--no-weights", "--demo")
    assert status == 1
    assert "made no sketch" in said
    assert (machine.extension / "clipasso.inx").is_file()  # the installation itself is fine


def test_a_python_without_venv_is_named(machine, run_install):
    machine.order(no_venv=True)
    status, said = run_install()
    assert status == 1
    assert "python3-venv" in said


def test_a_wrong_torch_source_is_refused(run_install, capsys):
    with pytest.raises(SystemExit):
        run_install("--torch", "fast")
    assert "must be auto, cpu, registry or the URL" in capsys.readouterr().err


def test_an_older_python_gets_one_sentence():
    old = next((path for path in Path.home().glob(".pyenv/versions/3.8.*/bin/python") if path.is_file()), None)
    if not old:
        pytest.skip("no Python 3.8 here")
    done = subprocess.run([old, "install.py"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert (
        done.stderr.strip() == "install.py needs Python 3.9 or newer. Install Python 3.12 and run install.py with it."
    )


@pytest.mark.skipif(sys.platform == "win32", reason="root is a notion of POSIX")
def test_a_home_that_cannot_be_made_is_named(machine, run_install, monkeypatch):
    blocker = machine.user / "file"
    blocker.write_text("")
    monkeypatch.setenv("CLIPASSO_HOME", str(blocker / "home"))
    status, said = run_install()
    assert status == 1
    assert str(blocker) in said
