"""A document that extensions are run on, one after the other, as in Inkscape."""

import os
import subprocess
import sys

import inkex
from lxml import etree

from inkscape_extension.document import outlines
from tests.support.stand_in import ROOT, SVG

LABEL = "{http://www.inkscape.org/namespaces/inkscape}label"
SVG_GROUP, SVG_PATH = "{http://www.w3.org/2000/svg}g", "{http://www.w3.org/2000/svg}path"


class WorkingDocument:
    """A document in a folder with the photo files it links to."""

    def __init__(self, folder, content, attributes='width="400" height="200"', name="document.svg"):
        self.path = folder / name
        self.path.write_text(SVG.format(attributes=attributes, content=content), encoding="utf-8")

    def run(self, script, *options, select=()):
        """Run an extension on it; returns what it tells the user. A run that changes nothing writes nothing."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        environment.pop("DISPLAY", None)
        environment["DBUS_SESSION_BUS_ADDRESS"] = "disabled:"
        done = subprocess.run(
            [
                sys.executable,
                str(ROOT / "inkscape_extension" / "programs" / script),
                *options,
                *(f"--id={each}" for each in select),
                str(self.path),
            ],
            capture_output=True,
            env=environment,
            cwd=ROOT / "inkscape_extension" / "programs",
            timeout=60,
        )
        told = done.stderr.decode()
        assert (done.returncode == 0) == bool(done.stdout), told
        if done.stdout:
            assert told == ""
            self.path.write_bytes(done.stdout)
        return told

    def sketch(self, *options, select=()):
        return self.run("sketch_image.py", "--levels=2", *options, select=select)

    def fewer(self, *select):
        return self.run("step_strokes.py", "--more=false", select=select)

    def more(self, *select):
        return self.run("step_strokes.py", "--more=true", select=select)

    def layers(self):
        """Layers by their labels, as elements of lxml."""
        return {each.get(LABEL): each for each in etree.parse(str(self.path)).iter(SVG_GROUP) if each.get(LABEL)}

    def change(self, change):
        """Let ``change`` work on the document as inkex sees it."""
        root = inkex.load_svg(self.path.read_bytes()).getroot()
        change(root)
        self.path.write_bytes(etree.tostring(root))

    def curves(self, identifier):
        """The curves in an element, in the coordinates of the document's root."""
        root = inkex.load_svg(self.path.read_bytes()).getroot()
        return outlines.outline(root.getElementById(identifier))
