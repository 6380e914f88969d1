"""The way of a pen over all strokes, with little travel between them.

Strokes may be drawn either way round. The nearest neighbour gives a first route from several beginnings; then runs of
strokes are turned round (2-opt) and moved elsewhere (Or-opt) as long as that makes it shorter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from ..bezier.cubics import Array

_STARTS = 8  # first routes that are tried; more find shorter ones, and each takes as long
_WORK = 400_000  # pairs of strokes looked at in all first routes: fewer routes where there are many strokes
_RUN = 3  # strokes that are moved elsewhere together, at most
_GAIN = 1e-9  # of the whole travel: a change that gains less is none

Route = list[tuple[int, bool]]
"""Which stroke is drawn, and whether backwards."""


def shortest(ends: Array, home: Array) -> Route:
    """A short route over strokes whose ``ends`` are [N, 2, 2] (first and last point; x and y), begun near ``home``."""
    count = len(ends)
    if not count:
        return []
    apart = cdist(ends.reshape(-1, 2), ends.reshape(-1, 2))  # end 2 n is the first of stroke n, 2 n + 1 its last
    from_home = np.linalg.norm(ends.reshape(-1, 2) - home, axis=1)
    beginnings = list(dict.fromkeys([int(from_home.argmin()), *np.linspace(0, 2 * count - 1, _STARTS).astype(int)]))
    tried = beginnings[: max(1, min(_STARTS, _WORK // count**2))]
    routes = [_improved(_nearest(apart, int(first)), apart) for first in tried]
    best = min(routes, key=lambda route: _travel(route, apart))
    if from_home[best[-1] ^ 1] < from_home[best[0]]:
        best = (best ^ 1)[::-1]
    return [(int(end) // 2, bool(end % 2)) for end in best]


def travel(ends: Array) -> float:
    """How far the pen goes from each stroke's last point to the next one's first, ``ends`` [N, 2, 2] in their order."""
    return float(np.linalg.norm(ends[1:, 0] - ends[:-1, 1], axis=1).sum())


_Ends = NDArray[np.int_]
"""[N] for each stroke in turn the number of the end at which it begins; that number ^ 1 is where it ends."""


def _travel(route: _Ends, apart: Array) -> float:
    return float(apart[route[:-1] ^ 1, route[1:]].sum())


def _nearest(apart: Array, first: int) -> _Ends:
    open_ends = np.ones(len(apart), dtype=np.bool_)
    route = [first]
    for _ in range(len(apart) // 2 - 1):
        open_ends[[route[-1], route[-1] ^ 1]] = False
        route.append(int(np.where(open_ends, apart[route[-1] ^ 1], np.inf).argmin()))
    return np.array(route)


def _improved(route: _Ends, apart: Array) -> _Ends:
    least = _GAIN * (_travel(route, apart) + 1e-12)
    while True:
        better = _turned(route, apart, least)
        if better is None:
            better = _moved(route, apart, least)
        if better is None:
            return route
        route = better


def _turned(route: _Ends, apart: Array, least: float) -> _Ends | None:
    """The best turning round of a run of strokes; None if none gains. What is before and after all costs nothing."""
    count = len(route)
    begin, end = route, route ^ 1
    before = np.concatenate([[0.0], apart[end[:-1], begin[1:]]])  # [i] travel to stroke i
    # gain[i, j]: of drawing strokes i .. j backwards, the last one first.
    to_first = np.zeros((count, count))
    to_first[1:] = apart[end[:-1, None], end[None, :]]  # from i - 1 to what was the end of j
    to_next = np.zeros((count, count))
    to_next[:, :-1] = apart[begin[:, None], begin[None, 1:]]  # from what was the beginning of i to j + 1
    after = np.concatenate([before[1:], [0.0]])
    gain = np.triu(before[:, None] + after[None, :] - to_first - to_next)
    i, j = divmod(int(gain.argmax()), count)
    if gain[i, j] <= least:
        return None
    return np.concatenate([route[:i], (route[i : j + 1] ^ 1)[::-1], route[j + 1 :]])


def _moved(route: _Ends, apart: Array, least: float) -> _Ends | None:
    """The route with each run of up to `_RUN` strokes moved elsewhere, turned round or not, where that gains; None if
    none does."""
    before = route
    for size in range(1, min(_RUN, len(route) - 1) + 1):
        for first in range(len(route) - size + 1):
            run, rest = route[first : first + size], np.delete(route, slice(first, first + size))
            joined = apart[rest[first - 1] ^ 1, rest[first]] if 0 < first < len(rest) else 0.0
            saved = _around(route, first, size, apart) - joined
            if saved <= least:
                continue
            turned = (run ^ 1)[::-1]
            (at, cost), (at_turned, cost_turned) = _place(rest, run, apart), _place(rest, turned, apart)
            if cost_turned < cost:
                at, cost, run = at_turned, cost_turned, turned
            if saved - cost > least:
                route = np.concatenate([rest[:at], run, rest[at:]])
    return None if route is before else route


def _around(route: _Ends, first: int, size: int, apart: Array) -> float:
    """The travel to a run of strokes and from it."""
    to = apart[route[first - 1] ^ 1, route[first]] if first else 0.0
    last = first + size - 1
    return float(to + (apart[route[last] ^ 1, route[last + 1]] if last + 1 < len(route) else 0.0))


def _place(rest: _Ends, run: _Ends, apart: Array) -> tuple[int, float]:
    """Where in ``rest`` a run costs least travel, and how much."""
    to = np.concatenate([[0.0], apart[rest ^ 1, run[0]]])
    away = np.concatenate([apart[run[-1] ^ 1, rest], [0.0]])
    instead = np.concatenate([[0.0], apart[rest[:-1] ^ 1, rest[1:]], [0.0]])
    cost = to + away - instead
    at = int(cost.argmin())
    return at, float(cost[at])


def ends_of(strokes: Sequence[Array]) -> Array:
    """The first and the last point of strokes [3 k + 1, 2]: [N, 2, 2]."""
    return np.array([points[[0, -1]] for points in strokes]).reshape(-1, 2, 2)
