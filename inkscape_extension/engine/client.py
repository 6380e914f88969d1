"""The engine: a process of its own that gets one job and answers with a stream of messages (see `contract.protocol`).

It must never outlive what it works for. Closing its stdin ends it; if that fails, its process group (on Windows, its
job object) is killed with everything it started.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import select
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Callable, Optional

from clipasso_engine import __version__
from clipasso_engine.contract import paths
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.protocol import PROTOCOL, Message, decode, encode
from clipasso_engine.contract.sketch import Sketch

from ..messages import open_log
from ..translation import translated
from . import process_group, warm_engine

Listener = Callable[[Optional[Message]], Optional[str]]
"""Called with each message, and with None at least ten times a second; answers `STOP`, `CANCEL` or None to go on."""

STOP, CANCEL = "stop", "cancel"

START_SECONDS = 60.0  # until "hello"; a cold disk and a virus scanner need time to read torch
BUDGET_MARGIN = 5.0  # the engine keeps the time budget itself; this much later it is told to stop
STOP_SECONDS = 20.0  # from "stop" to the result
CLOSE_SECONDS = 1.0  # from the end of its stdin to the end of the engine
MAX_LINE = 1 << 26
MAX_PHOTO = 100 << 20  # bytes that travel to another computer
MAX_STDERR = 1_000_000  # bytes of the engine's stderr that are kept

# What Inkscape sets for its own Python and libraries would break another one.
_SCRUBBED = ("PYTHON", "LD_LIBRARY_PATH", "DYLD_", "GI_TYPELIB_PATH", "GIO_", "GDK_PIXBUF_")
_REINSTALL = "Run install.py again."


class CancelledError(Exception):
    """The listener asked to drop everything."""


@dataclass(frozen=True)
class Setting:
    """How to reach the engine."""

    command: list[str]
    warm: float = 0.0  # seconds that it stays ready after a run; 0: each run starts its own
    remote: bool = False  # whether it may be on another computer, so that the photo has to travel with the job


def setting(chosen: str = "") -> Setting:
    """The engine to use: by the command ``chosen`` in the dialog, such as ``ssh gpu-box clipasso worker``; else by the
    setting beside the extension, else by the one under `paths.home`.

    Raises `UserError` if there is none, or if an installation has not come to its end.
    """
    if chosen.strip():
        try:
            return Setting(shlex.split(chosen, posix=os.name == "posix"), remote=True)
        except ValueError as error:
            raise UserError(
                translated("The engine command {chosen!r} cannot be understood ({error}). Check its quotes.").format(
                    chosen=chosen, error=error
                )
            ) from None
    if paths.incomplete_marker().exists():
        raise UserError(
            translated("CLIPasso's installation is not complete ({missing} is there). {reinstall}").format(
                missing=paths.incomplete_marker(), reinstall=_REINSTALL
            )
        )
    for file in (paths.setting_beside_extension(), paths.engine_setting()):
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
            words = record["command"]
            warm, remote = float(record.get("warm") or 0), bool(record.get("remote"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(
                translated(
                    "The setting {file} that says where the engine is cannot be read ({error}). {reinstall}"
                ).format(file=file, error=error, reinstall=_REINSTALL)
            ) from None
        if isinstance(words, list) and words and all(isinstance(word, str) for word in words):
            return Setting(words, warm, remote)
        raise UserError(
            translated("The setting {file} does not say how to start the engine. {reinstall}").format(
                file=file, reinstall=_REINSTALL
            )
        )
    raise UserError(
        translated(
            "The engine that makes the sketches is not installed ({missing} is missing). Run install.py from "
            "the CLIPasso folder, then start again."
        ).format(missing=paths.engine_setting())
    )


def start(chosen: str = "") -> Engine:
    """The engine of `setting`: one that is warm, or else one started now. Raises `UserError` if there is none."""
    how = setting(chosen)
    warm = warm_engine.connect(how.command, how.warm, environment(os.environ)) if how.warm and not how.remote else None
    return Engine(how.command, warm=warm, remote=how.remote)


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

    def __init__(
        self,
        command: Sequence[str],
        stderr_log: Path | None = None,
        warm: warm_engine.Connection | None = None,
        remote: bool = False,
    ) -> None:
        """Start it, unless there is a ``warm`` one. A ``remote`` one gets the photo with the job.

        Raises `UserError` if that is not possible.
        """
        self._log = stderr_log or paths.logs() / "engine-stderr.log"
        self._command, self._warm, self._remote = list(command), warm, remote
        self._last_words = b""  # of its stderr
        self._process: subprocess.Popen[bytes] | warm_engine.Connection
        self._job_object = None
        self._messages: queue.Queue[Message | Exception | None] = queue.Queue()
        self._threads: list[threading.Thread] = []
        if warm is not None:
            self._process = warm
        else:
            self._process = process = self._started()
            self._job_object = process_group.JobObject.holding(process) if sys.platform == "win32" else None
            self._threads.append(threading.Thread(target=self._drain, args=(process.stderr,), daemon=True))
        self._threads.append(
            threading.Thread(target=_read_messages, args=(self._process.stdout, self._messages), daemon=True)
        )
        for thread in self._threads:
            thread.start()

    def _started(self) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        try:
            return subprocess.Popen(
                self._command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment(os.environ), **_own_group()
            )
        except OSError as error:
            raise UserError(
                translated("The engine {program} could not be started ({strerror}). {sandbox_hint}{advice}").format(
                    program=self._command[0],
                    strerror=error.strerror,
                    sandbox_hint=_sandbox_hint(),
                    advice="Check its command." if self._remote else _REINSTALL,
                )
            ) from None

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
        self._send({**job.to_message(), **(_photo_bytes(job.photo) if self._remote else {})})
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
                translated(
                    "The engine did not finish within {time_budget:g} seconds and had no sketch yet. Choose a longer "
                    "time limit, the quality draft or fewer strokes."
                ).format(time_budget=job.time_budget)
            )
        return [levels[level] for level in sorted(levels, reverse=True)], {}

    def close(self) -> None:
        """End the engine with all it started; harmless when it has ended."""
        if isinstance(self._process, warm_engine.Connection):
            self._process.end()
            self._threads[0].join(CLOSE_SECONDS)
            self._process.close()
        else:
            self._end(self._process)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(OSError):
            process.stdin.close()  # type: ignore[union-attr]
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(CLOSE_SECONDS)
        if self._job_object is not None:
            self._job_object.close()
        _kill_group(process)
        process.wait()
        for thread, stream in zip(self._threads, (process.stderr, process.stdout)):
            thread.join(CLOSE_SECONDS)
            if not thread.is_alive():  # else a process that left the group holds the pipe
                stream.close()  # type: ignore[union-attr]

    def _drain(self, stream: BinaryIO) -> None:
        """Keep the first `MAX_STDERR` bytes of ``stream`` in the log, and read on to its end."""
        room = MAX_STDERR
        with open_log(self._log) as kept:
            for chunk in iter(lambda: os.read(stream.fileno(), 1 << 16), b""):
                self._last_words = (self._last_words + chunk)[-1000:]
                with contextlib.suppress(OSError):
                    kept.write(chunk[:room])
                room -= min(room, len(chunk))

    def _await_hello(self, listener: Listener) -> None:
        give_up_at = time.monotonic() + START_SECONDS
        message = None
        while message is None:
            message = self._next()
            _ask(listener, message)
            if message is None and time.monotonic() > give_up_at:
                raise UserError(
                    translated("The engine did not answer within {start_seconds:g} seconds. {log}").format(
                        start_seconds=START_SECONDS, log=self._see_log()
                    )
                )
        if message["type"] == "error":
            raise _error(message)
        if message != {**message, "type": "hello", "protocol": PROTOCOL, "version": __version__}:
            theirs = message.get("version", "unknown")
            raise UserError(
                translated(
                    "The extension is version {version} (protocol {protocol}), but the engine is version {theirs} "
                    "(protocol {theirs_protocol}). They must be the same. {reinstall}"
                ).format(
                    version=__version__,
                    protocol=PROTOCOL,
                    theirs=theirs,
                    theirs_protocol=message.get("protocol", "unknown"),
                    reinstall=_REINSTALL,
                )
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
            raise UserError(
                translated("The engine answers in a way that is not understood ({item}). {log}").format(
                    item=item, log=self._see_log()
                )
            )
        if item is None:
            if self._remote:
                raise UserError(self._unreachable())
            raise UserError(
                translated("The engine ended before the sketch was done ({how}). {log}").format(
                    how=self._how_it_ended(), log=self._see_log()
                )
            )
        return item

    def _send(self, message: Message) -> None:
        try:
            self._process.stdin.write(encode(message))  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]
        except OSError:
            pass  # it has ended, as the end of its stdout is about to tell

    def _unreachable(self) -> str:
        ended = self._how_it_ended()
        self._threads[0].join(CLOSE_SECONDS)  # its last words
        lines = self._last_words.decode("utf-8", "replace").strip().splitlines()
        said = f"; it said: {lines[-1].strip()}" if lines else ""
        return (
            f"The engine by the command {shlex.join(self._command)!r} did not make the sketch ({ended}{said}). "
            "Try that command in a terminal, or leave the engine command empty to use this computer."
        )

    def _how_it_ended(self) -> str:
        if isinstance(self._process, warm_engine.Connection):
            return "it closed its connection"
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
        raise UserError(
            translated("The engine sent a sketch that cannot be read ({error!r}). {reinstall}").format(
                error=error, reinstall=_REINSTALL
            )
        ) from None


def _error(message: Message) -> UserError:
    text = str(message.get("message", ""))
    if message.get("kind") == "user":
        return UserError(text)
    return UserError(
        translated(
            "The engine failed, and it is not your doing ({text}). Please report it with the details in {log}"
        ).format(text=text, log=message.get("log") or paths.logs())
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


def _photo_bytes(photo: str) -> Message:
    """What a job for another computer has in addition. Raises `UserError` if it is too much."""
    try:
        content = Path(photo).read_bytes()
    except OSError as error:
        raise UserError(
            translated("The photo {photo} cannot be read ({strerror}). Allow reading it.").format(
                photo=photo, strerror=error.strerror
            )
        ) from None
    if len(content) > MAX_PHOTO:
        raise UserError(
            translated(
                "The photo {photo} has {content:.0f} MB, but at most {most} can be sent to an engine on another "
                "computer. Save it as JPEG, or make it smaller."
            ).format(photo=photo, content=len(content) / 2**20, most=MAX_PHOTO >> 20)
        )
    return {"photo_bytes": base64.b64encode(content).decode("ascii")}


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
