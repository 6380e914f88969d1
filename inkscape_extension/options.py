"""The dialog's options: a view of `SketchJob`, plus what concerns only the document."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from clipasso_engine.job import SketchJob, parse_levels

VISIBLE = ("most", "fewest")
"""Which layer of several is shown: the one with most or with fewest strokes."""


def add_arguments(parser: ArgumentParser) -> None:
    """One argument for each parameter of clipasso.inx. Values are checked later, where a clear sentence can be given."""
    parser.add_argument("--tab", help="the page of the dialog that was open; not used")
    parser.add_argument("--visible", default=VISIBLE[0])
    for name in ("levels", "seed", "quality", "device", "time_budget"):
        parser.add_argument(f"--{name}")


def job(options: Namespace, photo: str) -> SketchJob:
    """What the dialog asks for; an option that was not given has its default.

    Raises `UserError` for a value that is out of range.
    """
    readers = {"levels": parse_levels, "seed": int, "quality": str, "device": str, "time_budget": float}
    given: dict[str, Any] = {
        name: read(getattr(options, name)) for name, read in readers.items() if getattr(options, name) is not None
    }
    return SketchJob(photo, **given)
