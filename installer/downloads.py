"""Packages fetched one by one into a folder that is kept, so that what was cut off goes on where it stopped.

pip alone keeps nothing of a download that did not come to its end. Used where the folder is there, see `begin`: then
each package is fetched to the folder first, and installed from it without a network. The folder goes when all is well.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clipasso_engine.contract.hashing import sha256_of

from . import commands, pip
from .console import Console
from .journal import Journal

FOLDER = "downloads"
"""The folder under CLIPASSO_HOME."""

_PART = "part"
_LOOK_SECONDS = 0.3

# pip's own copy of `packaging`, which every environment has, tells which of the lines are meant for this Python.
_MEANT = """
import json, sys
from pip._vendor.packaging.markers import Marker
print(json.dumps([not marker or Marker(marker).evaluate() for marker in json.loads(sys.argv[1])]))
"""


@dataclass(frozen=True)
class Item:
    """One requirement: as pip's files have it, with hashes, or a mere pin."""

    text: str

    @property
    def pin(self) -> str:
        return self.text.split()[0].rstrip(";")

    @property
    def name(self) -> str:
        return re.split(r"\[|==", self.pin)[0]

    @property
    def marker(self) -> str:
        return self.text.split("--hash")[0].partition(";")[2].strip(" \\\n")

    @property
    def sha256(self) -> list[str]:
        return re.findall(r"--hash=sha256:([0-9a-f]{64})", self.text)

    def is_in(self, folder: Path) -> bool:
        """Whether its wheel is there, whole: by its hash, or, where none is known, by its name."""
        start = f"{re.sub('[-_.]+', '_', self.name)}-{self.pin.partition('==')[2]}-".lower()
        wheels = [path for path in folder.glob("*.whl") if path.name.lower().startswith(start)]
        return any(not self.sha256 or _sha256(path) in self.sha256 for path in wheels)


def read(files: list[Path]) -> list[Item]:
    """The requirements of pip's ``files``, without their comments and what they include."""
    lines = [line for file in files for line in file.read_text("utf-8").replace("\\\n", " ").split("\n")]
    return [Item(line) for line in lines if line and line[0] not in "#-"]


def begin(home: Path, journal: Journal) -> None:
    """From now on, downloads are kept in `FOLDER`, whatever fails."""
    journal.keep_tree(home / FOLDER)


def end(home: Path, journal: Journal) -> None:
    """Everything is installed."""
    if home / FOLDER in journal.trees:
        journal.retire_tree(home / FOLDER)


def folder_for(environment: Path) -> Path | None:
    """Where the downloads of an environment below CLIPASSO_HOME/env are kept; None if they are not."""
    folder = environment.parent.parent / FOLDER
    return folder if folder.is_dir() else None


class Fetching:
    """Fetches what an environment's pip is then told to install."""

    def __init__(self, python: Path, folder: Path, console: Console, log: Path) -> None:
        """``python`` is the environment's, ``folder`` where wheels are kept."""
        self._python, self._folder, self._console, self._log = python, folder, console, log

    def fetch(self, items: list[Item], options: list[str]) -> None:
        """Have the wheel of each of ``items`` that is meant for this Python; ``options`` say where from.

        Raises `commands.CommandError`.
        """
        part = self._folder / _PART
        # Its temporary folder is one of ours, in which the file can be watched while it grows.
        environ = pip.environ(self._python, part, self._log)
        for item in self._meant(items):
            if not item.is_in(self._folder):
                self._fetch(item, options, part, environ)
            self._console.downloaded(item.name, _bytes_in(self._folder))

    def _meant(self, items: list[Item]) -> list[Item]:
        words = [str(self._python), "-I", "-c", _MEANT, json.dumps([item.marker for item in items])]
        try:
            meant = json.loads(commands.run(words))
        except (commands.CommandError, ValueError):
            return items  # pip itself ignores what is not meant
        return [item for item, yes in zip(items, meant) if yes]

    def _fetch(self, item: Item, options: list[str], part: Path, environ: dict[str, str]) -> None:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        wanted = [item.pin]
        if item.sha256:
            file = part / "requirement.txt"
            file.write_text(item.text + "\n", encoding="utf-8")
            wanted = ["--require-hashes", "-r", str(file)]
        words = ["download", "--no-deps", "--only-binary", ":all:", "--progress-bar", "off"]
        command = [*pip.command(self._python), *words, "--dest", str(part), *options, *wanted]
        with self._watched(item):
            try:
                commands.run(command, self._log, environ=environ)
            except commands.CommandError as error:
                # Older pips take what was cut off for a file of another hash. If it was that, the next try tells.
                if pip.WRONG_HASH not in error.output:
                    raise
                commands.run(command, self._log, environ=environ)
        for wheel in part.glob("*.whl"):
            os.replace(wheel, self._folder / wheel.name)
        shutil.rmtree(part, ignore_errors=True)

    @contextlib.contextmanager
    def _watched(self, item: Item) -> Iterator[None]:
        """Tell how many bytes are there, again and again."""
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(_LOOK_SECONDS):
                self._console.downloaded(item.name, _bytes_in(self._folder))

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()


def _bytes_in(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):  # renamed meanwhile
                total += os.path.getsize(os.path.join(place, name))
    return total


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return sha256_of(stream)
