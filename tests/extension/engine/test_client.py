"""The engine's process, with a stand-in that is a real child process and can misbehave."""

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from clipasso_engine import __version__
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import SketchJob
from inkscape_extension.engine import client, process
from inkscape_extension.engine.client import CANCEL, STOP, CancelledError, Engine
from tests.support.processes import alive
from tests.support.stand_in import FAKE_WORKER, ROOT
from tests.support.waiting import wait_until

posix_only = pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")
JOB = SketchJob(str(FAKE_WORKER), levels=(2, 1))


def go_on(_message):
    return None


def sketch(engine, tmp_path, listener=go_on, job=JOB):
    with Engine(engine.command, tmp_path / "stderr.log") as running:
        return running.sketch(job, listener)


def failure(engine, tmp_path, job=JOB):
    with pytest.raises(UserError) as caught:
        sketch(engine, tmp_path, job=job)
    return str(caught.value)


@pytest.fixture
def short(monkeypatch):
    """Grace periods of a fraction of a second."""
    for name in ("START_SECONDS", "BUDGET_MARGIN", "STOP_SECONDS"):
        monkeypatch.setattr(client, name, 0.3)
    monkeypatch.setattr(process, "CLOSE_SECONDS", 0.3)


class TestSketch:
    def test_the_job_goes_in_and_sketches_come_out(self, fake_engine, tmp_path):
        heard: list[Any] = []
        sketches, report = sketch(fake_engine, tmp_path, heard.append)
        assert [(s.level, len(s.strokes), s.width, s.height) for s in sketches] == [(2, 2, 100, 50), (1, 1, 100, 50)]
        assert report == {"guidance": "boundary", "steps": 1}
        assert fake_engine.messages()[0]["job"] == json.loads(json.dumps(JOB.to_message()))
        kinds = [message["type"] for message in heard if message]
        assert kinds == ["hello", "stage", "photo", "level", "level", "result"]

    def test_the_listener_is_called_while_nothing_comes(self, fake_engine, tmp_path, short):
        heard: list[Any] = []
        fake_engine.play(behaviour="silent")
        with pytest.raises(UserError):
            sketch(fake_engine, tmp_path, heard.append)
        assert heard.count(None) >= 2

    def test_stop_brings_the_best_so_far(self, fake_engine, tmp_path):
        fake_engine.play(behaviour="until stopped")
        sketches, _report = sketch(
            fake_engine, tmp_path, lambda message: STOP if message and message["type"] == "step" else None
        )
        assert len(sketches) == 2
        assert [message["type"] for message in fake_engine.messages()[1:]] == ["stop"]

    def test_cancel_drops_everything(self, fake_engine, tmp_path):
        fake_engine.play(behaviour="hang")
        with pytest.raises(CancelledError):
            sketch(fake_engine, tmp_path, lambda message: CANCEL if message and message["type"] == "step" else None)

    def test_when_the_time_is_over_the_engine_is_told_to_stop(self, fake_engine, tmp_path, short):
        fake_engine.play(behaviour="until stopped")
        sketches, _report = sketch(fake_engine, tmp_path, job=SketchJob("p", levels=(1,), time_budget=0.2))
        assert len(sketches) == 1

    def test_an_engine_that_does_not_stop_is_killed_and_its_finished_levels_are_kept(
        self, fake_engine, tmp_path, short
    ):
        fake_engine.play(behaviour="deaf", level_before_hang=True)
        sketches, report = sketch(fake_engine, tmp_path, job=SketchJob("p", levels=(2, 1), time_budget=0.2))
        assert ([s.level for s in sketches], report) == ([2], {})

    @pytest.mark.parametrize("behaviour", ["deaf", "chatters on"])
    def test_or_there_is_a_sentence_if_there_are_none(self, fake_engine, tmp_path, short, behaviour):
        told = failure(fake_engine.play(behaviour=behaviour), tmp_path, SketchJob("p", time_budget=0.2))
        assert told.startswith("The engine did not finish within 0.2 seconds and had no sketch yet. Choose a longer")

    def test_a_flood_on_stderr_blocks_nothing_and_fills_no_disk(self, fake_engine, tmp_path, monkeypatch):
        monkeypatch.setattr(process, "MAX_STDERR", 100_000)
        sketches, _report = sketch(fake_engine.play(behaviour="flood stderr"), tmp_path)
        assert len(sketches) == 2
        assert (tmp_path / "stderr.log").stat().st_size == 100_000


class TestFailures:
    @pytest.mark.parametrize(
        ("behaviour", "told"),
        [
            ("user error", "The photo is blank. Take another one."),
            ("coded error", "a.png is too large: 90000 x 9 pixels, and at most 64 million can be decoded."),
            (
                "bug",
                "it is not your doing (ZeroDivisionError). Please report it with the details in /somewhere/engine.log",
            ),
            ("other version", f"The extension is version {__version__} (protocol 1), but the engine is version 99.0"),
            ("other protocol", "(protocol 99). They must be the same. Run install.py again."),
            ("garbage", "answers in a way that is not understood"),
            ("broken sketch", "sent a sketch that cannot be read (KeyError('points')). Run install.py again."),
            ("die at once", "The engine ended before the sketch was done (exit status 3)."),
        ],
    )
    def test_each_gets_a_sentence(self, fake_engine, tmp_path, behaviour, told):
        assert told in failure(fake_engine.play(behaviour=behaviour), tmp_path)

    @posix_only
    def test_a_killed_engine(self, fake_engine, tmp_path):
        told = failure(fake_engine.play(behaviour="dies"), tmp_path)
        assert "it was killed, perhaps for lack of memory" in told
        assert "It did not say why." in told

    def test_an_engine_that_never_answers(self, fake_engine, tmp_path, short):
        assert "did not answer within 0.3 seconds" in failure(fake_engine.play(behaviour="silent"), tmp_path)

    def test_a_program_that_is_not_there(self, tmp_path):
        with pytest.raises(UserError, match=r"/no/engine could not be started \(No such file.*Run install\.py again"):
            Engine(["/no/engine"])

    def test_inside_a_sandbox_the_sentence_says_so(self, monkeypatch):
        monkeypatch.setenv("SNAP", "/snap/inkscape/1")
        with pytest.raises(UserError, match="runs in a sandbox"):
            Engine(["/no/engine"])


