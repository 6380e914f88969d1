"""What the extension's tests share.

They run in any Python that has inkex, lxml and pytest, without Inkscape; none of them needs torch.
"""

import json
import sys
from pathlib import Path

import pytest

from clipasso_engine import __version__
from tests.support.stand_in import SVG, FakeEngine

DEBIAN_INKEX = "/usr/share/inkscape/extensions"
if Path(DEBIAN_INKEX, "inkex").is_dir():
    sys.path.append(DEBIAN_INKEX)  # serves where no other inkex is installed

import inkex  # noqa: E402


def pytest_report_header():
    return f"inkex {inkex.__version__} from {Path(inkex.__file__).parent}, Python {sys.version.split()[0]}"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A CLIPASSO_HOME of its own for each test."""
    folder = tmp_path / "home"
    monkeypatch.setenv("CLIPASSO_HOME", str(folder))
    monkeypatch.setenv("CLIPASSO_WINDOW", "none")  # nobody is there to close one
    return folder


@pytest.fixture
def svg():
    """Makes a document: ``svg(content, selected ids..., attributes of <svg>)`` -> its root."""

    def make(content, *selected, attributes='width="200" height="100"'):
        text = SVG.format(attributes=attributes, content=content)
        root = inkex.load_svg(text.encode("utf-8")).getroot()
        root.selection.set(*selected)
        return root

    return make


@pytest.fixture
def fake_engine(tmp_path):
    return FakeEngine(tmp_path)


@pytest.fixture
def installed_engine(fake_engine, home):
    """The same, where the extension looks for an engine."""
    home.mkdir()
    (home / "engine.json").write_text(json.dumps({"command": fake_engine.command, "version": __version__}))
    return fake_engine
