"""What the extension's tests share: a document to work on, and a stand-in for the engine.

They run in any Python that has inkex, lxml and pytest, without Inkscape; none of them needs torch.
"""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FAKE_WORKER = Path(__file__).with_name("fake_worker.py")
sys.path.insert(0, str(ROOT))
DEBIAN_INKEX = "/usr/share/inkscape/extensions"
if Path(DEBIAN_INKEX, "inkex").is_dir():
    sys.path.append(DEBIAN_INKEX)  # serves where no other inkex is installed

import inkex  # noqa: E402

from clipasso_engine import __version__  # noqa: E402

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    ' xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"'
    ' xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" {attributes}>{content}</svg>'
)
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
"""A PNG of one pixel, base64."""


def pytest_report_header():
    return f"inkex {inkex.__version__} from {Path(inkex.__file__).parent}, Python {sys.version.split()[0]}"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A CLIPASSO_HOME of its own for each test."""
    folder = tmp_path / "home"
    monkeypatch.setenv("CLIPASSO_HOME", str(folder))
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


class FakeEngine:
    """A scenario of fake_worker.py and the command that plays it."""

    def __init__(self, folder):
        self.heard = folder / "heard.jsonl"
        self._path = folder / "scenario.json"
        self._scenario = {
            "version": __version__,
            "width": 100,
            "height": 50,
            "heard": str(self.heard),
            "strokes": [[[10, 10], [20, 20], [30, 20], [40, 10]], [[60, 40], [70, 30], [80, 30], [90, 40]]],
        }
        self.command = [sys.executable, "-I", str(FAKE_WORKER), str(self._path)]
        self.play()

    def play(self, **scenario):
        self._scenario.update(scenario)
        self._path.write_text(json.dumps(self._scenario), encoding="utf-8")
        return self

    def messages(self):
        """What the engine was told, the first of them with its ``environment``; none if it got no job."""
        if not self.heard.exists():
            return []
        return [json.loads(line) for line in self.heard.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def fake_engine(tmp_path):
    return FakeEngine(tmp_path)


@pytest.fixture
def installed_engine(fake_engine, home):
    """The same, where the extension looks for an engine."""
    home.mkdir()
    (home / "engine.json").write_text(json.dumps({"command": fake_engine.command, "version": __version__}))
    return fake_engine