@posix_only
class TestRemote:
    def test_the_photo_travels_with_the_job(self, fake_engine, tmp_path):
        photo = tmp_path / "photo.png"
        photo.write_bytes(b"GIF89a")
        with Engine(fake_engine.command, tmp_path / "log", remote=True) as running:
            running.sketch(SketchJob(str(photo)), go_on)
        assert fake_engine.messages()[0]["job"]["photo_bytes"] == "R0lGODlh"

    @pytest.mark.parametrize("link", [False, True])
    def test_a_private_file_does_not_travel(self, fake_engine, tmp_path, link):
        """A document names any file that it likes."""
        private = tmp_path / "diary.txt"
        private.write_text("P.S. BM and I saw the GIF again. " * 100)
        photo = tmp_path / "photo.png"
        photo.symlink_to(private) if link else private.rename(photo)
        with (
            Engine(fake_engine.command, tmp_path / "log", remote=True) as running,
            pytest.raises(UserError, match=r"photo\.png is not an image that can be read here"),
        ):
            running.sketch(SketchJob(str(photo)), go_on)
        assert fake_engine.messages() == []

    def test_an_embedded_photo_travels_to_any_engine(self, fake_engine, tmp_path):
        for remote in (False, True):
            with Engine(fake_engine.command, tmp_path / "log", remote=remote) as running:
                running.sketch(SketchJob("image1 (embedded)", photo_bytes=b"GIF89a"), go_on)
            (job, *_) = fake_engine.messages()
            assert (job["job"]["photo"], job["job"]["photo_bytes"]) == ("image1 (embedded)", "R0lGODlh")
            fake_engine.heard.unlink()

    def test_a_broken_ssh_is_one_sentence_with_its_own_words(self, tmp_path):
        said = "ssh: connect to host gpu-box port 22: Connection refused"
        with (
            Engine(["sh", "-c", f"echo '{said}' >&2; exit 255"], tmp_path / "log", remote=True) as running,
            pytest.raises(UserError) as caught,
        ):
            running.sketch(JOB, go_on)
        assert f"did not make the sketch (exit status 255; it said: {said}). Try that command" in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_a_photo_that_is_too_large_to_send(self, fake_engine, tmp_path, monkeypatch):
        monkeypatch.setattr(client, "MAX_PHOTO", 2)
        with (
            Engine(fake_engine.command, tmp_path / "log", remote=True) as running,
            pytest.raises(UserError, match="at most 0 can be sent to"),
        ):
            running.sketch(JOB, go_on)


@posix_only
class TestNothingIsLeft:
    @pytest.fixture
    def marker(self, tmp_path, monkeypatch):
        monkeypatch.setenv("CLIPASSO_TEST_MARKER", str(tmp_path))
        yield tmp_path
        for pid in alive(tmp_path):  # so that one failing test leaves nothing behind
            if pid != os.getpid():
                os.kill(pid, signal.SIGKILL)

    def others(self, marker):
        return [pid for pid in alive(marker) if pid != os.getpid()]

    @pytest.mark.parametrize("behaviour", ["hang", "deaf", "children"])
    def test_after_cancel(self, fake_engine, marker, behaviour):
        expected = 2 if behaviour == "children" else 1

        def cancel_once_started(message):
            if message and message["type"] == "step":
                # A process that is just being started shows its environment a moment later.
                wait_until(lambda: len(self.others(marker)) == expected)
                return CANCEL
            return None

        with pytest.raises(CancelledError):
            sketch(fake_engine.play(behaviour=behaviour), marker, cancel_once_started)
        wait_until(lambda: not self.others(marker))

    def test_after_the_result_or_a_failure(self, fake_engine, marker):
        sketch(fake_engine, marker)
        failure(fake_engine.play(behaviour="garbage"), marker)
        wait_until(lambda: not self.others(marker))

    def test_after_the_engine_was_killed(self, fake_engine, marker):
        def kill(message):
            if message and message["type"] == "step":
                os.kill(min(self.others(marker)), signal.SIGKILL)

        with pytest.raises(UserError, match="it was killed"):
            sketch(fake_engine.play(behaviour="children"), marker, kill)
        wait_until(lambda: not self.others(marker))

    def test_after_the_caller_was_killed(self, fake_engine, marker):
        fake_engine.play(behaviour="hang")
        program = (
            f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
            "from inkscape_extension.engine.client import Engine\n"
            "from clipasso_engine.contract.job import SketchJob\n"
            f"Engine({fake_engine.command!r}).sketch(SketchJob('p'), lambda message: None)"
        )
        caller = subprocess.Popen([sys.executable, "-c", program])
        wait_until(lambda: fake_engine.messages(), 10)
        assert len(self.others(marker)) == 2
        caller.kill()
        caller.wait()
        wait_until(lambda: not self.others(marker))
