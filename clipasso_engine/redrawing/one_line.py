"""A whole sketch as one line: all strokes, joined where they are near each other, without lifting the pen.

The strokes are cut where others come nearest. What joins them is a spanning tree of the shortest straight lines between
strokes. A pen can go along all that in one go if it takes some of it twice, which costs nothing new to be seen, or goes
straight over the paper: which ends are met by which, and how, is a matching of least cost (the way in which
Christofides finds a tour, and Frederickson one over given streets).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from scipy.spatial.distance import cdist

from ..bezier import cubics
from ..bezier.cubics import Array
from .drawing import Line

_SAMPLES = 24  # points of a cubic at which it may be cut; more let joins be shorter
_AGAIN = 0.4  # of its length: what going along a line that is there costs, against a new one
_PARTNERS = 12  # ends that each end may be joined with; more find shorter ways, and take longer


@dataclass(frozen=True, eq=False)
class _Piece:
    """What is drawn between two places."""

    one: int
    other: int
    points: Array  # [3 k + 1, 2] from one to the other

    @property
    def length(self) -> float:
        return float(cubics.lengths(self.points))

    def begun_at(self, place: int) -> Array:
        return self.points if place == self.one else self.points[::-1]


def joined(lines: Sequence[Line]) -> list[Line]:
    """The lines as a single one that covers all of them."""
    pieces = _pieces(lines)
    whole = np.concatenate(list(_in_one_go(pieces)))
    widths = [line.width for line in lines]
    return [replace(lines[0], id="one-line", points=whole, width=float(np.median(widths)), importance=1.0)]


def _pieces(lines: Sequence[Line]) -> list[_Piece]:
    """All strokes, cut where they are joined, and what joins them."""
    cuts, joins = _joins([line.points for line in lines])
    places: dict[tuple[int, int], int] = {}
    pieces: list[_Piece] = []
    for index, line in enumerate(lines):
        last = _SAMPLES * ((len(line.points) - 1) // 3)
        stops = sorted({0, last, *cuts[index]})
        for begin, end in itertools.pairwise(stops):
            one, other = (places.setdefault((index, at), len(places)) for at in (begin, end))
            pieces.append(_Piece(one, other, part(line.points, begin / _SAMPLES, end / _SAMPLES)))
    for from_place, to_place, points in joins:
        pieces.append(_Piece(places[from_place], places[to_place], points))
    return pieces


_Join = tuple[tuple[int, int], tuple[int, int], Array]


def _joins(strokes: Sequence[Array]) -> tuple[list[set[int]], list[_Join]]:
    """Where each stroke is cut, in steps of 1 / `_SAMPLES` of a cubic, and the straight joins between such places."""
    walked = [cubics.sample(points, _SAMPLES * ((len(points) - 1) // 3) + 1) for points in strokes]
    count = len(walked)
    cuts: list[set[int]] = [set() for _ in walked]
    near, at = _nearest(walked)
    joins: list[_Join] = []
    if count > 1:
        tree = minimum_spanning_tree(csr_matrix(np.triu(near + 1e-9 * (1 + near.max()), 1))).tocoo()
        for one, other in zip(tree.row.tolist(), tree.col.tolist(), strict=True):
            here, there = at[one, other].tolist()
            cuts[one].add(here)
            cuts[other].add(there)
            joins.append(((one, here), (other, there), straight(walked[one][here], walked[other][there])))
    return cuts, joins


def _nearest(walked: Sequence[Array]) -> tuple[Array, NDArray[np.int_]]:
    """How near strokes come to each other [N, N], and at which of their points [N, N, 2]; above the diagonal.

    Of places equally near, ends are preferred: a cut in the middle needs a way back.
    """
    count = len(walked)
    near, at = np.zeros((count, count)), np.zeros((count, count, 2), dtype=np.int_)
    step = np.median([np.linalg.norm(np.diff(path, axis=0), axis=1).mean() for path in walked])
    inside = [np.where(np.isin(np.arange(len(path)), (0, len(path) - 1)), 0.0, step) for path in walked]
    for one in range(count):
        for other in range(one + 1, count):
            apart = cdist(walked[one], walked[other]) + inside[one][:, None] + inside[other][None, :]
            here, there = divmod(int(apart.argmin()), apart.shape[1])
            at[one, other] = here, there
            near[one, other] = float(np.linalg.norm(walked[one][here] - walked[other][there]))
    return near, at


def _in_one_go(pieces: Sequence[_Piece]) -> Iterator[Array]:
    """The control points of one line along all pieces, in parts that follow each other."""
    graph = nx.MultiGraph()
    for piece in pieces:
        graph.add_edge(piece.one, piece.other, piece=piece)
    _make_walkable(graph, pieces)
    ends = [place for place, degree in graph.degree if degree % 2]
    begun = False
    for one, other, key in nx.eulerian_path(graph, source=ends[0] if ends else None, keys=True):
        points = graph.edges[one, other, key]["piece"].begun_at(one)
        del other
        yield points if not begun else points[1:]
        begun = True


def _make_walkable(graph: nx.MultiGraph, pieces: Sequence[_Piece]) -> None:
    """Add pieces, drawn again or new, until all places but two have an even number of them."""
    odd = sorted(place for place, degree in graph.degree if degree % 2)
    if len(odd) <= 2:
        return
    where = _where(pieces)
    again, before, piece_between = _ways_along(pieces, len(where), odd)
    pairs = _matched(odd, where, again)
    for one, other in pairs:
        a, b = odd[one], odd[other]
        if again[one, b] <= float(np.linalg.norm(where[a] - where[b])):
            place = b
            while place != a:
                back = int(before[one, place])
                piece = piece_between[min(back, place), max(back, place)]
                graph.add_edge(back, place, piece=piece)
                place = back
        else:
            graph.add_edge(a, b, piece=_Piece(a, b, straight(where[a], where[b])))


def _where(pieces: Sequence[_Piece]) -> Array:
    where = np.zeros((1 + max(max(piece.one, piece.other) for piece in pieces), 2))
    for piece in pieces:
        where[piece.one], where[piece.other] = piece.points[0], piece.points[-1]
    return where


def _ways_along(
    pieces: Sequence[_Piece], places: int, odd: Sequence[int]
) -> tuple[Array, NDArray[np.int_], dict[tuple[int, int], _Piece]]:
    """What it costs to go along pieces from each odd place to all [O, P], the place before each, and the pieces."""
    shortest: dict[tuple[int, int], _Piece] = {}
    for piece in pieces:
        ends = (min(piece.one, piece.other), max(piece.one, piece.other))
        if ends not in shortest or piece.length < shortest[ends].length:
            shortest[ends] = piece
    rows, columns = np.array(list(shortest)).T
    costs = np.array([_AGAIN * max(piece.length, 1e-9) for piece in shortest.values()])
    net = csr_matrix((costs, (rows, columns)), shape=(places, places))
    again, before = dijkstra(net, directed=False, indices=list(odd), return_predecessors=True)
    return again, before, shortest


def _matched(odd: Sequence[int], where: Array, again: Array) -> list[tuple[int, int]]:
    """Pairs of odd places that cost least together; two are left over, where the line begins and ends."""
    cost = np.minimum(cdist(where[odd], where[odd]), again[:, odd])
    graph = nx.Graph()
    for one in range(len(odd)):
        for other in np.argsort(cost[one])[: _PARTNERS + 1].tolist():
            if other != one:
                graph.add_edge(one, other, weight=-float(cost[one, other]))
    pairs = sorted(tuple(sorted(pair)) for pair in nx.max_weight_matching(graph, maxcardinality=True))
    left = [index for index in range(len(odd)) if index not in {end for pair in pairs for end in pair}]
    while len(left) > 2:  # their partners were all taken
        rest = cost[np.ix_(left, left)] + np.diag(np.full(len(left), np.inf))
        one, other = divmod(int(rest.argmin()), len(left))
        pairs.append((left[one], left[other]))
        left = [index for index in left if index not in pairs[-1]]
    if not left:  # the dearest pair is not joined, but where the line begins and ends
        pairs.remove(max(pairs, key=lambda pair: cost[pair[0], pair[1]]))
    return [(one, other) for one, other in pairs]


def straight(one: Array, other: Array) -> Array:
    """A straight line as a cubic [4, 2]."""
    return one + (other - one) * np.array([0.0, 1 / 3, 2 / 3, 1.0])[:, None]


def part(points: Array, begin: float, end: float) -> Array:
    """What lies between two parameters of joined cubics [3 k + 1, 2], each of which takes 1."""
    parts = []
    for index in range((len(points) - 1) // 3):
        first, last = max(begin - index, 0.0), min(end - index, 1.0)
        if first < last:
            parts.append(_between(points[3 * index : 3 * index + 4], first, last))
    return np.concatenate([parts[0][:1], *(each[1:] for each in parts)])


def _between(cubic: Array, a: float, b: float) -> Array:
    """A cubic's part, by its blossoms at (a, a, a), (a, a, b), (a, b, b) and (b, b, b)."""
    s, t = 1 - a, 1 - b
    rows = [
        [s**3, 3 * a * s * s, 3 * a * a * s, a**3],
        [s * s * t, 2 * a * s * t + b * s * s, 2 * a * b * s + a * a * t, a * a * b],
        [s * t * t, 2 * b * s * t + a * t * t, 2 * a * b * t + b * b * s, a * b * b],
        [t**3, 3 * b * t * t, 3 * b * b * t, b**3],
    ]
    result: Array = np.array(rows) @ cubic
    return result
