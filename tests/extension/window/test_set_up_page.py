"""The window that sets the engine up, as a page: a stand-in for the browser presses its buttons."""

import json
import threading
from urllib.parse import urlsplit

import pytest

from inkscape_extension.engine import set_up, setting
from inkscape_extension.engine.set_up import SetUp
from inkscape_extension.window import page_window
from inkscape_extension.window.set_up_page import Window
from tests.support.waiting import wait_until


class StandIn(SetUp):
    """Does what it is told, and nothing else."""

    def __init__(self):
        super().__init__()
        self.did = []
        self.state = set_up.OFFER
        self.plan = {"home": "<h>", "python": "p", "download": 4e8, "disk": 2e9, "hosts": ["one.example"]}

    def begin(self):
        self.did.append("begin")
        self.state, self.step, self.fraction = set_up.WORKING, "engine", 0.5

    def cancel(self):
        self.did.append("cancel")
        self.state = set_up.STOPPED

    def end(self):
        self.did.append("end")


@pytest.fixture
def opened(monkeypatch):
    """A window that runs, the address that the browser was given, and how it ended."""
    addresses: list[str] = []
    answers: list[bool] = []
    gone: list[bool] = []
    monkeypatch.setattr(page_window, "_open", addresses.append)
    window = Window(StandIn(), setting.MISSING, lambda: bool(gone))
    thread = threading.Thread(target=lambda: answers.append(window.run()))
    thread.start()

    def ended():
        thread.join(10)
        return answers[0]

    wait_until(lambda: addresses)
    yield window, addresses[0], ended
    gone.append(True)
    thread.join(10)


def ask(address, path, method="GET", cookie=""):
    import http.client

    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.request(method, path, headers={"Cookie": cookie})
    return connection.getresponse()


def entered(address):
    answer = ask(address, f"/?{urlsplit(address).query}")
    return (answer.getheader("Set-Cookie") or "").split(";")[0]


def first_event(address, cookie):
    for line in ask(address, "/events", cookie=cookie):
        if line.startswith(b"data: "):
            return json.loads(line[6:])
    return None


def test_from_the_offer_to_sketch_now(opened):
    window, address, ended = opened
    cookie = entered(address)
    page = ask(address, "/", cookie=cookie).read().decode()
    assert "Set Up the Engine" in page
    assert "{texts}" not in page
    shown = first_event(address, cookie)
    assert shown["rows"][1] == ["From:", "one.example"]
    assert shown["buttons"] == [["begin", "Set Up"], ["close", "Close"]]
    assert window._state.did == [], "nothing before the click"
    assert ask(address, "/begin", "POST").status == 403, "without the cookie"
    assert ask(address, "/begin", "POST", cookie).status == 200
    assert first_event(address, cookie)["fraction"] == 0.5
    ask(address, "/cancel", "POST", cookie)
    assert first_event(address, cookie)["buttons"][0] == ["begin", "Go On"]
    window._state.state = set_up.READY
    assert first_event(address, cookie)["buttons"][0] == ["sketch", "Sketch Now"]
    ask(address, "/nonsense", "POST", cookie)
    ask(address, "/sketch", "POST", cookie)
    assert ended() is True
    assert window._state.did == ["begin", "cancel", "end"]


def test_closing_it(opened):
    window, address, ended = opened
    cookie = entered(address)
    ask(address, "/close", "POST", cookie)
    assert ended() is False
    assert window._state.did == ["end"]
