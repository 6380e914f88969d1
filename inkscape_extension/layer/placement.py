"""How what the engine draws gets into the document: which photo it is of, where it goes, around what, and its look."""

from __future__ import annotations

import dataclasses
from argparse import Namespace
from dataclasses import dataclass
from typing import Any, Sequence

from clipasso_engine.contract import choices
from clipasso_engine.contract.errors import UserError

from .. import options
from ..brush.painting import Look
from ..options import Hand, PhotoShown, Place, Visible


@dataclass(frozen=True)
class Placement:
    """Made once from the dialog's options and from what is selected; it may travel as JSON until the sketch is there.

    Raises `UserError` for a choice that does not exist.
    """

    photo: tuple[str, ...]  # its `SourcePhoto.ids`
    photo_sha256: str
    layer: str = ""  # id of the sketch layer to draw anew; empty: new layers above the photo
    kept: int = 0  # strokes of that layer that stay
    hand: Hand = "keep"  # what becomes of strokes made by hand
    beside: bool = False  # whether that layer stays as it is, hidden, beside the new one
    visible: Visible = "most"  # which one of several levels is shown
    place: Place = "above"  # where new layers go
    photo_shown: PhotoShown = "plain"  # how, under new layers
    look: Look = Look()  # noqa: RUF009  frozen

    def __post_init__(self) -> None:
        choices.check("hand", self.hand, options.HANDS)
        choices.check("visible", self.visible, options.VISIBLE)
        choices.check("place", self.place, options.PLACES)
        choices.check("photo_shown", self.photo_shown, options.PHOTO_SHOWN)

    @classmethod
    def from_options(
        cls, chosen: Namespace, photo: Sequence[str], photo_sha256: str, layer: str = "", kept: int = 0
    ) -> Placement:
        """What the dialog's options ask for. Raises `UserError` for a value that makes no sense."""
        return cls(
            photo=tuple(photo),
            photo_sha256=photo_sha256,
            layer=layer,
            kept=kept,
            hand=chosen.hand,
            beside=chosen.beside == "true",
            visible=chosen.visible,
            place=chosen.place,
            photo_shown=chosen.photo_shown,
            look=Look.from_options(chosen),
        )

    @property
    def keeps_what_is_made_by_hand(self) -> bool:
        return self.hand == "keep"

    def to_json(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "photo": list(self.photo)}

    @classmethod
    def from_json(cls, data: Any) -> Placement:
        """What `to_json` made. Raises `ValueError` for anything else."""
        if not _is_like(data, cls(("id",), "").to_json()):
            raise ValueError(f"no placement: {data!r}")
        try:
            return cls(**{**data, "photo": tuple(data["photo"]), "look": Look(**data["look"])})
        except UserError as error:
            raise ValueError(f"no placement: {error}") from None


def _is_like(data: Any, usual: Any) -> bool:
    """Whether decoded JSON has the same fields as ``usual``, with values of the same types."""
    if isinstance(usual, dict):
        same = isinstance(data, dict) and data.keys() == usual.keys()
        return same and all(_is_like(data[name], value) for name, value in usual.items())
    if isinstance(usual, list):
        return isinstance(data, list) and all(_is_like(item, usual[0]) for item in data)
    return type(data) is type(usual)
