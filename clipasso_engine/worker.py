"""``clipasso worker``: jobs in on stdin, events out on stdout, one JSON object a line (see `clipasso_engine.job`).

It serves one job after the other and ends, at once and without a trace, when its stdin or stdout is closed, at
``cancel``, or on SIGTERM or SIGINT. Nothing but the protocol reaches stdout, and nothing at all stderr.
"""

from __future__ import annotations

import faulthandler
import os
import queue
import signal
import threading
import time
from dataclasses import dataclass
from typing import BinaryIO, NoReturn

from . import __version__, logs
from . import run as runner
from .errors import UserError
from .job import PROTOCOL, Message, SketchJob, decode, encode

MAX_LINE = 1 << 20
"""Bytes; a job is a few hundred."""


def run(arguments: object) -> NoReturn:
    """Serve until told to end; ``arguments``, those of the command line, are none."""
    # Python's own handlers wait for the current call into a library to return; there is nothing to clean up.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    protocol = os.fdopen(os.dup(1), "wb")
    logs.redirect(1, 2)
    faulthandler.enable()
    _Worker(protocol).serve()


@dataclass
class _Request:
    message: Message
    arrived: float  # on the clock of time.monotonic
    stop: threading.Event


class _Worker:
    def __init__(self, protocol: BinaryIO) -> None:
        self._protocol = protocol
        self._requests: queue.SimpleQueue[_Request | Exception] = queue.SimpleQueue()
        self._start_up = 0.0  # seconds; the first job's start counts them

    def serve(self) -> NoReturn:
        self._emit({"type": "hello", "protocol": PROTOCOL, "version": __version__})
        self._start_up = time.monotonic() - runner.process_start()
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            request = self._requests.get()
            logs.redirect(1, 2)
            if isinstance(request, Exception):
                self._emit_bug(request)
            else:
                self._answer(request)

    def _listen(self) -> None:
        """Put jobs on the queue, heed the rest at once. Its end is the process's."""
        stop = threading.Event()
        with open(0, "rb", closefd=False) as stdin:
            for line in iter(lambda: stdin.readline(MAX_LINE), b""):
                try:
                    message = decode(line)
                except (ValueError, RecursionError) as error:
                    self._requests.put(error)
                    continue
                if message["type"] == "cancel":
                    break
                if message["type"] == "stop":
                    stop.set()
                elif message["type"] == "job":
                    stop = threading.Event()  # a late "stop" must not reach the next job
                    self._requests.put(_Request(message, time.monotonic(), stop))
                else:
                    self._requests.put(ValueError(f"unknown message: {message['type']!r}"))
        os._exit(0)  # a long call into a library may hold the main thread

    def _answer(self, request: _Request) -> None:
        since, self._start_up = request.arrived - self._start_up, 0.0
        try:
            job = SketchJob.from_message(request.message)
            sketches, report = runner.run(job, self._emit, request.stop.is_set, since)
            self._emit({"type": "result", "sketches": [sketch.to_json() for sketch in sketches], "report": report})
        except UserError as error:
            self._emit({"type": "error", "kind": "user", "message": str(error), "log": ""})
        except Exception as error:
            self._emit_bug(error)

    def _emit_bug(self, error: Exception) -> None:
        log = logs.record_bug(error)
        message = f"{type(error).__name__}: {error}"
        self._emit({"type": "error", "kind": "bug", "message": message, "log": str(log or "")})

    def _emit(self, message: Message) -> None:
        line = encode(message)
        try:
            self._protocol.write(line)
            self._protocol.flush()
        except OSError:
            os._exit(0)  # nobody reads any more
