"""The worker that is reached by a named pipe, and the extension's side of it, here through a Unix socket.

Python's `multiprocessing.connection` has both behind one interface, by the address: all but the pipe itself is tried.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, address_type  # type: ignore[attr-defined]
from pathlib import Path

import pytest

from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.protocol import Message
from inkscape_extension.engine import client, sandbox, setting, warm_engine, warm_pipe
from inkscape_extension.engine.client import CANCEL, CancelledError, Engine
from inkscape_extension.engine.setting import Setting
from tests.engine.serving.test_warm import COMMAND
from tests.support.processes import alive
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for its processes in /proc")


@pytest.fixture
def marker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CLIPASSO_TEST_MARKER", str(tmp_path))
    monkeypatch.setattr(warm_pipe, "_address", lambda command: str(tmp_path / "pipe"))
    yield str(tmp_path)
    for pid in alive(str(tmp_path)):
        os.kill(pid, 9)


def connection(idle: float = 30) -> warm_pipe.Connection:
    found = warm_pipe.connect(COMMAND, idle, os.environ)
    assert found is not None
    return found


def run(photo: str = "none", listener: client.Listener = lambda _message: None) -> Message:
    with Engine(COMMAND, warm=connection()) as engine:
        return engine.sketch(SketchJob(photo), listener)[1]


def test_its_address_is_a_pipe_of_windows() -> None:
    address = warm_pipe._address(COMMAND)
    assert address.startswith("\\\\.\\pipe\\clipasso-")
    assert address_type(address) == "AF_PIPE"
    assert address != warm_pipe._address([*COMMAND, "other"])


def test_one_process_serves_one_run_after_the_other(marker: str) -> None:
    processes = {run()["process"] for _ in range(3)}
    assert list(processes) == alive(marker, "--listen")


def test_two_runs_at_once_are_served_by_two_processes(marker: str) -> None:
    with Engine(COMMAND, warm=connection()) as first, Engine(COMMAND, warm=connection()) as second:
        told = [engine.sketch(SketchJob("none"), lambda _message: None)[1]["process"] for engine in (first, second)]
    assert len(set(told)) == 2
    assert run()["process"] in told


def test_nobody_without_the_key_is_served(marker: str, tmp_path: Path) -> None:
    process = run()["process"]
    key = tmp_path / "home" / "run" / "key"
    assert len(key.read_bytes()) == 32
    assert key.stat().st_mode & 0o077 == 0
    with pytest.raises(AuthenticationError):
        Client(str(tmp_path / "pipe"), authkey=b"guessed")
    assert run()["process"] == process, "it goes on serving those who have it"


def test_nor_is_one_asked_that_has_it_not(marker: str, tmp_path: Path) -> None:
    run()
    (tmp_path / "home" / "run" / "key").write_bytes(bytes(32))
    assert warm_pipe._reach(str(tmp_path / "pipe"), tmp_path / "home" / "run" / "key") is None
    (tmp_path / "home" / "run" / "key").write_bytes(b"short")
    assert warm_pipe.connect(COMMAND, 30, os.environ) is None


def test_it_ends_when_nobody_comes(marker: str) -> None:
    with Engine(COMMAND, warm=connection(idle=0.5)):
        pass
    wait_until(lambda: not alive(marker, "--listen"))


@pytest.mark.parametrize("photo", ["wait", "busy"])
def test_a_cancelled_job_is_over_within_3_seconds(marker: str, photo: str) -> None:
    def cancel(message: Message | None) -> str | None:
        return CANCEL if message and message.get("name") == "waiting" else None

    run()
    with pytest.raises(CancelledError):
        run(photo, cancel)
    if photo == "wait":
        assert [run()["process"]] == alive(marker, "--listen"), "it stays warm"
    else:
        wait_until(lambda: not alive(marker, "--listen"))


@pytest.mark.parametrize(("platform", "kind"), [("win32", "pipe"), ("linux", "socket"), ("darwin", "socket")])
def test_each_system_has_its_own_way(platform: str, kind: str, marker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(warm_pipe, "connect", lambda *_: asked.append("pipe"))
    monkeypatch.setattr(warm_engine, "connect", lambda *_: asked.append("socket"))
    monkeypatch.setattr(sandbox, "reachable", lambda how, _environment: how)
    monkeypatch.setattr(setting, "find", lambda _chosen: Setting(COMMAND, warm=30))
    monkeypatch.setattr(client, "Engine", lambda *_, **__: None)
    monkeypatch.setattr(sys, "platform", platform)
    client.start()
    assert asked == [kind]
