"""Fewer Strokes and More Strokes: the next level of the sketch at hand. Inkscape runs this file as a program."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

try:
    from inkscape_extension.programs import starting
except ImportError as error:
    sys.exit(f"The files of the extension are not complete ({error}). Run install.py again, then restart Inkscape.")

if __name__ == "__main__":
    starting.begin()  # before all other imports, so that those that fail are told

import inkex

from clipasso_engine.contract.errors import UserError
from inkscape_extension import options
from inkscape_extension.document import source_photo
from inkscape_extension.document.guarded import GuardedDocument
from inkscape_extension.engine import client
from inkscape_extension.layer import origin, redraw
from inkscape_extension.programs import ending
from inkscape_extension.run import in_inkscape, placing
from inkscape_extension.target import sketch_target, target_strokes
from inkscape_extension.translation import translated
from inkscape_extension.window import contract


class StepStrokes(GuardedDocument, inkex.EffectExtension):
    """Draws a sketch layer with the next smaller or the next larger number of strokes."""

    def add_arguments(self, pars: inkex.base.ArgumentParser) -> None:
        pars.add_argument("--more", default="false")
        options.add_arguments(pars)

    def effect(self) -> None:
        layer = _layer_at_hand(self.svg)
        level = redraw.next_level(layer, more=self.options.more == "true")
        if not redraw.step(layer, level):
            self._sketch(layer, level)

    def _sketch(self, layer: inkex.Layer, level: int) -> None:
        """A level that the layer does not remember is the engine's work, as quick as it can."""
        metadata = origin.metadata_of(layer)
        files = source_photo.PhotoFiles(self.options.input_file, self.document_path())
        target = sketch_target.SketchTarget(origin.source_of(self.svg, layer, files), layer)
        quick = {"levels": str(level), "quality": "draft", "seed": str(metadata.seed if metadata else 0)}
        chosen = Namespace(**{**vars(self.options), **quick})
        file = files.file(target.photo)
        job = target.job(chosen, file)
        placement = target.placement(chosen, files.sha256(target.photo, file))
        outcome = in_inkscape.sketch(job)
        placing.insert(target.photo, outcome, job, placement)


def _layer_at_hand(svg: inkex.SvgDocumentElement) -> inkex.Layer:
    layers, strokes = target_strokes.find(svg)
    found = list(dict.fromkeys([*layers, *(origin.layer_of(stroke) for stroke in strokes)]))
    if len(found) > 1:  # a sketch with its background: the strokes of that step where it alone is selected
        found = [layer for layer in found if not origin.is_background(layer)] or found
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
    quiet = (client.CancelledError, contract.ShownError)
    return ending.exit_status(StepStrokes().run, quiet)


if __name__ == "__main__":
    sys.exit(main())
