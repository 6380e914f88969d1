"""The dialog's options: a view of `SketchJob`, plus what concerns only the document."""

from __future__ import annotations

import dataclasses
from argparse import ArgumentParser, Namespace
from typing import Any, Literal, get_args

from clipasso_engine.contract import choices
from clipasso_engine.contract.job import AUTO, SketchJob, parse_levels

from .brush import painting

Visible = Literal["most", "fewest"]
"""Which layer of several is shown: the one with most or with fewest strokes."""
VISIBLE: tuple[Visible, ...] = get_args(Visible)

Place = Literal["above", "top"]
"""Where new layers go: right above the photo, or on top of the document, as outermost layers."""
PLACES: tuple[Place, ...] = get_args(Place)

PhotoShown = Literal["plain", "paper", "hidden"]
"""How the photo is seen under its sketch: as it is, under tracing paper, or not at all."""
PHOTO_SHOWN: tuple[PhotoShown, ...] = get_args(PhotoShown)

Hand = Literal["keep", "start", "replace"]
"""What becomes of strokes made or changed by hand: they stay, and the others are drawn anew; all strokes are the start
of the new ones; they are not looked at, and kept in a hidden layer."""
HANDS: tuple[Hand, ...] = get_args(Hand)

_JOB_OPTIONS: dict[str, Any] = {
    option.name: option.default for option in dataclasses.fields(SketchJob) if "help" in option.metadata
}


def add_arguments(parser: ArgumentParser) -> None:
    """One argument for each parameter of clipasso.inx. `job` checks the values and can say clearly what is wrong."""
    parser.add_argument("--tab", help="the page of the dialog that was open; not used")
    parser.add_argument("--visible", default=VISIBLE[0])
    parser.add_argument("--place", default=PLACES[0])
    parser.add_argument("--photo_shown", default=PHOTO_SHOWN[0])
    parser.add_argument("--strokes", help="the level, where --levels does not tell several")
    parser.add_argument("--auto", default="false", help="whether the engine is to find it instead")
    parser.add_argument("--hand", default=HANDS[0])
    parser.add_argument("--beside", default="false", help="whether a sketch drawn anew is a layer of its own")
    parser.add_argument("--engine", default="", help="a command that starts an engine, perhaps on another computer")
    for name in _JOB_OPTIONS:
        parser.add_argument(f"--{name}")
    painting.add_arguments(parser)


def job(options: Namespace, photo: str) -> SketchJob:
    """What the dialog asks for; an option that was not given has its default.

    Raises `UserError` for a value that is out of range.
    """
    choices.check("hand", options.hand, HANDS)
    given: dict[str, Any] = {}
    for name, default in _JOB_OPTIONS.items():
        text = getattr(options, name)
        if text is not None and name != "levels":
            given[name] = type(default)(text)
    return SketchJob(photo, levels=_levels(options), **given)


def _levels(options: Namespace) -> tuple[int, ...]:
    if options.levels and options.levels.strip():
        return parse_levels(options.levels)
    if options.auto == "true":
        return AUTO
    return parse_levels(options.strokes) if options.strokes else SketchJob.levels
