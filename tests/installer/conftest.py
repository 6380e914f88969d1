"""What the installer's tests share: a machine of their own, on which a stand-in plays Python and pip.

Nothing is fetched. Files are really written, copied and removed.
"""

import json
import sys
from pathlib import Path

import pytest

import install

STAND_IN = Path(__file__).parents[1] / "support" / "stand_in_python.py"


class Machine:
    """A user's home, the programs on PATH, and what the stand-in for Python was asked to do."""

    def __init__(self, folder):
        self.user = folder / "user"
        self.home = self.user / "clipasso"
        self.programs = folder / "programs"
        self.asked = folder / "asked.jsonl"
        self.orders = folder / "orders.json"
        self.python = folder / "python3"
        for path in (self.user, self.programs):
            path.mkdir()
        self.python.write_text(f"#!{sys.executable} -I\n{STAND_IN.read_text()}")
        self.python.chmod(0o755)
        self.order()

    def order(self, **orders):
        """What the stand-in does from now on: ``fail`` or ``sleep`` at this word, offer ``cpu`` builds."""
        self.orders.write_text(json.dumps(orders))

    def commands(self, *words):
        """The commands the stand-in got that have these words, each a list of words."""
        lines = self.asked.read_text().splitlines() if self.asked.exists() else []
        asked = [json.loads(line)["words"] for line in lines]
        return [command for command in asked if set(words) <= set(command)]

    def program(self, name, script="exit 0"):
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    @property
    def extension(self):
        return self.user / ".config/inkscape/extensions/clipasso"

    @property
    def setting(self):
        return json.loads((self.home / "engine.json").read_text())

    def everything(self):
        """Every file and folder in the user's home."""
        return {path.relative_to(self.user).as_posix() for path in self.user.rglob("*")}


@pytest.fixture
def machine(tmp_path, monkeypatch):
    made = Machine(tmp_path)
    monkeypatch.setattr(sys, "executable", str(made.python))
    for name in ("INKSCAPE_PROFILE_DIR", "XDG_CONFIG_HOME", "DISPLAY", "WAYLAND_DISPLAY", "SUDO_USER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(made.user))
    monkeypatch.setenv("CLIPASSO_HOME", str(made.home))
    monkeypatch.setenv("PATH", str(made.programs))
    monkeypatch.setenv("STAND_IN", str(tmp_path))
    return made


@pytest.fixture
def run_install(machine, capsys):
    """Runs install.py with these options: ``run_install("--minimal")`` -> exit status and what it said."""

    def run(*options):
        status = install.main(list(options))
        return status, capsys.readouterr().out

    return run
