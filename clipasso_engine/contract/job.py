"""What is asked of the engine: the one definition for both programs.

The command line, the dialog and the JSON-line protocol are views of `SketchJob`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from . import choices
from .choices import Background, Device, DrawnRole, GuidanceName, Quality, RasterizerName
from .codes import ErrorCode
from .errors import CodedError
from .sketch import Curve, Shape

MIN_STROKES, MAX_STROKES = 1, 512
AUTO: tuple[int, ...] = ()
"""The levels of a job that leaves the number of strokes to the engine."""

PATH = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
"""The abstraction path: levels a third or a half apart, steps that can be seen."""

MAX_CANDIDATES = 8
MAX_SEGMENTS = 4
MAX_DRAWN = 2000
"""Curves; more than anybody draws by hand."""
MAX_CORNERS = 50_000
"""Of all shapes together; more than anybody draws by hand."""


def _told(help: str, names: tuple[str, ...] = ()) -> dict[str, Any]:
    """An option of the command line and the dialog, and the names that it may have."""
    return {"help": help, "choices": names}


@dataclass(frozen=True)
class SketchJob:
    """One photo to sketch. Every option of the command line and the dialog is a field here."""

    photo: str  # path of an image file; the engine decodes it, whatever its format
    levels: tuple[int, ...] = field(
        default=(16,), metadata=_told("numbers of strokes, most first: one sketch each (1 to 512)")
    )
    seed: int = field(default=0, metadata=_told("same seed, same strokes"))
    quality: Quality = field(
        default="normal",
        metadata=_told("how long to optimise; paper is CLIPasso's whole recipe, hours long", choices.QUALITIES),
    )
    device: Device = field(
        default="auto", metadata=_told("where to compute; auto takes a GPU when there is one", choices.DEVICES)
    )
    time_budget: float = field(default=120.0, metadata=_told("seconds after which the best so far is used"))
    guidance: GuidanceName = field(
        default="auto",
        metadata=_told("what a sketch is held against; auto is both where CLIP is there", choices.GUIDANCES),
    )
    text: str = field(default="", metadata=_told("what the photo shows, for example a running horse (needs CLIP)"))
    clip_model: str = field(default="RN101", metadata=_told("CLIP's image tower, by the CLIP library's name"))
    background: Background = field(
        default="auto",
        metadata=_told("what lies behind the object; auto removes it where one stands clear", choices.BACKGROUNDS),
    )
    candidates: int = field(
        default=1,
        metadata=_told("starts to optimise at once; the best is kept, the others come as hidden layers (1 to 8)"),
    )
    segments: int = field(
        default=1, metadata=_told("cubics that a stroke may have: 1 as in the paper, more for longer strokes (1 to 4)")
    )
    rasterizer: RasterizerName = field(
        default="native", metadata=_told("what draws while optimising; diffvg needs pydiffvg", choices.RASTERIZERS)
    )
    # Not for the command line: what only a program around the drawing can give, or make use of.
    upright: bool = True  # whether the photo is shown as its EXIF orientation asks
    drawn: tuple[Curve, ...] = ()  # curves that are drawn already, in shares of the photo's width and height
    drawn_role: DrawnRole = field(default="none", metadata={"choices": choices.DRAWN_ROLES})
    mask: tuple[Shape, ...] = ()  # only what lies inside one of these is drawn, in shares of the photo's sides; (): all
    clips: tuple[tuple[Shape, ...], ...] = ()  # what is seen of the photo lies inside one shape of each, likewise
    details: tuple[Shape, ...] = ()  # places that deserve more lines, likewise
    abstraction: bool = False  # whether report["abstraction"] shall hold quick sketches of fewer and more strokes

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", tuple(self.levels))
        object.__setattr__(self, "drawn", _curves(self.drawn))
        object.__setattr__(self, "mask", _shapes(self.mask))
        object.__setattr__(self, "details", _shapes(self.details))
        object.__setattr__(self, "clips", tuple(map(_shapes, self.clips)))
        self._check_levels()
        self._check_choices()
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not 0 <= self.seed < 2**31:
            raise CodedError(ErrorCode.SEED_OUT_OF_RANGE, value=repr(self.seed), most=2**31 - 1)
        if isinstance(self.candidates, bool) or self.candidates not in range(1, MAX_CANDIDATES + 1):
            raise CodedError(ErrorCode.CANDIDATES_OUT_OF_RANGE, value=repr(self.candidates), most=MAX_CANDIDATES)
        if isinstance(self.segments, bool) or self.segments not in range(1, MAX_SEGMENTS + 1):
            raise CodedError(ErrorCode.SEGMENTS_OUT_OF_RANGE, value=repr(self.segments), most=MAX_SEGMENTS)
        if self.quality == "paper" and self.segments != 1:
            raise CodedError(ErrorCode.PAPER_WITH_SEGMENTS, segments=self.segments)
        if not self.time_budget > 0:
            raise CodedError(ErrorCode.TIME_BUDGET_NOT_POSITIVE, value=repr(self.time_budget))

    def _check_levels(self) -> None:
        for level in self.levels:
            if isinstance(level, bool) or not isinstance(level, int) or not MIN_STROKES <= level <= MAX_STROKES:
                raise CodedError(ErrorCode.LEVEL_OUT_OF_RANGE, level=repr(level), least=MIN_STROKES, most=MAX_STROKES)

    def _check_choices(self) -> None:
        for option in dataclasses.fields(self):
            if option.metadata.get("choices"):
                choices.check(option.name, getattr(self, option.name), option.metadata["choices"])

    def to_message(self) -> dict[str, Any]:
        """The message ``job`` of `protocol`."""
        return {"type": "job", **dataclasses.asdict(self)}

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> SketchJob:
        """The job of such a message. Raises `CodedError` for what is not known, or out of range."""
        known = {option.name for option in dataclasses.fields(cls)}
        unknown = sorted(set(message) - known - {"type"})
        if unknown:
            raise CodedError(ErrorCode.JOB_OPTIONS_UNKNOWN, options=", ".join(unknown))
        return cls(**{name: value for name, value in message.items() if name != "type"})


def _curves(drawn: Any) -> tuple[Curve, ...]:
    """``drawn`` as tuples of numbers. Raises `CodedError` unless it is a list of curves of 4 points each."""
    try:
        curves = tuple(tuple((float(x), float(y)) for x, y in curve) for curve in drawn)
    except (TypeError, ValueError):
        curves = ((),)
    if any(len(curve) != 4 or not all(abs(value) < 1e9 for point in curve for value in point) for curve in curves):
        raise CodedError(ErrorCode.DRAWN_CURVES_UNREADABLE)
    if len(curves) > MAX_DRAWN:
        raise CodedError(ErrorCode.DRAWN_CURVES_TOO_MANY, count=len(curves), most=MAX_DRAWN)
    return curves


def _shapes(shapes: Any) -> tuple[Shape, ...]:
    """``shapes`` as tuples of numbers. Raises `CodedError` unless each has rings, and each ring 3 points or more."""
    try:
        read = tuple(tuple(tuple((float(x), float(y)) for x, y in ring) for ring in shape) for shape in shapes)
    except (TypeError, ValueError):
        read = ((),)
    rings = [ring for shape in read for ring in shape]
    numbers = (value for ring in rings for point in ring for value in point)
    if not all(read) or any(len(ring) < 3 for ring in rings) or not all(abs(value) < 1e9 for value in numbers):
        raise CodedError(ErrorCode.SHAPES_UNREADABLE)
    if sum(map(len, rings)) > MAX_CORNERS:
        raise CodedError(ErrorCode.SHAPES_TOO_MANY_CORNERS, count=sum(map(len, rings)), most=MAX_CORNERS)
    return read


def parse_levels(text: str) -> tuple[int, ...]:
    """``"32, 16 8"`` -> ``(32, 16, 8)``: distinct levels, most strokes first.

    Raises `CodedError` on anything that is not a list of whole numbers from 1 to 512.
    """
    words = text.replace(",", " ").replace(";", " ").split()
    levels = set()
    for word in words:
        try:
            level = int(word)
        except ValueError:
            level = 0
        if not MIN_STROKES <= level <= MAX_STROKES:
            raise CodedError(ErrorCode.LEVELS_UNREADABLE, text=text, word=word, least=MIN_STROKES, most=MAX_STROKES)
        levels.add(level)
    if not levels:
        raise CodedError(ErrorCode.LEVELS_EMPTY)
    return tuple(sorted(levels, reverse=True))
