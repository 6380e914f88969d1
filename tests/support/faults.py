"""Faults of a machine, made on purpose: full disks, folders that cannot be written, little memory, no new processes."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_SYSTEM = os.pathsep.join(("/usr/sbin", "/usr/bin", "/sbin", "/bin"))  # whatever PATH a test has made
MOUNT, UMOUNT = (shutil.which(name, path=_SYSTEM) or "" for name in ("mount", "umount"))
FILLER = "filler"
"""What takes all room on a full disk."""
NOBODY = 61234
"""A user without processes, so that a limit on their number concerns those of a test only."""


@contextlib.contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """``mount OPTIONS FOLDER`` for the time of the block. Skips the test where that is not allowed, and says so."""
    if sys.platform != "linux" or os.geteuid() != 0 or not MOUNT:
        pytest.skip("NOT TRIED: only root on Linux can mount a file system")
    done = subprocess.run([MOUNT, *options, str(folder)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"NOT TRIED: no file system can be mounted here ({done.stderr.strip()})")
    try:
        yield
    finally:
        subprocess.run([UMOUNT, "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def small_disk(folder: Path, kilobytes: int = 256) -> Iterator[None]:
    """A disk of its own at ``folder``, with what was there."""
    kept = shutil.copytree(folder, folder.with_name(f"{folder.name}-kept"))
    with mounted(folder, "-t", "tmpfs", "-o", f"size={kilobytes}k,mode=0700", "none"):
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        shutil.rmtree(kept)
        yield


@contextlib.contextmanager
def filled(folder: Path, left: int = 0) -> Iterator[None]:
    """The disk at ``folder`` is full but for ``left`` pages of 4 kB."""
    filler = folder / FILLER
    with filler.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while True:
            stream.write(bytes(4096))
    os.truncate(filler, max(0, filler.stat().st_size - 4096 * left))
    try:
        yield
    finally:
        filler.unlink()


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nothing in ``folder`` can be written, not even by root."""
    with mounted(folder, "--bind", str(folder)):
        subprocess.run([MOUNT, "-o", "remount,ro,bind", str(folder)], check=True)
        with pytest.raises(OSError, match=os.strerror(errno.EROFS)):
            (folder / "probe").touch()
        yield


def memory(megabytes: int) -> Callable[[], None]:
    """For `Extension.before`: a process that gets no more than this, nor do those it starts."""
    import resource

    limit = megabytes << 20
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def no_new_processes() -> list[str]:
    """What to put before a command that shall start no process and no thread.

    Root may always: so it is another user, who may read all files.
    """
    if not shutil.which("prlimit") or not shutil.which("setpriv"):
        pytest.skip("NOT TRIED: prlimit and setpriv are not there")
    if os.geteuid() != 0:
        return ["prlimit", "--nproc=1"]
    may = "-all,+dac_override,+dac_read_search"
    user = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return ["prlimit", "--nproc=1", "setpriv", *user, f"--inh-caps={may}", f"--ambient-caps={may}"]
