"""What Inkscape gets: the extension's files, and the setting that says where the engine is."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

from clipasso_engine import __version__
from clipasso_engine.contract import inkscape_python, inkscapes, installed_files, paths
from clipasso_engine.contract.errors import UserError

from .environment import CHECKOUT, python_in
from .journal import Journal

IS_WINDOWS = os.name == "nt"

MOVED_PROGRAMS = ("change_brush.py", "place_sketch.py", "sketch_image.py", "step_strokes.py")
"""Programs that older versions had right in ``inkscape_extension``, where an Inkscape still open looks for them."""

WARM_SECONDS = 600
"""How long the engine stays ready after a sketch."""


def files() -> dict[str, Path]:
    """Every file of the extension: its name in the extension's folder, and where it is here."""
    menu_entries = sorted(CHECKOUT.glob("*.inx"))
    inside = sorted((CHECKOUT / "inkscape_extension").rglob("*"))
    modules = [path for path in inside if path.is_file() and path.suffix != ".pyc"]
    catalogues = sorted((CHECKOUT / "locale").rglob("*.mo"))
    engine = CHECKOUT / "clipasso_engine"
    shared = [engine / "__init__.py", *sorted((engine / "contract").glob("*.py"))]
    found = {path.relative_to(CHECKOUT).as_posix(): path for path in (*menu_entries, *modules, *catalogues, *shared)}
    moved = CHECKOUT / "inkscape_extension/programs/moved.py"
    return {**found, **{f"inkscape_extension/{name}": moved for name in MOVED_PROGRAMS}}


def check(folder: Path) -> None:
    """Raises `UserError` if ``folder`` is a link: what it points to is not ours to write into."""
    if folder.is_symlink():
        raise UserError(f"{folder} is a link to {os.readlink(folder)}. Remove the link and run install.py again.")


def install(folder: Path, setting: bytes, journal: Journal) -> list[Path]:
    """Bring the extension's folder up to date; returns the files of somebody else's that were moved aside."""
    contents = {folder / name: path.read_bytes() for name, path in files().items()}
    contents[folder / paths.engine_setting().name] = setting
    # The last one, so that it never tells of files that are not there yet.
    contents[folder / installed_files.NAME] = installed_files.Record.of(__version__, files()).content()
    aside = [journal.write(path, content) for path, content in contents.items()]
    return [path for path in aside if path]


def outdated(folder: Path, journal: Journal) -> list[Path]:
    """Files of an older version of the extension that this one does not have."""
    current = {folder / name for name in (*files(), paths.engine_setting().name, installed_files.NAME)}
    return [path for path in journal.files if folder in path.parents and path not in current]


def setting(environment: Path, home: Path) -> bytes:
    """The content of engine.json."""
    command = [str(python_in(environment)), "-I", "-m", "clipasso_engine", "worker"]
    record = {"command": command, "version": __version__, "home": str(home), "warm": WARM_SECONDS}
    return json.dumps(record, indent=1).encode("ascii") + b"\n"


def launcher(environment: Path, home: Path) -> tuple[Path, bytes]:
    """The path and the content of the command ``clipasso``."""
    python = python_in(environment)
    if IS_WINDOWS:
        # Relative to itself, since cmd reads the file in a code page that may lack the letters of a user's name.
        inside = python.relative_to(home)
        lines = [
            "@echo off",
            "setlocal",
            'set "CLIPASSO_HOME=%~dp0.."',
            f'"%~dp0..\\{inside}" -I -m clipasso_engine %*',
            "exit /b %ERRORLEVEL%",
        ]
        return home / "bin" / "clipasso.cmd", "\r\n".join([*lines, ""]).encode("ascii")
    lines = [
        "#!/bin/sh",
        f"CLIPASSO_HOME={shlex.quote(str(home))}",
        "export CLIPASSO_HOME",
        f'exec {shlex.quote(str(python))} -I -m clipasso_engine "$@"',
    ]
    return home / "bin" / "clipasso", "\n".join([*lines, ""]).encode("utf-8", "surrogateescape")


def sandbox_note(program: inkscapes.Inkscape) -> str | None:
    """What users of a sandboxed Inkscape have to know."""
    advice = inkscapes.SANDBOX_ADVICE.get(program.kind)
    return f"Inkscape from {program.kind.capitalize()}: {advice}" if advice else None


def python_note(program: inkscapes.Inkscape) -> str | None:
    """What is wrong with an Inkscape's own Python, in which the extension would end at once; None if nothing is."""
    python = inkscape_python.find(program.program) if program.program else None
    if python is None:
        return None
    try:
        trouble = python.import_extension(program.extension)
    except OSError as error:
        trouble = f"Inkscape's own Python does not start ({error})."
    return f"but it will not run there yet. {trouble}" if trouble else None
