"""The worker that stays warm, as a process, with the extension's side at the other end."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from clipasso_engine.contract import peer
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.protocol import Message
from inkscape_extension.engine import client, warm_engine
from inkscape_extension.engine.client import CANCEL, CancelledError, Engine
from tests.support.processes import alive
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each run starts its own engine")

SCRIPT = textwrap.dedent("""
    import ctypes, os, sys, time, types
    import clipasso_engine
    from clipasso_engine import cli
    from clipasso_engine.contract.sketch import Sketch

    def sketch(job, emit, stop, keep, memory):
        emit({"type": "stage", "name": "waiting"})
        if job.photo == "busy":
            ctypes.CDLL(None).sleep(30)
        while job.photo == "wait" and not stop():
            time.sleep(0.01)
        photo = (job.photo_bytes or b"").decode()
        return [Sketch(level, 10, 20, (), 0.5) for level in job.levels], {
            "process": os.getpid(), "photo": [os.path.basename(job.photo), photo], "seconds": {}
        }

    pipeline = types.ModuleType("clipasso_engine.pipeline")
    pipeline.sketch = sketch
    clipasso_engine.pipeline = sys.modules[pipeline.__name__] = pipeline
    cli.main()
""")
COMMAND = [sys.executable, "-c", SCRIPT, "worker"]


@pytest.fixture
def marker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("CLIPASSO_TEST_MARKER", str(tmp_path))
    yield str(tmp_path)
    for pid in alive(str(tmp_path)):
        os.kill(pid, 9)


def connection(idle: float = 30) -> warm_engine.Connection:
    found = warm_engine.connect(COMMAND, idle, os.environ)
    assert found is not None
    return found


def run(photo: str = "none", listener: client.Listener = lambda _message: None) -> Message:
    with Engine(COMMAND, warm=connection()) as engine:
        return engine.sketch(SketchJob(photo), listener)[1]


def test_one_process_serves_one_run_after_the_other(marker: str) -> None:
    processes = {run()["process"] for _ in range(3)}
    assert list(processes) == alive(marker, "--listen")


def test_two_runs_at_once_are_served_by_two_processes_of_which_one_stays(marker: str) -> None:
    with Engine(COMMAND, warm=connection()) as first, Engine(COMMAND, warm=connection()) as second:
        told = [engine.sketch(SketchJob("none"), lambda _message: None)[1]["process"] for engine in (first, second)]
    assert len(set(told)) == 2
    wait_until(lambda: len(alive(marker, "--listen")) == 1)
    assert run()["process"] in told


def test_nobody_else_can_connect(marker: str, tmp_path: Path) -> None:
    run()
    (path,) = (tmp_path / "clipasso").glob("*.sock")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.parent.chmod(0o755)
    assert warm_engine.connect(COMMAND, 30, os.environ) is None


def test_another_user_is_refused(marker: str, tmp_path: Path) -> None:
    python = shutil.which("python3", path="/usr/bin")  # one that anybody may run
    if os.getuid() != 0 or python is None:
        pytest.skip("only root can be somebody else")
    run()
    (path,) = (tmp_path / "clipasso").glob("*.sock")
    path.chmod(0o666)
    for folder in path.parents:
        if Path(tempfile.gettempdir()) in folder.parents:
            folder.chmod(0o711)
    as_nobody = f"import socket; s = socket.socket(1); s.connect({str(path)!r}); s.settimeout(5); print(s.recv(1))"
    done = subprocess.run(
        [python, "-c", as_nobody], user=65534, group=65534, extra_groups=[], capture_output=True, text=True, timeout=20
    )
    assert done.stdout == "b''\n", done.stderr


def test_it_ends_when_nobody_comes(marker: str, tmp_path: Path) -> None:
    connection(idle=0.5).close(read=True)
    wait_until(lambda: not alive(marker, "--listen"))
    assert list((tmp_path / "clipasso").glob("*.sock")) == []


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


def test_a_socket_that_a_killed_one_left_is_no_hindrance(marker: str) -> None:
    os.kill(int(run()["process"]), 9)
    wait_until(lambda: not alive(marker, "--listen"))
    assert run()["process"] in alive(marker, "--listen")


def test_a_long_path_or_another_platform_means_a_cold_start(
    marker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ("x" * 100)).mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("x" * 100)))
    assert warm_engine.connect(COMMAND, 30, os.environ) is None
    monkeypatch.setattr(sys, "platform", "win32")
    assert warm_engine.connect(COMMAND, 30, os.environ) is None


def test_a_job_for_another_computer_brings_its_photo(marker: str, tmp_path: Path) -> None:
    photo = tmp_path / "my photo.png"
    photo.write_bytes(b"GIF89a, the photo's bytes")
    with Engine(COMMAND, remote=True) as engine:
        _sketches, report = engine.sketch(SketchJob(str(photo)), lambda _message: None)
    assert report["photo"] == ["my photo.png", "GIF89a, the photo's bytes"]


def test_the_peer_is_ourselves_on_a_socket_of_our_own() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert peer.of(ours) == (os.getpid(), os.getuid())


def test_a_mac_tells_its_peers_in_its_own_way() -> None:
    """Its struct xucred, as <sys/ucred.h> has it: version 0, user, number of groups, 16 groups."""

    class Socket:
        def getsockopt(self, level: int, option: int, size: int = 0) -> object:
            assert level == 0
            told = struct.pack("@IIh16I", 0, 501, 2, 20, 12, *[0] * 14)
            return {1: told[:size], 2: 4321}[option] if option == 1 or not size else None

    assert struct.calcsize("@IIh16I") == 76
    assert peer.of(cast(socket.socket, Socket()), "darwin") == (4321, 501)


def test_a_mac_has_a_warm_engine_too(marker: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All but who the peer is, which `peer` asks of each system, is the same there; and there is no XDG_RUNTIME_DIR."""
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    asked = peer.of
    monkeypatch.setattr(peer, "of", lambda connection: asked(connection, "linux"))
    monkeypatch.setattr(sys, "platform", "darwin")
    assert {run()["process"] for _ in range(2)} == set(alive(marker, "--listen"))
    assert len(list((tmp_path / "home" / "run").glob("*.sock"))) == 1
