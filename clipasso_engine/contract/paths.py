"""Where CLIPasso keeps its things. Standard library only, Python 3.8: the extension and install.py import this too."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from .errors import UserError

_ENGINE_SETTING = "engine.json"


def home() -> Path:
    """The folder that holds the environment, the launcher, weights and logs.

    ``CLIPASSO_HOME`` if set, else (in the extension) the one that install.py wrote down beside it, else the platform's
    folder for a user's application data (XDG base directories, ``%LOCALAPPDATA%``, ``~/Library/Application Support``).
    Raises `UserError` where these name no folder.
    """
    chosen = os.environ.get("CLIPASSO_HOME") or _home_beside_extension()
    if chosen:
        return expanded(chosen, "CLIPASSO_HOME")
    if sys.platform == "win32":
        base = absolute("LOCALAPPDATA") or user_home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = user_home() / "Library" / "Application Support"
    else:
        base = absolute("XDG_DATA_HOME") or user_home() / ".local" / "share"
    return base / "clipasso"


def user_home() -> Path:
    """The user's home. Raises `UserError` if there is none, as in a container whose user has no name."""
    try:
        return Path.home()
    except RuntimeError:
        raise UserError(
            "It cannot be told where your home folder is: HOME is not set, and the system does not know your user. "
            "Set HOME, or set CLIPASSO_HOME to a folder for CLIPasso."
        ) from None


def expanded(path: str, variable: str) -> Path:
    """The absolute path that an environment variable names, where ``~`` is a home.

    Raises `UserError` if there is no such user.
    """
    try:
        return Path(path).expanduser().absolute()
    except RuntimeError:
        raise UserError(
            f"{variable} is {path!r}, but there is no home folder of that name. Set {variable} to another folder."
        ) from None


def absolute(variable: str, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The folder that a variable names; None if it is not set, or relative, which is to be ignored by the XDG Base
    Directory Specification.
    """
    value = environ.get(variable) or ""
    return Path(value) if os.path.isabs(value) else None


def logs() -> Path:
    """The folder for the log files whose paths users are told."""
    return home() / "logs"


def models() -> Path:
    """The folder for downloaded weights."""
    return home() / "models"


def make(folder: Path) -> None:
    """Make a folder where it is not there: `home` and what lies under it for our user alone, whatever the umask.

    What is kept of photos, logs and weights is nobody else's to read, let alone to change. Raises `OSError`.
    """
    for path in reversed([folder, *folder.parents]):
        if home() in (path, *path.parents):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)


def private(path: str, flags: int) -> int:
    """An ``opener`` for `open`: a file that is made is for our user alone, whatever the umask."""
    return os.open(path, flags, 0o600)


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
