"""What is asked of the engine: the one definition for both programs.

The command line, the dialog and the JSON-line protocol are views of `SketchJob`.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import functools
from dataclasses import dataclass, field
from typing import Any, Callable, Optional, Tuple, get_type_hints

from . import choices, reading, texts
from .choices import Background, Device, DrawnRole, GuidanceName, Part, Quality, RasterizerName
from .codes import ErrorCode
from .errors import CodedError, cut, shown
from .sketch import Curves, Ring, Shapes

MIN_STROKES, MAX_STROKES = 1, 512
MAX_SEED = 2**31 - 1
AUTO: tuple[int, ...] = ()
"""The levels of a job that leaves the number of strokes to the engine."""

PATH = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
"""The abstraction path: levels a third or a half apart, steps that can be seen."""

MAX_LEVELS = 32
"""Levels of a job; each costs time, whatever the time budget, since at least its start is drawn."""
MAX_STROKES_TOGETHER = 4096
"""Strokes of all levels, likewise; `PATH` has half of that."""
MAX_CANDIDATES = 8
MAX_SEGMENTS = 4
MAX_DRAWN = 2000
"""Curves; more than anybody draws by hand."""
MAX_DRAWN_DISTANCE = 100
"""Of a drawn curve's points, in the photo's widths and heights; far ones take time, then numbers overflow."""
MAX_SHAPES = 500
"""Of all fields together, likewise; each is drawn on its own, so more take more time."""
MAX_CORNERS = 50_000
"""Of all shapes together, likewise."""
MAX_RISE = 2000
"""Heights of the photo that all outlines rise or fall within it, likewise: filling takes the square of it, 1 s here."""
_MAX_SHARE = 1e9  # a corner's distance, in the photo's sides; what lies further is a mistake

# Read at run time, by Python 3.8 too, which cannot evaluate tuple[int, ...].
Levels = Tuple[int, ...]
Clips = Tuple[Shapes, ...]
Content = Optional[bytes]


def _told(help: str = "", names: tuple[str, ...] = (), within: tuple[int, int] | None = None) -> dict[str, Any]:
    """An option's help on the command line; the names that it may have; the least and the most of its numbers."""
    return {**({"help": help} if help else {}), "choices": names, "within": within}


