"""Runs of the extension, cold and warm, that succeed, are cancelled, stopped, or whose programs are ended or killed.

The extension and the engine's worker are the real programs; only the drawing is a stand-in, which waits to be ended.
The photo is linked, so that nothing of it has to be unpacked.
"""

from __future__ import annotations

import collections
import os
import shlex
import signal
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.long_runs import record, tries
from tests.support.processes import alive
from tests.support.stand_in import ROOT
from tests.support.waiting import wait_until
from tests.support.whole import Whole

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="NOT TRIED: it looks into /proc")

RUNS = tries(check=8, long=200)
WAYS = (
    *("success", "engine SIGTERM", "extension SIGKILL", "cancel"),
    *("engine SIGKILL", "extension SIGTERM", "stop", "refused"),
)
WORKER = """
    import os, pathlib, sys, time, types
    sys.path.insert(0, {root!r})
    import clipasso_engine
    from clipasso_engine import cli
    from clipasso_engine.contract.codes import ErrorCode
    from clipasso_engine.contract.errors import CodedError
    from clipasso_engine.contract.sketch import Sketch, Stroke

    def sketch(job, emit, stop, *others):
        pathlib.Path({at_work!r}).write_text(str(os.getpid()))
        if job.seed == 1:
            raise CodedError(ErrorCode.NOTHING_TO_DRAW, photo=job.photo)
        while job.seed == 2 and not stop():
            time.sleep(0.01)
        stroke = Stroke(((10, 10), (20, 20), (30, 20), (40, 10)), 3.0, 1.0)
        report = {{"guidance": "boundary", "seconds": {{}}}}
        return [Sketch(level, 240, 240, (stroke,), 0.5) for level in job.levels], report

    pipeline = types.ModuleType("clipasso_engine.pipeline")
    pipeline.sketch = sketch
    clipasso_engine.pipeline = sys.modules[pipeline.__name__] = pipeline
    cli.main()
"""
BROWSER = """
    import http.client, sys, time, urllib.parse
    server = http.client.HTTPConnection(urllib.parse.urlsplit(sys.argv[2]).netloc)
    server.request("GET", "/")
    answer = server.getresponse()
    answer.read()
    while not __import__("os").path.exists({at_work!r}):
        time.sleep(0.01)
    server.request("POST", "/" + sys.argv[1], headers={{"Cookie": answer.getheader("Set-Cookie").split(";")[0]}})
    server.getresponse().read()
"""


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    made = Whole(tmp_path)
    texts = {"root": str(ROOT), "at_work": str(tmp_path / "at-work")}
    made.command = [sys.executable, "-c", textwrap.dedent(WORKER).format(**texts), "worker"]
    (tmp_path / "browser.py").write_text(textwrap.dedent(BROWSER).format(**texts))
    yield made
    for pid in alive(made.marker):
        os.kill(pid, signal.SIGKILL)


def one(whole: Whole, way: str) -> None:
    """One run, to the end that ``way`` says."""
    at_work = whole.folder / "at-work"
    at_work.unlink(missing_ok=True)
    asks = way in ("cancel", "stop")
    whole.extension.environment["CLIPASSO_WINDOW"] = "page" if asks else "none"
    whole.extension.environment["BROWSER"] = shlex.join([sys.executable, str(whole.folder / "browser.py"), way])
    seed = {"success": 0, "refused": 1}.get(way, 2)
    with whole.extension.start("--levels=1", f"--seed={seed}") as run:
        engine = int(wait_until(lambda: at_work.exists() and at_work.read_text(), 60, f"{way}: the engine at work"))
        if " " in way:
            os.kill(run.pid if way.startswith("extension") else engine, getattr(signal, way.split()[1]))
        output, told = run.communicate(timeout=60)
    if way.startswith("extension"):
        assert (output, told) == (b"", b"")
    elif way == "cancel":
        assert (run.returncode, output, told) == (1, b"", b"")
    else:
        _strokes, sentence = whole.told(run.returncode, output, told.decode())
        assert bool(sentence) == (way not in ("success", "stop")), (way, sentence)


@pytest.mark.parametrize("warm", [0.0, 600.0])
def test_nothing_is_left(whole: Whole, warm: float) -> None:
    whole.set_engine(warm=warm)
    ways: collections.Counter[str] = collections.Counter()
    document = whole.extension.document.read_bytes()
    ours = {"at-work", "browser.py"}
    for number in range(RUNS // 2):
        way = WAYS[number % len(WAYS) if RUNS > 8 else 2 * number + bool(warm)]  # in the check, half of them each
        one(whole, way)
        ways[way] += 1
        wait_until(lambda: len(alive(whole.marker)) <= bool(warm), 20, f"{way}: the end of all but a warm engine")
        assert set(whole.left()) == ours, way
        assert list(whole.temporary.iterdir()) == [], way
    assert whole.extension.document.read_bytes() == document
    for socket in whole.run_folder.rglob("*.sock"):
        socket.unlink()  # which ends a warm engine, as time would
    wait_until(lambda: not alive(whole.marker), 20, "the end of the warm engine")
    assert set(whole.left()) == ours
    record(f"nothing-left-of-runs-{'warm' if warm else 'cold'}", runs=ways.total(), ways=dict(ways))
