"""The engine: a process of its own that gets one job and answers with a stream of messages (see `clipasso_engine.job`).

It must never outlive what it works for. Closing its stdin ends it; if that fails, its process group (on Windows, its
job object) is killed with everything it started.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Callable, Optional

from clipasso_engine import __version__, paths
from clipasso_engine.errors import UserError
from clipasso_engine.job import PROTOCOL, Message, Sketch, SketchJob, decode, encode

from . import windows_job
from .messages import open_log

Listener = Callable[[Optional[Message]], Optional[str]]
"""Called with each message, and with None at least ten times a second; answers `STOP`, `CANCEL` or None to go on."""

STOP, CANCEL = "stop", "cancel"

START_SECONDS = 60.0  # until "hello"; a cold disk and a virus scanner need time to read torch
BUDGET_MARGIN = 5.0  # the engine keeps the time budget itself; this much later it is told to stop
STOP_SECONDS = 20.0  # from "stop" to the result
CLOSE_SECONDS = 1.0  # from the end of its stdin to the end of the engine
MAX_LINE = 1 << 26
MAX_STDERR = 1_000_000  # bytes of the engine's stderr that are kept

# What Inkscape sets for its own Python and libraries would break another one.
_SCRUBBED = ("PYTHON", "LD_LIBRARY_PATH", "DYLD_", "GI_TYPELIB_PATH", "GIO_", "GDK_PIXBUF_")
_REINSTALL = "Run install.py again."


class CancelledError(Exception):
    """The listener asked to drop everything."""


def command() -> list[str]:
    """How to start the engine: the setting beside the extension, else the one under `paths.home`.

    Raises `UserError` if there is none, or if an installation has not come to its end.
    """
    if paths.incomplete_marker().exists():
        raise UserError(f"CLIPasso's installation is not complete ({paths.incomplete_marker()} is there). {_REINSTALL}")
    beside = Path(__file__).resolve().parent.parent / paths.engine_setting().name
    for setting in (beside, paths.engine_setting()):
        try:
            words = json.loads(setting.read_text(encoding="utf-8"))["command"]
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"The setting {setting} that says where the engine is cannot be read ({error}). {_REINSTALL}"
            ) from None
        if isinstance(words, list) and words and all(isinstance(word, str) for word in words):
            return words
        raise UserError(f"The setting {setting} does not say how to start the engine. {_REINSTALL}")
    raise UserError(
        f"The engine that makes the sketches is not installed ({paths.engine_setting()} is missing). "
        "Run install.py from the CLIPasso folder, then start again."
    )


def environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """``inherited`` without what Inkscape puts there for its own Python, and with our home, which the engine shares."""
    kept = {name: value for name, value in inherited.items() if not name.upper().startswith(_SCRUBBED)}
    return {**kept, "CLIPASSO_HOME": str(paths.home())}


def inkscape_has_gone() -> bool:
    """Whether nobody reads our stdout any more. Inkscape is not our parent, and no signal tells when it dies.

    Always False on Windows, where a pipe cannot be asked.
    """
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(1, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


class Engine:
    """A running engine. Leaving the ``with`` block ends it and all it started."""

    def __init__(self, command: Sequence[str], stderr_log: Path | None = None) -> None:
        """Start it. Raises `UserError` if that is not possible."""
        self._log = stderr_log or paths.logs() / "engine-stderr.log"
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment(os.environ),
                **_own_group(),
            )
        except OSError as error:
            raise UserError(
                f"The engine {command[0]} could not be started ({error.strerror}). {_sandbox_hint()}{_REINSTALL}"
            ) from None
        self._job_object = windows_job.JobObject.holding(self._process) if sys.platform == "win32" else None
        self._messages: queue.Queue[Message | Exception | None] = queue.Queue()
        self._threads = [
            threading.Thread(target=_read_messages, args=(self._process.stdout, self._messages), daemon=True),
            threading.Thread(target=_drain, args=(self._process.stderr, self._log), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def sketch(self, job: SketchJob, listener: Listener) -> tuple[list[Sketch], dict[str, Any]]:
        """The sketches of ``job``, one for each level, most strokes first, and the engine's report.

        When the time budget is over, or the listener says `STOP`, these are the best so far; if the engine does not
        even hand those over, the levels it had finished, with a report that is empty.
        Raises `CancelledError`, or `UserError` with the engine's own words or with what is wrong with it.
        """
        self._await_hello(listener)
        self._send(job.to_message())
        stop_at = time.monotonic() + job.time_budget + BUDGET_MARGIN
        give_up_at = float("inf")
        levels: dict[int, Sketch] = {}
        while True:
            message = self._next()
            wish = _ask(listener, message)
            if give_up_at == float("inf") and (wish == STOP or time.monotonic() > stop_at):
                self._send({"type": STOP})
                give_up_at = time.monotonic() + STOP_SECONDS
            message = message or {"type": "none"}
            if message["type"] == "result":
                return _read_result(message)
            if message["type"] == "error":
                raise _error(message)
            if message["type"] == "level":
                sketch = _read_sketch(message.get("sketch"))
                levels[sketch.level] = sketch
            if time.monotonic() > give_up_at:
                break
        if not levels:
            raise UserError(
                f"The engine did not finish within {job.time_budget:g} seconds and had no sketch yet. "
                "Choose a longer time limit, the quality draft or fewer strokes."
            )
        return [levels[level] for level in sorted(levels, reverse=True)], {}

    def close(self) -> None:
        """End the engine with all it started; harmless when it has ended."""
        with contextlib.suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(CLOSE_SECONDS)
        if self._job_object is not None:
            self._job_object.close()
        _kill_group(self._process)
        self._process.wait()
        for thread in self._threads:
            thread.join(CLOSE_SECONDS)
            if not thread.is_alive():  # else a process that left the group holds the pipe
                stream = self._process.stdout if thread is self._threads[0] else self._process.stderr
                stream.close()  # type: ignore[union-attr]

    def _await_hello(self, listener: Listener) -> None:
        give_up_at = time.monotonic() + START_SECONDS
        message = None
        while message is None:
            message = self._next()
            _ask(listener, message)
            if message is None and time.monotonic() > give_up_at:
                raise UserError(f"The engine did not answer within {START_SECONDS:g} seconds. {self._see_log()}")
        if message["type"] == "error":
            raise _error(message)
        if message != {**message, "type": "hello", "protocol": PROTOCOL, "version": __version__}:
            theirs = message.get("version", "unknown")
            raise UserError(
                f"The extension is version {__version__} (protocol {PROTOCOL}), but the engine is version {theirs} "
                f"(protocol {message.get('protocol', 'unknown')}). They must be the same. {_REINSTALL}"
            )

    def _next(self) -> Message | None:
        """The next message; None if there is none within a tenth of a second."""
        try:
            item = self._messages.get(timeout=0.1)
        except queue.Empty:
            if self._process.poll() is None:
                return None
            with contextlib.suppress(queue.Empty):  # its last words may be on their way
                return self._checked(self._messages.get(timeout=CLOSE_SECONDS))
            item = None  # a child of the engine holds its stdout open
        return self._checked(item)

    def _checked(self, item: Message | Exception | None) -> Message:
        if isinstance(item, Exception):
            raise UserError(f"The engine answers in a way that is not understood ({item}). {self._see_log()}")
        if item is None:
            raise UserError(f"The engine ended before the sketch was done ({self._how_it_ended()}). {self._see_log()}")
        return item

    def _send(self, message: Message) -> None:
        try:
            self._process.stdin.write(encode(message))  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]
        except OSError:
            pass  # it has ended, as the end of its stdout is about to tell

    def _how_it_ended(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = self._process.wait(CLOSE_SECONDS)
            if status == -9:
                return "it was killed, perhaps for lack of memory"
            return f"signal {-status}" if status < 0 else f"exit status {status}"
        return "it closed its output"

    def _see_log(self) -> str:
        return f"What it said is in {self._log}. If that does not help, run install.py again."


def _ask(listener: Listener, message: Message | None) -> str | None:
    wish = listener(message)
    if wish == CANCEL:
        raise CancelledError
    return wish


def _read_result(message: Message) -> tuple[list[Sketch], dict[str, Any]]:
    sketches = [_read_sketch(data) for data in message.get("sketches") or ()]
    report = message.get("report")
    return sketches, report if isinstance(report, dict) else {}


def _read_sketch(data: Any) -> Sketch:
    try:
        return Sketch.from_json(data)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"The engine sent a sketch that cannot be read ({error!r}). {_REINSTALL}") from None


def _error(message: Message) -> UserError:
    text = str(message.get("message", ""))
    if message.get("kind") == "user":
        return UserError(text)
    return UserError(
        f"The engine failed, and it is not your doing ({text}). "
        f"Please report it with the details in {message.get('log') or paths.logs()}"
    )


def _read_messages(stream: BinaryIO, messages: queue.Queue[Message | Exception | None]) -> None:
    """Put every line of ``stream`` on the queue, then None. A line that is no message ends it with the exception."""
    try:
        for line in iter(lambda: stream.readline(MAX_LINE), b""):
            messages.put(decode(line))
    except (OSError, ValueError, RecursionError) as error:
        messages.put(error)
        for _ in iter(lambda: stream.read(1 << 16), b""):
            pass  # so that the engine is never stuck on a full pipe
    messages.put(None)


def _drain(stream: BinaryIO, log: Path) -> None:
    """Keep the first `MAX_STDERR` bytes of ``stream`` in ``log`` and read on to its end."""
    room = MAX_STDERR
    with open_log(log) as kept:
        for chunk in iter(lambda: os.read(stream.fileno(), 1 << 16), b""):
            with contextlib.suppress(OSError):
                kept.write(chunk[:room])
            room -= min(room, len(chunk))


def _own_group() -> dict[str, Any]:
    """What makes `subprocess.Popen` start a process in a group of its own, without a console window on Windows."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: no permission to signal zombies
        os.killpg(process.pid, signal.SIGKILL)


def _sandbox_hint() -> str:
    if os.environ.get("SNAP") or Path("/.flatpak-info").exists():
        return "Inkscape runs in a sandbox (snap or flatpak), which may not start programs outside it. "
    return ""
