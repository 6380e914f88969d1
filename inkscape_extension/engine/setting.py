"""How to reach the engine: by the command chosen in the dialog, or by what install.py wrote down."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from clipasso_engine.contract import paths
from clipasso_engine.contract.errors import UserError

from ..translation import translated

REINSTALL = translated("Run install.py again.")


@dataclass(frozen=True)
class Setting:
    """How to reach the engine."""

    command: list[str]
    warm: float = 0.0  # seconds that it stays ready after a run; 0: each run starts its own
    remote: bool = False  # whether it may be on another computer, so that the photo has to travel with the job


def find(chosen: str = "") -> Setting:
    """The engine to use: by the command ``chosen`` in the dialog, such as ``ssh gpu-box clipasso worker``; else by the
    setting beside the extension, else by the one under `paths.home`.

    Raises `UserError` if there is none, or if an installation has not come to its end.
    """
    if chosen.strip():
        return _chosen(chosen)
    if paths.incomplete_marker().exists():
        raise UserError(
            translated("CLIPasso's installation is not complete ({missing} is there). {reinstall}").format(
                missing=paths.incomplete_marker(), reinstall=REINSTALL
            )
        )
    for file in (paths.setting_beside_extension(), paths.engine_setting()):
        found = _read(file)
        if found is not None:
            return found
    raise UserError(
        translated(
            "The engine that makes the sketches is not installed ({missing} is missing). Run install.py from "
            "the CLIPasso folder, then start again."
        ).format(missing=paths.engine_setting())
    )


def _chosen(command: str) -> Setting:
    try:
        return Setting(shlex.split(command, posix=os.name == "posix"), remote=True)
    except ValueError as error:
        raise UserError(
            translated("The engine command {chosen!r} cannot be understood ({error}). Check its quotes.").format(
                chosen=command, error=error
            )
        ) from None


def _read(file: Path) -> Setting | None:
    """The setting in a file of install.py's; None if there is no such file. Raises `UserError` if it is damaged."""
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        words = record["command"]
        warm, remote = float(record.get("warm") or 0), bool(record.get("remote"))
        if not 0 <= warm < float("inf"):
            raise ValueError(f"warm: {warm}")
    except FileNotFoundError:
        return None
    except (OSError, ArithmeticError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(
            translated("The setting {file} that says where the engine is cannot be read ({error}). {reinstall}").format(
                file=file, error=error, reinstall=REINSTALL
            )
        ) from None
    if isinstance(words, list) and words and all(isinstance(word, str) and "\0" not in word for word in words):
        return Setting(words, warm, remote)
    raise UserError(
        translated("The setting {file} does not say how to start the engine. {reinstall}").format(
            file=file, reinstall=REINSTALL
        )
    )
