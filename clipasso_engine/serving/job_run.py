"""One job in this process: the pipeline, and around it what only the process knows. Nothing here imports torch."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..contract.codes import ErrorCode
from ..contract.errors import CodedError
from ..contract.job import SketchJob
from ..contract.protocol import Message
from ..contract.sketch import Sketch

if TYPE_CHECKING:
    from ..pipeline import Keep

Report = dict[str, Any]

_VERSIONS = ("torch", "numpy", "numba", "pillow")


def run(
    job: SketchJob,
    emit: Callable[[Message], None],
    stop: Callable[[], bool],
    since: float,
    keep: Keep | None = None,
) -> tuple[list[Sketch], Report]:
    """The sketches of one job, and the pipeline's report with ``seconds.start``, ``peak_rss_mb`` and ``versions``.

    ``since`` is when the wait for the job began, on the clock of `time.monotonic`; ``seconds.start`` counts from there
    until the pipeline begins, most of it imports, and ``seconds.total`` until it ends.
    Raises `UserError` for all that the user can mend, lack of memory included.
    """
    emit({"type": "stage", "name": "start"})
    try:
        from .. import pipeline  # takes seconds, since it brings torch

        start = time.monotonic() - since
        sketches, report = pipeline.sketch(job, emit, stop, keep)
    except (MemoryError, RuntimeError) as error:
        if _is_out_of_memory(error):
            raise CodedError(ErrorCode.OUT_OF_MEMORY) from error
        raise
    seconds = {"start": start, **report.get("seconds", {})}
    report = {**report, "seconds": seconds, "peak_rss_mb": peak_rss_mb(), "versions": versions()}
    close(report, since)
    return sketches, report


def close(report: Report, since: float) -> None:
    """Set ``seconds.total`` of a report to the seconds from ``since`` to now."""
    report["seconds"]["total"] = round(time.monotonic() - since, 3)
    report["seconds"] = {name: round(value, 3) for name, value in report["seconds"].items()}


def process_start() -> float:
    """When this process started, on the clock of `time.monotonic`.

    Read from /proc where there is one; elsewhere taken from the processor time used so far, which at the start is
    nearly all there is.
    """
    now = time.monotonic()
    try:
        with open("/proc/self/stat", encoding="ascii", errors="replace") as stat:
            # Field 22; the second, the program's name, may hold blanks and brackets.
            ticks = int(stat.read().rpartition(")")[2].split()[19])
        return now - max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"))
    except (OSError, ValueError, AttributeError):
        return now - time.process_time()


def peak_rss_mb() -> float | None:
    """The most memory this process has held, in MB (2^20 bytes); None where the platform does not tell."""
    try:
        # getrusage also counts what the parent held when it forked.
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            return next(round(int(line.split()[1]) / 1024, 1) for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        pass
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


def versions() -> dict[str, str]:
    """Versions of the engine, of Python and of the packages a sketch depends on."""
    packages = {name: importlib.metadata.version(name) for name in _VERSIONS}
    return {"engine": __version__, "python": platform.python_version(), **packages}


def _is_out_of_memory(error: Exception) -> bool:
    """Whether it is Python's, the CPU allocator's, CUDA's or Metal's way to say so; torch has one class for none."""
    text = str(error)
    return isinstance(error, MemoryError) or "out of memory" in text or "DefaultCPUAllocator" in text
