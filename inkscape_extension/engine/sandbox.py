"""The sandbox that Inkscape may be in, and how the engine is reached from there.

Flatpak and Snap show Inkscape another /usr than the system's, and Snap no hidden folders of the user's home: the Python
of the engine's environment is then not there, or is another one. Flatpak has a way out, ``flatpak-spawn --host``, for
those who allow it; Snap has none.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from clipasso_engine.contract import paths
from clipasso_engine.contract.errors import UserError

from ..translation import translated
from .setting import Setting

FLATPAK, SNAP = "Flatpak", "Snap"
PROBE_SECONDS = 20.0
"""To see whether a program runs here; a cold disk needs some."""

_FLATPAK_INFO = Path("/.flatpak-info")
# Its watch on the bus ends the engine with Inkscape, whatever becomes of the pipes between them.
_ON_THE_HOST = ("flatpak-spawn", "--host", "--watch-bus")
_HAS_THE_ENGINE = (
    "import importlib.util as util, sys; sys.exit(not all(map(util.find_spec, ('clipasso_engine', 'torch'))))"
)


def name(environ: Mapping[str, str] = os.environ) -> str | None:
    """`FLATPAK` or `SNAP`; None where Inkscape is in neither.

    A terminal that comes from Snap hands ``SNAP`` on to all it starts, so that is Inkscape's own only with its name.
    """
    if environ.get("FLATPAK_ID") or _FLATPAK_INFO.exists():
        return FLATPAK
    if environ.get("SNAP") and environ.get("SNAP_NAME", "inkscape") == "inkscape":
        return SNAP
    return None


def reachable(how: Setting, environment: Mapping[str, str]) -> Setting:
    """``how`` to reach the engine from where we are: as it is, or by the way out of the sandbox.

    On that way the photo travels with the job, since a sandbox has a /tmp of its own. ``environment`` is the engine's.
    Raises `UserError` if the sandbox has no way out, or if it is not allowed.
    """
    sandbox = name()
    if sandbox is None or how.remote or _runs([how.command[0], "-I", "-c", _HAS_THE_ENGINE], environment):
        return how
    if sandbox == FLATPAK and _runs([*_ON_THE_HOST, "true"], environment):
        out = [*_ON_THE_HOST, f"--env=CLIPASSO_HOME={paths.home()}"]
        return dataclasses.replace(how, command=[*out, *how.command], warm=0.0, remote=True)
    raise UserError(_no_way_out(sandbox, how.command[0]))


def _runs(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether ``command`` ends with status 0."""
    nothing = subprocess.DEVNULL
    try:
        done = subprocess.run(
            command, stdin=nothing, stdout=nothing, stderr=nothing, env=dict(environment), timeout=PROBE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _no_way_out(sandbox: str, program: str) -> str:
    if sandbox == FLATPAK:
        app = os.environ.get("FLATPAK_ID") or "org.inkscape.Inkscape"
        return translated(
            "This Inkscape comes from Flatpak, whose sandbox keeps it from starting the engine {program}. To allow it "
            "to start programs outside the sandbox, type in a terminal: {command}, then restart Inkscape; or use an "
            "Inkscape installed another way."
        ).format(program=program, command=f"flatpak override --user --talk-name=org.freedesktop.Flatpak {app}")
    return translated(
        "This Inkscape comes from Snap, whose sandbox keeps it from starting the engine {program}, and that cannot be "
        "allowed. Use an Inkscape installed another way, such as with apt, or CLIPasso's command line."
    ).format(program=program)
