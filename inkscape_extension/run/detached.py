"""A sketch made beside Inkscape, which stays in use: a process of its own, with the window, until the sketch is placed.

    python detached.py FOLDER

The extension leaves a request in a folder of its own and starts this program; the folder goes when it ends.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from clipasso_engine.contract import paths
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import SketchJob
from inkscape_extension import exhausted, messages
from inkscape_extension.engine import client
from inkscape_extension.engine.outbox import Outbox
from inkscape_extension.run import engine_there, finished, request_folder, session_bus
from inkscape_extension.translation import translated
from inkscape_extension.window import contract, watch
from inkscape_extension.window.contract import Outcome

PLACE = "org.clipasso.place"
PLACE_SECONDS = 60.0
"""Until Inkscape has run the other entry; it may be busy with something else."""

UP_SECONDS = 20.0
"""Until the other process has its modules and says that it is up; Inkscape waits as long."""

_LOG = "background.log"
_BY_HAND = translated(
    "{why} Nothing is lost: open {name}, or click on its window, and choose "
    "Extensions > Sketch > Place Finished Sketch."
)


class StartedError(Exception):
    """Another process makes the sketch, and this run of the extension has nothing to add to the document."""


def start(job: SketchJob, asked: finished.Asked, engine: str) -> bool:
    """Have the sketch made by another process; ``engine`` is the command chosen in the dialog.

    False if Inkscape cannot be told to place it, nobody could see it, or the process does not come up: the caller then
    makes the sketch itself.
    """
    inkscape = session_bus.find()
    if inkscape is None or not watch.available():
        return False
    try:
        return _start_beside(inkscape, job, asked, engine)
    except OSError as error:  # a full disk, a home that cannot be written, no more processes
        with contextlib.suppress(OSError):
            print(f"{__file__} could not be started: {error}", file=sys.stderr, flush=True)
        return False


def _start_beside(inkscape: session_bus.Inkscape, job: SketchJob, asked: finished.Asked, engine: str) -> bool:
    folder = request_folder.new()
    try:
        process = _process(folder, inkscape, job, asked, engine)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _hand_over(process, job.photo_bytes)
    up = _is_up(process, folder)
    if not up:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            print(f"{__file__} did not come up (status {process.poll()}); see {_LOG}", file=sys.stderr, flush=True)
    process.returncode = 0  # it outlives us, and Python shall not warn of that
    return up


def _process(
    folder: Path, inkscape: session_bus.Inkscape, job: SketchJob, asked: finished.Asked, engine: str
) -> subprocess.Popen[bytes]:
    """The process that makes the sketch, with its request in its folder. Raises `OSError`."""
    request = {
        "job": dataclasses.replace(job, photo_bytes=None).to_message(),
        "asked": asked.to_json(),
        "engine": engine,
        "inkscape": dataclasses.asdict(inkscape),
    }
    with open(folder / request_folder.REQUEST, "x", encoding="ascii", opener=paths.private) as stream:
        json.dump(request, stream)
    with messages.open_log(paths.logs() / _LOG) as log:
        # It must not inherit our stdout: Inkscape would wait until that is closed.
        return subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), str(folder)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=str(folder),
        )


def _hand_over(process: subprocess.Popen[bytes], photo: bytes | None) -> None:
    """Send an embedded photo, which is in no file that could be left behind, and close the pipe.

    A process that does not read it does not come up either, and is killed for that.
    """
    assert process.stdin is not None
    outbox = Outbox(process.stdin)  # type: ignore[arg-type]
    if photo is not None:
        outbox.send(photo)
    outbox.close(UP_SECONDS)


def _is_up(process: subprocess.Popen[bytes], folder: Path) -> bool:
    end = time.monotonic() + UP_SECONDS
    while time.monotonic() < end:
        if (folder / request_folder.UP).exists():
            return True
        if process.poll() is not None:
            break
        time.sleep(0.01)
    return False


class _Sketching:
    """What the process does."""

    def __init__(self, request: dict[str, Any], photo: bytes | None) -> None:
        """``photo`` is the content of one that is embedded."""
        self._asked = finished.Asked.from_json(request["asked"])
        self._engine = str(request["engine"])
        self._job = dataclasses.replace(SketchJob.from_message(request["job"]), photo_bytes=photo)
        self._inkscape = session_bus.Inkscape(**request["inkscape"])
        self._windows = session_bus.WindowWatch(self._inkscape)
        self._kept: finished.Finished | None = None

    def run(self, up: Path) -> None:
        """``up`` is a file to make once nothing that could be missing is left to be imported."""
        # Importing GLib and GTK in two threads at once breaks both, so each is there before the first thread starts.
        watch.available()
        session_bus.prepare()
        up.touch()
        self._windows.start()
        engine_there.ensure(self._engine, self._inkscape.gone)
        window = contract.Request(
            self._job,
            translated("Sketch for {name}").format(name=self._asked.document.name),
            self._inkscape.gone,
            self._place,
        )
        outcome = watch.watch(window, self._work)
        if self._kept is None:  # there was no window after all, which would have placed it
            trouble = self._place(outcome)
            if trouble:
                print(trouble, file=sys.stderr)

    def _work(self, listener: client.Listener) -> Outcome:
        try:
            with client.start(self._engine) as engine:
                return engine.sketch(self._job, listener)
        except (UserError, client.CancelledError):
            raise
        except Exception:
            raise UserError(_bug()) from None

    def _place(self, outcome: Outcome) -> str:
        """Have Inkscape place the sketch; the sentence why it did not, or an empty text."""
        try:
            if self._kept is None:
                self._kept = finished.save(self._asked, self._job, *outcome)
            with request_folder.locked(
                self._kept.file.parent / request_folder.LOCK
            ):  # the answers to two of us would be mixed up
                return self._ask_inkscape(self._kept)
        except OSError as error:
            return translated(
                "The finished sketch could not be kept ({strerror}). Make room on the disk, and try again."
            ).format(strerror=error.strerror)
        except Exception:
            return _bug()

    def tell_by_inkscape(self) -> None:
        """Have Inkscape run an entry, each of which tells of processes that died."""
        with contextlib.suppress(Exception):
            self._windows.look()
            if not self._windows.closed and not self._inkscape.gone():
                self._inkscape.run(PLACE, PLACE_SECONDS)

    def _ask_inkscape(self, kept: finished.Finished) -> str:
        if not kept.file.exists():
            return ""  # placed by hand meanwhile
        self._windows.look()
        if self._windows.closed:
            return self._by_hand(translated("A document was closed while the sketch was made."))
        try:
            kept.want()
            self._inkscape.run(PLACE, PLACE_SECONDS)
            answer = kept.answer.read_text(encoding="utf-8")
            if not answer and kept.placed.exists():
                self._inkscape.select(kept.placed.read_text(encoding="utf-8"))
            return answer
        except FileNotFoundError:
            if not kept.file.exists():
                return ""  # it is placed, which could not be written down
            return self._by_hand(translated("Inkscape did not answer."))
        finally:
            for path in (kept.wanted, kept.answer, kept.placed):
                with contextlib.suppress(FileNotFoundError):
                    path.unlink()

    def _by_hand(self, why: str) -> str:
        return _BY_HAND.format(why=why, name=self._asked.document.name)


def _bug() -> str:
    """Log the current exception, and say so."""
    error = sys.exc_info()[1]
    _log_error()
    if error is not None and exhausted.is_exhausted(error):
        return exhausted.sentence(error)
    log = paths.logs() / _LOG
    text = translated("Something went wrong, and it is not your doing. Please report it with the details in {log}")
    return text.format(log=log)


def _log_error() -> None:
    with contextlib.suppress(OSError):  # a full disk
        traceback.print_exc()


def main() -> None:
    folder = Path(sys.argv[1])
    sketching = None
    try:
        with request_folder.locked(folder / request_folder.LOCK):
            request = json.loads((folder / request_folder.REQUEST).read_text(encoding="ascii"))
            sketching = _Sketching(request, sys.stdin.buffer.read() or None)
            with contextlib.suppress(client.CancelledError, contract.ShownError):
                sketching.run(folder / request_folder.UP)
            shutil.rmtree(folder, ignore_errors=True)
    except Exception:  # the folder stays: by it, the entry that Inkscape runs now tells the user
        _log_error()
        if sketching is not None and (folder / request_folder.UP).exists():
            sketching.tell_by_inkscape()
        sys.exit(1)


if __name__ == "__main__":
    main()
