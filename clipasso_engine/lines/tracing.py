"""Boundary map -> chains: the ridges of the map as long, smooth, weighted polylines.

Ridge pixels (non-maximum suppression across the ridge, hysteresis), one-pixel skeleton, pixel chains between
junctions, chains joined across junctions and small gaps where their tangents continue each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage.filters import apply_hysteresis_threshold
from skimage.morphology import skeletonize

from ..bezier.cubics import Array, resample

Pixel = tuple[int, int]
Edge = list[Pixel]

_TANGENT_REACH = 8  # px along a chain over which its end tangent is taken
_SPUR = 6  # px: shorter chains that hang on a junction, or on nothing, are noise of the skeleton
_JUNCTION_BEND = np.cos(np.deg2rad(50.0))  # chains that bend less than this at a junction go on through it
_GAP = 9.0  # px bridged between two free ends that point at each other
_GAP_BEND = np.cos(np.deg2rad(40.0))


@dataclass(frozen=True)
class Chain:
    """A polyline along one ridge."""

    points: Array  # [M, 2], about 1 px apart, (x, y) in map pixels, pixel centres at .5
    strength: Array  # [M] the boundary map along it, 0..1
    closed: bool  # the last point meets the first

    def scaled(self, factor: float) -> Chain:
        """The chain on a map that is so many times as large."""
        if factor == 1:
            return self
        count = max(2, round(factor * (len(self.points) - 1)) + 1)
        strength = np.interp(np.linspace(0, 1, count), np.linspace(0, 1, len(self.points)), self.strength)
        return Chain(resample(factor * self.points, count), strength, self.closed)


def cut(chain: Chain, kept: NDArray[np.bool_]) -> list[Chain]:
    """The pieces of a chain on those pixels of a map [h, w] that are ``kept``, of 3 points or more."""
    column, row = np.floor(chain.points).astype(int).T
    height, width = kept.shape
    inside = kept[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    if inside.all():
        return [chain]
    points, strength = chain.points, chain.strength
    if chain.closed:  # begins where it is cut
        start = int(np.argmin(inside))
        points, strength, inside = (np.roll(values[:-1], -start, axis=0) for values in (points, strength, inside))
    label, count = ndimage.label(inside)
    runs = [label == run for run in range(1, count + 1)]
    return [Chain(points[run], strength[run], False) for run in runs if run.sum() > 2]


def trace(boundary: NDArray[np.float32], low: float = 0.08, high: float = 0.25) -> list[Chain]:
    """The chains of a boundary map [h, w] in 0..1, longest first; ``low``, ``high``: hysteresis thresholds."""
    edges = _edges(skeletonize(ridges(boundary, low, high)))
    ends, edges = _junction_ends(edges)
    paths = _link(edges, _continuations(edges, ends))
    chains = [_chain(path, boundary) for path in _bridge(paths) if len(path) >= _SPUR]
    return sorted(chains, key=lambda chain: -len(chain.points))


def ridges(boundary: NDArray[np.float32], low: float, high: float) -> NDArray[np.bool_]:
    """Pixels [h, w] that are maximal across the ridge they lie on and connected to one stronger than ``high``."""
    smooth = ndimage.gaussian_filter(boundary.astype(np.float64), 1.0, mode="nearest")
    rr, rc, cc = _hessian(smooth)
    # The smaller eigenvalue: negative across a ridge.
    curvature = (rr + cc) / 2 - np.sqrt(rc**2 + ((rr - cc) / 2) ** 2)
    angle = 0.5 * np.arctan2(2 * rc, rr - cc)
    across = np.stack([np.cos(angle), np.sin(angle)])  # (row, column) axis of one eigenvector
    second = rr * across[0] ** 2 + 2 * rc * across[0] * across[1] + cc * across[1] ** 2
    turn = np.abs(second - curvature) > 1e-9
    across = np.where(turn, np.stack([-across[1], across[0]]), across)
    grid = np.indices(boundary.shape, dtype=np.float64)
    ahead, behind = (
        ndimage.map_coordinates(smooth, grid + side * across, order=1, mode="nearest") for side in (1.0, -1.0)
    )
    maximal = (smooth >= ahead) & (smooth >= behind) & (curvature < 0)
    return apply_hysteresis_threshold(np.where(maximal, boundary, 0.0), low, high)


def _hessian(values: Array) -> tuple[Array, Array, Array]:
    """Second derivatives [h, w] by row, by row and column, by column; `skimage.feature`'s brings SciPy's statistics."""
    rows, columns = np.gradient(ndimage.gaussian_filter(values, 1.5, mode="nearest"))
    return np.gradient(rows, axis=0), np.gradient(rows, axis=1), np.gradient(columns, axis=1)


def _neighbours(pixels: set[Pixel], pixel: Pixel) -> list[Pixel]:
    """Skeleton neighbours, where a diagonal counts only if no straight step leads there too (m-connectivity)."""
    row, column = pixel
    straight = [p for p in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)) if p in pixels]
    diagonal = [
        (row + dr, column + dc)
        for dr in (-1, 1)
        for dc in (-1, 1)
        if (row + dr, column + dc) in pixels and (row + dr, column) not in pixels and (row, column + dc) not in pixels
    ]
    return straight + diagonal


def _edges(skeleton: NDArray[np.bool_]) -> list[Edge]:
    """The skeleton's pixel chains from node to node (nodes are ends and junctions), then its closed loops."""
    pixels = {(int(row), int(column)) for row, column in np.argwhere(skeleton)}
    graph = {pixel: _neighbours(pixels, pixel) for pixel in sorted(pixels)}
    nodes = {pixel for pixel, around in graph.items() if len(around) != 2}
    edges, walked = [], set()
    for node in sorted(nodes):
        for step in graph[node]:
            if (node, step) in walked:
                continue
            edge = _walk(graph, nodes, node, step)
            walked.update([(node, step), (edge[-1], edge[-2])])
            edges.append(edge)
    left = set(graph) - {pixel for edge in edges for pixel in edge}
    for pixel in sorted(left):
        if pixel in left and len(graph[pixel]) == 2:
            loop = _walk(graph, {pixel}, pixel, graph[pixel][0])
            left -= set(loop)
            edges.append(loop)
    return edges


