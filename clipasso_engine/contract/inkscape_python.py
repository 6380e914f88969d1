"""Inkscape's own Python, asked from outside: can it run extensions, and this one? Standard library only, Python 3.8."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 60.0  # until Inkscape or its Python has answered; more waits longer for a slow disk

_IMPORT_INKEX = """
import json, sys
sys.path.insert(0, sys.argv[1])
try:
    import inkex
except ImportError as error:
    answer = {"module": (error.name or "").split(".")[0], "error": str(error)}
except Exception as error:
    answer = {"error": repr(error)}
else:
    answer = {"inkex": str(getattr(inkex, "__version__", ""))}
print(json.dumps({"python": sys.version.split()[0], **answer}))
"""

# Imports each program of the extension as Inkscape's Python would, but does not run it.
_IMPORT_PROGRAMS = """
import json, os, runpy, sys
inkex, folder, *programs = sys.argv[1:]
sys.path[:0] = [folder, inkex]
told = ""
try:
    from inkscape_extension.programs import starting
    told = starting.why_not() or ""
    for program in programs:
        if not told:
            try:
                runpy.run_path(os.path.join(folder, program), run_name="checked")
            except BaseException as error:
                told = starting.sentence(error)
except ImportError as error:
    told = f"The files of the extension are not complete ({error})."
print(json.dumps({"told": told}))
"""


@dataclass(frozen=True)
class Answer:
    """What came of importing inkex, the library that all extensions are written with."""

    python: str  # its version
    inkex: str | None  # its version, None if it cannot be imported
    module: str = ""  # the module that is missing, empty if it is something else
    error: str = ""  # why not, as Python says it


@dataclass(frozen=True)
class InkscapePython:
    """The interpreter that an Inkscape runs its extensions in, and where its inkex lies."""

    path: Path
    extensions: Path

    def import_inkex(self) -> Answer:
        """Try it. Raises `OSError` if the interpreter does not start or gives no answer."""
        said = self._run(_IMPORT_INKEX, str(self.extensions))
        return Answer(
            str(said.get("python", "")), said.get("inkex"), str(said.get("module", "")), str(said.get("error", ""))
        )

    def import_extension(self, folder: Path) -> str:
        """Import what the menu entries of the extension in ``folder`` start.

        Returns the sentence that users would be told who choose them, empty if all is well. Raises `OSError` likewise.
        """
        programs: list[str] = []
        for entry in sorted(folder.glob("*.inx")):
            programs += re.findall(r"<command[^>]*>([^<]+)</command>", entry.read_text(encoding="utf-8"))
        return str(self._run(_IMPORT_PROGRAMS, str(self.extensions), str(folder), *dict.fromkeys(programs)).get("told"))

    def _run(self, script: str, *arguments: str) -> Mapping[str, Any]:
        environ = {name: value for name, value in os.environ.items() if not name.upper().startswith("PYTHON")}
        environ["PYTHONDONTWRITEBYTECODE"] = "1"  # the doctor only looks
        output = _output([str(self.path), "-W", "ignore", "-c", script, *arguments], environ)
        try:
            answer = json.loads(output.strip().rpartition("\n")[2])
        except ValueError:
            raise OSError(f"{self.path} gave no answer: {output.strip()[-200:]!r}") from None
        return answer if isinstance(answer, dict) else {}


def find(program: Path, platform: str = sys.platform) -> InkscapePython | None:
    """That of the Inkscape ``program``; None where it cannot be told, as inside a sandbox or an AppImage."""
    try:
        said = _output([str(program), "--system-data-directory"], os.environ)
    except OSError:
        return None
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    extensions = Path(lines[-1]) / "extensions" if lines else None
    path = _interpreter(program, platform)
    if path is None or extensions is None or not extensions.is_absolute() or not extensions.is_dir():
        return None
    return InkscapePython(path, extensions)


def _interpreter(program: Path, platform: str) -> Path | None:
    """On Linux, Inkscape puts the folder of its program first on PATH and takes the first ``python3``."""
    here = program.resolve().parent
    if platform == "win32":
        places: Sequence[Path] = (here / "python.exe", here / "pythonw.exe")
    elif platform == "darwin":
        inside = here.parent
        places = (inside / "Resources/bin/python3", *inside.glob("Frameworks/Python.framework/Versions/*/bin/python3"))
    else:
        found = shutil.which("python3", path=os.pathsep.join((str(here), os.environ.get("PATH", ""))))
        places = (Path(found),) if found else ()
    return next((place for place in places if place.is_file()), None)


def _output(command: list[str], environ: Mapping[str, str]) -> str:
    """What it prints on stdout; what it says on stderr is noise. Raises `OSError` if there is no end of it."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            env=dict(environ),
        )
    except subprocess.TimeoutExpired:
        raise OSError(f"{command[0]} gave no answer within {SECONDS:g} seconds") from None
    return done.stdout.decode("utf-8", "replace")
