"""Where CLIPasso keeps its things. Standard library only, Python 3.8: the extension and install.py import this too."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def home() -> Path:
    """The folder that holds the environment, the launcher, weights and logs.

    ``CLIPASSO_HOME`` if set, else the platform's folder for a user's application data
    (XDG base directories, ``%LOCALAPPDATA%``, ``~/Library/Application Support``).
    """
    chosen = os.environ.get("CLIPASSO_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "clipasso"


def logs() -> Path:
    """The folder for the log files whose paths users are told."""
    return home() / "logs"


def models() -> Path:
    """The folder for downloaded weights."""
    return home() / "models"


def engine_setting() -> Path:
    """The JSON file install.py writes: ``{"command": [...], "version": "..."}``, how to start the engine's worker."""
    return home() / "engine.json"
