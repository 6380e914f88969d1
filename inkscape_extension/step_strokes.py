"""Fewer Strokes and More Strokes: the next level of the sketch at hand. Inkscape runs this file as a program."""

from __future__ import annotations

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from clipasso_engine import paths
from clipasso_engine.errors import UserError
from inkscape_extension import messages

LOG = paths.logs() / "extension.log"

if __name__ == "__main__":
    messages.claim_stderr(LOG)  # before inkex is imported: it makes Python warn

import inkex  # noqa: E402

from inkscape_extension import (  # noqa: E402
    aim,
    engine_process,
    live,
    options,
    placing,
    progress_window,
    redrawing,
    source_photo,
    target_strokes,
)
from inkscape_extension.translation import translated  # noqa: E402


class StepStrokes(inkex.EffectExtension):
    """Draws a sketch layer with the next smaller or the next larger number of strokes."""

    def add_arguments(self, pars: inkex.base.ArgumentParser) -> None:
        pars.add_argument("--more", default="false")
        options.add_arguments(pars)

    def effect(self) -> None:
        layer = _layer_at_hand(self.svg)
        level = redrawing.next_level(layer, more=self.options.more == "true")
        if not redrawing.step(layer, level):
            self._sketch(layer, level)

    def _sketch(self, layer: inkex.Layer, level: int) -> None:
        """A level that the layer does not remember is the engine's work, as quick as it can."""
        metadata = aim.metadata_of(layer)
        folders = source_photo.link_folders(self.options.input_file, self.document_path())
        goal = aim.Aim(aim.source_of(self.svg, layer, folders), layer)
        self.options.levels, self.options.quality = str(level), "draft"
        self.options.seed = str(metadata.seed if metadata else 0)
        with goal.photo.file(folders) as path:
            job = goal.job(self.options, str(path))
            outcome = live.sketch(job)
            placing.insert(goal.photo, outcome, job, source_photo.sha256(path), self.options)


def _layer_at_hand(svg: inkex.SvgDocumentElement) -> inkex.Layer:
    layers, strokes = target_strokes.find(svg)
    found = list(dict.fromkeys([*layers, *(aim.layer_of(stroke) for stroke in strokes)]))
    if len(found) == 1 and found[0] is not None:
        return found[0]
    if len(found) > 1:
        raise UserError(
            translated("Strokes of {count} layers are selected. Select strokes of the sketch that is meant.").format(
                count=len(found)
            )
        )
    raise UserError(translated("What is selected is no sketch. Select a sketch layer, or a stroke in it."))


def main() -> int:
    """Exit status: 0 if the document changed, 1 if it did not."""
    quiet = (engine_process.CancelledError, progress_window.ShownError)
    return messages.exit_status(StepStrokes().run, LOG, quiet)


if __name__ == "__main__":
    sys.exit(main())
