"""One job in this process: the pipeline, and around it what only the process knows. Nothing here imports torch."""

from __future__ import annotations

import contextlib
import errno
import importlib.metadata
import os
import platform
import re
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..contract import events, texts
from ..contract.codes import ErrorCode, NoticeCode
from ..contract.errors import CodedError, cut
from ..contract.events import Event
from ..contract.job import SketchJob
from ..contract.protocol import Message
from ..contract.sketch import Sketch

if TYPE_CHECKING:
    from ..pipeline import Keep
    from ..sketching.last_photo import LastPhoto

Report = dict[str, Any]

# PyTorch has one class of errors for all.
_NVIDIAS = re.compile(r"CUDA (error|driver)|cuDNN|CUDNN_|CUBLAS_|no kernel image")
_APPLES = re.compile(r"\bMPS\b")
_NO_MEMORY = re.compile(
    "out of memory|DefaultCPUAllocator|bad_alloc|Insufficient memory|[Cc]annot allocate memory|failed to map segment"
)

_VERSIONS = ("torch", "numpy", "numba", "pillow")


def run(
    job: SketchJob,
    emit: Callable[[Message], None],
    stop: Callable[[], bool],
    since: float,
    keep: Keep | None = None,
    memory: LastPhoto | None = None,
) -> tuple[list[Sketch], Report]:
    """The sketches of one job, and the pipeline's report with ``seconds.start``, ``peak_rss_mb`` and ``versions``.

    ``since`` is when the wait for the job began, on the clock of `time.monotonic`; ``seconds.start`` counts from there
    until the pipeline begins, most of it imports, and ``seconds.total`` until it ends. ``memory`` is the pipeline's.
    Raises `UserError` for all that the user can mend, lack of memory included.
    """
    emit({"type": "stage", "name": "start"})
    try:
        from .. import pipeline  # takes half a second and more

        start = time.monotonic() - since
        try:
            sketches, report = pipeline.sketch(job, emit, stop, keep, memory)
        except RuntimeError as error:
            notice = _gpu_left_out(job, error)
            if notice is None:
                raise
        else:
            notice = None
        if notice:  # outside the handler: the exception's traceback would keep the tensors of the failed try alive
            emit(notice)
            sketches, report = pipeline.sketch(replace(job, device="cpu"), emit, stop, keep, memory)
    except Exception as error:
        if is_out_of_memory(error):
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
    packages = {}
    for name in _VERSIONS:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):  # PyTorch, in a light installation
            packages[name] = importlib.metadata.version(name)
    return {"engine": __version__, "python": platform.python_version(), **packages}


def _gpu_left_out(job: SketchJob, error: RuntimeError) -> Event | None:
    """The notice that the job goes on without its GPU, where it is that which failed; None if it is not.

    A card may pass its trial, and fail at the first kernel that this one does not have. Raises `CodedError` where the
    GPU was asked for by its name.
    """
    text = str(error)
    name = texts.NVIDIA_CARD if _NVIDIAS.search(text) else texts.APPLE_GPU if _APPLES.search(text) else ""
    if not name or job.device == "cpu" or is_out_of_memory(error):
        return None
    reason = cut(text.strip().split("\n")[0].rstrip("."), 200)
    if job.device != "auto":
        raise CodedError(ErrorCode.DEVICE_FAILS, device=name, reason=reason) from error
    return events.notice(NoticeCode.DEVICE_LEFT_OUT, device=name, reason=reason)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether it, or what led to it, is Python's, the system's, OpenCV's, the CPU allocator's, CUDA's or Metal's way to
    say so.
    """
    led_to_it = error.__cause__ or error.__context__
    return _says_no_memory(error) or (led_to_it is not None and is_out_of_memory(led_to_it))


def _says_no_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    may_say = isinstance(error, (RuntimeError, ImportError, SystemError, OSError)) or type(error).__module__.startswith(
        "cv2"
    )
    return may_say and bool(_NO_MEMORY.search(str(error)))
