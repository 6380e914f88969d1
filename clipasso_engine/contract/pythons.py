"""Which Python the engine can live in: install.py and the extension's window look for one. Standard library only.

Python 3.8, as all of the contract.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

OLDEST, NEWEST = (3, 10), (3, 14)
"""The Pythons that the pinned packages are made for."""

QUESTION = """
import sys, sysconfig
mingw = "mingw" in sysconfig.get_platform()
print(*sys.version_info[:2], sys.maxsize > 2**32 and not mingw, sys.executable, flush=True)
import ensurepip, venv
print("venv")
"""
"""A program that a Python is asked to run. Packages are not made for a Python of MinGW, as in Inkscape for Windows."""


class Python(NamedTuple):
    """An interpreter."""

    path: str
    version: str  # major and minor
    has_venv: bool = True


def understood(answer: str) -> Python | None:
    """The Python that answered `QUESTION` so; None if it is none, or none that the engine can run on."""
    lines = answer.split("\n")
    try:
        major, minor, is_64_bit, path = lines[0].split(" ", 3)
        version = int(major), int(minor)
    except ValueError:
        return None
    if not OLDEST <= version <= NEWEST or is_64_bit != "True":
        return None
    return Python(path.strip(), text(version), "venv" in [line.strip() for line in lines])


def candidates(own: str = sys.executable, environ: Mapping[str, str] = os.environ) -> Iterator[list[str]]:
    """Commands that may start a Python, best first: ``own``, unless it is empty, then those on PATH."""
    if own:
        yield [own]
    minors = sorted(range(OLDEST[1], NEWEST[1] + 1), key=lambda minor: (abs(minor - 12), minor))
    for name in (*(f"python3.{minor}" for minor in minors), "python3"):
        path = shutil.which(name, path=environ.get("PATH", ""))
        if path and (not own or Path(path).resolve() != Path(own).resolve()):
            yield [path]
    if sys.platform == "win32" and shutil.which("py"):
        for minor in minors:
            yield ["py", f"-3.{minor}"]


def text(version: tuple[int, ...]) -> str:
    """As people write it: 3.12."""
    return ".".join(map(str, version))
