"""The engine: a process of its own that gets one job and answers with a stream of messages (see `contract.protocol`).

It must never outlive what it works for. Closing its stdin ends it; if that fails, its process group (on Windows, its
job object) is killed with everything it started.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import queue
import shlex
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Optional

from clipasso_engine import __version__
from clipasso_engine.contract import file_kinds, paths
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.protocol import PROTOCOL, Message, encode
from clipasso_engine.contract.redrawing import Animation, Plot, Redrawn
from clipasso_engine.contract.sketch import Sketch

from .. import exhausted
from ..document.photo_file import PhotoFile
from ..translation import translated
from . import answers, process, sandbox, setting, warm_engine
from .answers import Sketches, failure, redrawn
from .outbox import Outbox
from .process import EngineProcess
from .said import Logs
from .setting import REINSTALL

if TYPE_CHECKING:
    from . import warm_pipe

Listener = Callable[[Optional[Message]], Optional[str]]
"""Called with each message, its sketches decoded (see `answers.Sketches`), and with None at least ten times a second;
answers `STOP`, `CANCEL` or None to go on."""

STOP, CANCEL = "stop", "cancel"

START_SECONDS = 60.0  # until "hello"; a cold disk and a virus scanner need time to read torch
BUDGET_MARGIN = 5.0  # the engine keeps the time budget itself; this much later it is told to stop
STOP_SECONDS = 20.0  # from "stop" to the result
PAUSED_SECONDS = 5.0  # a process that is stopped by a signal, as by Ctrl+Z, is waited for when it has not said hello
REDRAWING_SECONDS = 600.0  # until a sketch is drawn once more; the largest films take minutes
MAX_PHOTO = 100 << 20  # bytes that travel to another computer


class CancelledError(Exception):
    """The listener asked to drop everything."""


def start(chosen: str = "") -> Engine:
    """The engine of `setting.find`: one that is warm, or else one started now.

    Raises `UserError` if there is none, or none that can be reached from the sandbox that Inkscape is in.
    """
    how = sandbox.reachable(setting.find(chosen), process.environment(os.environ))
    warm = _warm(how) if how.warm and not how.remote else None
    return Engine(how.command, warm=warm, remote=how.remote)


def _warm(how: setting.Setting) -> warm_engine.Connection | warm_pipe.Connection | None:
    """A connection to a warm engine, by what the system has for it."""
    environment = process.environment(os.environ)
    if sys.platform == "win32":
        from . import warm_pipe  # the standard library's pipes, which need not be there elsewhere

        return warm_pipe.connect(how.command, how.warm, environment)
    return warm_engine.connect(how.command, how.warm, environment)


class Engine:
    """A running engine. Leaving the ``with`` block ends it and all it started."""

    def __init__(
        self,
        command: Sequence[str],
        stderr_log: Path | None = None,
        warm: warm_engine.Connection | warm_pipe.Connection | None = None,
        remote: bool = False,
    ) -> None:
        """Start it, unless there is a ``warm`` one. A ``remote`` one gets the photo with the job.

        Raises `UserError` if that is not possible.
        """
        self._logs = Logs(stderr_log or paths.logs() / "engine-stderr.log")
        self._command, self._remote = list(command), remote
        self._messages: queue.Queue[Message | Exception | None] = queue.Queue()
        try:
            self._process = warm or EngineProcess(command, self._logs.stderr, remote)
            self._start_threads()
        except RuntimeError as error:  # the system gives out no more threads
            raise UserError(exhausted.sentence(error)) from None

    def _start_threads(self) -> None:
        process = self._process
        self._reader = threading.Thread(target=answers.read, args=(process.stdout, self._messages), daemon=True)
        try:
            self._outbox = Outbox(process.stdin)
            self._reader.start()
        except RuntimeError:
            process.kill()
            process.end()
            process.close(read=True)
            raise

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
        self._send((_with_photo(job) if self._remote else job).to_message())
        stop_at = time.monotonic() + job.time_budget + BUDGET_MARGIN
        give_up_at = float("inf")
        sketches, levels = Sketches(), {}
        while time.monotonic() <= give_up_at:
            message = self._next()
            message = sketches.decoded(message) if message else None
            wish = _ask(listener, message)
            if give_up_at == float("inf") and (wish == STOP or time.monotonic() > stop_at):
                self._send({"type": STOP})
                give_up_at = time.monotonic() + (0 if self._process.is_paused() else STOP_SECONDS)
            kind = message["type"] if message else ""
            if message and kind == "result":
                return message["sketches"], message["report"]
            if message and kind == "error":
                raise failure(message)
            if message and kind == "level":
                sketch = message["sketch"]
                levels[sketch.part == "object", sketch.level] = sketch
        if not levels:
            raise _nothing_yet(job.time_budget)
        return [levels[level] for level in sorted(levels, reverse=True)], {}

    def redraw(self, wish: Animation | Plot) -> Redrawn:
        """What comes of drawing a sketch once more. Raises `UserError` with the engine's own words or what is wrong."""
        self._await_hello(_nobody)
        self._send(wish.to_message())
        until = time.monotonic() + REDRAWING_SECONDS
        while time.monotonic() <= until:
            message = self._next()
            if message and message["type"] == "error":
                raise failure(message)
            if message and message["type"] == "redrawn":
                return redrawn(message)
        raise UserError(
            translated("The engine did not finish within {seconds:g} seconds. {log}").format(
                seconds=REDRAWING_SECONDS, log=self._see_log()
            )
        )

    def close(self) -> None:
        """End the engine with all it started; harmless when it has ended."""
        if not self._outbox.close(process.CLOSE_SECONDS):
            self._process.kill()  # it does not read
            self._outbox.close(process.CLOSE_SECONDS)
        self._process.end()
        self._reader.join(process.CLOSE_SECONDS)
        self._process.close(read=not self._reader.is_alive())

    def _await_hello(self, listener: Listener) -> None:
        begun = time.monotonic()
        message = None
        while message is None:
            message = self._next()
            _ask(listener, message)
            limit = PAUSED_SECONDS if self._process.is_paused() else START_SECONDS
            if message is None and time.monotonic() > begun + limit:
                raise UserError(
                    translated("The engine did not answer within {start_seconds:g} seconds. {log}").format(
                        start_seconds=limit, log=self._see_log()
                    )
                )
        if message["type"] == "error":
            raise failure(message)
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
                    reinstall=REINSTALL,
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
                return self._checked(self._messages.get(timeout=process.CLOSE_SECONDS))
            item = None  # a child of the engine holds its stdout open
        return self._checked(item)

    def _checked(self, item: Message | Exception | None) -> Message:
        if isinstance(item, Exception) and exhausted.is_exhausted(item):
            raise UserError(exhausted.sentence(item))
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
                    how=self._process.how_it_ended(), log=self._see_log()
                )
            )
        return item

    def _send(self, message: Message) -> None:
        self._outbox.send(encode(message))

    def _unreachable(self) -> str:
        ended, words = self._process.how_it_ended(), self._process.last_words()
        said = translated("; it said: {words}").format(words=words) if words else ""
        return translated(
            "The engine by the command {command!r} did not make the sketch ({ended}{said}). Try that command in a "
            "terminal, or leave the engine command empty to use this computer."
        ).format(command=shlex.join(self._command), ended=ended, said=said)

    def _see_log(self) -> str:
        return self._logs.advice(self._process.last_words(), self._remote)


