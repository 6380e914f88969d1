"""A second Inkscape to test with: that of Debian 13 (1.4), in a folder of its own.

    python3 -m installer.second_inkscape FOLDER     as root, with debootstrap; some minutes, and 1 GB

prints the folder to put first on PATH. A folder that is complete is used again. Each run of that ``inkscape`` sees this
machine's /tmp, /proc, /sys and /dev, in a mount namespace that ends with it; nothing stays mounted.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

if __package__ in (None, ""):
    sys.exit("Run it as a module: python3 -m installer.second_inkscape FOLDER")

from . import commands, system
from .console import Console
from .environment import CHECKOUT

SUITE = "trixie"
_PACKAGES = ("inkscape", "dbus", *(name for name in system.BASIC if name not in ("python3-venv", "xvfb", "xauth")))
_COMPLETE = "complete"  # a file that is there once all is
_BORROWED = ("/etc/resolv.conf", "/etc/hosts", "/etc/machine-id", "/etc/apt/apt.conf.d", "/etc/apt/auth.conf.d")

_ENTER = """#!/bin/sh
# Runs a program of the system in {root}, which sees what is in /tmp, /proc, /sys and /dev here.
exec unshare --mount --propagation private /bin/sh -c '
root=$1; shift
for place in /proc /sys /dev /tmp {checkout}; do
    mkdir -p "$root$place" && mount --rbind "$place" "$root$place" || exit 97
done
exec chroot "$root" /usr/bin/env --chdir="$PWD" "$@"' sh {root} {program} "$@"
"""

_INKEX = """
import sys
from pathlib import Path
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from installer import system
from installer.console import Console
system.complete_inkex(Path("/usr/bin/inkscape"), Console(), Path("/var/log/inkex.log"))
"""


class CannotMakeError(Exception):
    """Why there is no second Inkscape here, in a sentence."""


def prepare(folder: Path, console: Console, log: Path | None = None) -> Path:
    """Make it in ``folder``, if it is not there yet; returns a folder with its ``inkscape``, to put first on PATH.

    Raises `CannotMakeError`.
    """
    missing = [name for name in ("debootstrap", "unshare", "chroot") if shutil.which(name) is None]
    if missing:
        raise CannotMakeError(f"not installed: {', '.join(missing)}")
    if os.geteuid() != 0:
        raise CannotMakeError("only root can make and enter it")
    root, programs = folder / "root", folder / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    for name, program in (("inkscape", "/usr/bin/inkscape"), ("enter", "/usr/bin/env")):
        words = {"root": shlex.quote(str(root)), "checkout": shlex.quote(str(CHECKOUT)), "program": program}
        (programs / name).write_text(_ENTER.format(**words), encoding="utf-8")
        (programs / name).chmod(0o755)
    if not (folder / _COMPLETE).exists():
        try:
            _make(root, programs / "enter", console, log)
        except commands.CommandError as error:
            raise CannotMakeError(f"{error}: {error.output.strip()[-300:]}") from error
        (folder / _COMPLETE).write_text(f"{SUITE}\n", encoding="ascii")
    return programs


def _make(root: Path, enter: Path, console: Console, log: Path | None) -> None:
    if not (root / "usr/bin/apt-get").exists():
        shutil.rmtree(root, ignore_errors=True)
        commands.run(["debootstrap", "--variant=minbase", SUITE, root, _mirror()], log, on_line=console.progress)
    for name in _BORROWED:
        _borrow(Path(name), root / name[1:])
    apt_get: list[str | Path] = [enter, "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-o", "Acquire::Retries=3"]
    commands.run([*apt_get, "update"], log, on_line=console.progress)
    commands.run([*apt_get, "install", "--no-install-recommends", *_PACKAGES], log, on_line=console.progress)
    commands.run([enter, "python3", "-c", _INKEX, CHECKOUT], log, on_line=console.progress)


def _mirror() -> str:
    """The archive that this machine's own packages come from."""
    answer = commands.run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"])
    addresses = [line for line in answer.split("\n") if line.startswith(("http://", "https://"))]
    main = [address for address in addresses if "security" not in address]
    if not main:
        raise CannotMakeError("apt-get tells no archive that packages come from")
    return main[0]


def _borrow(source: Path, target: Path) -> None:
    """Settings of this machine, which say how its network is reached."""
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    elif source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copyfile(source, target)


def version(programs: Path) -> str:
    """What the second Inkscape says of itself."""
    done = subprocess.run([programs / "inkscape", "--version"], capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tempfile.NamedTemporaryFile(suffix=".log") as file:
        try:
            made = prepare(Path(sys.argv[1]).absolute(), Console(), Path(file.name))
        except CannotMakeError as reason:
            sys.exit(f"There will be no second Inkscape: {reason}.")
    print(f"{version(made)}\n{made}")
