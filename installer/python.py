"""Which Python the engine can run on."""

from __future__ import annotations

import sys

from clipasso_engine.contract import pythons
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.pythons import NEWEST, OLDEST, Python

from . import commands


def choose() -> Python:
    """The Python to build environments with: the one that runs this, if it will do, else one on PATH.

    Raises `UserError`, which says what to install, if there is none.
    """
    lacking_venv = None
    for candidate in pythons.candidates(sys.executable):
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
        f"The engine needs a 64-bit Python from {pythons.text(OLDEST)} to {pythons.text(NEWEST)}, this is "
        f"{pythons.text(sys.version_info[:2])} and no other was found. Install Python 3.12 and run install.py with it."
    )


def describe(*command: str) -> Python | None:
    """The Python that ``command`` starts; None if it is none, or none that the engine can run on."""
    try:
        answer = commands.run([*command, "-I", "-c", pythons.QUESTION], timeout=30)
    except commands.CommandError as error:
        answer = error.output
    return pythons.understood(answer)