def _ask(listener: Listener, message: Message | None) -> str | None:
    wish = listener(message)
    if wish == CANCEL:
        raise CancelledError
    return wish


def _nobody(_message: Message | None) -> None:
    """A listener that wishes for nothing."""


def _nothing_yet(time_budget: float) -> UserError:
    return UserError(
        translated(
            "The engine did not finish within {time_budget:g} seconds and had no sketch yet. Choose a longer "
            "time limit, the quality draft or fewer strokes."
        ).format(time_budget=time_budget)
    )


def _with_photo(job: SketchJob) -> SketchJob:
    """``job`` for another computer: with the photo's bytes.

    Raises `UserError` if they are too many, cannot be read, or begin like no photo: the document may name any file.
    """
    with PhotoFile(job.photo, job.photo_bytes).opened() as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        if size > MAX_PHOTO:
            raise UserError(
                translated(
                    "The photo {photo} has {content:.0f} MB, but at most {most} can be sent to an engine on another "
                    "computer. Save it as JPEG, or make it smaller."
                ).format(photo=job.photo, content=size / 2**20, most=MAX_PHOTO >> 20)
            )
        content = stream.read(MAX_PHOTO)
    file_kinds.check(job.photo, content[: file_kinds.HEAD_BYTES])
    return dataclasses.replace(job, photo_bytes=content)
