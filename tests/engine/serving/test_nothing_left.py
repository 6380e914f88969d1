"""Runs that succeed, are cancelled, refused, terminated or killed, one after the other: nothing is left of any."""

from __future__ import annotations

import collections
import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.protocol import decode, encode
from inkscape_extension.engine import warm_engine
from tests.support.long_runs import record, tries
from tests.support.processes import alive
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")

RUNS = tries(check=24, long=200)
SECRET = b"the bytes of the user's photo"

SCRIPT = textwrap.dedent("""
    import os, sys, time, types
    import clipasso_engine
    from clipasso_engine import cli
    from clipasso_engine.contract.sketch import Sketch

    def sketch(job, emit, stop, keep, memory):
        assert job.photo_bytes
        emit({"type": "stage", "name": "waiting"})
        while job.photo == "wait" and not stop():
            time.sleep(0.01)
        return [Sketch(level, 10, 20, (), 0.5) for level in job.levels], {"seconds": {}}

    pipeline = types.ModuleType("clipasso_engine.pipeline")
    pipeline.sketch = sketch
    clipasso_engine.pipeline = sys.modules[pipeline.__name__] = pipeline
    cli.main()
""")
COMMAND = [sys.executable, "-c", SCRIPT, "worker"]
WAYS = ("success", "refused", "cancel", "end of input", "SIGTERM", "SIGKILL")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """With a temporary folder, a home and a folder for sockets of its own, all empty."""
    for name, variable in (("tmp", "TMPDIR"), ("home", "CLIPASSO_HOME"), ("run", "XDG_RUNTIME_DIR")):
        (tmp_path / name).mkdir(mode=0o700)
        monkeypatch.setenv(variable, str(tmp_path / name))
    yield tmp_path
    for pid in alive(str(tmp_path)):
        os.kill(pid, signal.SIGKILL)


def one(engine: subprocess.Popen[bytes] | warm_engine.Connection, way: str, process: int) -> None:
    """One run on an engine that was just reached, with a photo that travels, to the end that ``way`` says."""
    photo = {"success": "done", "refused": "\0"}.get(way, "wait")
    job = {**SketchJob("name", photo_bytes=SECRET).to_message(), "photo": photo}
    assert decode(engine.stdout.readline())["type"] == "hello"
    engine.stdin.write(encode(job))
    engine.stdin.flush()
    while (message := decode(engine.stdout.readline()))["type"] == "stage" and message["name"] != "waiting":
        pass
    if way == "success":
        assert decode(engine.stdout.readline())["type"] == "result"
    elif way == "refused":
        assert message["code"] == "option-misfit"
    elif way == "cancel":
        engine.stdin.write(encode({"type": "cancel"}))
        engine.stdin.flush()
    elif way.startswith("SIG"):
        os.kill(process, getattr(signal, way))


def files(place: Path) -> list[str]:
    return sorted(str(path.relative_to(place)) for path in place.rglob("*") if not path.is_dir())


def test_a_worker_leaves_nothing(place: Path) -> None:
    ways: collections.Counter[str] = collections.Counter()
    for number in range(RUNS // 2):
        way = WAYS[number % len(WAYS)]
        with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            one(process, way, process.pid)
            process.stdin.close()
            process.wait(10)
        ways[way] += 1
        assert files(place) == ["home/logs/engine.log"]
    assert alive(str(place)) == []
    assert SECRET not in (place / "home/logs/engine.log").read_bytes()
    record("nothing-left-worker", runs=ways.total(), ways=dict(ways))


def test_a_warm_worker_leaves_nothing(place: Path) -> None:
    ways: collections.Counter[str] = collections.Counter()
    for number in range(RUNS // 2):
        way = WAYS[number % len(WAYS)]
        connection = warm_engine.connect(COMMAND, 60.0, os.environ)
        assert connection is not None
        (process,) = alive(str(place), "--listen")
        one(connection, way, process)
        connection.end()
        with contextlib.suppress(ConnectionError):
            connection.stdout.read()  # until it is ready for another, or has ended
        connection.close(read=True)
        if way.startswith("SIG"):
            wait_until(lambda: not alive(str(place)), 10, "its end")
        ways[way] += 1
        assert list((place / "tmp").iterdir()) == []
    (lock,) = (place / "run" / "clipasso").glob("*.lock")
    lock.with_suffix(".sock").unlink(missing_ok=True)  # which ends it, as time would
    wait_until(lambda: not alive(str(place)), 20, "its end")
    assert list((place / "tmp").iterdir()) == []
    # An empty file stays for the lock between processes that start: who removed it could remove another's.
    assert files(place) == ["home/logs/engine.log", f"run/clipasso/{lock.name}"]
    record("nothing-left-warm", runs=ways.total(), ways=dict(ways))
