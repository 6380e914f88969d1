"""The window as a page: a stand-in for the browser asks for what a page asks for."""

import http.client
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest

from clipasso_engine.contract.codes import ErrorCode
from clipasso_engine.contract.errors import CodedError
from clipasso_engine.contract.job import SketchJob
from inkscape_extension.window import contract, page_window, peer
from tests.support.stand_in import ROOT
from tests.support.waiting import wait_until

PROGRAM = f"""
import json, sys; sys.path.insert(0, {str(ROOT)!r})
from clipasso_engine.contract.job import SketchJob
from inkscape_extension.engine import client
from inkscape_extension.run import in_inkscape
from inkscape_extension.window import contract
try:
    sketches, _report = in_inkscape.sketch(SketchJob(sys.argv[1], levels=(2, 1), time_budget=20))
    print(len(sketches))
except (client.CancelledError, contract.ShownError) as error:
    print(type(error).__name__)
"""


class Browser:
    """What a page does."""

    def __init__(self, address):
        self.place = urlsplit(address)
        self.cookie = ""

    def ask(self, path, method="GET", **headers):
        connection = http.client.HTTPConnection(self.place.netloc, timeout=10)
        connection.request(method, path, headers={"Cookie": self.cookie, **headers})
        return connection.getresponse()

    def enter(self):
        answer = self.ask(f"/?{self.place.query}")
        self.cookie = (answer.getheader("Set-Cookie") or "").split(";")[0]
        return answer.status

    def events(self):
        stream = self.ask("/events")
        for line in stream:
            if line.startswith(b"data: "):
                yield json.loads(line[6:])


class Sketching(subprocess.Popen):
    """The process that sketches, and the browser in which its page was opened."""

    browser: Browser


@pytest.fixture
def address(tmp_path, monkeypatch):
    """Where the page's address will be told."""
    told = tmp_path / "address"
    monkeypatch.setenv("BROWSER", f"sh -c 'printf %s \"$0\" > {told}.part; mv {told}.part {told}'")
    monkeypatch.setenv("CLIPASSO_WINDOW", "page")
    return told


@pytest.fixture
def sketching(address, installed_engine, tmp_path):
    installed_engine.play(seconds=15)
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"the photo")
    with Sketching([sys.executable, "-c", PROGRAM, str(photo)], stdout=subprocess.PIPE, text=True) as process:
        wait_until(address.exists, 15, "the address")
        process.browser = Browser(address.read_text())
        yield process
        process.kill()


def test_strokes_move_and_stop_keeps_them(sketching):
    browser = sketching.browser
    assert browser.enter() == 303
    page = browser.ask("/").read().decode()
    assert "Stop and keep" in page
    assert "{texts}" not in page
    assert browser.ask("/photo").read() == b"the photo"
    events = browser.events()
    seen = [event["strokes"] for event in itertools.islice(events, 12) if event["strokes"]]
    assert len({json.dumps(strokes) for strokes in seen}) > 2
    assert browser.ask("/stop", "POST").status == 200
    assert sketching.communicate(timeout=20)[0] == "2\n"


@pytest.mark.parametrize("way", ["button", "closing"])
def test_cancel_and_closing_drop_everything(sketching, way):
    browser = sketching.browser
    browser.enter()
    events = browser.events()
    next(events)
    if way == "button":
        browser.ask("/cancel", "POST")
    else:
        events.close()
    assert sketching.communicate(timeout=10)[0] == "CancelledError\n"


def test_an_error_is_shown_until_the_page_is_closed(sketching, installed_engine):
    browser = sketching.browser
    browser.enter()
    events = browser.events()
    next(event for event in events if event["strokes"])
    os.kill(installed_engine.messages()[0]["process"], signal.SIGKILL)
    failed = next(event for event in events if event["state"] == "failed")
    assert "The engine ended before the sketch was done" in failed["text"]
    assert sketching.poll() is None
    events.close()
    assert sketching.communicate(timeout=10)[0] == "ShownError\n"


