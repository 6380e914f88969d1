"""The engine as a process of its own, as people start it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from ..contract.errors import UserError
from ..contract.job import SketchJob

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Run:
    """What one ``clipasso sketch`` took and told."""

    seconds: float  # from its start to its end, by the clock on the wall
    processor: float  # seconds of processor time, all threads and processes; 0 where the platform does not tell
    reports: list[dict[str, Any]]  # one for each photo


def sketch(photos: Sequence[Path], out: Path, *options: str) -> Run:
    """``clipasso sketch`` in a process of its own, held against the lines alone. Raises `UserError` if it fails."""
    report = out / "report.json"
    out.mkdir(parents=True, exist_ok=True)
    words = ["sketch", *map(str, photos), "-o", str(out), "--report", str(report), "--quiet", *options]
    begun, used = time.perf_counter(), _children()
    done = subprocess.run(_command(*words, "--guidance", "boundary"), capture_output=True, text=True, cwd=_ROOT)
    taken, used = time.perf_counter() - begun, _children() - used
    if done.returncode:
        raise UserError(f"The bench could not draw ({done.stderr.strip() or done.returncode}).")
    told = json.loads(report.read_text(encoding="utf-8"))
    return Run(taken, used, told if isinstance(told, list) else [told])


@dataclass(frozen=True)
class Answer:
    """What a running engine took for one job."""

    first: float  # seconds until strokes could be seen
    seconds: float  # until the result
    report: dict[str, Any]


class Engine:
    """A running ``clipasso worker``. Leaving the ``with`` block ends it."""

    def __enter__(self) -> Engine:
        self._process = subprocess.Popen(_command("worker"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT)
        self._next()  # its greeting
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def sketch(self, job: SketchJob) -> Answer:
        """Draw. Raises `UserError` with what the engine says where it cannot."""
        assert self._process.stdin is not None
        begun = time.perf_counter()
        self._process.stdin.write(json.dumps(job.to_message()).encode() + b"\n")
        self._process.stdin.flush()
        first = 0.0
        while True:
            message = self._next()
            taken = time.perf_counter() - begun
            if message["type"] == "step":
                first = first or taken
            if message["type"] == "error":
                raise UserError(f"The bench could not draw ({message.get('message')}).")
            if message["type"] == "result":
                return Answer(first or taken, taken, message["report"])

    def _next(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise UserError("The engine that the bench had started ended.")
        message: dict[str, Any] = json.loads(line)
        return message


def _children() -> float:
    """Seconds of processor time that processes took which this one has started, and waited for."""
    spent = os.times()
    return spent.children_user + spent.children_system


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "clipasso_engine", *words]
