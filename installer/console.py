"""What install.py says: numbered steps with their times, and notes below them."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Console:
    """Prints steps as they happen; on a terminal, a step under way also shows what it is doing."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._steps = 0
        self._line = ""
        self._notes: list[str] = []

    def say(self, text: str = "") -> None:
        """A line of its own."""
        print(text, file=self._stream, flush=True)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """One numbered step; its seconds are printed when it ends, and its notes after that."""
        self._steps += 1
        self._line = f"{self._steps}. {title} ..."
        print(self._line, end="", file=self._stream, flush=True)
        start = time.monotonic()
        ending = "failed"
        try:
            yield
            ending = f"{time.monotonic() - start:.1f} s"
        finally:
            self._rewrite(f"{self._line} {ending}\n")
            self._line = ""
            for note in self._notes:
                self.say(f"   {note}")
            self._notes.clear()

    def note(self, text: str) -> None:
        """Something worth knowing about the step under way."""
        if self._line:
            self._notes.append(text)
        else:
            self.say(f"   {text}")

    def progress(self, text: str) -> None:
        """What the step is doing now; shown on a terminal only."""
        if self._stream.isatty() and self._line:
            room = shutil.get_terminal_size().columns - len(self._line) - 2
            self._rewrite(f"{self._line} {' '.join(text.split())[: max(room, 0)]}")

    def _rewrite(self, line: str) -> None:
        if self._stream.isatty():
            print(f"\r\x1b[K{line}", end="", file=self._stream, flush=True)
        else:
            print(line[len(self._line) :], end="", file=self._stream, flush=True)
