"""pip, so that it installs where it is told to: with users' mirrors and proxies, without what leads it elsewhere."""

from __future__ import annotations

import ast
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from clipasso_engine.contract.errors import UserError

from . import commands
from .journal import Journal

WRONG_HASH = "THESE PACKAGES DO NOT MATCH THE HASHES"
"""What pip says of a file with another hash than the one that is required."""

TEMPORARY = "installing"
"""The folder under CLIPASSO_HOME for what pip unpacks; cleared by the next run if this one is killed."""


@contextlib.contextmanager
def temporary_folder(home: Path, journal: Journal) -> Iterator[Path]:
    """An empty folder of ours, removed at the end; the record knows it, should the end not come."""
    folder = home / TEMPORARY
    journal.start_tree(folder)
    try:
        yield folder
    finally:
        journal.retire_tree(folder)


def command(python: Path) -> list[str]:
    """How this interpreter's pip is started."""
    return [str(python), "-I", "-m", "pip"]


def environ(python: Path, temporary: Path, log: Path) -> dict[str, str]:
    """The environment for pip: users' settings from all their files, as far as they say where packages come from.

    No option takes back a ``target`` or ``prefix`` of a file, so pip is told to read no file. Raises `UserError` where
    pip cannot read them itself.
    """
    clean = commands.clean_environment()
    try:
        answer = commands.run([*command(python), "config", "list"], log, environ=clean)
    except commands.CommandError as error:
        reason = " ".join(error.output.removeprefix("ERROR: ").split())
        raise UserError(f"pip cannot read its settings: {reason}. Mend that file and run this again.") from error
    folder = {name: str(temporary) for name in ("TMPDIR", "TEMP", "TMP")}
    return {**_settings(answer), **clean, **folder, "PIP_CONFIG_FILE": os.devnull}


def _settings(answer: str) -> dict[str, str]:
    """pip's settings as environment variables, those for ``install`` over those for all commands."""
    found: dict[str, dict[str, str]] = {"global": {}, "install": {}}
    for line in answer.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.strip().rpartition(".")
        if section in found and name in commands.PIP_SETTINGS:
            with contextlib.suppress(ValueError, SyntaxError):
                found[section][f"PIP_{name.upper().replace('-', '_')}"] = str(ast.literal_eval(value.strip()))
    return {**found["global"], **found["install"]}
