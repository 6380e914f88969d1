"""Change Brush: paints a sketch anew, without sketching. Inkscape runs this file as a program of its own."""

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

from inkscape_extension import brush, layer_edits, target_strokes  # noqa: E402
from inkscape_extension.translation import translated  # noqa: E402


class ChangeBrush(inkex.EffectExtension):
    """Paints the selected strokes, the selected sketch layers, or the sketch that is meant."""

    def add_arguments(self, pars: inkex.base.ArgumentParser) -> None:
        pars.add_argument("--tab", help="the page of the dialog that was open; not used")
        brush.add_arguments(pars)

    def effect(self) -> None:
        look = brush.Look.from_options(self.options)
        layers, strokes = target_strokes.find(self.svg)
        all_strokes = [*(path for layer in layers for path in target_strokes.within(layer)), *strokes]
        if not all_strokes:
            raise UserError(translated("There are no strokes left in this sketch. Sketch the photo again."))
        if look.colour == brush.PHOTO and not any(map(brush.knows_the_photo, all_strokes)):
            raise UserError(
                translated(
                    "None of these strokes knows its colour in the photo; only strokes that were sketched from a "
                    "photo do. Choose another colour, or sketch the photo again."
                )
            )
        left = paint(layers, strokes, look)
        if len(left) == len(all_strokes):
            raise UserError(translated("Nothing was changed: {why}").format(why=translated(_WHY)))
        if left:
            messages.tell(
                translated("{left} of {all} strokes were left as they are: {why}").format(
                    left=len(left), all=len(all_strokes), why=translated(_WHY)
                )
            )


def paint(
    layers: list[inkex.BaseElement], strokes: list[inkex.PathElement], look: brush.Look
) -> list[inkex.PathElement]:
    """Paint whole sketch layers and single strokes; returns those left as they are, see `brush.paint`.

    This is nothing done by hand, but what was done by hand before can still be told.
    """
    every = [*(path for layer in layers for path in target_strokes.within(layer)), *strokes]
    as_given = [path for path in every if not layer_edits.is_restyled(path)]
    left = [path for layer in layers for path in brush.paint_layer(layer, look)] + brush.paint(strokes, look)
    for path in as_given:
        layer_edits.remember_style(path)
    return left


_WHY = "locked ones, and those with path effects of your own, keep their look. Unlock them, or remove the effects."


def main() -> int:
    """Exit status: 0 if the document changed, 1 if it did not."""
    return messages.exit_status(ChangeBrush().run, LOG)


if __name__ == "__main__":
    sys.exit(main())
