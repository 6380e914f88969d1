"""The real Inkscape, on a display and in a profile of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.real_inkscape import ROOT, SCREEN, Inkscape
from tests.support.stand_in import FakeEngine

_TOOLS = ("inkscape", "Xvfb", "openbox", "xdotool", "import", "dbus-daemon", "gdbus")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [tool for tool in _TOOLS if not shutil.which(tool)]
    if missing and not os.environ.get("CI"):  # there, a missing tool is a failure
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=f"not installed: {', '.join(missing)}"))


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A screen with a window manager."""
    reading, writing = os.pipe()
    server = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{SCREEN[0]}x{SCREEN[1]}x24", "-nolisten", "tcp"]
    with subprocess.Popen(server, pass_fds=[writing], stderr=subprocess.DEVNULL) as screen:
        os.close(writing)
        with open(reading) as stream:
            name = f":{stream.readline().strip()}"
        manager = subprocess.Popen(["openbox"], env={**os.environ, "DISPLAY": name}, stderr=subprocess.DEVNULL)
        yield name
        manager.terminate()
        manager.wait()
        screen.terminate()


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where screenshots and pictures stay, to be looked at: ``$CLIPASSO_TEST_ARTEFACTS``, or a folder git ignores."""
    folder = Path(os.environ.get("CLIPASSO_TEST_ARTEFACTS") or ROOT / "build" / "test-artefacts")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def inkscape(tmp_path: Path, display: str, artefacts: Path) -> Iterator[Inkscape]:
    """Inkscape with the real engine, in the Python that runs the tests."""
    user = Inkscape(tmp_path, display, artefacts)
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from clipasso_engine.cli import main; sys.exit(main())"
    user.install([sys.executable, "-I", "-c", start, "worker"])
    yield user
    assert user.processes() == []


@pytest.fixture
def session_bus(inkscape: Inkscape) -> Iterator[Inkscape]:
    """The same Inkscape, which other programs of its session can reach."""
    command = ["dbus-daemon", "--session", "--nofork", "--print-address"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as bus:
        assert bus.stdout is not None
        inkscape.environment["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
        yield inkscape
        bus.terminate()


@pytest.fixture
def fake_engine(inkscape: Inkscape, tmp_path: Path) -> FakeEngine:
    """Takes the real engine's place."""
    engine = FakeEngine(tmp_path)
    inkscape.install(engine.command)
    return engine
