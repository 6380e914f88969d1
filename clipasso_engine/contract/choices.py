"""The options that have names for values: each has its names in one place, here, and the type checker knows them.

Plain strings with a type of their own: they travel as JSON and as arguments the way they are, and a comparison with a
name that is none is an error of the type checker. Standard library only.
"""

from __future__ import annotations

from typing import Collection, Literal, get_args

from .codes import ErrorCode
from .errors import CodedError, shown

Quality = Literal["draft", "normal", "best", "paper"]
QUALITIES: tuple[Quality, ...] = get_args(Quality)

Device = Literal["auto", "cpu", "cuda", "mps"]
DEVICES: tuple[Device, ...] = get_args(Device)

GuidanceName = Literal["auto", "boundary", "clip", "both", "meaning"]
"""Each but "auto" is a module of `optimising.guidance`."""
GUIDANCES: tuple[GuidanceName, ...] = get_args(GuidanceName)
WITH_CLIP: tuple[GuidanceName, ...] = ("clip", "both")
"""Those that look through CLIP: they understand words, and its attention costs nothing more."""

Background = Literal["auto", "remove", "keep"]
BACKGROUNDS: tuple[Background, ...] = get_args(Background)

RasterizerName = Literal["native", "diffvg"]
"""Each is a module of `optimising.rasterizer`."""
RASTERIZERS: tuple[RasterizerName, ...] = get_args(RasterizerName)

Part = Literal["object", "background"]
"""What of the photo a sketch draws: what stands in front, or what is around that."""
PARTS: tuple[Part, ...] = get_args(Part)

DrawnRole = Literal["none", "start", "company"]
"""What `SketchJob.drawn` is for: nothing; the strokes start as these; the strokes draw what these leave over."""
DRAWN_ROLES: tuple[DrawnRole, ...] = get_args(DrawnRole)


def check(option: str, value: object, names: Collection[str]) -> None:
    """Raises `CodedError` unless ``value`` is one of the names that ``option`` may have."""
    if value not in names:
        raise CodedError(ErrorCode.CHOICE_UNKNOWN, option=option, value=shown(value), choices=", ".join(names))