def _walk(graph: dict[Pixel, list[Pixel]], nodes: set[Pixel], start: Pixel, step: Pixel) -> Edge:
    edge = [start, step]
    while edge[-1] not in nodes:
        edge.append(next(p for p in graph[edge[-1]] if p != edge[-2]))
    return edge


def _junction_ends(edges: list[Edge]) -> tuple[dict[Pixel, list[tuple[int, int]]], list[Edge]]:
    """Edge ends (edge, 0 or -1) by the junction pixel they meet at, after the spurs are gone."""
    degree: dict[Pixel, int] = {}
    for edge in edges:
        for pixel in (edge[0], edge[-1]):
            degree[pixel] = degree.get(pixel, 0) + 1
    kept = [e for e in edges if len(e) > _SPUR or (degree[e[0]] > 1 and degree[e[-1]] > 1)]
    ends: dict[Pixel, list[tuple[int, int]]] = {}
    for index, edge in enumerate(kept):
        for side in (0, -1):
            ends.setdefault(edge[side], []).append((index, side))
    return ends, kept


def _outward(points: Array, side: int) -> Array:
    """Unit tangent that leaves a polyline [M, 2] at its end ``side`` (0 or -1)."""
    reach = min(_TANGENT_REACH, len(points) - 1)
    away = points[0] - points[reach] if side == 0 else points[-1] - points[-1 - reach]
    unit: Array = away / max(float(np.linalg.norm(away)), 1e-9)
    return unit


def _continuations(
    edges: list[Edge], ends: dict[Pixel, list[tuple[int, int]]]
) -> dict[tuple[int, int], tuple[int, int]]:
    """Which edge end goes on into which at each junction: the straightest pair first."""
    joined: dict[tuple[int, int], tuple[int, int]] = {}
    arrays = [np.asarray(edge, dtype=np.float64) for edge in edges]
    for meeting in ends.values():
        tangents = [_outward(arrays[index], side) for index, side in meeting]
        pairs = sorted(
            (float(tangents[a] @ tangents[b]), a, b) for a in range(len(meeting)) for b in range(a + 1, len(meeting))
        )
        for cosine, a, b in pairs:
            # Where only two ends are left over from a cut spur, they are one line however it bends.
            straight = cosine < -_JUNCTION_BEND or len(meeting) == 2
            if straight and meeting[a] not in joined and meeting[b] not in joined:
                joined[meeting[a]], joined[meeting[b]] = meeting[b], meeting[a]
    return joined


