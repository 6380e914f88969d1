"""The record of what install.py copied into an Inkscape, beside the copies. Standard library only, Python 3.8.

``{"version": "...", "sha256": {name: ...}}``; a checkout that is linked into Inkscape has none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

NAME = "files.json"


class Record(NamedTuple):
    """What belongs into the extension's folder."""

    version: str
    sha256: Mapping[str, str]  # by the file's name in the folder

    @classmethod
    def of(cls, version: str, contents: Mapping[str, Path]) -> Record:
        """``contents``: each file by its name in the folder."""
        return cls(version, {name: _sha256(path) for name, path in contents.items()})

    @classmethod
    def read(cls, folder: Path) -> Record | None:
        """The record in ``folder``; None if there is none that can be read."""
        try:
            record = json.loads((folder / NAME).read_text(encoding="ascii"))
            return cls(str(record["version"]), dict(record["sha256"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def content(self) -> bytes:
        """Of the file `NAME`."""
        return json.dumps(self._asdict(), indent=1).encode("ascii") + b"\n"

    def missing(self, folder: Path) -> list[str]:
        return [name for name in self.sha256 if not (folder / name).is_file()]

    def changed(self, folder: Path) -> list[str]:
        """Files that are of another version, damaged, changed by hand, or missing."""
        return [name for name, sha256 in self.sha256.items() if _sha256(folder / name) != sha256]


def _sha256(file: Path) -> str:
    """Empty for a file that cannot be read."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""
