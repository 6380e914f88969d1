"""A document, a photo, and a stand-in for the engine."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FAKE_WORKER = Path(__file__).with_name("fake_worker.py")

sys.path.insert(0, str(ROOT))

from clipasso_engine import __version__  # noqa: E402

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    ' xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"'
    ' xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" {attributes}>{content}</svg>'
)
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
"""A PNG of one pixel, base64."""


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
