"""Sketch Photo: options -> photo -> engine -> layers. Inkscape runs this file as a program of its own.

It reads the document from a file that Inkscape names and writes the changed one to stdout; writing nothing leaves the
document as it was. The engine is another process, since torch cannot live in Inkscape's Python.
"""

from __future__ import annotations

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from clipasso_engine import paths
from inkscape_extension import messages

LOG = paths.logs() / "extension.log"

if __name__ == "__main__":
    messages.claim_stderr(LOG)  # before inkex is imported: it makes Python warn

import inkex  # noqa: E402

from inkscape_extension import (  # noqa: E402
    aim,
    background,
    engine_process,
    finished,
    live,
    options,
    placing,
    progress_window,
    source_photo,
)


class SketchImage(inkex.EffectExtension):
    """Adds a layer of strokes above the selected photo, or draws the selected sketch layer anew."""

    def add_arguments(self, pars: inkex.base.ArgumentParser) -> None:
        options.add_arguments(pars)

    def effect(self) -> None:
        folders = source_photo.link_folders(self.options.input_file, self.document_path())
        goal = aim.find(self.svg, folders)
        photo = goal.photo
        with photo.file(folders) as path:
            job = goal.job(self.options, str(path))
            photo_sha256 = source_photo.sha256(path)
            document = finished.Document.of(self.svg, self.document_path())
            if background.start(job, finished.Asked.by(document, photo, photo_sha256, self.options)):
                raise background.StartedError
            outcome = live.sketch(job, engine=self.options.engine)
        placing.insert(photo, outcome, job, photo_sha256, self.options)


def main() -> int:
    """Exit status: 0 if the document changed, 1 if it did not."""
    quiet = (engine_process.CancelledError, progress_window.ShownError, background.StartedError)
    return messages.exit_status(SketchImage().run, LOG, quiet)


if __name__ == "__main__":
    sys.exit(main())
