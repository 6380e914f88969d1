"""Place Finished Sketch: what was made while Inkscape stayed in use becomes layers of its document.

The window of a finished sketch has Inkscape run this; the menu offers it for sketches that could not be placed then.
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

from clipasso_engine.contract.errors import UserError
from inkscape_extension import advice
from inkscape_extension.document import source_photo
from inkscape_extension.document.guarded import GuardedDocument
from inkscape_extension.programs import ending
from inkscape_extension.run import finished, placing
from inkscape_extension.translation import translated


class PlaceSketch(GuardedDocument, inkex.EffectExtension):
    """Adds the layers of every finished sketch that belongs to this document."""

    def __init__(self) -> None:
        super().__init__()
        self.placed: list[finished.Finished] = []

    def effect(self) -> bool:
        """Whether anything was placed."""
        self._files = source_photo.PhotoFiles(self.options.input_file, self.document_path())
        kept = finished.all_kept()
        wanted = [one for one in kept if one.is_wanted()]
        if wanted:
            for one in wanted:
                one.tell(self._try(one))
        else:
            self._place_by_hand(kept)
        return bool(self.placed)

    def _try(self, kept: finished.Finished, strictly: bool = True) -> str:
        """Place a sketch, or say why not."""
        here = finished.Document.of(self.svg, self.document_path())
        try:
            shown = placing.insert_later(self.svg, here, kept, self._files, strictly)
        except UserError as error:
            return advice.told(error)
        if shown is not None and kept.wanted.exists():
            kept.select_later(shown.get_id())
        self.placed.append(kept)
        return ""

    def _place_by_hand(self, kept: list[finished.Finished]) -> None:
        """All that belong here; if there is none, the newest of a photo that this document has, too."""
        troubles = [self._try(one) for one in kept]
        if self.placed:
            return
        if not kept and ending.has_told_of_deaths():
            return
        if not kept:
            raise UserError(
                translated("No finished sketch is waiting to be placed. Choose Extensions > Sketch > Sketch Photo.")
            )
        if not any(self._try(one, strictly=False) == "" for one in kept):
            raise UserError(troubles[0])


def main() -> int:
    """Exit status: 0 if the document changed, 1 if it did not."""
    extension = PlaceSketch()
    if ending.exit_status(extension.run):
        return 1
    for kept in extension.placed:
        kept.remove()
    return 0 if extension.placed else 1


if __name__ == "__main__":
    sys.exit(main())
