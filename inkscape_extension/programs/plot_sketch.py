"""Prepare for Plotter: a file of a sketch for a pen. Inkscape runs this file as a program of its own."""

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

from clipasso_engine.contract.redrawing import Plot
from inkscape_extension import messages
from inkscape_extension.document.guarded import GuardedDocument
from inkscape_extension.programs import ending
from inkscape_extension.run import redrawing
from inkscape_extension.translation import translated


class PlotSketch(GuardedDocument, inkex.EffectExtension):
    """Writes a file with the sketch that is meant on a page, in an order that is quick to draw."""

    def add_arguments(self, pars: inkex.base.ArgumentParser) -> None:
        usual = Plot()
        pars.add_argument("--tab", help="the page of the dialog that was open; not used")
        pars.add_argument("--sheet", default=usual.sheet)
        pars.add_argument("--margin", type=float, default=usual.margin)
        pars.add_argument("--speed", type=float, default=usual.speed)
        pars.add_argument("--travel_speed", type=float, default=usual.travel_speed)
        pars.add_argument("--lift", type=float, default=usual.lift)
        pars.add_argument("--one_line", default="false")
        pars.add_argument("--file", default="")

    def has_changed(self, _ret: object) -> bool:
        """The document stays as it is, whatever inkex has added to its own copy."""
        return False

    def effect(self) -> None:
        layers = redrawing.meant(self.svg)
        wish = plot(self.options, redrawing.content(self.svg), tuple(layer.get("id") for layer in layers))
        path = redrawing.file(self.options.file, self.document_path(), translated("plot"), ".svg")
        done = redrawing.redraw(wish)
        redrawing.write(path, done.files[0])
        minutes, seconds = divmod(round(done.figures["seconds"]), 60)
        messages.tell(
            translated(
                "The file for the plotter is {file}\nStrokes: {strokes:.0f}. Drawn: {down:.2f} m, with the pen up: "
                "{up:.2f} m. Time: about {minutes}:{seconds:02} minutes."
            ).format(
                file=path,
                strokes=done.figures["strokes"],
                down=done.figures["down"] / 1000,
                up=done.figures["up"] / 1000,
                minutes=minutes,
                seconds=seconds,
            )
        )


def plot(options: Namespace, document: bytes, layers: tuple[str, ...]) -> Plot:
    """What the dialog asks for. Raises `UserError` for a value that is out of range."""
    return Plot(
        document=document,
        name=translated("The document"),
        layers=layers,
        sheet=options.sheet,
        margin=options.margin,
        one_line=options.one_line == "true",
        speed=options.speed,
        travel_speed=options.travel_speed,
        lift=options.lift,
    )


def main() -> int:
    """Exit status: 0 if all went well, 1 if not."""
    return ending.exit_status(PlotSketch().run)


if __name__ == "__main__":
    sys.exit(main())