@dataclass(frozen=True)
class SketchJob:
    """One photo to sketch. Every option of the command line and the dialog is a field here.

    Whatever is given is checked by the field's type and by what stands beside it: see `_checked`.
    """

    photo: str  # path of an image file; the engine decodes it, whatever its format
    levels: Levels = field(
        default=(16,),
        metadata=_told(
            "numbers of strokes, most first: one sketch each (1 to 512)",
            within=(MIN_STROKES, MAX_STROKES),
        ),
    )
    seed: int = field(default=0, metadata=_told("same seed, same strokes", within=(0, MAX_SEED)))
    quality: Quality = field(
        default="normal",
        metadata=_told("how long to optimise; paper is CLIPasso's whole recipe, hours long", choices.QUALITIES),
    )
    device: Device = field(
        default="auto", metadata=_told("where to compute; auto takes a GPU when there is one", choices.DEVICES)
    )
    time_budget: float = field(
        default=120.0,
        metadata=_told("seconds after which the best so far is used"),
    )
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
    background_strokes: int = field(
        default=0,
        metadata=_told(
            "further strokes for what is around the object, in a layer of their own (0 to 512)",
            within=(0, MAX_STROKES),
        ),
    )
    candidates: int = field(
        default=1,
        metadata=_told(
            "starts to optimise at once; the best is kept, the others come as hidden layers (1 to 8)",
            within=(1, MAX_CANDIDATES),
        ),
    )
    segments: int = field(
        default=1,
        metadata=_told(
            "cubics that a stroke may have: 1 as in the paper, more for longer strokes (1 to 4)",
            within=(1, MAX_SEGMENTS),
        ),
    )
    rasterizer: RasterizerName = field(
        default="native", metadata=_told("what draws while optimising; diffvg needs pydiffvg", choices.RASTERIZERS)
    )
    # Not for the command line: what only a program around the drawing can give, or make use of.
    upright: bool = True  # whether the photo is shown as its EXIF orientation asks
    part: Part = field(default="object", metadata=_told(names=choices.PARTS))  # what the levels are of
    drawn: Curves = ()  # drawn already, in shares of the photo's width and height
    drawn_role: DrawnRole = field(default="none", metadata=_told(names=choices.DRAWN_ROLES))
    mask: Shapes = ()  # only what lies in one of these is drawn, likewise; (): all
    clips: Clips = ()  # what is seen of the photo lies inside one shape of each
    details: Shapes = ()  # places that deserve more lines
    abstraction: bool = False  # whether report["abstraction"] shall hold quick sketches of fewer and more strokes
    photo_bytes: Content = field(default=None, repr=False)  # the file itself, where it is on another computer

    def __post_init__(self) -> None:
        for option in dataclasses.fields(self):
            object.__setattr__(self, option.name, _checked(option, getattr(self, option.name)))
        if self.quality == "paper" and self.segments != 1:
            raise CodedError(ErrorCode.PAPER_WITH_SEGMENTS, segments=self.segments)
        if self.quality == "paper" and (self.background_strokes or self.part == "background"):
            raise CodedError(ErrorCode.PAPER_WITH_BACKGROUND_STROKES)
        if not self.time_budget > 0:
            raise CodedError(ErrorCode.TIME_BUDGET_NOT_POSITIVE, value=f"{self.time_budget:g}")
        _check_counts(self)

    def to_message(self) -> dict[str, Any]:
        """The message ``job`` of `protocol`."""
        message = {"type": "job", **dataclasses.asdict(self)}
        content = message.pop("photo_bytes")
        return message if content is None else {**message, "photo_bytes": base64.b64encode(content).decode("ascii")}

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> SketchJob:
        """The job of such a message. Raises `CodedError` for what is not known, of another type, or out of range."""
        known = {option.name for option in dataclasses.fields(cls)}
        unknown = sorted(set(message) - known - {"type"})
        if unknown:
            raise CodedError(ErrorCode.JOB_OPTIONS_UNKNOWN, options=cut(", ".join(unknown), 80))
        given = {"photo": None, **{name: value for name, value in message.items() if name != "type"}}
        if "photo_bytes" in given:
            given["photo_bytes"] = _content(given["photo_bytes"])
        return cls(**given)


@functools.lru_cache(maxsize=None)
def _types() -> dict[str, Any]:
    return get_type_hints(SketchJob)


_READERS: dict[str, Callable[[object], Any]] = {
    "photo": reading.path,
    "photo_bytes": lambda content: None if content is None else reading.read(bytes, content),
}
"""Of the options whose type does not say all."""

_REFUSALS: dict[str, Callable[[str], CodedError]] = {
    "levels": lambda value: CodedError(ErrorCode.LEVEL_OUT_OF_RANGE, level=value, least=MIN_STROKES, most=MAX_STROKES),
    "seed": lambda value: CodedError(ErrorCode.SEED_OUT_OF_RANGE, value=value, most=MAX_SEED),
    "background_strokes": lambda value: CodedError(
        ErrorCode.BACKGROUND_STROKES_OUT_OF_RANGE, value=value, most=MAX_STROKES
    ),
    "candidates": lambda value: CodedError(ErrorCode.CANDIDATES_OUT_OF_RANGE, value=value, most=MAX_CANDIDATES),
    "segments": lambda value: CodedError(ErrorCode.SEGMENTS_OUT_OF_RANGE, value=value, most=MAX_SEGMENTS),
    "time_budget": lambda value: CodedError(ErrorCode.TIME_BUDGET_NOT_POSITIVE, value=value),
    "drawn": lambda value: CodedError(ErrorCode.DRAWN_CURVES_UNREADABLE),
    "mask": lambda value: CodedError(ErrorCode.SHAPES_UNREADABLE),
    "clips": lambda value: CodedError(ErrorCode.SHAPES_UNREADABLE),
    "details": lambda value: CodedError(ErrorCode.SHAPES_UNREADABLE),
}
"""How a value that does not fit is told, where there is a sentence for the option."""

_MUST_BE = {"photo": texts.FILE_PATH, "photo_bytes": texts.BASE64, str: texts.TEXT, bool: texts.TRUE_OR_FALSE}


