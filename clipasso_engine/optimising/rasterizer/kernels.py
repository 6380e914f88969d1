"""Our rasteriser as compiled loops for the CPU. `native` tells what they compute.

Importing this module imports Numba. The compiled loops are kept on disk for as long as this file stays the same, so
no constant may come from another module: settings are arguments. All loops run in one order on one thread, so the same
input gives the same bytes. Coordinates are float64 inside: at 200 a float32 is known to 1e-5 only.

`forward` makes a `Drawing`, from which `backward` finds the gradients. Vertices are the ends of segments, curve after
curve: n + 1 for n segments. Slots number the cells that any stroke reaches, canvas after canvas.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

# Of a cell, rounded up: a line's edge further than that from the centre does not cross the cell.
HALF_DIAGONAL = 0.70711


class Strokes(NamedTuple):
    """What is drawn: B canvases of S chains of k cubics."""

    points: NDArray[np.float32]  # [B, S, 3k + 1, 2] in cells
    widths: NDArray[np.float32]  # [B, S] in cells
    segments: NDArray[np.int32]  # [B * S * k] how many straight segments each cubic is cut into


class Records(NamedTuple):
    """One for each cell that a stroke reaches, stroke after stroke."""

    slot: NDArray[np.int32]  # [R] the cell's
    vertex: NDArray[np.int32]  # [R] the first of the nearest segment
    fraction: NDArray[np.float64]  # [R] how far along that segment the nearest point lies, 0 to 1
    away_x: NDArray[np.float64]  # [R] the cell centre's offset from that point, in cells
    away_y: NDArray[np.float64]
    distance: NDArray[np.float64]  # [R] its length
    coverage: NDArray[np.float64]  # [R] of the cell, 0 to 1
    ends: NDArray[np.int64]  # [B, S] one more than each stroke's last record


class Slots(NamedTuple):
    """One for each cell that any stroke reaches."""

    pixel: NDArray[np.int32]  # [R] its place in the canvas's ink
    paper: NDArray[np.float64]  # [R] product of what the strokes that do not cover it wholly leave of it
    blocked: NDArray[np.int32]  # [R] how many strokes cover it wholly


class Drawing(NamedTuple):
    """What `forward` finds and `backward` needs; the caller gives it room for R records, see `plan`."""

    vertices: NDArray[np.float64]  # [V, 2] in cells
    records: Records
    slots: Slots


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` compiled at its first call, and kept on disk where a folder for that can be written."""
    # With NumPy's error model a division needs no check for zero.
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    try:
        compiled = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache folder can be written
        compiled = numba.njit(**options)(function)
    result: Callable[..., Any] = compiled
    return result


@_compiled
def plan(strokes, cells, flatness, segment_length, max_segments):  # type: ignore[no-untyped-def]
    """Set ``strokes.segments``; ``cells`` are on a canvas, and the settings are those of `geometry`.

    Returns how many vertices there will be, and a bound on the number of records.
    """
    segments = strokes.segments
    points = strokes.points.reshape(-1, strokes.points.shape[2], 2)
    widths = strokes.widths.reshape(-1)
    curve = 0
    vertices = 0
    records = 0
    for n in range(points.shape[0]):
        chain_length = 0.0
        for first in range(0, points.shape[1] - 1, 3):
            length = 0.0
            bend = 0.0
            last_x = 0.0
            last_y = 0.0
            for leg in range(3):
                x = float(points[n, first + leg + 1, 0]) - float(points[n, first + leg, 0])
                y = float(points[n, first + leg + 1, 1]) - float(points[n, first + leg, 1])
                length += math.sqrt(x * x + y * y)
                if leg > 0:
                    bend = max(bend, math.sqrt((x - last_x) * (x - last_x) + (y - last_y) * (y - last_y)))
                last_x = x
                last_y = y
            count = max(math.sqrt(0.75 * bend / flatness), length / segment_length, 1.0)
            segments[curve] = math.ceil(min(count, float(max_segments)))
            vertices += segments[curve] + 1
            curve += 1
            chain_length += length
        # All cells reached, wholly, lie within a band around the chain that is another half diagonal wider.
        reach = widths[n] / 2.0 + 2.0 * HALF_DIAGONAL
        records += int(min(2.0 * reach * chain_length + math.pi * reach * reach + 1.0, float(cells)))
    return vertices, records


