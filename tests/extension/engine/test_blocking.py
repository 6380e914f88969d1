"""Engines that do not read, or that are stopped by a signal: nobody waits for them for ever."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import pytest

from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import SketchJob
from inkscape_extension.engine import client, process, warm_engine
from inkscape_extension.engine.client import Engine
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and /proc")


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(client, "BUDGET_MARGIN", 0.3)
    monkeypatch.setattr(process, "CLOSE_SECONDS", 0.3)


def pid_of(engine):
    assert isinstance(engine._process, process.EngineProcess)
    return engine._process._process.pid


def test_an_engine_that_greets_and_never_reads_is_given_up(fake_engine, tmp_path, monkeypatch):
    monkeypatch.setattr(client, "STOP_SECONDS", 0.3)
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"GIF89a" + bytes(4 << 20))  # more than a pipe takes
    with (
        Engine(fake_engine.play(behaviour="never reads").command, tmp_path / "log", remote=True) as running,
        pytest.raises(UserError, match=r"did not finish within 0\.2 seconds"),
    ):
        running.sketch(SketchJob(str(photo), time_budget=0.2), lambda _message: None)
    assert running._process.poll() is not None


def test_an_engine_that_is_stopped_is_given_up_when_its_time_is_over(fake_engine, tmp_path, monkeypatch):
    monkeypatch.setattr(client, "STOP_SECONDS", 3600.0)

    def stop_it(message):
        if message and message["type"] == "step":
            os.kill(pid_of(running), signal.SIGSTOP)

    with (
        Engine(fake_engine.play(behaviour="hang").command, tmp_path / "log") as running,
        pytest.raises(UserError, match=r"did not finish within 0\.2 seconds"),
    ):
        running.sketch(SketchJob("p", time_budget=0.2), stop_it)
    assert running._process.poll() is not None


def test_one_that_is_stopped_before_it_greets(fake_engine, tmp_path, monkeypatch):
    monkeypatch.setattr(client, "PAUSED_SECONDS", 0.3)
    with Engine(fake_engine.play(behaviour="silent").command, tmp_path / "log") as running:
        os.kill(pid_of(running), signal.SIGSTOP)
        with pytest.raises(UserError, match=r"did not answer within 0\.3 seconds"):
            running.sketch(SketchJob("p"), lambda _message: None)
    assert running._process.poll() is not None


def test_a_warm_engine_that_is_stopped_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(warm_engine, "_HELLO_SECONDS", 0.3)
    program = (
        "import socket, sys, time; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(1); "
        "time.sleep(3600)"
    )
    path = tmp_path / "s"
    with subprocess.Popen([sys.executable, "-c", program, str(path)], start_new_session=True) as warm:

        def listens():
            with socket.socket(socket.AF_UNIX) as probe:
                return probe.connect_ex(str(path)) == 0

        wait_until(listens, 10)
        warm.send_signal(signal.SIGSTOP)
        wait_until(lambda: process.is_paused(warm.pid))
        assert warm_engine._reach(path) is None
        assert warm.wait(10) == -signal.SIGKILL


@pytest.mark.parametrize("when", ["an earlier run", "this run"])
def test_the_sentence_names_the_log_only_if_this_run_wrote_to_it(fake_engine, tmp_path, home, when):
    log = home / "logs" / "engine.log"
    log.parent.mkdir(parents=True)
    log.write_text("Fatal Python error")

    def write(message):
        if when == "this run" and message:
            log.write_text("Fatal Python error: Segmentation fault")

    with (
        Engine(fake_engine.play(behaviour="dies").command, tmp_path / "stderr.log") as running,
        pytest.raises(UserError) as caught,
    ):
        running.sketch(SketchJob("p"), write)
    named = f"What it said is in {log}." in str(caught.value)
    assert named == (when == "this run")
    assert named != ("It did not say why." in str(caught.value))


def test_words_that_could_not_be_kept_are_told(tmp_path, home):
    home.write_text("no folder, so there is no log")
    with (
        Engine([sys.executable, "-c", "import sys; sys.exit('No room.')"]) as running,
        pytest.raises(UserError, match=r"It said: No room\. If starting again does not help"),
    ):
        running.sketch(SketchJob("p"), lambda _message: None)