def _link(edges: list[Edge], joined: dict[tuple[int, int], tuple[int, int]]) -> list[Array]:
    """Edges strung together along ``joined``: polylines [M, 2] of (row, column)."""
    paths, used = [], set()
    starts = [(i, side) for i in range(len(edges)) for side in (0, -1) if (i, side) not in joined]
    for index, side in starts + [(i, 0) for i in range(len(edges))]:
        if index in used:
            continue
        path: Edge = []
        end: tuple[int, int] | None = (index, side)
        while end is not None and end[0] not in used:
            used.add(end[0])
            edge = edges[end[0]] if end[1] == 0 else edges[end[0]][::-1]
            path += edge[1:] if path else edge
            end = joined.get((end[0], -1 if end[1] == 0 else 0))
        paths.append(np.asarray(path, dtype=np.float64))
    return paths


def _bridge(paths: list[Array]) -> list[Array]:
    """Paths joined across gaps of at most `_GAP` px where both ends point at each other, the shortest gap first."""
    paths = list(paths)
    while True:
        best = _best_gap(paths)
        if best is None:
            return paths
        a, side_a, b, side_b = best
        head = paths[a] if side_a == -1 else paths[a][::-1]
        tail = paths[b] if side_b == 0 else paths[b][::-1]
        paths = [path for i, path in enumerate(paths) if i not in (a, b)] + [np.concatenate([head, tail])]


def _best_gap(paths: list[Array]) -> tuple[int, int, int, int] | None:
    ends = [(i, side) for i, path in enumerate(paths) if len(path) >= _SPUR for side in (0, -1)]
    if len(ends) < 2:
        return None
    at = np.array([paths[i][side] for i, side in ends])
    pairs = cKDTree(at).query_pairs(_GAP, output_type="ndarray")
    owner = np.array([i for i, _ in ends])
    pairs = pairs[owner[pairs[:, 0]] != owner[pairs[:, 1]]]
    tangent = {end: _outward(paths[ends[end][0]], ends[end][1]) for end in np.unique(pairs).tolist()}
    fitting = []
    for a, b in pairs.tolist():
        apart = at[b] - at[a]
        distance = float(np.linalg.norm(apart))
        facing = min(apart @ tangent[a], -apart @ tangent[b]) > _GAP_BEND * max(distance, 1e-9)
        if distance < _GAP and tangent[a] @ tangent[b] < -_GAP_BEND and (facing or distance < 2.5):
            fitting.append((distance, a, b))
    if not fitting:
        return None
    _, a, b = min(fitting)
    return (*ends[a], *ends[b])


def _chain(path: Array, boundary: NDArray[np.float32]) -> Chain:
    """The polyline smoothed (the skeleton's staircase is not the photo's), about 1 px apart, with its strength."""
    closed = len(path) > 12 and float(np.linalg.norm(path[0] - path[-1])) < 2.5
    smooth = ndimage.gaussian_filter1d(path, 2.0, axis=0, mode="wrap" if closed else "nearest")
    if closed:
        smooth = np.concatenate([smooth, smooth[:1]])
    else:
        smooth[0], smooth[-1] = path[0], path[-1]
    strength = ndimage.map_coordinates(boundary, smooth.T, order=1, mode="nearest")
    return Chain(smooth[:, ::-1] + 0.5, strength.astype(np.float64), closed)


def runs(flags: NDArray[np.bool_]) -> list[NDArray[np.int_]]:
    """The indices of each unbroken run of true ``flags`` [M]."""
    index = np.flatnonzero(flags)
    return np.split(index, np.flatnonzero(np.diff(index) > 1) + 1) if len(index) else []
