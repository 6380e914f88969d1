"""The worker as a process, with a pipeline that does what its photo's name says."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clipasso_engine import __version__
from clipasso_engine.contract import errors
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.protocol import PROTOCOL, Message, decode, encode
from clipasso_engine.contract.sketch import Sketch
from clipasso_engine.serving import engine_log

SCRIPT = textwrap.dedent("""
    import os, sys, time, ctypes, types
    import clipasso_engine
    from clipasso_engine import cli
    from clipasso_engine.contract.codes import ErrorCode
    from clipasso_engine.contract.errors import CodedError, UserError
    from clipasso_engine.contract.sketch import Sketch, Stroke

    def sketch(job, emit, stop, keep, memory):
        deed = job.photo
        if deed == "print":
            print("to stdout", flush=True)
            print("to stderr", file=sys.stderr)
            os.system("echo from a child; echo from a child >&2")
        elif deed == "refuse":
            raise UserError("Café is no photo. Take another.")
        elif deed == "no photo":
            raise CodedError(ErrorCode.PHOTO_TOO_SMALL, photo="Café.png", width=3, height=4, least=16)
        elif deed == "fail":
            raise KeyError("a bug")
        elif deed == "no memory":
            raise MemoryError
        elif deed == "no memory of the system":
            raise OSError(12, "Cannot allocate memory")
        elif deed == "no memory of OpenCV":
            raise type("error", (Exception,), {"__module__": "cv2"})("Insufficient memory (Failed to allocate 9 bytes)")
        elif deed == "bad card" and job.device != "cpu":
            raise RuntimeError("CUDA error: no kernel image is available for execution\\nCompile with ...")
        elif deed == "no torch memory":
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")
        elif deed == "not a number":
            emit({"type": "step", "loss": float("nan")})
        elif deed == "wait":
            emit({"type": "stage", "name": "waiting"})
            while not stop():
                time.sleep(0.01)
        elif deed == "hang":
            emit({"type": "stage", "name": "waiting"})
            ctypes.PyDLL(None).sleep(30)  # keeps the interpreter's lock
        elif deed == "busy":
            emit({"type": "stage", "name": "waiting"})
            ctypes.CDLL(None).sleep(30)  # a long call into a library
        elif deed == "chatter":
            while True:
                emit({"type": "step", "step": 1, "noise": "x" * 1000})
        elif deed == "crash":
            ctypes.string_at(0)
        elif deed == "flood":
            sys.stderr.write("x" * 1_500_000)
        strokes = (Stroke(((0.0, 0.0), (1.0, 2.0), (3.0, 4.0), (5.0, 6.0)), 3.0),)
        sketches = [Sketch(level, 10, 20, strokes, 0.5) for level in job.levels]
        return sketches, {"guidance": "none", "seconds": {"load": 0.25}, "warm": "torch" in sys.modules}

    pipeline = types.ModuleType("clipasso_engine.pipeline")
    pipeline.sketch = sketch
    clipasso_engine.pipeline = sys.modules[pipeline.__name__] = pipeline
    cli.main(["worker"])
""")


class Worker:
    """A worker process under test."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        assert process.stdin is not None
        assert process.stdout is not None
        self.stdin, self.stdout = process.stdin, process.stdout

    def send(self, message: Message | bytes) -> None:
        self.stdin.write(message if isinstance(message, bytes) else encode(message))
        self.stdin.flush()

    def ask(self, deed: str, **options: Any) -> Message:
        """Send a job, and return the first message that is neither a stage nor a step."""
        self.send(SketchJob(photo=deed, **options).to_message())
        return self.answer()

    def receive(self) -> Message:
        return decode(self.stdout.readline())

    def answer(self) -> Message:
        while (message := self.receive())["type"] in ("stage", "step"):
            pass
        return message

    def wait_for_stage(self, name: str) -> None:
        while self.receive() != {"type": "stage", "name": name}:
            pass

    def ended(self, seconds: float = 1.0) -> int:
        return self.process.wait(seconds)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def worker(home: Path) -> Iterator[Worker]:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    worker = Worker(process)
    assert worker.receive() == {"type": "hello", "protocol": PROTOCOL, "version": __version__}
    try:
        yield worker
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        spoken = process.stderr.read()
        for stream in (process.stdin, process.stdout, process.stderr):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        assert spoken == b"", "nothing may reach the real stderr"


def test_hello_comes_before_torch(home: Path) -> None:
    without = "import sys; sys.modules['torch'] = None; from clipasso_engine import cli; cli.main(['worker'])"
    command = [sys.executable, "-c", without]
    process = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
    assert decode(process.stdout)["type"] == "hello"
    assert process.returncode == 0
    for heavy in (b"torch", b"numpy", b"PIL"):
        assert b" " + heavy not in process.stderr


