"""The window as a page in the browser, where Inkscape's Python has no GTK.

It is served on the loopback interface by this process, not by the engine, which may be on another computer. The page
opens once, for our own user; from then on the browser's cookie opens it. Where the system does not tell whose
connection it is, the address holds a token instead, for that one time: on Linux, anybody could read it in the list of
processes. Closing the page is Cancel.
"""

from __future__ import annotations

import abc
import contextlib
import json
import os
import secrets
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable

from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.protocol import Message

from .. import advice
from ..document.photo_file import PhotoFile
from ..engine import client, process
from ..translation import translated
from . import peer, theme
from .contract import Outcome, Request, ShownError, Work
from .progress import Progress

OPEN_SECONDS = 20.0  # until the browser has asked for the page; after that there is no window
CLOSED_SECONDS = 3.0  # without a page that listens; reloading takes less
_EVERY = 0.1

_PAGE = Path(__file__).with_name("page.html")


def usable() -> bool:
    """Whether there is a browser to be opened."""
    return _opener() is not None


def _opener() -> list[str] | None:
    """The command that opens an address, which is to be appended: ``BROWSER``, or what the desktop has."""
    if os.environ.get("BROWSER"):
        return shlex.split(os.environ["BROWSER"])
    if sys.platform == "win32":
        return ["rundll32", "url.dll,FileProtocolHandler"]
    program = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
    return [program] if program else None


class Page(abc.ABC):
    """What is served to one browser, and whether that still looks."""

    def __init__(self, unwanted: Callable[[], bool]) -> None:
        """``unwanted`` says whether Inkscape has gone, for whose user it is."""
        self._unwanted = unwanted
        self.opened = False  # once
        self.token = "" if peer.can_be_told() else secrets.token_urlsafe(24)
        self.cookie = secrets.token_urlsafe(24)
        self.listening = 0  # pages that are open
        self.seen: float | None = None  # when one was open last
        self._begun = time.monotonic()

    @abc.abstractmethod
    def document(self) -> bytes:
        """The page's HTML."""

    @abc.abstractmethod
    def snapshot(self) -> dict[str, Any]:
        """All the page shows, as it is now."""

    @abc.abstractmethod
    def press(self, button: str) -> None:
        """What a button of the page does; others are ignored."""

    def photo(self) -> bytes:
        """The picture on it."""
        return b""

    def leave(self) -> None:
        """From now on nobody looks."""
        self.seen, self.listening = 0.0, 0

    def gone(self) -> bool:
        """Whether nobody looks: the page was closed, or Inkscape has ended, or no browser ever came."""
        if self.listening:
            self.seen = time.monotonic()
        if self.seen is None:
            return self._unwanted() or time.monotonic() - self._begun > OPEN_SECONDS
        return self._unwanted() or time.monotonic() - self.seen > CLOSED_SECONDS

    @contextlib.contextmanager
    def served(self) -> Iterator[None]:
        """Open it in the browser, and serve it meanwhile."""
        server = _Server(self)
        server.start()
        try:
            _open(f"{server.address}/?{self.token}" if self.token else f"{server.address}/")
            yield
        finally:
            server.stop()


