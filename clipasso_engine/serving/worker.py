"""Jobs in, events out, one JSON object a line (see `contract.protocol`), one job after the other.

A worker ends, at once and without a trace, when one of its streams is closed, or at ``cancel``.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from .. import __version__
from ..contract.codes import ErrorCode
from ..contract.errors import CodedError, UserError, cut, shown
from ..contract.job import SketchJob
from ..contract.protocol import PROTOCOL, Message, decode, encode
from ..sketching.last_photo import LastPhoto
from . import engine_log, redrawing_run
from . import job_run as runner

MAX_LINE = 1 << 28
"""Bytes; a job is a few hundred, unless it brings its photo."""

_WORK = ("job", *redrawing_run.KINDS)
"""The types of messages that ask for something to be done."""

_MAX_BUG, _MAX_REASON = 1000, 200  # characters of messages that may quote what was sent


@dataclass
class _Request:
    message: Message
    arrived: float  # on the clock of time.monotonic
    stop: threading.Event


class Worker:
    """Serves whoever is at the other end of two streams, until that one has gone."""

    def __init__(
        self,
        source: BinaryIO,
        protocol: BinaryIO,
        gone: Callable[[], object],
        start_up: bool = True,
        memory: LastPhoto | None = None,
    ) -> None:
        """``gone`` is called, in some thread, at the end. ``start_up``: whether this process was started for the job,
        whose report then counts the time that took. ``memory`` is what workers before this one in the process left."""
        self._source, self._protocol, self._gone = source, protocol, gone
        self._requests: queue.SimpleQueue[_Request | CodedError | None] = queue.SimpleQueue()
        self._counts_start_up = start_up
        self._memory = memory or LastPhoto()
        self._start_up = 0.0  # seconds; the first job's start counts them

    def serve(self) -> None:
        self._emit({"type": "hello", "protocol": PROTOCOL, "version": __version__})
        if self._counts_start_up:
            self._start_up = time.monotonic() - runner.process_start()
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            request = self._requests.get()
            if request is None:
                return
            engine_log.redirect(1, 2)
            if isinstance(request, CodedError):
                self._emit_refusal(request)
            else:
                self._answer(request)

    def _listen(self) -> None:
        """Put jobs on the queue, heed the rest at once. Its end is the process's."""
        stop = threading.Event()
        with contextlib.suppress(OSError):  # a broken connection
            for line in iter(lambda: self._source.readline(MAX_LINE), b""):
                try:
                    message = decode(line)
                except (ValueError, RecursionError, MemoryError) as error:
                    self._requests.put(CodedError(ErrorCode.MESSAGE_UNREADABLE, reason=cut(str(error), _MAX_REASON)))
                    continue
                if message["type"] == "cancel":
                    break
                if message["type"] == "stop":
                    stop.set()
                elif message["type"] in _WORK:
                    stop = threading.Event()  # a late "stop" must not reach the next job
                    self._requests.put(_Request(message, time.monotonic(), stop))
                else:
                    reason = f"unknown message: {shown(message['type'])}"
                    self._requests.put(CodedError(ErrorCode.MESSAGE_UNREADABLE, reason=reason))
        stop.set()
        self._requests.put(None)
        self._gone()

    def _answer(self, request: _Request) -> None:
        since, self._start_up = request.arrived - self._start_up, 0.0
        try:
            if request.message["type"] in redrawing_run.KINDS:
                self._emit(redrawing_run.run(request.message))
                return
            job = SketchJob.from_message(request.message)
            request.message.clear()  # a photo that came along need not be held twice
            sketches, report = runner.run(job, self._emit, request.stop.is_set, since, memory=self._memory)
            self._emit({"type": "result", "sketches": [sketch.to_json() for sketch in sketches], "report": report})
        except UserError as error:
            self._emit_refusal(error)
        except Exception as error:
            if runner.is_out_of_memory(error):  # while the job was read
                self._emit_refusal(CodedError(ErrorCode.OUT_OF_MEMORY))
            else:
                self._emit_bug(error)

    def _emit_refusal(self, error: UserError) -> None:
        self._emit({"type": "error", "log": "", **error.to_message()})

    def _emit_bug(self, error: Exception) -> None:
        log = engine_log.record_bug(error)
        message = cut(f"{type(error).__name__}: {error}", _MAX_BUG)
        self._emit({"type": "error", "kind": "bug", "message": message, "log": str(log or "")})

    def _emit(self, message: Message) -> None:
        line = encode(message)
        try:
            self._protocol.write(line)
            self._protocol.flush()
        except OSError:
            self._gone()  # nobody reads any more
