"""How to reach the engine: by the command chosen in the dialog, or by what install.py wrote down."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from clipasso_engine import __version__
from clipasso_engine.contract import paths
from clipasso_engine.contract.errors import UserError

from ..translation import translated

REINSTALL = translated("Run install.py again.")

MISSING, INCOMPLETE, OUTDATED = "missing", "incomplete", "outdated"
"""Why an engine has to be set up."""


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


def why_set_up(chosen: str = "") -> str | None:
    """`MISSING`, `INCOMPLETE` or `OUTDATED` if setting up the engine of this computer would mend something.

    None if there is one as it should be, another one was ``chosen``, or what is wrong is something else.
    """
    if chosen.strip():
        return None
    if paths.incomplete_marker().exists():
        return INCOMPLETE
    for file in (paths.setting_beside_extension(), paths.engine_setting()):
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
            program, version = Path(record["command"][0]), record.get("version", __version__)
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
            return INCOMPLETE
        if program.is_absolute() and not program.exists():  # its Python went, as with an upgrade of the system
            return INCOMPLETE
        return OUTDATED if version != __version__ else None
    return MISSING


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
