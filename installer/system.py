"""Debian's and Ubuntu's packages."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

from clipasso_engine.contract import debian_packages, inkscape_python
from clipasso_engine.contract.errors import UserError

from . import commands
from .console import Console

# What inkex needs is asked of it, see `complete_inkex`. python3-gi, gir1.2-gtk-3.0 and librsvg2-common are for our
# window; xvfb-run gives Inkscape a display where there is none, and needs xauth.
BASIC = (
    "python3-venv",
    "inkscape",
    "python3-gi",
    "gir1.2-gtk-3.0",
    "librsvg2-common",
    "xvfb",
    "xauth",
)
FOR_TESTS = (
    "bubblewrap",
    "debootstrap",
    "xdotool",
    "openbox",
    "imagemagick",
    "dbus",
    "libglib2.0-bin",
    "procps",
    "potrace",
    "ffmpeg",
)
WHERE_OFFERED = ("chromium",)
"""For tests too, but not in every distribution: Ubuntu has it as a snap only. Tests that want it say so."""

_TRIES = 3
_PAUSE_SECONDS = 10.0


def install(packages: tuple[str, ...], console: Console, log: Path) -> None:
    """Install what is missing of ``packages``. Raises `UserError` where that is not possible."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-query"):
        raise UserError(
            "--system-packages works on Debian and Ubuntu only (apt-get was not found). "
            "Install Inkscape and, for the tests, Xvfb, xdotool, openbox, ImageMagick, D-Bus, GTK 3 with its Python "
            "bindings and potrace by hand, then run this again without --system-packages."
        )
    missing = [package for package in packages if not _installed(package)]
    if not missing:
        console.note("all there already")
        return
    _apt_get(("update",), console, log)
    left_out = [package for package in missing if package in WHERE_OFFERED and not _offered(package)]
    missing = [package for package in missing if package not in left_out]
    if left_out:
        console.note(f"not offered here, so tests with it are skipped: {', '.join(left_out)}")
    if not missing:
        return
    _apt_get(("install", "--no-install-recommends", *missing), console, log)
    console.note(f"installed: {', '.join(missing)}")


def complete_inkex(program: Path, console: Console, log: Path) -> None:
    """Install what Inkscape's own Python needs to import inkex, the library of all extensions, one module at a time.

    inkex comes with Inkscape, but the packages it imports are only recommended there, and which they are differs from
    version to version. Raises `UserError` where it cannot be had.
    """
    python = inkscape_python.find(program)
    if python is None:
        console.note(f"{program} does not tell where its Python modules are, so they were not looked at")
        return
    installed: list[str] = []
    while True:
        answer = python.import_inkex()
        if answer.inkex is not None:
            break
        package = debian_packages.package_of(answer.module) if answer.module else ""
        if not package or package in installed or package in BASIC:
            raise UserError(
                f"Inkscape's own Python ({python.path}, {answer.python}) cannot import inkex, which all extensions "
                f"need: {answer.error}. Install Inkscape and its Python modules again, then run this again."
            )
        _apt_get(("install", "--no-install-recommends", package), console, log)
        installed.append(package)
    if installed:
        console.note(f"for Inkscape's own Python: {', '.join(installed)}")


def _apt_get(words: tuple[str, ...], console: Console, log: Path) -> None:
    apt_get = [*_as_root(), "apt-get", "-y", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=300"]
    _try(_with_settings([*apt_get, *words]), console, log)


def _installed(package: str) -> bool:
    try:
        return "install ok installed" in commands.run(["dpkg-query", "-W", "-f", "${Status}", package])
    except commands.CommandError:
        return False


def _offered(package: str) -> bool:
    """Whether apt can install it."""
    try:
        candidate = re.search(r"Candidate: (\S+)", commands.run(["apt-cache", "policy", package]))
        return candidate is not None and candidate.group(1) != "(none)"
    except commands.CommandError:
        return False


def _as_root() -> list[str]:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        return ["sudo"]
    raise UserError("--system-packages needs root's rights, and sudo was not found. Run as root, or install sudo.")


def _with_settings(command: list[str]) -> list[str]:
    """sudo drops the environment, so settings go into the command itself."""
    settings = ["env", "DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_MODE=a"]
    if command[0] == "sudo":
        return ["sudo", *settings, *command[1:]]
    return [*settings, *command]


def _try(command: list[str], console: Console, log: Path) -> None:
    for attempt in range(1, _TRIES + 1):
        try:
            commands.run(command, log, on_line=console.progress)
            return
        except commands.CommandError as error:
            if attempt == _TRIES:
                reason = next((line[3:] for line in error.output.split("\n") if line.startswith("E: ")), "see the log")
                raise UserError(f"apt-get failed: {reason}. Mend that and run this again. The log is {log}.") from error
            time.sleep(_PAUSE_SECONDS)
