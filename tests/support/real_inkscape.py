"""A user of the real Inkscape, with the extension installed as install.py does it.

Inkscape's exit status says nothing, and it opens a window for any message of an extension: assert on what it writes.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
from PIL import Image

from clipasso_engine import __version__
from installer import extension
from installer.journal import Journal
from tests.support.processes import alive
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
ACTION, PLACE = "org.clipasso.sketch.noprefs", "org.clipasso.place.noprefs"
SCREEN = (1280, 900)
_STILL = 0.3  # seconds without any change, after which a window is painted

SECOND = os.environ.get("CLIPASSO_SECOND_INKSCAPE", "")
"""The folder with the program of another Inkscape, in a system of its own, see `installer.second_inkscape`."""

if SECOND:
    os.environ["PATH"] = os.pathsep.join((SECOND, os.environ["PATH"]))


class Inkscape:
    """One user: a profile, a CLIPASSO_HOME and a screen."""

    def __init__(self, folder: Path, display: str, artefacts: Path) -> None:
        self.folder = folder
        self.artefacts = artefacts
        self.home = folder / "home"
        self.profile = folder / "profile"
        self.marker = f"clipasso-test-{folder}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "CLIPASSO"))},
            "DISPLAY": display,
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",  # no other Inkscape may answer
            "NO_AT_BRIDGE": "1",
            "LANGUAGE": "C",
            "INKSCAPE_PROFILE_DIR": str(self.profile),
            "CLIPASSO_TEST_MARKER": self.marker,
            "CLIPASSO_WINDOW": "none",
        }
        self.home.mkdir()

    def install(self, command: Sequence[str]) -> None:
        """Copy the extension into the profile, with this command for the engine."""
        # The engine of a second Inkscape runs out here, where its packages are.
        out = ["nsenter", f"--target={os.getpid()}", "--mount", "--root"] if SECOND else []
        setting = {"command": [*out, *command], "version": __version__, "home": str(self.home)}
        journal = Journal(self.folder / "journal.json")
        extension.install(self.profile / "extensions" / "clipasso", json.dumps(setting).encode(), journal)

    def choose(self, extension: str = "org.clipasso.sketch", /, **options: str) -> None:
        """Set the options of an extension's dialog for the next run."""
        chosen = " ".join(f"{extension}.{name}={quoteattr(value)}" for name, value in options.items())
        preferences = f'<inkscape version="1"><group id="extensions" {chosen}/></inkscape>'
        (self.profile / "preferences.xml").write_text(preferences, encoding="utf-8")

    def document(self, content: str, attributes: str = "", name: str = "drawing.svg") -> Path:
        """Write a document beside the photos of `folder`."""
        path = self.folder / name
        path.write_text(
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f"{attributes}>{content}</svg>",
            encoding="utf-8",
        )
        return path

    @contextlib.contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """A running Inkscape, killed at the end together with anything it has left."""
        with open(self.folder / "inkscape.log", "ab") as log:
            process = subprocess.Popen(
                ["inkscape", *arguments], env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            for pid in self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def run(self, document: Path, *actions: str, seconds: float = 180) -> None:
        """Do ``actions`` and end. Fails if Inkscape hangs, which it does when it shows a message."""
        with self.started("--batch-process", f"--actions={';'.join(actions)}", str(document)) as process:
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.screenshot(f"hanging-{document.stem}")
                raise

    def processes(self, *words: str) -> list[int]:
        """Processes of this user that still run, which have one of ``words``, if any are given, on the command line."""
        return alive(self.marker, *words)

    def xdotool(self, *arguments: str) -> str:
        done = subprocess.run(["xdotool", *arguments], env=self.environment, capture_output=True, text=True, timeout=20)
        return done.stdout.strip()

    def window(self, title: str, seconds: float = 20) -> str:
        """The id of the window whose title matches the regular expression, once it is there."""
        found = wait_until(lambda: self.xdotool("search", "--onlyvisible", "--name", title), seconds, title)
        return str(found).split()[-1]

    def geometry(self, window: str) -> dict[str, int]:
        """X, Y, WIDTH and HEIGHT of a window in pixels; empty if it is no more."""
        lines = self.xdotool("getwindowgeometry", "--shell", window).split()
        return {name: int(value) for name, _, value in (line.partition("=") for line in lines)}

    def key(self, *keys: str) -> None:
        for key in keys:
            self.xdotool("key", "--clearmodifiers", key)
            time.sleep(0.15)

    def activate(self, action: str, parameter: str = "") -> None:
        """Have the running Inkscape do an action, by the session bus; an extension has ended when this returns."""
        value = f"[<'{parameter}'>]" if parameter else "[]"
        where = ["--dest", "org.inkscape.Inkscape", "--object-path", "/org/inkscape/Inkscape"]
        method = ["--method", "org.gtk.Actions.Activate", action, value, "{}"]
        subprocess.run(
            ["gdbus", "call", "--session", *where, *method],
            env=self.environment,
            check=True,
            capture_output=True,
            timeout=60,
        )

    def click(self, window: str, x: int, y: int) -> None:
        """Press the left button at a point of a window; negative from its right or lower edge."""
        size = self.geometry(window)
        inside = (str(x % size["WIDTH"]), str(y % size["HEIGHT"]))
        self.xdotool("mousemove", "--window", window, *inside, "click", "1")

    def export(self, name: str) -> Path:
        """The document in front as it is now."""
        path = self.folder / name
        self.activate("export-filename", str(path))
        self.activate("export-do")
        return path

    def picture(self, window: str = "root") -> Any:
        """The screen, or what a window shows, as pixels [H, W, 3]."""
        command = ["import", "-window", window, "png:-"]
        done = subprocess.run(command, env=self.environment, check=True, timeout=20, capture_output=True)
        return np.asarray(Image.open(io.BytesIO(done.stdout)).convert("RGB"))

    def settle(self, window: str = "root", seconds: float = 20) -> Any:
        """Wait until a window is painted and nothing moves in it any more; returns how it looks then."""
        before = self.picture(window)

        def still() -> Any:
            nonlocal before
            time.sleep(_STILL)
            before, last = self.picture(window), before
            painted = before.min() < before.max()
            return [before] if painted and np.array_equal(before, last) else None

        return wait_until(still, seconds, f"{window} stands still")[0]

    def screenshot(self, name: str) -> Path:
        path = self.artefacts / f"{name}.png"
        subprocess.run(["import", "-window", "root", str(path)], env=self.environment, check=True, timeout=20)
        return path


def render(what: str, path: Path) -> list[str]:
    """Actions that export one object alone, the page being the picture."""
    settings = f"export-type:png;export-id:{what};export-id-only;export-area-page;export-width:1200"
    return [settings, f"export-filename:{path}", "export-do"]
