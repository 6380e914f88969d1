"""What warm workers have in common, however they are reached: one run of theirs, and when they are out of date."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from typing import BinaryIO

from ..sketching.last_photo import LastPhoto
from .worker import Worker

_ABANDON_SECONDS = 1.5  # from the end of a connection to the end of its job, or of the process


def serve(source: BinaryIO, protocol: BinaryIO, memory: LastPhoto, first: bool) -> None:
    """Serve who has connected until they have gone. ``first``: whether the process was started for them."""
    over = threading.Event()

    def gone() -> None:
        if threading.current_thread() is not threading.main_thread() and not over.wait(_ABANDON_SECONDS):
            os._exit(0)  # the job does not heed its end

    Worker(source, protocol, gone, first, memory).serve()
    over.set()


def files() -> list[tuple[str, int]]:
    """The engine's own modules as they are now: another version must not be answered for."""
    with contextlib.suppress(OSError):  # being removed
        return sorted((path.name, path.stat().st_mtime_ns) for path in Path(__file__).parents[1].rglob("*.py"))
    return []
