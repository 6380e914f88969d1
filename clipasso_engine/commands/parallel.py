"""The same work on many things, in as many processes as there are cores and memory for.

A process draws one photo after the other. One that dies takes its own photo with it and no other: another process
goes on with the rest. Nothing outlives an interrupt.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from ..contract.errors import UserError, from_message
from ..serving import engine_log

AUTO = 0
"""The number of processes that leaves it to us."""

_MEMORY = 1.2e9  # bytes that a process takes at its peak; larger starts fewer

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Outcome(Generic[Result]):
    """What came of the item with this number: a result, or the error why there is none."""

    number: int
    result: Result | None
    error: UserError | None = None


def processes(wish: int, items: int, device: str) -> int:
    """How many to work with: ``wish``, or as many as there are cores; no more than items, or than memory is there for.

    ``device`` is a job's: one process where a GPU does the work.
    """
    on_gpu = device not in ("auto", "cpu") or (device == "auto" and _has_gpu())
    most = wish or (1 if on_gpu else _cores())
    memory = _available_memory()
    room = items if memory is None else max(1, int(memory / _MEMORY))
    return max(1, min(most, items, room))


def each(function: Callable[[Item], Result], items: Sequence[Item], count: int) -> Iterator[Outcome[Result]]:
    """Call ``function`` with each of ``items`` in ``count`` processes, or in this one; outcomes as they come.

    ``function`` belongs to a module, and what it takes and returns can be pickled, if there are several processes. A
    `UserError` is the outcome of its item; any other exception ends it all and is raised here.
    """
    if count == 1:
        for number, item in enumerate(items):
            try:
                yield Outcome(number, function(item))
            except UserError as error:
                yield Outcome(number, None, error)
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy what threads of libraries hold
    waiting = list(enumerate(items))
    with contextlib.ExitStack() as stack:
        workers = [_Worker(context, function, count) for _ in range(count)]
        for worker in workers:
            stack.callback(worker.end)
            worker.take(waiting)
        while any(worker.number is not None for worker in workers):
            busy = {worker.connection: worker for worker in workers if worker.number is not None}
            for connection in wait(list(busy)):
                worker = busy[connection]
                yield worker.outcome()
                worker.take(waiting)


class _Worker:
    """A process, and the number of the item that it is at work on."""

    def __init__(self, context: Any, function: Callable[[Any], Any], count: int) -> None:
        self._context, self._function, self._count = context, function, count
        self.number: int | None = None
        self._start()

    def _start(self) -> None:
        self.connection, theirs = self._context.Pipe()
        self._process: BaseProcess = self._context.Process(
            target=_serve, args=(theirs, self._function, max(1, _cores() // self._count)), daemon=True
        )
        self._process.start()
        theirs.close()  # else the end of the process would not close the pipe

    def take(self, waiting: list[tuple[int, Any]]) -> None:
        """Begin with the next item, if there is one."""
        self.number = None
        if waiting:
            self.number, item = waiting.pop(0)
            with contextlib.suppress(OSError):  # it has died: `outcome` tells
                self.connection.send(item)

    def outcome(self) -> Outcome[Any]:
        assert self.number is not None
        try:
            kind, value = self.connection.recv()
        except (EOFError, OSError):
            self._process.join()
            status = self._process.exitcode or 0
            self.connection.close()
            self._start()
            how = f"signal {-status}" if status < 0 else f"status {status}"
            return Outcome(self.number, None, UserError(f"The process that worked on it ended unexpectedly ({how})."))
        if kind == "bug":
            raise value
        return Outcome(self.number, value) if kind == "result" else Outcome(self.number, None, from_message(value))

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self.connection.close()


def _serve(connection: Connection, function: Callable[[Any], Any], threads: int) -> None:
    """What a process does, until its parent ends it, or has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent was interrupted as well, and ends us
    os.environ["OMP_NUM_THREADS"] = str(threads)  # before torch is imported
    while True:
        try:
            item = connection.recv()
        except (EOFError, OSError):
            return
        try:
            answer = ("result", function(item))
        except UserError as error:
            answer = ("error", error.to_message())
        except Exception as error:
            engine_log.record_bug(error)
            answer = ("bug", error)
        with contextlib.suppress(OSError):  # the parent has gone, which the next turn finds out
            connection.send(answer)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _has_gpu() -> bool:
    """Without asking PyTorch, which takes seconds to import."""
    return sys.platform == "darwin" or shutil.which("nvidia-smi") is not None


def _available_memory() -> float | None:
    """Bytes that programs may still take; None where the platform does not tell."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            return next(1024.0 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError):
        return None
