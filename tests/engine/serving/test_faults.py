"""What goes wrong with a machine while both programs run, whole: the same strokes as ever, or one sentence.

One engine stays warm through all of it; what ends it is tried last.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import clipasso_engine
from inkscape_extension.engine import process
from tests.support import faults
from tests.support.long_runs import record, tries
from tests.support.waiting import wait_until
from tests.support.whole import OPTIONS, Whole

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="NOT TRIED: these faults are made as on Linux")
long_only = pytest.mark.skipif(not tries(check=0, long=1), reason="a long run: CLIPASSO_LONG")

IDLE = 600.0
NO_MEMORY = "There is not enough memory for this sketch."


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """With an engine of its own that may be damaged."""
    folder = tmp_path_factory.mktemp("whole")
    package = Path(clipasso_engine.__file__).parent
    shutil.copytree(package, folder / "engine" / package.name, ignore=shutil.ignore_patterns("training", "evaluation"))
    made = Whole(folder / "user", folder / "engine")
    made.set_engine(warm=IDLE)
    yield made
    for pid in made.engines():
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def strokes(whole: Whole) -> list[str]:
    """Those of a run without any fault, which leaves a warm engine."""
    drawn, _sentence = whole.sketch()
    assert len(whole.engines()) == 1
    return drawn


def test_a_full_disk(whole: Whole, strokes: list[str]) -> None:
    shutil.rmtree(whole.home / "cache")
    with faults.small_disk(whole.home), faults.filled(whole.home):
        assert whole.sketch() == (strokes, "")
        assert [path for path in (whole.home / "cache").iterdir() if path.stat().st_size] == []
    assert whole.left() == []


def test_weights_that_are_damaged_while_it_is_warm(whole: Whole, strokes: list[str]) -> None:
    """It has the bytes whose hash it took. What it reads only now is told as damaged, and it goes on after that."""
    files = sorted((whole.folder.parent / "engine").rglob("*.safetensors"))
    kept = {file: file.read_bytes() for file in files}
    assert len(kept) >= 6
    for file, content in kept.items():
        file.write_bytes(content[: len(content) // 2])
    (engine,) = whole.engines()
    drawn, sentence = whole.sketch("--seed=4")
    assert drawn or "damaged" in sentence, sentence
    assert drawn or "Run install.py again." in sentence
    for file, content in kept.items():
        file.write_bytes(content)
    assert whole.sketch() == (strokes, "")
    assert whole.engines() == [engine], "it is still the same"


@long_only
@pytest.mark.parametrize("number", [2, 5])
def test_several_inkscapes_at_once(whole: Whole, strokes: list[str], number: int) -> None:
    """One has the warm engine, the others one of their own; all documents are right, and one engine stays."""
    started = [whole.extension.start(*OPTIONS) for _ in range(number)]
    for run in started:
        with run:
            output, sentence = run.communicate(timeout=60 * number)
        assert whole.told(run.returncode, output, sentence.decode()) == (strokes, "")
    wait_until(lambda: len(whole.engines()) == 1, 20, "the end of all engines but one")


def test_an_engine_with_little_memory(whole: Whole) -> None:
    sizes = [700, *(150, *range(250, 5000, 250))[: tries(check=0, long=99)]]
    told = {}
    for size in sizes:
        whole.set_engine("prlimit", f"--as={size << 20}")
        _drawn, told[size] = whole.sketch()
    whole.set_engine(warm=IDLE)
    unclear = [size for size, sentence in told.items() if sentence and NO_MEMORY not in sentence]
    assert "" in told.values() or len(told) == 1
    assert told.get(700, "").startswith(NO_MEMORY)
    assert all("The engine ended before the sketch was done" in told[size] for size in unclear), told
    record("memory-of-the-engine", sizes=len(sizes), sketches=list(told.values()).count(""), unclear=unclear)


@long_only
@pytest.mark.parametrize("warm", [0.0, IDLE])
@pytest.mark.parametrize("name", ['it\'s "a" Bücher-図書-ığİ', "n" * 100 + "/" + "m" * 100])
def test_a_home_of_an_odd_name(tmp_path: Path, strokes: list[str], name: str, warm: float) -> None:
    other = Whole(tmp_path / name)
    other.extension.environment.pop("XDG_RUNTIME_DIR")  # so that the socket is in the home
    other.set_engine(warm=warm)
    try:
        assert other.sketch() == (strokes, "")
        assert list((other.home / "cache").glob("*.npz"))
    finally:
        for pid in other.engines():
            os.kill(pid, signal.SIGKILL)


@long_only
def test_a_home_that_cannot_be_written(tmp_path: Path, strokes: list[str]) -> None:
    other = Whole(tmp_path / "user")
    other.extension.environment.pop("XDG_RUNTIME_DIR")
    for warm in (0.0, IDLE):
        other.set_engine(warm=warm)
        with faults.read_only(other.home):
            assert other.sketch() == (strokes, "")
            assert other.engines() == []
    assert other.left() == []


@long_only
def test_one_that_is_stopped_while_it_sketches(whole: Whole, strokes: list[str]) -> None:
    (engine,) = whole.engines()
    with whole.extension.start(*OPTIONS, "--seed=5", "--quality=best", "--candidates=8", "--time_budget=3") as run:
        wait_until(lambda: not list(whole.run_folder.rglob("*.sock")), 20, "the engine at work")
        os.kill(engine, signal.SIGSTOP)
        begun = time.monotonic()
        output, sentence = run.communicate(timeout=120)
    drawn, told = whole.told(run.returncode, output, sentence.decode())
    assert drawn or "did not finish within 3 seconds" in told
    assert time.monotonic() - begun < 12
    wait_until(lambda: engine not in whole.engines(), 5, "its end")
    assert whole.sketch() == (strokes, "")


@long_only
def test_one_that_is_stopped_while_idle(whole: Whole, strokes: list[str]) -> None:
    (engine,) = whole.engines()
    os.kill(engine, signal.SIGSTOP)
    wait_until(lambda: process.is_paused(engine))
    assert whole.sketch() == (strokes, "")
    (other,) = whole.engines()
    assert other != engine, "the stopped one was killed, with the memory it held"
