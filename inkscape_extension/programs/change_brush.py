"""Change Brush: paints a sketch anew, without sketching. Inkscape runs this file as a program of its own."""

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

from clipasso_engine.contract.errors import UserError
from inkscape_extension import messages
from inkscape_extension.brush import painting
from inkscape_extension.document.guarded import GuardedDocument
from inkscape_extension.layer import hand_edits
from inkscape_extension.programs import ending
from inkscape_extension.target import target_strokes
from inkscape_extension.translation import translated


class ChangeBrush(GuardedDocument, inkex.EffectExtension):
    """Paints the selected strokes, the selected sketch layers, or the sketch that is meant."""

    def add_arguments(self, pars: inkex.base.ArgumentParser) -> None:
        pars.add_argument("--tab", help="the page of the dialog that was open; not used")
        painting.add_arguments(pars)

    def effect(self) -> None:
        look = painting.Look.from_options(self.options)
        layers, strokes = target_strokes.find(self.svg)
        all_strokes = [*(path for layer in layers for path in target_strokes.within(layer)), *strokes]
        if not all_strokes:
            raise UserError(translated("There are no strokes left in this sketch. Sketch the photo again."))
        if look.colour == "photo" and not any(map(painting.knows_the_photo, all_strokes)):
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
    layers: list[inkex.BaseElement], strokes: list[inkex.PathElement], look: painting.Look
) -> list[inkex.PathElement]:
    """Paint whole sketch layers and single strokes; returns those left as they are, see `painting.paint`.

    This is nothing done by hand, but what was done by hand before can still be told.
    """
    every = [*(path for layer in layers for path in target_strokes.within(layer)), *strokes]
    as_given = [path for path in every if not hand_edits.is_restyled(path)]
    left = [path for layer in layers for path in painting.paint_layer(layer, look)] + painting.paint(strokes, look)
    for path in as_given:
        hand_edits.remember_style(path)
    return left


_WHY = "locked ones, and those with path effects of your own, keep their look. Unlock them, or remove the effects."


def main() -> int:
    """Exit status: 0 if the document changed, 1 if it did not."""
    return ending.exit_status(ChangeBrush().run)


if __name__ == "__main__":
    sys.exit(main())
