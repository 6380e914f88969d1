"""The job object, against a stand-in for kernel32: this is the only part that no other system can run."""

import ctypes
from typing import Any

import pytest

from inkscape_extension.engine import process_group


class Function:
    def __init__(self, name, calls, result):
        self._name, self._calls, self._result = name, calls, result

    def __call__(self, *arguments):
        self._calls.append((self._name, arguments))
        return self._result


class Kernel32:
    def __init__(self, **results):
        self.calls: list[Any] = []
        for name in ("CreateJobObjectW", "SetInformationJobObject", "AssignProcessToJobObject", "CloseHandle"):
            setattr(self, name, Function(name, self.calls, results.get(name, 77)))

    def called(self):
        return [name for name, _arguments in self.calls]


class Process:
    _handle = 42


PROCESS: Any = Process()
"""What a job needs of a process."""


def test_the_process_ends_with_the_job_and_the_job_with_its_handle():
    kernel32 = Kernel32()
    job = process_group.JobObject.holding(PROCESS, kernel32)
    assert kernel32.called() == ["CreateJobObjectW", "SetInformationJobObject", "AssignProcessToJobObject"]
    handle, information_class, limits, size = kernel32.calls[1][1]
    assert (handle.value, information_class) == (77, 9)
    assert limits._obj.BasicLimitInformation.LimitFlags == 0x2000
    assert size == ctypes.sizeof(process_group.ExtendedLimits)
    assert [argument.value for argument in kernel32.calls[2][1]] == [77, 42]
    job.close()
    job.close()
    assert kernel32.called().count("CloseHandle") == 1


def test_the_structure_has_the_size_windows_expects():
    assert ctypes.sizeof(process_group.ExtendedLimits) == (144 if ctypes.sizeof(ctypes.c_void_p) == 8 else 112)


@pytest.mark.parametrize(
    ("refusing", "closed"), [("CreateJobObjectW", 0), ("SetInformationJobObject", 1), ("AssignProcessToJobObject", 1)]
)
def test_where_windows_refuses_there_is_no_job_and_no_leak(refusing, closed):
    kernel32 = Kernel32(**{refusing: 0})
    assert process_group.JobObject.holding(PROCESS, kernel32) is None
    assert kernel32.called().count("CloseHandle") == closed
