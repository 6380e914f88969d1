"""A sketch draws itself: document -> strokes in an order -> a clock -> a film. Read it from top to bottom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..contract.codes import ErrorCode
from ..contract.errors import CodedError
from ..contract.redrawing import Animation, Redrawn
from . import animated_svg, document, films, lottie, order
from .document import Choice
from .drawing import Box, Line, extent
from .painter import Paper, Picture
from .timeline import Timeline, timeline

MAX_PIXELS = 800_000_000
"""Of all frames of a film together; more take gigabytes of memory and minutes."""


def animate(wish: Animation) -> Redrawn:
    """The animation of the sketches that are meant. Raises `CodedError` where there are none, or it cannot be made."""
    drawing = document.read(wish.document, wish.name, Choice(wish.level, wish.layers))
    lines = order.ordered(drawing.layers, wish.order)
    when = timeline(lines, wish.length, wish.pause, wish.hold)
    box = drawing.box if wish.area == "page" else extent(lines)
    return Redrawn(tuple(_film(wish, lines, when, box)), tuple(dict.fromkeys(line.id for line in lines)))


def _film(wish: Animation, lines: Sequence[Line], when: Timeline, box: Box) -> Iterator[bytes]:
    if wish.film == "svg":
        yield animated_svg.render(lines, when, box, wish.loop, wish.size)
    elif wish.film == "json":
        yield lottie.render(lines, when, box, wish.size)
    else:
        pictures = frames(lines, when, box, wish.size)
        if wish.film == "gif":
            yield films.gif(pictures, wish.loop)
        elif wish.film == "apng":
            yield films.apng(pictures, wish.loop)
        elif wish.film == "mp4":
            yield films.mp4(pictures)
        else:
            yield from (films.png(picture) for _second, picture in pictures)


def frames(lines: Sequence[Line], when: Timeline, box: Box, longer_side: int) -> Iterator[tuple[float, Picture]]:
    """What is seen at each frame's time, the empty paper first, the finished sketch last.

    Raises `CodedError` where that is too much.
    """
    scale = longer_side / max(box[2:])
    size = (max(1, round(box[2] * scale)), max(1, round(box[3] * scale)))
    last = max(1, round(when.whole * films.RATE))
    if (last + 1) * size[0] * size[1] > MAX_PIXELS:
        raise CodedError(ErrorCode.FILM_TOO_LARGE, frames=last + 1, width=size[0], height=size[1])
    return _painted(Paper(lines, box, size), when, last)


def _painted(paper: Paper, when: Timeline, last: int) -> Iterator[tuple[float, Picture]]:
    for number in range(last + 1):
        second = number / films.RATE if number < last else when.whole
        yield second, paper.at(when.shares(second))
