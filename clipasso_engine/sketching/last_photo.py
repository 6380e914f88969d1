"""What was computed of the photo that was drawn last, so that another level or seed of it does not compute it again.

A warm engine holds one for as long as it lives. What is kept is never changed, so a job gets the same strokes with it
as without. Nothing here imports torch.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any, TypeVar, cast

from ..contract.job import SketchJob

_MOST_LOOKS = 8  # lines of one photo: canvases, masks; each is a few MB at most
_MOST_LEVELS = 256  # drawings of one photo: each is some KB

Value = TypeVar("Value")


class LastPhoto:
    """Results by what they depend on, all of one photo; those that were not asked for longest go."""

    def __init__(self) -> None:
        self._photo: Hashable = None
        self._looks: OrderedDict[Hashable, Any] = OrderedDict()
        self._levels: OrderedDict[Hashable, Any] = OrderedDict()

    def begin(self, photo: Hashable) -> None:
        """A job on ``photo``, such as the hash of its file, begins; what is known of any other is dropped."""
        if photo != self._photo:
            self._photo = photo
            self._looks.clear()
            self._levels.clear()

    def look(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """What was seen, by ``key``; computed where it is not known. What ``compute`` raises is not kept."""
        return _known(self._looks, key, compute, _MOST_LOOKS)

    def level(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """The same for what is small, and of one level."""
        return _known(self._levels, key, compute, _MOST_LEVELS)

    def finished(self, key: Hashable) -> Any:
        """What `finish` kept, or None."""
        return self._levels.get(key)

    def finish(self, key: Hashable, value: object) -> None:
        """Keep what came of a level; of one that was cut short, nothing should be kept."""
        _known(self._levels, key, lambda: value, _MOST_LEVELS)


def _known(where: OrderedDict[Hashable, Any], key: Hashable, compute: Callable[[], Value], most: int) -> Value:
    if key not in where:
        where[key] = compute()
    where.move_to_end(key)
    while len(where) > most:
        where.popitem(last=False)
    return cast(Value, where[key])


def seen_by(job: SketchJob) -> SketchJob:
    """``job`` without what does not matter to which lines are seen: jobs for which this is the same see the same.

    A field that is not named here matters, so that one that is added can only cost time.
    """
    return replace(
        job,
        photo=".",
        photo_bytes=None,
        levels=(1,),
        seed=0,
        quality="normal",
        time_budget=1.0,
        candidates=1,
        segments=1,
        rasterizer="native",
        text="",
        abstraction=False,
    )


def drawn_by(job: SketchJob) -> SketchJob:
    """The same for how the strokes of one level come out."""
    return replace(job, photo=".", photo_bytes=None, levels=(1,), time_budget=1.0, abstraction=False)
