"""A process of the engine's own: started with clean surroundings, ended with everything that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from clipasso_engine.contract import paths
from clipasso_engine.contract.errors import UserError

from .. import exhausted
from ..messages import open_log
from ..translation import translated
from . import process_group, sandbox
from .setting import REINSTALL

CLOSE_SECONDS = 1.0  # from the end of its stdin to the end of the engine
MAX_STDERR = 1_000_000  # bytes of the engine's stderr that are kept

# What Inkscape sets for its own Python and libraries would break another one.
_SCRUBBED = ("PYTHON", "LD_LIBRARY_PATH", "DYLD_", "GI_TYPELIB_PATH", "GIO_", "GDK_PIXBUF_")


class EngineProcess:
    """A running engine. Its stderr goes to a log."""

    def __init__(self, command: Sequence[str], log: Path, remote: bool = False) -> None:
        """Start it. Raises `UserError` if that is not possible; what to do then depends on whether it is ``remote``."""
        self._log = log
        self._last_words = b""  # of its stderr
        self._process = process = _started(command, translated("Check its command.") if remote else REINSTALL)
        self._job_object = process_group.JobObject.holding(process) if sys.platform == "win32" else None
        self.stdin, self.stdout, self._stderr = _pipes(process)
        self._drain_thread = threading.Thread(target=self._drain, daemon=True)
        try:
            self._drain_thread.start()
        except RuntimeError:  # no more threads
            self.kill()
            process.wait()
            for pipe in (self.stdin, self.stdout, self._stderr):
                pipe.close()
            raise

    def poll(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.poll()

    def is_paused(self) -> bool:
        """Whether it is stopped by a signal; always False where that cannot be told."""
        return self.poll() is None and is_paused(self._process.pid)

    def kill(self) -> None:
        """Kill it with all it started, without waiting for it."""
        if self._job_object is not None:
            self._job_object.close()
        _kill_group(self._process)

    def end(self) -> None:
        """End it with all it started; harmless when it has ended."""
        with contextlib.suppress(OSError):
            self.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(CLOSE_SECONDS)
        self.kill()
        self._process.wait()

    def close(self, read: bool) -> None:
        """Let go of its pipes; of stdout if it was ``read`` to its end, else a process that left the group holds it."""
        self._drain_thread.join(CLOSE_SECONDS)
        if not self._drain_thread.is_alive():
            self._stderr.close()
        if read:
            self.stdout.close()

    def last_words(self) -> str:
        """The last line on its stderr."""
        self._drain_thread.join(CLOSE_SECONDS)
        lines = self._last_words.decode("utf-8", "replace").strip().splitlines()
        return lines[-1].strip() if lines else ""

    def how_it_ended(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = self._process.wait(CLOSE_SECONDS)
            if status == -9:
                return translated("it was killed, perhaps for lack of memory")
            if status < 0:
                return translated("signal {number}").format(number=-status)
            return translated("exit status {number}").format(number=status)
        return translated("it closed its output")

    def _drain(self) -> None:
        """Keep the first `MAX_STDERR` bytes of stderr in the log, and read on to its end."""
        room = MAX_STDERR
        with open_log(self._log) as kept:
            for chunk in iter(lambda: os.read(self._stderr.fileno(), 1 << 16), b""):
                self._last_words = (self._last_words + chunk)[-1000:]
                with contextlib.suppress(OSError):
                    kept.write(chunk[:room])
                room -= min(room, len(chunk))


def is_paused(pid: int) -> bool:
    """Whether a process is stopped by a signal, by /proc; False where there is none."""
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state in (b"T", b"t")


def environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """``inherited`` without what Inkscape puts there for its own Python, and with our home, which the engine shares."""
    kept = {name: value for name, value in inherited.items() if not name.upper().startswith(_SCRUBBED)}
    return {**kept, "CLIPASSO_HOME": str(paths.home())}


def _started(command: Sequence[str], advice: str) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(
            list(command), stdin=pipe, stdout=pipe, stderr=pipe, env=environment(os.environ), **own_group()
        )
    except OSError as error:
        if exhausted.is_exhausted(error):
            raise UserError(exhausted.sentence(error)) from None
        raise UserError(
            translated("The engine {program} could not be started ({strerror}). {sandbox_hint}{advice}").format(
                program=command[0], strerror=error.strerror, sandbox_hint=_sandbox_hint(), advice=advice
            )
        ) from None


def _pipes(process: subprocess.Popen[bytes]) -> tuple[BinaryIO, BinaryIO, BinaryIO]:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    return process.stdin, process.stdout, process.stderr  # type: ignore[return-value]


def own_group() -> dict[str, Any]:
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
    if sandbox.name():
        hint = translated("Inkscape runs in a sandbox (snap or flatpak), which may not start programs outside it.")
        return f"{hint} "
    return ""
