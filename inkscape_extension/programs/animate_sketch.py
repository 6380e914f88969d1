"""Animate Sketch: a film of a sketch that draws itself. Inkscape runs this file as a program of its own."""

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

from clipasso_engine.contract.choices import check
from clipasso_engine.contract.redrawing import AREAS, FILMS, ORDERS, Animation
from inkscape_extension import messages
from inkscape_extension.document.guarded import GuardedDocument
from inkscape_extension.programs import ending
from inkscape_extension.run import redrawing
from inkscape_extension.translation import translated

PAUSES = ("short", "none", "own")
"""Between strokes: as long as fits, none, or the seconds that are told."""


class AnimateSketch(GuardedDocument, inkex.EffectExtension):
    """Writes a file in which the sketch that is meant draws itself, and lets its strokes lie in that order."""

    def add_arguments(self, pars: inkex.base.ArgumentParser) -> None:
        usual = Animation()
        pars.add_argument("--tab", help="the page of the dialog that was open; not used")
        pars.add_argument("--film", default=FILMS[0])
        pars.add_argument("--order", default=ORDERS[0])
        pars.add_argument("--area", default=AREAS[0])
        pars.add_argument("--pauses", default=PAUSES[0])
        pars.add_argument("--length", type=float, default=usual.length)
        pars.add_argument("--pause", type=float, default=0.1)
        pars.add_argument("--hold", type=float, default=usual.hold)
        pars.add_argument("--size", type=int, default=usual.size)
        pars.add_argument("--loop", default="true")
        pars.add_argument("--restack", default="true")
        pars.add_argument("--file", default="")

    def has_changed(self, ret: object) -> bool:
        return self.options.restack == "true" and super().has_changed(ret)

    def effect(self) -> None:
        layers = redrawing.meant(self.svg)
        wish = animation(self.options, redrawing.content(self.svg), tuple(layer.get("id") for layer in layers))
        path = redrawing.file(self.options.file, self.document_path(), translated("animated"), f".{wish.film}")
        done = redrawing.redraw(wish)
        redrawing.write(path, done.files[0])
        if self.options.restack == "true":
            redrawing.restack(layers, done.order)
        if not self.options.file.strip():
            messages.tell(translated("The animation is in {file}").format(file=path))


def animation(options: Namespace, document: bytes, layers: tuple[str, ...]) -> Animation:
    """What the dialog asks for. Raises `UserError` for a value that is out of range."""
    check("pauses", options.pauses, PAUSES)
    return Animation(
        document=document,
        name=translated("The document"),
        layers=layers,
        film=options.film,
        length=options.length,
        pause={"short": None, "none": 0.0, "own": options.pause}[options.pauses],
        hold=options.hold,
        loop=options.loop == "true",
        order=options.order,
        area=options.area,
        size=options.size,
    )


def main() -> int:
    """Exit status: 0 if all went well, 1 if not."""
    return ending.exit_status(AnimateSketch().run)


if __name__ == "__main__":
    sys.exit(main())
