"""Setting the engine up from within Inkscape: install.py, run by a Python that the engine can live in.

install.py and all it needs lie beside the extension where that came as the zip of Inkscape's gallery. Nothing is
downloaded and nothing written before `SetUp.begin`.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from clipasso_engine.contract import paths, pythons
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.pythons import Python

from ..translation import translated
from ..translation import translated as in_the_users_language
from . import process
from .process import EngineProcess

SOURCE = Path(__file__).resolve().parents[2]
"""Where install.py is, if it is there."""

LOOKING, OFFER, WORKING, STOPPING, STOPPED, FAILED, READY = (
    "looking",
    "offer",
    "working",
    "stopping",
    "stopped",
    "failed",
    "ready",
)
"""States, in their order; after STOPPED and FAILED it can begin again."""

ASK_SECONDS = 30.0
"""Until a Python has answered; a cold disk and a virus scanner need some."""

STOP_SECONDS = 60.0
"""Until what was begun is taken back; a large environment takes a while to remove."""

_UNPACKING = "Installing collected packages"  # pip says so after its downloads
_STEPS = {"environment": 0.02, "download": 0.04, "unpack": 0.75, "engine": 0.9}
"""Of the whole, when a step begins."""


def possible() -> bool:
    """Whether what it takes lies beside the extension."""
    return (SOURCE / "install.py").is_file() and (SOURCE / "requirements").is_dir()


class SetUp:
    """One engine being set up. Windows read its fields while a thread of its own sets them, each at once."""

    def __init__(self) -> None:
        self.state = LOOKING
        self.plan: dict[str, Any] = {}  # see installer/plan.py
        self.text = ""  # what went wrong
        self.step = ""
        self.package = ""  # being downloaded
        self.bytes = 0  # downloaded
        self.fraction = 0.0
        self._process: EngineProcess | None = None
        self._python: Python | None = None

    def look(self) -> None:
        """Find out what it would take: OFFER then, or FAILED. Returns at once."""
        self._start(LOOKING, self._look)

    def begin(self) -> None:
        """Set it up, or go on with that: READY then, STOPPED or FAILED. Returns at once."""
        if self._python is None:
            self.look()
        elif self.state in (OFFER, STOPPED, FAILED):
            self._start(WORKING, self._install)

    def cancel(self) -> None:
        """Stop; what was downloaded is kept."""
        if self.state == WORKING:
            self.state = STOPPING
            self._let_go()

    def end(self) -> None:
        """Stop, and wait for it."""
        self.cancel()
        self._thread.join(STOP_SECONDS)

    def _start(self, state: str, work: Any) -> None:
        self.state, self.text, self.step, self.package, self.fraction = state, "", "", "", 0.0
        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        self._python, lacking = find_python()
        if self._python is None:
            self.text, self.state = _no_python(lacking), FAILED
            return
        plan: dict[str, Any] = {}
        if self._run("--plan", plan.update):
            self.plan, self.state = plan, OFFER

    def _install(self) -> None:
        if self._run("--engine-only", self._heed):
            self.fraction, self.state = 1.0, READY

    def _run(self, option: str, heed: Any) -> bool:
        """Run install.py to its end; whether that was a good one, else the state says what it was."""
        assert self._python is not None
        # Not isolated, since it imports what lies beside it; and it leaves nothing compiled there.
        command = [self._python.path, "-E", "-s", "-B", "-u", str(SOURCE / "install.py"), option, "--messages"]
        error = ""
        try:
            self._process = EngineProcess(command, paths.logs() / "set-up.log")
            if self.state == STOPPING:
                self._let_go()
            for line in self._process.stdout:
                message = _decoded(line)
                error = _error(message) if message.get("type") == "error" else error
                heed(message)
            how = self._process.how_it_ended()
            good = self._process.poll() == 0
            error = error or ("" if good else _broke_off(how, self._process.last_words()))
            self._process.end()
            self._process.close(read=True)
        except UserError as trouble:
            good, error = False, str(trouble)
        if not good:
            stopped = self.state == STOPPING
            self.text, self.state = "" if stopped else error, STOPPED if stopped else FAILED
        return good

    def _heed(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        if kind == "step" and message.get("name") in _STEPS:
            self._reach(message["name"])
        elif kind == "download":
            self.package, self.bytes = str(message["package"]), int(message["bytes"])
            share = min(1.0, self.bytes / max(1, self.plan.get("download", 1)))
            self._reach("download", share * (_STEPS["unpack"] - _STEPS["download"]))
        elif kind == "line" and str(message.get("text")).startswith(_UNPACKING):
            self._reach("unpack")

    def _reach(self, step: str, beyond: float = 0.0) -> None:
        self.step = step
        self.fraction = max(self.fraction, _STEPS[step] + beyond)

    def _let_go(self) -> None:
        """install.py stops, and takes back what it has begun, once its stdin is closed."""
        if self._process is not None:
            with contextlib.suppress(OSError, ValueError):
                self._process.stdin.close()


def find_python() -> tuple[Python | None, Python | None]:
    """A Python that the engine can live in, and, where there is none, one that only lacks its venv package."""
    lacking = None
    for command in pythons.candidates("" if _comes_with_inkscape() else sys.executable):
        try:
            done = subprocess.run(
                [*command, "-I", "-c", pythons.QUESTION],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=process.environment(os.environ),
                timeout=ASK_SECONDS,
                **process.own_group(),
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        python = pythons.understood(done.stdout.decode("utf-8", "replace").replace("\r\n", "\n"))
        if python is not None and python.has_venv:
            return python, None
        lacking = lacking or python
    return None, lacking


def _comes_with_inkscape() -> bool:
    """Whether our Python is a part of Inkscape, with which it goes or changes."""
    if sys.platform != "linux":
        return True
    mounted = os.environ.get("APPDIR")
    return bool(mounted) and Path(mounted or "/") in Path(sys.executable).parents


def _decoded(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _error(message: dict[str, Any]) -> str:
    """What install.py failed at; its usual reasons in the user's language."""
    reason = str(message.get("reason") or "")
    if not reason:
        return str(message.get("text"))
    told = in_the_users_language(reason)
    return f"{told[:1].upper()}{told[1:]}\n{paths.logs() / 'install.log'}"


def _no_python(lacking: Python | None) -> str:
    if lacking is not None:
        return translated(
            "Python {version} is there, but cannot make environments: its venv package is not installed. On Debian or "
            "Ubuntu, type in a terminal: sudo apt install python3-venv"
        ).format(version=lacking.version)
    return translated(
        "The engine needs a 64-bit Python from {oldest} to {newest}, and none was found. Install one, such as from "
        "python.org or with your system's packages."
    ).format(oldest=pythons.text(pythons.OLDEST), newest=pythons.text(pythons.NEWEST))


def _broke_off(how: str, words: str) -> str:
    return translated("Setting it up broke off ({how}). {words}").format(how=how, words=words).strip()
