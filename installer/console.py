"""What install.py says: numbered steps with their times, and notes below them."""

from __future__ import annotations

import json
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

    def fail(self, text: str, reason: str = "") -> None:
        """Why it ends; ``reason`` is the part of the text that people can be told in their language, if it has one."""
        self.say(f"\n{text}")

    @contextmanager
    def step(self, title: str, name: str = "") -> Iterator[None]:
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

    def plan(self, plan: dict[str, object]) -> None:
        """What would be done."""
        for name, value in plan.items():
            self.say(f"{name}: {value}")

    def downloaded(self, package: str, total: int) -> None:
        """A package under way, and the bytes that are there of all packages."""
        self.progress(f"{package} ({total / 2**20:.0f} MiB)")

    def _rewrite(self, line: str) -> None:
        if self._stream.isatty():
            print(f"\r\x1b[K{line}", end="", file=self._stream, flush=True)
        else:
            print(line[len(self._line) :], end="", file=self._stream, flush=True)


class Messages(Console):
    """Says the same to a program, as lines of JSON: what install.py does for the extension's window.

    ``{"type": "step", "name": ..., "text": ...}``, ``{"type": "download", "package": ..., "bytes": ...}``,
    ``{"type": "note"|"say"|"line"|"error", "text": ...}``; what has no "error" last has come to its end.
    """

    def send(self, kind: str, **fields: object) -> None:
        """One message."""
        print(json.dumps({"type": kind, **fields}), file=self._stream, flush=True)

    def say(self, text: str = "") -> None:
        if text.strip():
            self.send("say", text=text.strip())

    def fail(self, text: str, reason: str = "") -> None:
        self.send("error", text=text, reason=reason)

    @contextmanager
    def step(self, title: str, name: str = "") -> Iterator[None]:
        self.send("step", text=title, name=name)
        yield

    def note(self, text: str) -> None:
        self.send("note", text=text)

    def progress(self, text: str) -> None:
        self.send("line", text=" ".join(text.split()))

    def plan(self, plan: dict[str, object]) -> None:
        self.send("plan", **plan)

    def downloaded(self, package: str, total: int) -> None:
        self.send("download", package=package, bytes=total)
