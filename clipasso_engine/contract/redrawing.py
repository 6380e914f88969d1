"""What is asked of a sketch that is drawn once more: as an animation, or for a plotter.

Standard library only, Python 3.8.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, get_args, get_type_hints

from . import reading, texts
from .choices import check
from .codes import ErrorCode
from .errors import CodedError, shown

Film = Literal["svg", "gif", "apng", "mp4", "json", "folder"]
"""What an animation can be; each but "folder", of PNG files, is also what its file's name ends in."""
FILMS: tuple[Film, ...] = get_args(Film)

Order = Literal["auto", "person", "layer"]
"""In which order strokes are drawn: as a person would; as they lie, the lowest first; as they lie if that is not how
they were sketched, else as a person would."""
ORDERS: tuple[Order, ...] = get_args(Order)

Area = Literal["sketch", "page"]
"""What an animation shows: what the strokes cover, or the whole page."""
AREAS: tuple[Area, ...] = get_args(Area)

SHEETS: dict[str, tuple[float, float]] = {
    "a6": (105.0, 148.0),
    "a5": (148.0, 210.0),
    "a4": (210.0, 297.0),
    "a3": (297.0, 420.0),
    "a2": (420.0, 594.0),
    "letter": (215.9, 279.4),
    "tabloid": (279.4, 431.8),
}
"""Width and height of sheets in millimetres, upright."""
AS_IT_IS = "document"
"""The sheet that is the document's own page; the sketch stays where it is."""


def _within(least: float, most: float) -> dict[str, Any]:
    return {"least": least, "most": most}


@dataclass(frozen=True)
class _Redrawing:
    """What both have in common."""

    document: bytes = b""  # the SVG document
    name: str = ""  # what it is called in sentences
    level: int = field(default=0, metadata=_within(0, 512))  # the sketch of so many strokes; 0: what is shown
    layers: tuple[str, ...] = ()  # ids of the layers that are meant; none: as ``level`` says

    def __post_init__(self) -> None:
        for option in dataclasses.fields(self):
            value, limits = getattr(self, option.name), option.metadata
            if "least" in limits and value is not None and not limits["least"] <= value <= limits["most"]:
                raise CodedError(
                    ErrorCode.OPTION_OUT_OF_RANGE,
                    option=option.name,
                    value=shown(value),
                    least=f"{limits['least']:g}",
                    most=f"{limits['most']:g}",
                )
            if "choices" in limits:
                check(option.name, value, limits["choices"])

    def to_message(self) -> dict[str, Any]:
        """The message that asks an engine for it."""
        document = base64.b64encode(self.document).decode("ascii")
        return {**vars(self), "type": TYPES[type(self)], "document": document}


@dataclass(frozen=True)
class Animation(_Redrawing):
    """A sketch that draws itself."""

    film: Film = field(default="svg", metadata={"choices": FILMS})
    length: float = field(default=6.0, metadata=_within(0.5, 120.0))  # seconds until all is drawn
    pause: float | None = field(default=None, metadata=_within(0.0, 10.0))  # seconds between strokes; None: a few
    hold: float = field(default=1.5, metadata=_within(0.0, 60.0))  # seconds that the finished sketch is seen
    loop: bool = True
    order: Order = field(default="auto", metadata={"choices": ORDERS})
    area: Area = field(default="sketch", metadata={"choices": AREAS})
    size: int = field(default=800, metadata=_within(16, 4096))  # pixels of the longer side


@dataclass(frozen=True)
class Plot(_Redrawing):
    """A sketch for a pen."""

    sheet: str = field(default="a4", metadata={"choices": (*SHEETS, AS_IT_IS)})
    margin: float = field(default=15.0, metadata=_within(0.0, 500.0))  # millimetres
    one_line: bool = False
    speed: float = field(default=40.0, metadata=_within(0.1, 2000.0))  # mm/s with the pen down
    travel_speed: float = field(default=120.0, metadata=_within(0.1, 2000.0))  # mm/s with the pen up
    lift: float = field(default=0.3, metadata=_within(0.0, 10.0))  # seconds to lift the pen and to lower it again


_R = TypeVar("_R", Animation, Plot)
TYPES: dict[type[_Redrawing], str] = {Animation: "animate", Plot: "plot"}
"""The ``type`` of the message of each."""


def from_message(kind: type[_R], message: dict[str, Any]) -> _R:
    """What a message asks for. Raises `CodedError` for what is unknown, unreadable or out of range."""
    hints = get_type_hints(kind)
    unknown = sorted(set(message) - set(hints) - {"type"})
    if unknown:
        raise CodedError(ErrorCode.JOB_OPTIONS_UNKNOWN, options=shown(", ".join(unknown)))
    given: dict[str, Any] = {}
    for name, value in message.items():
        if name == "type":
            continue
        try:
            given[name] = _read(name, hints[name], value)
        except (reading.MisfitError, ValueError):
            told = _KINDS.get(name, texts.TEXT)
            raise CodedError(ErrorCode.OPTION_MISFIT, option=name, value=shown(value), kind=told) from None
    return kind(**given)


_KINDS = {"document": texts.BASE64, "loop": texts.TRUE_OR_FALSE, "one_line": texts.TRUE_OR_FALSE}
for _name in ("length", "pause", "hold", "size", "margin", "speed", "travel_speed", "lift", "level"):
    _KINDS[_name] = texts.NUMBER


def _read(name: str, kind: Any, value: object) -> Any:
    if name == "document":
        try:
            return base64.b64decode(
                reading.read(bytes, value.encode()) if isinstance(value, str) else b"!", validate=True
            )
        except binascii.Error:
            raise reading.MisfitError(value) from None
    if name == "pause":
        return None if value is None else reading.read(float, value)
    return reading.read(kind, value)


@dataclass(frozen=True)
class Redrawn:
    """What came of it."""

    files: tuple[bytes, ...]  # one, or of a folder one for each frame
    order: tuple[str, ...] = ()  # ids of the strokes as they are drawn
    figures: dict[str, float] = field(default_factory=dict)  # of a plot: millimetres and seconds

    def to_message(self) -> dict[str, Any]:
        files: list[str] = [base64.b64encode(file).decode("ascii") for file in self.files]
        return {"type": "redrawn", "files": files, "order": list(self.order), "figures": self.figures}

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> Redrawn:
        """Raises `ValueError`, `KeyError` or `TypeError` where it is none."""
        files = tuple(base64.b64decode(file, validate=True) for file in message["files"])
        figures = {str(name): float(value) for name, value in message["figures"].items()}
        return cls(files, tuple(map(str, message["order"])), figures)
