"""Windows' counterpart of a process group: a job object, whose processes end when its last handle is closed."""

from __future__ import annotations

import ctypes
import subprocess
from typing import Any

_KILL_ON_JOB_CLOSE = 0x2000
_EXTENDED_LIMIT_INFORMATION = 9


class _BasicLimits(ctypes.Structure):
    _fields_ = (
        ("PerProcessUserTimeLimit", ctypes.c_int64),
        ("PerJobUserTimeLimit", ctypes.c_int64),
        ("LimitFlags", ctypes.c_uint32),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", ctypes.c_uint32),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", ctypes.c_uint32),
        ("SchedulingClass", ctypes.c_uint32),
    )


class ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION of winnt.h."""

    _fields_ = (
        ("BasicLimitInformation", _BasicLimits),
        ("IoInfo", ctypes.c_uint64 * 6),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    )


class JobObject:
    """Holds processes; closing it ends them, and Windows closes it when this process ends in whatever way."""

    def __init__(self, kernel32: Any) -> None:
        """``kernel32`` is ``ctypes.WinDLL("kernel32")``, or a stand-in under test. Raises `OSError`."""
        self._kernel32 = kernel32
        kernel32.CreateJobObjectW.restype = ctypes.c_void_p
        self._handle = ctypes.c_void_p(kernel32.CreateJobObjectW(None, None))
        if not self._handle:
            raise OSError("CreateJobObjectW failed")
        limits = ExtendedLimits()
        limits.BasicLimitInformation.LimitFlags = _KILL_ON_JOB_CLOSE
        if not kernel32.SetInformationJobObject(
            self._handle, _EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), ctypes.sizeof(limits)
        ):
            self.close()
            raise OSError("SetInformationJobObject failed")

    @classmethod
    def holding(cls, process: subprocess.Popen[bytes], kernel32: Any = None) -> JobObject | None:
        """A job object with ``process`` in it; None where Windows refuses, as it may inside another job."""
        try:
            job = cls(kernel32 or ctypes.WinDLL("kernel32", use_last_error=True))  # type: ignore[attr-defined]
        except OSError:
            return None
        handle = ctypes.c_void_p(int(process._handle))  # type: ignore[attr-defined]
        if not job._kernel32.AssignProcessToJobObject(job._handle, handle):
            job.close()
            return None
        return job

    def close(self) -> None:
        """End the processes in it; harmless when it is closed."""
        if self._handle:
            self._kernel32.CloseHandle(self._handle)
            self._handle = ctypes.c_void_p(None)
