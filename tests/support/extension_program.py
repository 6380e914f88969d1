"""The extension as Inkscape runs it: a program that gets a document and options, and writes the changed document."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from lxml import etree

from tests.support.stand_in import PIXEL, ROOT, SVG

SCRIPT = ROOT / "inkscape_extension" / "programs" / "sketch_image.py"
IMAGE = '<image id="photo" width="100" height="50" xlink:href="{}"/>'
LABEL = "{http://www.inkscape.org/namespaces/inkscape}label"


class Extension:
    """Runs of it on one document, which has an embedded photo of one pixel unless another is shown."""

    def __init__(self, folder: Path, python: str = sys.executable, modules: list[str] = sys.path) -> None:
        self.document = folder / "document.svg"
        self.environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, modules))}
        self.python = [python]  # with what stands before it on the command line
        self.before: Callable[[], object] | None = None  # called in the new process before Python starts
        self.show(IMAGE.format(f"data:image/png;base64,{PIXEL}"))

    def show(self, content: str) -> Extension:
        self.document.write_text(SVG.format(attributes='width="200" height="100"', content=content), encoding="utf-8")
        return self

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*self.python, str(SCRIPT), *options, str(self.document)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
            cwd=SCRIPT.parent,
            preexec_fn=self.before,
        )

    def run(self, *options: str) -> tuple[int, bytes, str]:
        """Its exit status, the changed document, and what the user is told."""
        with self.start(*options) as process:
            output, told = process.communicate(timeout=300)
        return process.returncode, output, told.decode("utf-8")


def layers(output: bytes) -> dict[str, etree._Element]:
    """The layers of a document, by their labels."""
    return {group.get(LABEL): group for group in etree.fromstring(output).iter("{*}g") if group.get(LABEL)}