@_compiled
def _area(edge, longer, shorter):  # type: ignore[no-untyped-def]
    """The part of a cell on one side of a straight line, see `pytorch._area`.

    Returns its derivatives too: by ``edge``, ``longer`` and ``shorter``.
    """
    beyond = (longer + shorter) / 2.0
    inner = (longer - shorter) / 2.0
    if edge >= beyond:
        return 1.0, 0.0, 0.0, 0.0
    if edge <= -beyond:
        return 0.0, 0.0, 0.0, 0.0
    sign = 1.0 if edge > 0.0 else -1.0
    corner = max(abs(edge) - inner, 0.0)
    part = corner / (longer * shorter)
    return (
        0.5 + edge / longer - sign * corner * part / 2.0,
        1.0 / longer - part,
        -edge / (longer * longer) + sign * (corner / longer + 1.0) * part / 2.0,
        sign * (corner / shorter - 1.0) * part / 2.0,
    )


@_compiled
def _coverage(half, distance, across_x, across_y):  # type: ignore[no-untyped-def]
    """How much of a cell a line covers that passes its centre at ``distance``; ``across`` is the line's unit normal.

    Returns its derivatives too: by ``half`` (the line's width), by ``distance`` and by the normal's angle.
    """
    x = abs(across_x)
    y = abs(across_y)
    longer = max(x, y)
    shorter = max(min(x, y), 1e-12)
    area, by_edge, by_longer, by_shorter = _area(half - distance, longer, shorter)
    by_half = by_edge
    by_distance = -by_edge
    if half + distance < HALF_DIAGONAL:  # a thin line: its other edge crosses the cell too
        far, by_edge, far_longer, far_shorter = _area(-half - distance, longer, shorter)
        area -= far
        by_half += by_edge
        by_distance += by_edge
        by_longer -= far_longer
        by_shorter -= far_shorter
    by_angle = by_shorter * longer - by_longer * shorter
    if min(x, y) < 1e-12:
        by_angle = 0.0  # an upright or level line: the area has a kink there, alike on both sides
    if (x < y) != (across_x * across_y < 0.0):
        by_angle = -by_angle
    return area, by_half, by_distance, by_angle


@_compiled
def _across(vertices, v, away_x, away_y, distance):  # type: ignore[no-untyped-def]
    """The unit normal, either way, of the line at the point nearest to the centre of a cell."""
    if distance > 1e-9:
        return away_x / distance, away_y / distance
    x = vertices[v + 1, 0] - vertices[v, 0]
    y = vertices[v + 1, 1] - vertices[v, 1]
    length = math.sqrt(x * x + y * y)
    if length == 0.0:
        return 1.0, 0.0
    return -y / length, x / length


@_compiled
def _cut(chain, first, vertices):  # type: ignore[no-untyped-def]
    """Fill ``vertices`` [n + 1, 2] with the points at t = i/n of the cubic whose first control point is ``first``."""
    count = len(vertices) - 1
    for i in range(count + 1):
        t = i / count
        u = 1.0 - t
        for axis in range(2):
            vertices[i, axis] = (
                u * u * u * chain[first, axis]
                + 3.0 * u * u * t * chain[first + 1, axis]
                + 3.0 * u * t * t * chain[first + 2, axis]
                + t * t * t * chain[first + 3, axis]
            )


@_compiled
def _overhang(vertices, v, reach):  # type: ignore[no-untyped-def]
    """How far beyond a segment's end, the inner vertex ``v``, cells can lie that no neighbour is nearer to.

    They lie in the wedge between the two segments' normals at ``v``, which is thin where the curve hardly turns.
    """
    ax = vertices[v, 0] - vertices[v - 1, 0]
    ay = vertices[v, 1] - vertices[v - 1, 1]
    bx = vertices[v + 1, 0] - vertices[v, 0]
    by = vertices[v + 1, 1] - vertices[v, 1]
    if ax * bx + ay * by <= 0.0:
        return reach
    sine = abs(ax * by - ay * bx) / math.sqrt((ax * ax + ay * ay) * (bx * bx + by * by))
    return min(reach, reach * sine + 1e-3)  # the thousandth is for rounding


@_compiled
def _span(x1, y1, length, dy, reach, before, after):  # type: ignore[no-untyped-def]
    """From where to where a row may be near a segment (x1, y1), relative to its start; the row is ``dy`` below that."""
    low = min(0.0, x1) - reach
    high = max(0.0, x1) + reach
    if abs(y1) > 1e-9:  # no farther to the sides of the segment than ``reach``
        low = max(low, dy * x1 / y1 - reach * length / abs(y1))
        high = min(high, dy * x1 / y1 + reach * length / abs(y1))
    if abs(x1) > 1e-9:  # no farther beyond its ends than the overhangs ``before`` and ``after``
        back = (-before * length - dy * y1) / x1
        ahead = ((length + after) * length - dy * y1) / x1
        low = max(low, min(back, ahead))
        high = min(high, max(back, ahead))
    return low, high