def _checked(option: dataclasses.Field[Any], value: object) -> Any:
    """An option's value, of the option's type. Raises `CodedError` with the option's own code if it does not fit."""
    kind, name = _types()[option.name], option.name
    within: Any = option.metadata.get("within")
    try:
        read = _READERS[name](value) if name in _READERS else reading.read(kind, value)
        for number in (read if isinstance(read, tuple) else (read,)) if within else ():
            if not within[0] <= number <= within[1]:
                raise reading.MisfitError(number)
    except reading.MisfitError as misfit:
        raise _refusal(option, kind, misfit.value) from None
    return read


def _refusal(option: dataclasses.Field[Any], kind: Any, value: object) -> CodedError:
    name, names = option.name, option.metadata.get("choices")
    if names:
        return CodedError(ErrorCode.CHOICE_UNKNOWN, option=name, value=shown(value), choices=", ".join(names))
    if name in _REFUSALS:
        return _REFUSALS[name](shown(value))
    must_be = _MUST_BE.get(name) or _MUST_BE[kind]
    return CodedError(ErrorCode.OPTION_MISFIT, option=name, value=shown(value), kind=must_be)


def _content(sent: object) -> bytes:
    try:
        if isinstance(sent, str):
            return base64.b64decode(sent, validate=True)
    except (binascii.Error, ValueError):
        pass
    raise CodedError(ErrorCode.OPTION_MISFIT, option="photo_bytes", value=shown(sent), kind=texts.BASE64)


def _check_counts(job: SketchJob) -> None:
    """Raise `CodedError` where there is more of something than can be worked on, or where it lies too far off."""
    if len(job.levels) > MAX_LEVELS:
        raise CodedError(ErrorCode.LEVELS_TOO_MANY, count=len(job.levels), most=MAX_LEVELS)
    if sum(job.levels) > MAX_STROKES_TOGETHER:
        raise CodedError(ErrorCode.LEVELS_TOO_MANY_STROKES, count=sum(job.levels), most=MAX_STROKES_TOGETHER)
    if any(len(curve) != 4 for curve in job.drawn):
        raise CodedError(ErrorCode.DRAWN_CURVES_UNREADABLE)
    if len(job.drawn) > MAX_DRAWN:
        raise CodedError(ErrorCode.DRAWN_CURVES_TOO_MANY, count=len(job.drawn), most=MAX_DRAWN)
    if any(abs(share) > MAX_DRAWN_DISTANCE for curve in job.drawn for point in curve for share in point):
        raise CodedError(ErrorCode.DRAWN_CURVES_TOO_FAR, most=MAX_DRAWN_DISTANCE)
    _check_shapes(job)


def _check_shapes(job: SketchJob) -> None:
    """Likewise for what is drawn on the photo."""
    shapes = [*job.mask, *job.details, *(shape for clip in job.clips for shape in clip)]
    rings = [ring for shape in shapes for ring in shape]
    if not all(shapes) or any(len(ring) < 3 for ring in rings):
        raise CodedError(ErrorCode.SHAPES_UNREADABLE)
    if len(shapes) > MAX_SHAPES:
        raise CodedError(ErrorCode.SHAPES_TOO_MANY, count=len(shapes), most=MAX_SHAPES)
    corners = sum(map(len, rings))
    if corners > MAX_CORNERS:
        raise CodedError(ErrorCode.SHAPES_TOO_MANY_CORNERS, count=corners, most=MAX_CORNERS)
    if any(abs(share) >= _MAX_SHARE for ring in rings for point in ring for share in point):
        raise CodedError(ErrorCode.SHAPES_UNREADABLE)
    rise = sum(map(_rise, rings))
    if rise > MAX_RISE:
        raise CodedError(ErrorCode.SHAPES_TOO_INTRICATE, count=round(rise), most=MAX_RISE)


def _rise(ring: Ring) -> float:
    """How far the ring's sides rise and fall within the photo, in its heights."""
    heights = [min(max(y, 0.0), 1.0) for _x, y in ring]
    return sum(abs(one - other) for one, other in zip(heights, [*heights[1:], heights[0]]))


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
