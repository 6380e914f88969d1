"""Many documents at once: how Inkscape shows them, and what the extension makes of them, each in one process."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from clipasso_engine.contract import inkscape_python
from tests.support.real_inkscape import SECOND, Inkscape

_BATCH = Path(__file__).with_name("extension_in_batch.py")
_WIDTH = 900  # pixels of a page that is pictured
_SECONDS = 120


def pictures(inkscape: Inkscape, pages: Mapping[Path, Path], alone: str = "") -> None:
    """Picture the page of each document in the file it leads to; of the object with the id ``alone`` nothing else."""
    which = f"; export-id:{alone}; export-id-only:true" if alone else ""
    _shell(inkscape, pages, f"export-type:png; export-area-page; export-width:{_WIDTH}{which}")


def handed_over(inkscape: Inkscape, documents: Mapping[Path, Path]) -> None:
    """Write each document as Inkscape writes it for an extension."""
    _shell(inkscape, documents, "export-type:svg")


def _shell(inkscape: Inkscape, files: Mapping[Path, Path], settings: str) -> None:
    lines = [
        f"file-open:{source}; {settings}; export-filename:{target}; export-do; file-close"
        for source, target in files.items()
    ]
    done = subprocess.run(
        ["inkscape", "--shell"],
        input="\n".join([*lines, "quit", ""]),
        env=inkscape.environment,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    missing = [target.name for target in files.values() if not target.is_file()]
    assert not missing, f"Inkscape has not written {missing}: {done.stdout[-2000:]} {done.stderr[-2000:]}"


def extended(inkscape: Inkscape, runs: Sequence[Mapping[str, object]]) -> list[str]:
    """What the extension tells of each run, see `extension_in_batch`; in the Python of the Inkscape that is tested."""
    program = Path(str(shutil.which("inkscape")))
    if SECOND:
        python, inkex = [str(Path(SECOND) / "enter"), "/usr/bin/python3"], "/usr/share/inkscape/extensions"
    else:
        found = inkscape_python.find(program)
        assert found is not None
        python, inkex = [str(found.path)], str(found.extensions)
    extension = inkscape.profile / "extensions" / "clipasso"
    done = subprocess.run(
        [*python, str(_BATCH), str(extension), inkex],
        input=json.dumps(runs),
        env={**inkscape.environment, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answers: list[str] = json.loads(done.stdout)
    return answers
