"""Where the engine's words of this run are: nobody shall be sent to a log that was written by another one."""

from __future__ import annotations

from pathlib import Path

from clipasso_engine.contract import paths

from ..translation import translated


class Logs:
    """The logs of one run, as they were when it began."""

    def __init__(self, stderr: Path) -> None:
        """``stderr`` is where what the engine's process says is kept."""
        self.stderr = stderr
        self._own = paths.logs() / "engine.log"  # to which an engine on this computer leads its stderr itself
        self._before = _state(self._own)

    def advice(self, last_words: str, remote: bool = False) -> str:
        """Where to read what it said; what it said itself, its ``last_words``, where that could not be kept."""
        if last_words and not _state(self.stderr):
            text = translated("It said: {words}. If starting again does not help, run install.py again.")
            return text.format(words=last_words.rstrip("."))
        if not last_words and not remote and _state(self._own) == self._before:
            return translated("It did not say why. Start again; if that does not help, run install.py again.")
        text = translated("What it said is in {log}. If that does not help, run install.py again.")
        return text.format(log=self.stderr if last_words or remote else self._own)


def _state(file: Path) -> tuple[int, ...]:
    """What changes when a file is written to; empty for one that is not there or holds nothing."""
    try:
        found = file.stat()
    except OSError:
        return ()
    return (found.st_ino, found.st_size, found.st_mtime_ns) if found.st_size else ()