def test_job_and_the_next_one(worker: Worker) -> None:
    for levels in ((16,), (32, 8)):
        result = worker.ask("anything", levels=levels)
        assert result["type"] == "result"
        sketches = [Sketch.from_json(data) for data in result["sketches"]]
        assert [sketch.level for sketch in sketches] == list(levels)
        assert sketches[0].strokes[0].points[3] == (5.0, 6.0)
        report = result["report"]
        assert report["guidance"] == "none"
        assert report["seconds"]["load"] == 0.25
        assert 0 <= report["seconds"]["start"] <= report["seconds"]["total"] < 10
        assert report["versions"]["engine"] == __version__
        assert 5 < report["peak_rss_mb"] < 500


def test_start_up_counts_for_the_first_job_only(worker: Worker) -> None:
    time.sleep(0.5)  # idle time belongs to no job
    first, second = (worker.ask("anything")["report"]["seconds"] for _ in range(2))
    assert 0.02 < first["start"] < 0.5
    assert second["start"] < 0.02


def test_libraries_cannot_write_into_the_protocol(worker: Worker) -> None:
    assert worker.ask("print")["type"] == "result"
    text = engine_log.file().read_text()
    assert "to stdout" in text
    assert "to stderr" in text
    assert text.count("from a child") == 2


def test_user_errors_are_passed_on_and_the_worker_stays(worker: Worker) -> None:
    assert worker.ask("refuse") == {
        "type": "error",
        "kind": "user",
        "message": "Café is no photo. Take another.",
        "log": "",
    }
    assert worker.ask("anything")["type"] == "result"


def test_bugs_go_to_the_log(worker: Worker) -> None:
    error = worker.ask("fail")
    assert error == {"type": "error", "kind": "bug", "message": "KeyError: 'a bug'", "log": str(engine_log.file())}
    text = engine_log.file().read_text()
    assert "Traceback" in text
    assert 'raise KeyError("a bug")' in text or "KeyError: 'a bug'" in text
    assert worker.ask("anything")["type"] == "result"


@pytest.mark.parametrize("deed", ["no memory", "no torch memory", "no memory of the system", "no memory of OpenCV"])
def test_lack_of_memory_is_for_the_user(worker: Worker, deed: str) -> None:
    error = worker.ask(deed)
    assert error["kind"] == "user"
    assert error["code"] == "out-of-memory"
    assert "not enough memory" in error["message"]


def test_a_card_that_fails_at_its_first_kernel_is_left_out(worker: Worker) -> None:
    notice = worker.ask("bad card")
    assert (notice["type"], notice["code"]) == ("notice", "device-left-out")
    assert notice["details"]["device"] == "NVIDIA card"
    assert "(CUDA error: no kernel image is available for execution), so it was" in notice["message"]
    assert worker.answer()["type"] == "result"
    error = worker.ask("bad card", device="cuda")
    assert (error["kind"], error["code"]) == ("user", "device-fails")


def test_a_coded_error_travels_with_what_it_is_told_of(worker: Worker) -> None:
    error = worker.ask("no photo")
    assert error == {
        "type": "error",
        "kind": "user",
        "code": "photo-too-small",
        "details": {"photo": "Café.png", "width": "3", "height": "4", "least": "16"},
        "message": "Café.png is only 3 x 4 pixels, but must have at least 16 pixels on each side.",
        "log": "",
    }
    assert str(errors.from_message(error)) == error["message"]


def test_numbers_that_json_lacks_are_a_bug(worker: Worker) -> None:
    assert worker.ask("not a number")["kind"] == "bug"


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        (b"hello\n", "message-unreadable", "cannot read (Expecting value"),
        (b"\xff\xfe\n", "message-unreadable", "can't decode"),
        (b"[1]\n", "message-unreadable", "not a protocol message"),
        (b"[" * 100_000 + b"\n", "message-unreadable", "recursion"),
        (b'{"type":"job","drawn":[' + b"[]," * 2_000_000 + b"[]]}\n", "message-unreadable", "2000000 parts"),
        (b'{"type":"job","seed":' + b"9" * 5000 + b"}\n", "message-unreadable", "digits"),
        (b'{"type":"dance"}\n', "message-unreadable", "unknown message: 'dance'"),
        (b'{"type":"' + b"x" * 10_000_000 + b'"}\n', "message-unreadable", "xxx...xxx"),
        (b'{"type":"job"}\n', "option-misfit", "photo is None, but it must be the path of a file"),
        (b'{"type":"job","photo":"a","hat":1}\n', "job-options-unknown", "options this engine does not know: hat"),
        (b'{"type":"job","photo":"a","levels":[0]}\n', "level-out-of-range", "from 1 to 512"),
        (b'{"type":"job","photo":"a","levels":7}\n', "level-out-of-range", "is 7"),
        (b'{"type":"job","photo":"a","quality":"great"}\n', "choice-unknown", "draft, normal, best"),
        (b'{"type":"job","photo":"a","time_budget":NaN}\n', "time-budget-not-positive", "time budget"),
    ],
)
def test_what_is_no_job_is_answered_in_one_sentence(worker: Worker, line: bytes, code: str, words: str) -> None:
    worker.send(line)
    error = worker.answer()
    assert (error["type"], error["kind"], error["code"], error["log"]) == ("error", "user", code, "")
    assert words in error["message"]
    assert len(error["message"]) < 400
    assert not engine_log.file().exists() or "Traceback" not in engine_log.file().read_text()
    assert worker.ask("anything")["type"] == "result"