def test_the_engines_error_is_shown_with_advice(monkeypatch):
    monkeypatch.setattr(page_window, "OPEN_SECONDS", 0.3)
    monkeypatch.setenv("BROWSER", "false")
    window = page_window.Window(contract.Request(SketchJob("p", levels=(1,)), gone=lambda: False))

    def work(listener):
        raise CodedError(ErrorCode.NOTHING_TO_DRAW, photo="a.png")

    with pytest.raises(contract.ShownError):
        window.run(work)
    assert window.text == (
        "The photo a.png shows nothing to draw: no line in it is strong enough. "
        "Choose a photo with an object in it, or with more contrast."
    )


def test_only_the_browser_that_was_opened_gets_anything(sketching):
    browser, other = sketching.browser, Browser(f"http://{sketching.browser.place.netloc}/?guess")
    assert other.enter() == 403
    assert browser.ask("/", **{"Sec-Fetch-Site": "cross-site"}).status == 403, "the page of another site"
    assert browser.ask("/", Host="evil.example").status == 403
    assert browser.enter() == 303
    assert Browser(browser.place.geturl()).enter() == 403, "it opens once"
    for path in ("/", "/photo", "/events"):
        assert other.ask(path).status == 403
    assert other.ask("/cancel", "POST").status == 403
    assert browser.ask("/", Host="evil.example").status == 403
    assert browser.ask("/stop", "POST", Host="evil.example").status == 403
    assert browser.ask("/etc/passwd").status == 404


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody else can read a command line, or it is not told")
def test_nothing_secret_is_on_the_command_line(sketching):
    assert sketching.browser.place.query == ""
    assert sketching.browser.place.path == "/"


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="only root can be somebody else")
def test_another_user_of_this_computer_gets_nothing(sketching):
    python = shutil.which("python3", path="/usr/bin")
    browser = sketching.browser
    if python is None:
        pytest.skip("there is no Python that anybody may run")

    def as_nobody(cookie):
        ask = (
            "import http.client, sys; c = http.client.HTTPConnection(sys.argv[1], timeout=10);"
            "c.request('GET', '/', headers={'Cookie': sys.argv[2]}); print(c.getresponse().status)"
        )
        command = [python, "-c", ask, browser.place.netloc, cookie]
        done = subprocess.run(
            command, user=65534, group=65534, extra_groups=[], capture_output=True, text=True, timeout=20
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    assert as_nobody("") == "403"
    assert browser.enter() == 303, "which did not use it up"
    assert as_nobody(browser.cookie) == "403"
    assert browser.ask("/").status == 200


def test_without_a_system_that_tells_the_address_holds_a_token(monkeypatch):
    monkeypatch.setattr(peer, "can_be_told", lambda: False)
    window = page_window.Window(contract.Request(SketchJob("p", levels=(1,)), gone=lambda: False))
    server = page_window._Server(window)
    server.start()
    try:
        assert len(window.token) > 20
        for token in ("", "guess"):
            assert Browser(f"{server.address}/?{token}").enter() == 403
        assert Browser(f"{server.address}/?{window.token}").enter() == 303
        assert Browser(f"{server.address}/?{window.token}").enter() == 403
    finally:
        server.stop()


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_the_user_of_a_connection(family):
    if not peer.can_be_told() or (family == socket.AF_INET6 and not os.path.exists("/proc/net/if_inet6")):
        pytest.skip("not told here")
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(family) as ours:
        host = "127.0.0.1" if family == socket.AF_INET else "::ffff:127.0.0.1"
        ours.connect((host, server.getsockname()[1]))
        theirs = ("127.0.0.1", ours.getsockname()[1])
        assert peer.uid(theirs, server.getsockname()) == os.getuid()
        assert peer.uid(("127.0.0.2", theirs[1]), server.getsockname()) is None


def test_a_browser_that_never_comes_is_no_window(address, installed_engine, monkeypatch):
    monkeypatch.setattr(page_window, "OPEN_SECONDS", 0.2)
    monkeypatch.setenv("BROWSER", "false")
    window = page_window.Window(contract.Request(SketchJob("p", levels=(1,)), gone=lambda: False))

    def work(listener):
        # as long as nobody came, and longer than a browser is waited for
        wait_until(lambda: time.monotonic() - window._begun > page_window.OPEN_SECONDS)
        assert listener(None) is None
        return [], {}

    assert window.run(work) == ([], {})