@_compiled
def _reach_cells(chain, reach, drawing, latest, state, side, segments):  # type: ignore[no-untyped-def]
    """Cut one stroke [3k + 1, 2] and record each cell up to ``reach`` from it, with its nearest segment.

    ``latest`` [H, W] holds one more than the newest record of each cell of this canvas. ``state``: the numbers of
    curves, vertices, records and slots used so far; returns what they are then. Distances are left squared.
    """
    vertices = drawing.vertices
    slot, vertex, fraction, away_x, away_y, distance, _, _ = drawing.records
    pixel, paper, blocked = drawing.slots
    height, width = latest.shape
    curve, top, record, slots = state
    first_record = record
    for first in range(0, chain.shape[0] - 1, 3):
        count = segments[curve]
        curve += 1
        _cut(chain, first, vertices[top : top + count + 1])
        after = reach
        for v in range(top, top + count):
            x0 = vertices[v, 0]
            y0 = vertices[v, 1]
            x1 = vertices[v + 1, 0] - x0
            y1 = vertices[v + 1, 1] - y0
            length = max(math.sqrt(x1 * x1 + y1 * y1), 1e-15)
            scale = 1.0 / (length * length)
            before = after
            after = reach if v == top + count - 1 else _overhang(vertices, v + 1, reach)
            # Clipped before they are rounded: an integer has no room for a point far away.
            upper = math.ceil(min(max(min(y0, y0 + y1) - reach - 0.5, 0.0), float(height)))
            lower = math.floor(max(min(max(y0, y0 + y1) + reach - 0.5, height - 1.0), -1.0))
            for row in range(upper, lower + 1):
                dy = row + 0.5 - y0
                low, high = _span(x1, y1, length, dy, reach, before, after)
                start = math.ceil(min(max(x0 + low - 0.5, 0.0), float(width)))
                stop = math.floor(max(min(x0 + high - 0.5, width - 1.0), -1.0))
                for column in range(start, stop + 1):
                    dx = column + 0.5 - x0
                    along = min(max((dx * x1 + dy * y1) * scale, 0.0), 1.0)
                    ex = dx - along * x1
                    ey = dy - along * y1
                    squared = ex * ex + ey * ey
                    if squared >= reach * reach:
                        continue
                    here = latest[row, column] - 1
                    if here < first_record:
                        if here < 0:
                            pixel[slots] = row // side * (width // side) + column // side
                            paper[slots] = 1.0
                            blocked[slots] = 0
                            slot[record] = slots
                            slots += 1
                        else:
                            slot[record] = slot[here]
                        here = record
                        record += 1
                        latest[row, column] = record
                    elif squared >= distance[here]:
                        continue
                    vertex[here] = v
                    fraction[here] = along
                    away_x[here] = ex
                    away_y[here] = ey
                    distance[here] = squared
        top += count + 1
    return curve, top, record, slots


@_compiled
def _cover_cells(drawing, first, last, half):  # type: ignore[no-untyped-def]
    """Take the square roots of the distances of a stroke's records ``first`` to ``last``, and cover their cells."""
    slot, vertex, _, away_x, away_y, distance, coverage, _ = drawing.records
    _, paper, blocked = drawing.slots
    for r in range(first, last):
        distance[r] = math.sqrt(distance[r])
        coverage[r] = 1.0
        if half - distance[r] < HALF_DIAGONAL:
            across_x, across_y = _across(drawing.vertices, vertex[r], away_x[r], away_y[r], distance[r])
            coverage[r] = _coverage(half, distance[r], across_x, across_y)[0]
        remaining = 1.0 - coverage[r]
        if remaining == 0.0:
            blocked[slot[r]] += 1
        else:
            paper[slot[r]] *= remaining


@_compiled
def forward(strokes, drawing, side, latest, ink):  # type: ignore[no-untyped-def]
    """Draw ``strokes``: fill ``drawing`` and ``ink`` [B, H * W]. ``side`` cells lie along a pixel's side.

    The caller gives ``ink`` and ``latest`` [B, side * H, side * W] filled with 0.
    """
    points, widths, segments = strokes
    pixel, paper, blocked = drawing.slots
    state = (0, 0, 0, 0)
    for b in range(points.shape[0]):
        first_slot = state[3]
        for s in range(points.shape[1]):
            first_record = state[2]
            half = widths[b, s] / 2.0
            state = _reach_cells(points[b, s], half + HALF_DIAGONAL, drawing, latest[b], state, side, segments)
            _cover_cells(drawing, first_record, state[2], half)
            drawing.records.ends[b, s] = state[2]
        for place in range(first_slot, state[3]):
            covered = 1.0 if blocked[place] > 0 else 1.0 - paper[place]
            ink[b, pixel[place]] += covered / (side * side)