def test_stop_ends_the_job_with_the_best_so_far(worker: Worker) -> None:
    worker.send(SketchJob(photo="wait").to_message())
    worker.wait_for_stage("waiting")
    worker.send({"type": "stop"})
    assert worker.answer()["type"] == "result"


def test_a_late_stop_does_not_reach_the_next_job(worker: Worker) -> None:
    assert worker.ask("anything")["type"] == "result"
    worker.send({"type": "stop"})
    worker.send(SketchJob(photo="wait").to_message())
    worker.wait_for_stage("waiting")
    time.sleep(0.2)
    worker.send({"type": "stop"})
    assert worker.answer()["type"] == "result"


@pytest.mark.parametrize("deed", [None, "wait", "busy"])
@pytest.mark.parametrize("way", ["cancel", "eof", "SIGTERM", "SIGINT"])
def test_end(worker: Worker, deed: str | None, way: str) -> None:
    if deed is not None:
        worker.send(SketchJob(photo=deed).to_message())
        worker.wait_for_stage("waiting")
    if way == "cancel":
        worker.send({"type": "cancel"})
    elif way == "eof":
        worker.stdin.close()
    else:
        worker.process.send_signal(getattr(signal, way))
    status = worker.ended()
    assert status == (-getattr(signal, way) if way.startswith("SIG") else 0)
    assert worker.stdout.read() == b""
    log = engine_log.file()
    assert not log.exists() or "Traceback" not in log.read_text()


@pytest.mark.parametrize("way", ["SIGTERM", "SIGINT"])
def test_signals_end_it_even_while_the_interpreter_is_locked(worker: Worker, way: str) -> None:
    worker.send(SketchJob(photo="hang").to_message())
    worker.wait_for_stage("waiting")
    worker.process.send_signal(getattr(signal, way))
    worker.ended()


def test_end_when_nobody_reads(worker: Worker) -> None:
    worker.send(SketchJob(photo="chatter").to_message())
    worker.receive()
    worker.stdout.close()
    assert worker.ended() == 0


def test_end_while_stdout_is_blocked(worker: Worker) -> None:
    worker.send(SketchJob(photo="chatter").to_message())
    time.sleep(0.3)
    worker.stdin.close()
    assert worker.ended() == 0


def test_a_crash_leaves_its_trace_in_the_log(worker: Worker) -> None:
    worker.send(SketchJob(photo="crash").to_message())
    assert worker.ended() == -signal.SIGSEGV
    assert "Segmentation fault" in engine_log.file().read_text()


def test_the_log_stays_bounded(worker: Worker, home: Path) -> None:
    for _ in range(4):
        assert worker.ask("flood")["type"] == "result"
    assert sorted(os.listdir(home / "logs")) == ["engine.log", "engine.log.1"]
    assert sum(entry.stat().st_size for entry in (home / "logs").iterdir()) == 3_000_000


def test_without_a_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in place of the folder")
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "file"))
    jobs = b"".join(encode(SketchJob(photo=deed).to_message()) for deed in ("print", "fail", "anything"))
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with process:
        worker = Worker(process)
        worker.send(jobs)
        kinds: list[tuple[str, str | None]] = []
        while len(kinds) < 4:
            message = worker.receive()
            if message["type"] != "stage":
                kinds.append((message["type"], message.get("log")))
    assert kinds == [("hello", None), ("result", None), ("error", ""), ("result", None)]


def test_two_workers_share_the_log(home: Path) -> None:
    command = [sys.executable, "-c", SCRIPT]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)]
    workers = [Worker(process) for process in processes]
    for worker in workers:
        worker.send(encode(SketchJob(photo="fail").to_message()) * 20)
    for worker in workers:
        for _ in range(1 + 40):
            worker.receive()
    for process in processes:
        process.communicate()
    text = engine_log.file().read_text()
    assert text.count("--- ") == text.count("KeyError: 'a bug'\n") == 40
    entries = text.split("--- ")[1:]
    assert all(entry.rstrip().endswith("KeyError: 'a bug'") for entry in entries)
