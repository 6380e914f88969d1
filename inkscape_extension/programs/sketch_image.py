"""Sketch Photo: options -> photo -> engine -> layers. Inkscape runs this file as a program of its own.

It reads the document from a file that Inkscape names and writes the changed one to stdout; writing nothing leaves the
document as it was. The engine is another process, since torch cannot live in Inkscape's Python.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

try:
    from inkscape_extension.programs import starting
except ImportError as error:
    sys.exit(f"The files of the extension are not complete ({error}). Run install.py again, then restart Inkscape.")

if __name__ == "__main__":
    starting.begin()  # before all other imports, so that those that fail are told

import inkex

from inkscape_extension import options
from inkscape_extension.document import source_photo
from inkscape_extension.document.guarded import GuardedDocument
from inkscape_extension.engine import client
from inkscape_extension.programs import ending
from inkscape_extension.run import detached, finished, in_inkscape, placing
from inkscape_extension.target import sketch_target
from inkscape_extension.window import contract


class SketchImage(GuardedDocument, inkex.EffectExtension):
    """Adds a layer of strokes above the selected photo, or draws the selected sketch layer anew."""

    def add_arguments(self, pars: inkex.base.ArgumentParser) -> None:
        options.add_arguments(pars)

    def effect(self) -> None:
        files = source_photo.PhotoFiles(self.options.input_file, self.document_path())
        target = sketch_target.find(self.svg, files)
        file = files.file(target.photo)
        job = target.job(self.options, file)
        placement = target.placement(self.options, files.sha256(target.photo, file))
        document = finished.Document.of(self.svg, self.document_path())
        if detached.start(job, finished.Asked(document, placement), self.options.engine):
            raise detached.StartedError
        outcome = in_inkscape.sketch(job, engine=self.options.engine)
        placing.insert(target.photo, outcome, job, placement)


def main() -> int:
    """Exit status: 0 if the document changed, 1 if it did not."""
    quiet = (client.CancelledError, contract.ShownError, detached.StartedError)
    return ending.exit_status(SketchImage().run, quiet)


if __name__ == "__main__":
    sys.exit(main())
