"""The zip for Inkscape's Extension Manager and for the gallery of inkscape.org.

It holds the extension and, as readable source, all that its window needs to set the engine up on a click: install.py
with its modules, the pinned requirements, and the engine with its weights, which no package index has. It is laid out
as this checkout is, so that the same install.py works in both. docs/installing.md tells what was weighed.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from clipasso_engine import __version__
from clipasso_engine.contract import installed_files
from clipasso_engine.contract.errors import UserError

from . import extension
from .console import Console
from .environment import CHECKOUT, ENGINE_PARTS, REQUIREMENTS

_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""Every file's time, so that the same files make the same zip."""

_MODE = 0o100644 << 16

_FOR_SET_UP = ("torch.txt", "engine.txt", "clip.txt", "cuda.txt")


def files() -> dict[str, Path]:
    """Every file of the zip but the record of them: its name there, and where it is here."""
    extension_files = {name: path for name, path in extension.files().items() if path == CHECKOUT / name}
    engine = [path for part in ENGINE_PARTS for path in (CHECKOUT / part, *sorted((CHECKOUT / part).rglob("*")))]
    installer = [CHECKOUT / "install.py", *sorted((CHECKOUT / "installer").glob("*.py"))]
    requirements = [REQUIREMENTS / name for name in _FOR_SET_UP]
    kept = [
        path for path in (*engine, *installer, *requirements) if path.is_file() and path.parent.name != "__pycache__"
    ]
    found = {**extension_files, **{path.relative_to(CHECKOUT).as_posix(): path for path in kept}}
    return dict(sorted(found.items()))


def content() -> bytes:
    """The zip's bytes: the same for the same files, whenever and wherever it is made."""
    contents = {name: path.read_bytes() for name, path in files().items()}
    contents[installed_files.NAME] = installed_files.Record.of(__version__, files()).content()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in contents.items():
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.create_system, entry.external_attr = 3, _MODE  # as on Unix, also when it is made on Windows
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED, 9)
    return stream.getvalue()


def write(target: Path, console: Console) -> int:
    """Write it; returns the exit status. Raises `UserError` if the file's name would not do."""
    if target.suffix != ".zip":
        raise UserError(f"{target} must end in .zip: Inkscape's Extension Manager takes nothing else.")
    made = content()
    target.write_bytes(made)
    console.say(f"{target}: {len(files()) + 1} files, {len(made) / 1e6:.1f} MB")
    return 0
