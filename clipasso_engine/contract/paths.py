"""Where CLIPasso keeps its things. Standard library only, Python 3.8: the extension and install.py import this too."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

_ENGINE_SETTING = "engine.json"


def home() -> Path:
    """The folder that holds the environment, the launcher, weights and logs.

    ``CLIPASSO_HOME`` if set, else (in the extension) the one that install.py wrote down beside it, else the platform's
    folder for a user's application data (XDG base directories, ``%LOCALAPPDATA%``, ``~/Library/Application Support``).
    """
    chosen = os.environ.get("CLIPASSO_HOME") or _home_beside_extension()
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
    """The JSON file install.py writes, also beside the extension: how to start the engine's worker.

    ``{"command": [...], "version": "...", "home": "..."}``
    """
    return home() / _ENGINE_SETTING


def setting_beside_extension() -> Path:
    """The copy of `engine_setting` that install.py writes beside the extension it copies into Inkscape's folder."""
    return Path(__file__).resolve().parents[2] / _ENGINE_SETTING


def incomplete_marker() -> Path:
    """The file that is there while install.py works, and after it was interrupted: running it again repairs."""
    return home() / "INCOMPLETE"


def _home_beside_extension() -> str | None:
    """Inkscape does not know the CLIPASSO_HOME that was set when install.py ran."""
    try:
        return str(json.loads(setting_beside_extension().read_text(encoding="utf-8"))["home"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
