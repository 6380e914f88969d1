"""Both programs whole: the extension in the distribution's Python and inkex, the engine in this one, and a photo."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

from clipasso_engine import __version__
from tests.support.extension_program import IMAGE, Extension, layers
from tests.support.processes import alive
from tests.support.stand_in import ROOT

PYTHON, INKEX = Path("/usr/bin/python3"), Path("/usr/share/inkscape/extensions")
OPTIONS = ("--levels=8", "--quality=draft", "--seed=3", "--device=cpu", "--guidance=boundary")
PATHS = "{http://www.w3.org/2000/svg}path"


class Whole:
    """A user's home, temporary folder and folder of sockets, all in ``folder``, and a document with a linked photo."""

    def __init__(self, folder: Path, engine: Path = ROOT) -> None:
        """``engine`` is the folder that has the engine's package."""
        if not (INKEX / "inkex").is_dir():
            pytest.skip(f"NOT TRIED: the distribution's inkex is not in {INKEX}")
        self.folder, self.home, self.temporary, self.run_folder = (
            folder,
            folder / "home",
            folder / "tmp",
            folder / "run",
        )
        for made in (self.home, self.temporary, self.run_folder):
            made.mkdir(mode=0o700, parents=True)
        Image.fromarray(data.astronaut()).resize((240, 240)).save(folder / "photo.png")
        self.marker = f"marker-{folder}"
        self.extension = Extension(folder, str(PYTHON), [str(INKEX)]).show(IMAGE.format("photo.png"))
        self.extension.environment.update(
            CLIPASSO_HOME=str(self.home),
            CLIPASSO_WINDOW="none",
            DBUS_SESSION_BUS_ADDRESS="disabled:",
            TMPDIR=str(self.temporary),
            XDG_RUNTIME_DIR=str(self.run_folder),
            CLIPASSO_TEST_MARKER=self.marker,
            OMP_NUM_THREADS="1",
        )
        program = f"import sys; sys.path.insert(0, {str(engine)!r}); from clipasso_engine import cli; cli.main()"
        self.command = [sys.executable, "-c", program, "worker"]
        self.set_engine()

    def set_engine(self, *before: str, warm: float = 0.0) -> None:
        """Write the setting: what stands ``before`` the engine's command, and how long it stays warm."""
        setting = {"command": [*before, *self.command], "version": __version__, "warm": warm}
        (self.home / "engine.json").write_text(json.dumps(setting), encoding="utf-8")

    def sketch(self, *options: str) -> tuple[list[str], str]:
        """The strokes of a run, as path data, and what the user is told: one of both."""
        return self.told(*self.extension.run(*OPTIONS, *options))

    def told(self, status: int, output: bytes, sentence: str) -> tuple[list[str], str]:
        """What a run has come to, which must be a sketch or one sentence."""
        assert "Traceback" not in sentence
        assert (status, bool(output), sentence.count("\n")) in ((0, True, 0), (1, False, 1)), sentence
        strokes = [path.get("d") or "" for layer in layers(output).values() for path in layer] if output else []
        assert bool(strokes) == (not sentence), sentence
        return strokes, sentence

    def engines(self) -> list[int]:
        """The processes of engines, warm or not."""
        return alive(self.marker, "clipasso_engine")

    def left(self) -> list[str]:
        """Files that a run should not have left; a warm engine has its socket, and a lock that stays on purpose."""
        own = {"photo.png", "document.svg", "home/engine.json"}
        found = {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if not path.is_dir()}
        allowed = (".lock", ".sock") if self.engines() else (".lock",)
        own |= {name for name in found if name.startswith("run/") and name.endswith(allowed)}
        expected = ("home/logs/", "home/cache/")
        return sorted(
            name
            for name in found - own
            if not name.startswith(expected) or name.endswith(".part") or os.path.dirname(name) == "tmp"
        )
