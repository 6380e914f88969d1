"""The dialog's options: a view of `SketchJob`, plus what concerns only the document."""

from __future__ import annotations

import dataclasses
from argparse import ArgumentParser, Namespace
from typing import Any

from clipasso_engine.job import SketchJob, parse_levels

VISIBLE = ("most", "fewest")
"""Which layer of several is shown: the one with most or with fewest strokes."""

_JOB_OPTIONS: dict[str, Any] = {
    option.name: option.default for option in dataclasses.fields(SketchJob) if "help" in option.metadata
}


def add_arguments(parser: ArgumentParser) -> None:
    """One argument for each parameter of clipasso.inx. `job` checks the values and can say clearly what is wrong."""
    parser.add_argument("--tab", help="the page of the dialog that was open; not used")
    parser.add_argument("--visible", default=VISIBLE[0])
    for name in _JOB_OPTIONS:
        parser.add_argument(f"--{name}")


def job(options: Namespace, photo: str) -> SketchJob:
    """What the dialog asks for; an option that was not given has its default.

    Raises `UserError` for a value that is out of range.
    """
    given: dict[str, Any] = {}
    for name, default in _JOB_OPTIONS.items():
        text = getattr(options, name)
        if text is not None:
            given[name] = parse_levels(text) if name == "levels" else type(default)(text)
    return SketchJob(photo, **given)
