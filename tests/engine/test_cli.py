"""The command line, with a pipeline that does what its photo's name says."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import clipasso_engine
from clipasso_engine import __version__, cli
from clipasso_engine.commands import parallel
from clipasso_engine.commands import sketch as sketch_command
from clipasso_engine.contract import events
from clipasso_engine.contract.codes import ErrorCode, NoticeCode
from clipasso_engine.contract.errors import CodedError
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.protocol import Message
from clipasso_engine.contract.sketch import Sketch, Stroke
from clipasso_engine.serving import engine_log, job_run

jobs: list[SketchJob] = []


def sketch(
    job: SketchJob, emit: Callable[[Message], None], stop: Callable[[], bool], keep: object, memory: object
) -> tuple[list[Sketch], dict[str, Any]]:
    """In place of the pipeline."""
    jobs.append(job)
    name = Path(job.photo).stem
    if not os.path.exists(job.photo):
        raise CodedError(ErrorCode.PHOTO_MISSING, photo=job.photo)
    if name == "fail":
        raise KeyError("a bug")
    if name == "wait":
        emit({"type": "stage", "name": "waiting"})
        time.sleep(30)
    emit({"type": "stage", "name": "optimise"})
    if name == "b":
        emit(events.notice(NoticeCode.NO_CLIP_WEIGHTS))
    for step in range(1, 41):
        emit({"type": "step", "step": step, "steps": 40, "loss": 1 / step, "strokes": []})
    strokes = (Stroke(((0.0, 0.0), (1.0, 2.0), (3.0, 4.0), (5.0, 6.0)), 3.0),)
    sketches = [Sketch(level, 10, 20, strokes, 0.5) for level in job.levels]
    sha256 = hashlib.sha256(Path(job.photo).read_bytes()).hexdigest()
    return sketches, {"photo_sha256": sha256, "guidance": "none", "strokes": [1], "seconds": {"load": 0.25}}


FAKE = types.ModuleType("clipasso_engine.pipeline")
FAKE.sketch = sketch  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty but for a few photos; the pipeline is replaced."""
    monkeypatch.setitem(sys.modules, FAKE.__name__, FAKE)
    monkeypatch.setattr(sketch_command, "_first_photo", True)
    monkeypatch.setattr(clipasso_engine, "pipeline", FAKE, raising=False)
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "home"))
    folder = tmp_path / "place"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("a.png", "b.png", "fail.png"):
        Image.new("RGB", (20, 20)).save(name)
    jobs.clear()
    return folder


def clipasso(*arguments: str) -> int:
    try:
        return cli.main(arguments)
    except SystemExit as ended:
        return int(ended.code or 0)


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


NOTHING_NEW = ["a.png", "b.png", "fail.png"]


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert "Traceback" not in text
    return text


