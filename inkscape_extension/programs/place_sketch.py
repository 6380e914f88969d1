"""Place Finished Sketch: what was made while Inkscape stayed in use becomes layers of its document.

The window of a finished sketch has Inkscape run this; the menu offers it for sketches that could not be placed then.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from clipasso_engine.contract import paths
from clipasso_engine.contract.errors import UserError
from inkscape_extension import messages

LOG = paths.logs() / "extension.log"

if __name__ == "__main__":
    messages.claim_stderr(LOG)  # before inkex is imported: it makes Python warn

import inkex  # noqa: E402

from inkscape_extension.document import source_photo  # noqa: E402
from inkscape_extension.run import finished, placing  # noqa: E402
from inkscape_extension.translation import translated  # noqa: E402


class PlaceSketch(inkex.EffectExtension):
    """Adds the layers of every finished sketch that belongs to this document."""

    def __init__(self) -> None:
        super().__init__()
        self.placed: list[finished.Finished] = []

    def effect(self) -> bool:
        """Whether anything was placed."""
        kept = finished.all_kept()
        wanted = [one for one in kept if one.is_wanted()]
        if wanted:
            for one in wanted:
                one.answer.write_text(self._try(one), encoding="utf-8")
        else:
            self._place_by_hand(kept)
        return bool(self.placed)

    def _try(self, kept: finished.Finished, strictly: bool = True) -> str:
        """Place a sketch, or say why not."""
        here = finished.Document.of(self.svg, self.document_path())
        folders = source_photo.link_folders(self.options.input_file, self.document_path())
        try:
            placing.insert_later(self.svg, here, kept, folders, strictly)
        except UserError as error:
            return str(error)
        self.placed.append(kept)
        return ""

    def _place_by_hand(self, kept: list[finished.Finished]) -> None:
        """All that belong here; if there is none, the newest of a photo that this document has, too."""
        troubles = [self._try(one) for one in kept]
        if self.placed:
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
    if messages.exit_status(extension.run, LOG):
        return 1
    for kept in extension.placed:
        kept.remove()
    return 0 if extension.placed else 1


if __name__ == "__main__":
    sys.exit(main())
