"""Sketches asked of processes beside Inkscape: a folder for each, in CLIPASSO_HOME/running.

The process holds a lock in its folder and removes it at its end. So a folder that nobody holds tells of a process that
died, which nobody would know otherwise.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from clipasso_engine.contract import paths

from ..translation import translated

REQUEST, LOCK, UP = "request.json", "lock", "up"

_STARTS = 60.0  # seconds in which a new process takes its lock; before that, its folder is not one of the dead
_NEWS = 3600.0  # seconds for which a death is worth telling: a session that ended on purpose leaves folders, too


def new() -> Path:
    """A folder for one request."""
    running = _running()
    paths.make(running)
    return Path(tempfile.mkdtemp(dir=running))  # 0700: what is in it is nobody else's to read


@contextlib.contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[None]:
    """Hold a lock that ends with the process. Raises `OSError` if another one has it and we do not ``wait``."""
    import fcntl  # not on Windows, where nothing runs beside Inkscape

    with open(path, "a", encoding="ascii", opener=paths.private) as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield


def deaths() -> list[str]:
    """A sentence for each process that died at work; its folder goes, so that it is told once."""
    told = []
    try:
        folders = sorted(_running().iterdir())
    except OSError:
        return []
    for folder in folders:
        up = (folder / UP).exists()
        with contextlib.suppress(OSError, ImportError):
            # Before the lock changes it; the clock may have been set back since.
            age = abs(time.time() - (folder / UP if up else folder).stat().st_mtime)
            with locked(folder / LOCK, wait=False):
                if up and age < _NEWS:
                    told.append(_death(folder))
                if up or age > _STARTS:
                    shutil.rmtree(folder)
    return told


def _death(folder: Path) -> str:
    try:
        name = str(json.loads((folder / REQUEST).read_text(encoding="ascii"))["asked"]["document"]["name"])
    except (OSError, ValueError, KeyError, TypeError):
        name = "?"
    return translated(
        "The sketch for {name} was not finished: the program that made it beside Inkscape ended unexpectedly. "
        "Sketch the photo again; if that does not help, report it with the details in {log}"
    ).format(name=name, log=paths.logs() / "background.log")


def _running() -> Path:
    return paths.home() / "running"