def test_one_photo(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert clipasso("sketch", "a.png", "-o", "out.svg") == 0
    assert files(place) == sorted([*NOTHING_NEW, "out.svg"])
    assert jobs == [SketchJob("a.png")]
    spoken = capsys.readouterr()
    assert re.fullmatch(r"a\.png -> out\.svg: 1 strokes, \d+\.\d s\n", spoken.out)
    lines = spoken.err.splitlines()
    assert lines[:2] == ["a.png: start", "a.png: optimise"]
    assert lines[2:] == [f"a.png: step {step} of 40, loss {1 / step:.4f}" for step in range(4, 41, 4)]


def test_what_a_user_should_know_is_said_unless_it_shall_be_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    assert clipasso("sketch", "b.png", "-o", "out.svg") == 0
    assert (
        "b.png: Guided by the photo's lines alone, since CLIP's weights are not installed. "
        "What to do about it: clipasso doctor.\n"
    ) in capsys.readouterr().err
    assert clipasso("sketch", "b.png", "-o", "out2.svg", "--quiet") == 0
    assert capsys.readouterr().err == ""


def test_options_are_the_fields_of_the_job(place: Path) -> None:
    changed: dict[str, Any] = {
        "levels": (32, 8),
        "seed": 7,
        "quality": "draft",
        "device": "cpu",
        "time_budget": 2.5,
        "guidance": "boundary",
        "text": "a running horse",
        "clip_model": "RN50",
        "background": "keep",
        "background_strokes": 12,
        "candidates": 3,
        "segments": 2,
        "rasterizer": "diffvg",
    }
    fields = {field.name for field in dataclasses.fields(SketchJob) if "help" in field.metadata}
    assert set(changed) == fields, "a new field needs a value here"
    arguments = []
    for name, value in changed.items():
        text = "8,32" if name == "levels" else str(value)
        arguments += [f"--{name.replace('_', '-')}", text]
    assert clipasso("sketch", "a.png", "-o", "out.svg", *arguments) == 0
    assert jobs == [SketchJob("a.png", **changed)]


def test_help_tells_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert clipasso("sketch", "--help") == 0
    text = " ".join(capsys.readouterr().out.split())
    for field in dataclasses.fields(SketchJob):
        if "help" in field.metadata:
            assert field.metadata["help"] in text
            assert all(choice in text for choice in field.metadata["choices"])


def test_every_command_has_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert clipasso("--help") == 0
    text = capsys.readouterr().out
    for command in ("sketch", "models", "doctor", "worker"):
        assert re.search(rf"^ +{command} ", text, re.MULTILINE)
        assert clipasso(command, "--help") == 0


def test_strokes(place: Path) -> None:
    assert clipasso("sketch", "a.png", "-o", "out.svg", "--strokes", "512") == 0
    assert jobs == [SketchJob("a.png", levels=(512,))]


def test_several_photos_into_a_folder(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--png", "pictures", "--report", "report.json", "--quiet"]
    assert clipasso("sketch", "a.png", "b.png", "-o", "new/out", "--jobs", "1", *arguments) == 0
    made = ["new/out/a.svg", "new/out/b.svg", "pictures/a.png", "pictures/b.png", "report.json"]
    assert files(place) == sorted(NOTHING_NEW + made)
    assert [report["svg"] for report in json.loads(Path("report.json").read_text())] == made[:2]
    assert capsys.readouterr() == ("", "")


def test_into_this_folder(place: Path) -> None:
    assert clipasso("sketch", "a.png", "-o", ".") == 0
    assert files(place) == sorted([*NOTHING_NEW, "a.svg"])


def test_report(place: Path) -> None:
    assert clipasso("sketch", "a.png", "-o", "out.svg", "--report", "report.json") == 0
    report = json.loads(Path("report.json").read_text())
    assert report["photo"] == "a.png"
    assert report["svg"] == "out.svg"
    assert report["guidance"] == "none"
    assert report["seconds"]["load"] == 0.25
    assert report["seconds"]["total"] >= report["seconds"]["start"] > 0
    assert set(report["versions"]) == {"engine", "python", "torch", "numpy", "numba", "pillow"}


def test_svg_tells_its_origin(place: Path) -> None:
    assert clipasso("sketch", "a.png", "-o", "out.svg", "--seed", "5", "--levels", "8,4") == 0
    text = Path("out.svg").read_text()
    assert text.count("clipasso:photo-sha256=") == text.count('clipasso:seed="5"') == 2
    assert text.index('display:inline"') < text.index('display:none"')


def test_one_bad_photo_does_not_keep_the_others_from_it(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert clipasso("sketch", "a.png", "none.png", "b.png", "-o", "out", "--jobs", "1", "--quiet") == 1
    assert files(place) == sorted([*NOTHING_NEW, "out/a.svg", "out/b.svg"])
    assert one_line(capsys) == "clipasso: There is no photo at none.png. Check the path.\n"


@pytest.mark.parametrize(
    ("wish", "memory", "said"),
    [
        ("7", 1e8, "Working on one photo after the other, since there is no memory for more.\n"),
        ("auto", 1e8, ""),
        ("7", 1e12, ""),
        ("1", 1e8, ""),
    ],
)
def test_more_photos_at_once_than_there_is_memory_for(
    place: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    wish: str,
    memory: float,
    said: str,
) -> None:
    """Only what memory denies is told: that there are fewer photos than wished for is no news."""
    monkeypatch.setattr(parallel, "_available_memory", lambda: memory)
    monkeypatch.setattr(parallel, "each", lambda function, tasks, count: iter(()))
    clipasso("sketch", "a.png", "b.png", "-o", "out", "--jobs", wish)
    assert capsys.readouterr().err == said


_DYING = """
import hashlib, os, signal, sys, types
from pathlib import Path

def sketch(job, emit, stop, keep, memory):
    from clipasso_engine.contract.sketch import Sketch
    if Path(job.photo).stem == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return [Sketch(level, 10, 20, (), 0.5) for level in job.levels], {
        "photo_sha256": hashlib.sha256(Path(job.photo).read_bytes()).hexdigest(), "guidance": "none", "seconds": {}
    }

pipeline = types.ModuleType("clipasso_engine.pipeline")
pipeline.sketch = sketch
sys.modules[pipeline.__name__] = pipeline
"""


def test_a_process_that_dies_is_told_of_by_its_photo(place: Path, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "sitecustomize.py").write_text(_DYING)  # also in the processes that it starts
    for name in ("die", "c", "d"):
        shutil.copy("a.png", f"{name}.png")
    photos = ["a.png", "die.png", "b.png", "c.png", "d.png"]
    path = os.pathsep.join([str(tmp_path / "lib"), str(Path(clipasso_engine.__file__).parents[1])])
    done = subprocess.run(
        [sys.executable, "-m", "clipasso_engine", "sketch", *photos, "-o", "out", "--jobs", "2"],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 1
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.svg", "b.svg", "c.svg", "d.svg"]
    assert "clipasso: die.png: The process that worked on it ended unexpectedly (signal 9)." in done.stderr
    assert done.stderr.count("clipasso:") == 1


def test_a_bug(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert clipasso("sketch", "fail.png", "-o", "out.svg", "--quiet") == 70
    text = one_line(capsys)
    assert "KeyError" in text
    assert str(engine_log.file()) in text
    assert "Traceback" in engine_log.file().read_text()
    assert files(place) == NOTHING_NEW


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "COMMAND"),
        (["paint"], "invalid choice: 'paint'"),
        (["sketch"], "PHOTO"),
        (["sketch", "a.png"], "-o"),
        (["sketch", "a.png", "-o", "out.svg", "--strokes", "0"], "from 1 to 512"),
        (["sketch", "a.png", "-o", "out.svg", "--strokes", "513"], "from 1 to 512"),
        (["sketch", "a.png", "-o", "out.svg", "--strokes", "many"], "'many' is not a number from 1 to 512"),
        (["sketch", "a.png", "-o", "out.svg", "--levels", "32,lots"], "'lots' is not a whole number"),
        (["sketch", "a.png", "-o", "out.svg", "--levels", ""], "list of levels is empty"),
        (["sketch", "a.png", "-o", "out.svg", "--levels", "8", "--strokes", "8"], "not allowed with"),
        (["sketch", "a.png", "-o", "out.svg", "--seed", "-1"], "seed is -1"),
        (["sketch", "a.png", "-o", "out.svg", "--quality", "great"], "draft"),
        (["sketch", "a.png", "-o", "out.svg", "--device", "tpu"], "mps"),
        (["sketch", "a.png", "-o", "out.svg", "--time-budget", "nan"], "time budget"),
        (["sketch", "a.png", "b.png", "-o", "out.svg"], "is already to be written for a.png; name a folder"),
        (["sketch", "a.png", "./a.png", "-o", "out"], "is already to be written"),
        (["sketch", "a.png", "-o", "out.svg", "--png", "b/../a.png"], "is a photo to sketch"),
    ],
)
def test_wrong_usage(place: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    assert clipasso(*arguments) == 2
    text = one_line(capsys)
    assert words in text
    assert text.endswith("--help.\n")
    assert files(place) == NOTHING_NEW
    assert jobs == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "none/out.svg"], "there is no folder none"),
        (["-o", "out.svg", "--png", "none/out.png"], "there is no folder none"),
        (["-o", "out.svg", "--report", "none/report.json"], "there is no folder none"),
        (["-o", "b.png"], "b.png is a file, so no folder"),
        (["-o", "b.png/out"], "b.png"),
    ],
)
def test_nowhere_to_write_is_told_before_the_work(
    place: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert clipasso("sketch", "a.png", *arguments) == 1
    assert words in one_line(capsys)
    assert files(place) == NOTHING_NEW
    assert jobs == []


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX devices")
def test_full_disk(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.symlink("/dev/full", "out.svg")
    assert clipasso("sketch", "a.png", "-o", "out.svg", "--quiet") == 1
    assert "no room is left" in one_line(capsys)


def test_models_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert clipasso("models") == 0
    assert "boundary" in capsys.readouterr().out


SCRIPT = textwrap.dedent(f"""
    import sys
    sys.path.insert(0, {str(Path(__file__).parent)!r})
    import clipasso_engine, test_cli
    clipasso_engine.pipeline = sys.modules["clipasso_engine.pipeline"] = test_cli.FAKE
    from clipasso_engine import cli
    sys.exit(cli.main())
""")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_interrupt_leaves_what_is_finished_and_nothing_half(place: Path) -> None:
    shutil.copy("a.png", "wait.png")
    command = [sys.executable, "-c", SCRIPT, "sketch", "a.png", "wait.png", "b.png", "-o", "out", "--jobs", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while "waiting" not in (line := process.stderr.readline()):
            assert line
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 130
        assert process.stderr.read() == "clipasso: Stopped.\n"
    assert files(place / "out") == ["a.svg"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX terminals")
def test_a_bar_on_a_terminal(place: Path) -> None:
    main, terminal = pty.openpty()
    command = [sys.executable, "-c", SCRIPT, "sketch", "a.png", "-o", "out.svg"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=terminal) as process:
        shown = b""
        while process.poll() is None or select.select([main], [], [], 0)[0]:
            if select.select([main], [], [], 0.1)[0]:
                shown += os.read(main, 1 << 16)
        assert process.stdout is not None
        assert process.stdout.read().startswith(b"a.png -> out.svg")
    os.close(terminal)
    os.close(main)
    assert process.returncode == 0
    text = shown.decode()
    assert "a.png: optimise" in text
    assert "40/40" in text
    assert "\n" not in text.strip(), "the bar stays on its line"


def test_a_reader_that_goes_is_no_bug(place: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, "models"]
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, timeout=60)
    os.close(write)
    assert process.stderr == b""
    assert process.returncode == 1


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["sketch", "--help"]])
def test_instant_answers_need_no_torch(arguments: list[str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "clipasso_engine", *arguments]
    process = subprocess.run(command, capture_output=True, timeout=60)
    assert process.returncode == 0
    assert process.stdout.startswith(f"clipasso {__version__}\n".encode() if arguments == ["--version"] else b"usage:")
    for heavy in (b"torch", b"numba", b"scipy", b"cv2"):
        assert b" " + heavy not in process.stderr


def test_peak_memory_and_start_are_those_of_this_process() -> None:
    script = textwrap.dedent("""
        import time
        from clipasso_engine.serving import job_run
        since = job_run.process_start()
        print(time.monotonic() - since)
        before = job_run.peak_rss_mb()
        block = bytearray(50_000_000)
        print(job_run.peak_rss_mb() - before)
    """)
    block = bytearray(100_000_000)  # a child of a large process must not report its parent's memory
    started = time.monotonic()
    output = subprocess.check_output([sys.executable, "-c", "import time; time.sleep(0.3)\n" + script], text=True)
    elapsed = time.monotonic() - started
    del block
    start, growth = map(float, output.split())
    assert 0.3 <= start <= elapsed + 0.05
    assert 40 < growth < 60


def test_start_without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_proc(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr("builtins.open", no_proc)
    assert 0 < time.monotonic() - job_run.process_start() < 10_000
    peak = job_run.peak_rss_mb()
    assert peak is None or peak > 5


def test_parser_leaves_no_option_of_the_job_out() -> None:
    parser = argparse.ArgumentParser()
    sketch_command.add_arguments(parser)
    parsed = parser.parse_args(["a.png", "-o", "out.svg"])
    for field in dataclasses.fields(SketchJob):
        if "help" in field.metadata:
            assert getattr(parsed, field.name) == field.default
