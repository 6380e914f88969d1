"""install.py as the extension's window runs it: the engine alone, told as messages."""

import json
import os
import subprocess
import sys

from tests.support.processes import alive
from tests.support.stand_in import ROOT
from tests.support.waiting import wait_until


def messages(said):
    return [json.loads(line) for line in said.splitlines()]


def test_it_leaves_inkscape_alone(machine, run_install):
    machine.program("inkscape")
    status, said = run_install("--engine-only", "--messages")
    assert status == 0, said
    assert (machine.home / "bin/clipasso").is_file()
    assert machine.setting["command"][1:] == ["-I", "-m", "clipasso_engine", "worker"]
    assert not (machine.user / ".config").exists()
    assert not machine.commands("clip.txt")
    assert [message["name"] for message in messages(said) if message["type"] == "step"] == ["environment", "engine"]
    assert not [message for message in messages(said) if message["type"] == "error"]
    assert not (machine.home / "downloads").exists()


def test_packages_are_fetched_first_and_installed_without_a_network(machine, run_install):
    run_install("--engine-only")
    assert machine.commands("pip", "download", "--require-hashes")
    for command in machine.commands("pip", "install", "--require-hashes"):
        assert command[command.index("--find-links") + 1] == str(machine.home / "downloads")
        assert "--no-index" in command


def test_install_py_itself_fetches_as_it_did(machine, run_install):
    run_install("--no-weights")
    assert machine.commands("pip", "install")
    assert not machine.commands("pip", "download")


def test_a_failure_is_a_message_with_its_reason(machine, run_install):
    machine.order(fail="download", message="ERROR: [Errno 28] No space left on device")
    status, said = run_install("--engine-only", "--messages")
    assert status == 1
    assert messages(said)[-1]["type"] == "error"
    assert messages(said)[-1]["reason"] == "the disk is full. Make room and run this again."
    assert (machine.home / "INCOMPLETE").exists()
    assert (machine.home / "downloads").is_dir()
    machine.order()
    assert run_install("--uninstall")[0] == 0
    assert not (machine.home / "downloads").exists()


def test_an_extension_that_was_installed_otherwise_keeps_its_engine(machine, run_install):
    machine.program("inkscape")
    run_install("--no-weights")
    command = machine.setting["command"]
    run_install("--engine-only")
    assert machine.setting["command"] != command
    beside = json.loads((machine.extension / "engine.json").read_text())
    assert beside["command"] == command
    assert os.access(command[0], os.X_OK)


def test_it_stops_when_the_window_lets_go_of_it(machine):
    machine.order(sleep="download")
    program = (
        f"import sys; sys.executable = {str(machine.python)!r}; sys.argv[1:] = ['--engine-only', '--messages'];"
        "import runpy; runpy.run_path('install.py', run_name='__main__')"
    )
    base = getattr(sys, "_base_executable", sys.executable)
    pipe = subprocess.PIPE
    with subprocess.Popen([base, "-c", program], cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        wait_until(lambda: machine.commands("download"), 30)
        process.stdin.close()
        said = process.stdout.read()
        assert process.wait(20) == 130
    assert messages(said)[-1]["type"] == "error"
    assert not list(machine.home.glob("env/*"))
    assert alive(machine.user, "download") == []