class Window(Page):
    """See `watch.watch`."""

    def __init__(self, request: Request) -> None:
        super().__init__(request.gone)
        self.request = request
        self.progress = Progress(request.job)
        self.wish: str | None = None
        self.state = "drawing"  # then "placing", "waiting" to be placed by hand, "failed" or "done"
        self.text = ""
        self.place_again = False

    def run(self, work: Work) -> Outcome:
        with self.served():
            try:
                outcome = work(self._listen)
            except UserError as error:
                if self.gone():
                    raise
                self._tell("failed", advice.told(error))
                while not self.gone():
                    time.sleep(_EVERY)
                raise ShownError from error
            if self.request.place is not None:
                self._place(outcome)
            self._tell("done", "")
            time.sleep(3 * _EVERY)  # until the page knows
            return outcome

    def _place(self, outcome: Outcome) -> None:
        self._tell("placing", "")
        trouble = self.request.place(outcome) if self.request.place else ""
        while trouble and not self.gone():
            self._tell("waiting", trouble)
            time.sleep(_EVERY)
            if self.place_again and self.request.place:
                self.place_again = False
                trouble = self.request.place(outcome)

    def _tell(self, state: str, text: str) -> None:
        self.text, self.state = text, state

    def _listen(self, message: Message | None) -> str | None:
        if message is not None:
            self.progress.heed(message)
        if self.request.gone() or (self.seen is not None and self.gone()):
            return client.CANCEL
        return self.wish

    def document(self) -> bytes:
        return _page(self.request.title)

    def photo(self) -> bytes:
        return _photo(self.request.job)

    def press(self, button: str) -> None:
        if button == "stop":
            self.wish = self.wish or client.STOP
        elif button == "cancel":
            self.wish = client.CANCEL
            self.leave()
        elif button == "place":
            self.place_again = True

    def snapshot(self) -> dict[str, Any]:
        progress = self.progress
        levels = [
            {"level": level, "strokes": [stroke.points for stroke in sketch.strokes]}
            for level, sketch in progress.levels.items()
        ]
        return {
            "state": self.state,
            "text": self.text,
            "headline": progress.headline(),
            "left": progress.time_left(),
            "fraction": round(progress.fraction, 3),
            "size": progress.size,
            "strokes": progress.strokes,
            "levels": levels,
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, window: Page) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.window = window
        self.host = f"127.0.0.1:{self.server_address[1]}"
        self.address = f"http://{self.host}"

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, args=(_EVERY,), daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 30

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: stderr is Inkscape's."""

    def do_GET(self) -> None:
        window = self.server.window
        path, _, token = self.path.partition("?")
        # A page of another site could have its name lead here; it cannot forge this header.
        if self.headers.get("Host") != self.server.host or not self._is_our_users():
            self.send_error(403)
        elif path == "/" and self._may_open(token):
            window.opened = True
            self.send_response(303)
            self.send_header("Set-Cookie", f"clipasso={window.cookie}; HttpOnly; SameSite=Strict; Path=/")
            self.send_header("Location", "/")
            self.end_headers()
        elif not self._is_ours():
            self.send_error(403)
        elif path == "/":
            self._send("text/html; charset=utf-8", window.document())
        elif path == "/photo":
            self._send("application/octet-stream", window.photo())
        elif path == "/events":
            self._events()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        window = self.server.window
        foreign = self.headers.get("Host") != self.server.host or not self._is_our_users()
        if foreign or not self._is_ours():
            self.send_error(403)
            return
        window.press(self.path[1:])
        self._send("text/plain", b"")

    def _is_our_users(self) -> bool:
        return not peer.can_be_told() or peer.uid(self.client_address, self.connection.getsockname()) == os.getuid()

    def _may_open(self, token: str) -> bool:
        """Whether this is the one time that the page opens: for the browser that we had open it, not for the page of
        another site that leads there."""
        window = self.server.window
        if window.opened or self.headers.get("Sec-Fetch-Site", "none") != "none":
            return False
        return secrets.compare_digest(token.encode(), window.token.encode())

    def _is_ours(self) -> bool:
        return f"clipasso={self.server.window.cookie}" in (self.headers.get("Cookie") or "").split("; ")

    def _send(self, kind: str, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(content)

    def _events(self) -> None:
        """What is new, as it comes, until the page is closed."""
        window = self.server.window
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        window.listening += 1
        window.seen = time.monotonic()
        before = ""
        try:
            while True:
                now = json.dumps(window.snapshot())
                self.wfile.write((f"data: {now}\n\n" if now != before else ":\n\n").encode("ascii"))
                before = now
                time.sleep(_EVERY)
        except OSError:
            window.listening = max(0, window.listening - 1)


def _page(title: str) -> bytes:
    return filled(_PAGE, _texts(title))


def filled(file: Path, texts: Mapping[str, str]) -> bytes:
    """The HTML in ``file``, with Inkscape's look and these texts."""
    dark = theme.is_dark()
    scheme = b"light dark" if dark is None else b"dark" if dark else b"light"
    # "<" must not end the script that they are in.
    said = json.dumps(texts).replace("<", "\\u003c").encode("ascii")
    return file.read_bytes().replace(b"{scheme}", scheme).replace(b"{texts}", said)


def _texts(title: str) -> dict[str, str]:
    return {
        "title": title,
        "stop": translated("Stop and keep"),
        "cancel": translated("Cancel"),
        "place": translated("Place it now"),
        "failed": translated("No sketch was made; the document is as it was."),
        "done": translated("Done. This page can be closed."),
        "ready": translated("The sketch is ready."),
        "placing": translated("Placing the sketch ..."),
    }


def _photo(job: SketchJob) -> bytes:
    with contextlib.suppress(UserError), PhotoFile(job.photo, job.photo_bytes).opened() as file:
        return file.read()
    return b""


def _open(address: str) -> None:
    """Open the browser, which must not hold our stdout: Inkscape would wait for it."""
    nothing = subprocess.DEVNULL
    with contextlib.suppress(OSError):
        browser = subprocess.Popen(
            [*(_opener() or ()), address],
            stdin=nothing,
            stdout=nothing,
            stderr=nothing,
            env=process.environment(os.environ),
            start_new_session=True,
        )
        browser.returncode = 0  # it outlives us, and Python shall not warn of that
