"""Which Python the engine can run on."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from clipasso_engine.contract.errors import UserError

from . import commands

OLDEST, NEWEST = (3, 10), (3, 14)
"""The Pythons that the pinned packages are made for."""

_ASK = """
import sys
print(*sys.version_info[:2], sys.maxsize > 2**32, sys.executable, flush=True)
import ensurepip, venv
print("venv")
"""


class Python(NamedTuple):
    """An interpreter."""

    path: str
    version: str  # major and minor
    has_venv: bool = True


def choose() -> Python:
    """The Python to build environments with: the one that runs this, if it will do, else one on PATH.

    Raises `UserError`, which says what to install, if there is none.
    """
    lacking_venv = None
    for candidate in _candidates():
        python = describe(*candidate)
        if python and python.has_venv:
            return python
        lacking_venv = lacking_venv or python
    if lacking_venv:
        raise UserError(
            f"Python {lacking_venv.version} cannot make virtual environments: its venv package is not installed. "
            "On Debian or Ubuntu run: sudo apt install python3-venv, or give install.py --system-packages."
        )
    raise UserError(
        f"The engine needs a 64-bit Python from {_text(OLDEST)} to {_text(NEWEST)}, this is "
        f"{_text(sys.version_info[:2])} and no other was found. Install Python 3.12 and run install.py with it."
    )


def describe(*command: str) -> Python | None:
    """The Python that ``command`` starts; None if it is none, or none that the engine can run on."""
    try:
        answer = commands.run([*command, "-I", "-c", _ASK], timeout=30).split("\n")
    except commands.CommandError as error:
        answer = error.output.split("\n")
    try:
        major, minor, is_64_bit, path = answer[0].split(" ", 3)
        version = int(major), int(minor)
    except ValueError:
        return None
    if not OLDEST <= version <= NEWEST or is_64_bit != "True":
        return None
    return Python(path, _text(version), "venv" in answer)


def _candidates() -> Iterator[list[str]]:
    yield [sys.executable]
    minors = sorted(range(OLDEST[1], NEWEST[1] + 1), key=lambda minor: (abs(minor - 12), minor))
    for minor in minors:
        path = shutil.which(f"python3.{minor}")
        if path and Path(path).resolve() != Path(sys.executable).resolve():
            yield [path]
    if sys.platform == "win32" and shutil.which("py"):
        for minor in minors:
            yield ["py", f"-3.{minor}"]


def _text(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