@_compiled
def _pull_vertices(grad_ink, drawing, first, last, half, side, grad_vertices):  # type: ignore[no-untyped-def]
    """Add to ``grad_vertices`` what a stroke's records ``first`` to ``last`` tell; returns the gradient by ``half``.

    ``grad_ink`` [H * W] is that of the stroke's canvas.
    """
    vertices = drawing.vertices
    slot, vertex, fraction, away_x, away_y, distance, coverage, _ = drawing.records
    pixel, paper, blocked = drawing.slots
    for_half = 0.0
    for r in range(first, last):
        remaining = 1.0 - coverage[r]
        # What the other strokes leave of the paper here.
        if remaining == 0.0:
            others = paper[slot[r]] if blocked[slot[r]] == 1 else 0.0
        else:
            others = paper[slot[r]] / remaining if blocked[slot[r]] == 0 else 0.0
        by_coverage = grad_ink[pixel[slot[r]]] / (side * side) * others
        if half - distance[r] >= HALF_DIAGONAL:
            continue
        v = vertex[r]
        f = fraction[r]
        across_x, across_y = _across(vertices, v, away_x[r], away_y[r], distance[r])
        _, by_half, by_distance, by_angle = _coverage(half, distance[r], across_x, across_y)
        for_half += by_coverage * by_half
        if distance[r] > 0.0:
            pull = -by_coverage * by_distance / distance[r]
            pull_x = pull * away_x[r]
            pull_y = pull * away_y[r]
            if f == 0.0 or f == 1.0:
                # At an end the normal turns about the cell's centre as the end moves.
                turn = by_coverage * by_angle / (distance[r] * distance[r])
                pull_x += turn * away_y[r]
                pull_y -= turn * away_x[r]
            grad_vertices[v, 0] += (1.0 - f) * pull_x
            grad_vertices[v, 1] += (1.0 - f) * pull_y
            grad_vertices[v + 1, 0] += f * pull_x
            grad_vertices[v + 1, 1] += f * pull_y
        if 0.0 < f < 1.0:
            # Beside a segment the normal turns with the segment.
            x = vertices[v + 1, 0] - vertices[v, 0]
            y = vertices[v + 1, 1] - vertices[v, 1]
            turn = by_coverage * by_angle / (x * x + y * y)
            grad_vertices[v, 0] += turn * y
            grad_vertices[v, 1] -= turn * x
            grad_vertices[v + 1, 0] -= turn * y
            grad_vertices[v + 1, 1] += turn * x
    return for_half


@_compiled
def _pull_points(grad_vertices, segments, grad_chain):  # type: ignore[no-untyped-def]
    """Fill ``grad_chain`` [3k + 1, 2] from the gradients of the vertices that a chain was cut at, first to last."""
    for axis in range(2):
        start = 0
        carried = 0.0
        for first in range(0, grad_chain.shape[0] - 1, 3):
            count = segments[first // 3]
            g0, g1, g2, g3 = carried, 0.0, 0.0, 0.0
            for i in range(count + 1):
                t = i / count
                u = 1.0 - t
                g = grad_vertices[start + i, axis]
                g0 += u * u * u * g
                g1 += 3.0 * u * u * t * g
                g2 += 3.0 * u * t * t * g
                g3 += t * t * t * g
            grad_chain[first, axis] = g0
            grad_chain[first + 1, axis] = g1
            grad_chain[first + 2, axis] = g2
            grad_chain[first + 3, axis] = g3
            carried = g3
            start += count + 1


@_compiled
def backward(grad_ink, strokes, drawing, side, grad_points, grad_widths):  # type: ignore[no-untyped-def]
    """Fill ``grad_points`` and ``grad_widths`` with the gradients of a ``drawing``, from that of its ink [B, H * W]."""
    points, widths, segments = strokes
    ends = drawing.records.ends
    grad_vertices = np.zeros_like(drawing.vertices)
    record = 0
    curve = 0
    top = 0
    for b in range(points.shape[0]):
        for s in range(points.shape[1]):
            half = widths[b, s] / 2.0
            for_half = _pull_vertices(grad_ink[b], drawing, record, ends[b, s], half, side, grad_vertices)
            grad_widths[b, s] = for_half / 2.0
            record = ends[b, s]
            _pull_points(grad_vertices[top:], segments[curve:], grad_points[b, s])
            for _ in range(0, points.shape[2] - 1, 3):
                top += segments[curve] + 1
                curve += 1
