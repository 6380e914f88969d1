"""What is said to the engine, written by a thread of its own: an engine that does not read must not block anybody."""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import BinaryIO


class Outbox:
    """Lines on their way to the engine. Once it has ended, which shows elsewhere, they go nowhere."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def send(self, line: bytes) -> None:
        """Returns at once."""
        self._lines.put(line)

    def close(self, seconds: float) -> bool:
        """Close the stream after what was sent; whether that is done within this time. It may be called again."""
        self._lines.put(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _write(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in iter(self._lines.get, None):
                self._stream.write(line)
                self._stream.flush()
        with contextlib.suppress(OSError, ValueError):
            self._stream.close()
