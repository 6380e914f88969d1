"""Our rasteriser as compiled loops for the CPU. `native` tells what they compute.

Importing this module imports Numba. Coordinates are float64 inside: at 200 a float32 is known to 1e-5 px only.
All loops run in one order on one thread, so the same input gives the same bytes.

What `forward` finds and `backward` needs are `records`: one for each pixel that a stroke reaches, stroke after stroke,
with the pixel, the first vertex of the nearest segment, how far along that segment the nearest point lies (0 to 1)
and its distance. Vertices are the ends of segments, curve after curve: n + 1 for a curve of n segments.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from .geometry import COLLAPSED_EXTENT, FLATNESS, MAX_SEGMENTS, SEGMENT_LENGTH


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
def plan(points, widths, pixels, segments):  # type: ignore[no-untyped-def]
    """Set ``segments`` [N * k], how many each curve of the chains [N, 3k + 1, 2] gets.

    Returns how many vertices there will be, and a bound on the number of records.
    """
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
            count = max(math.ceil(math.sqrt(0.75 * bend / FLATNESS)), math.ceil(length / SEGMENT_LENGTH))
            segments[curve] = int(min(max(count, 1.0), float(MAX_SEGMENTS)))
            vertices += segments[curve] + 1
            curve += 1
            chain_length += length
        # The squares of all pixels reached lie within a band around the chain that is half a diagonal wider.
        reach = (1.0 + widths[n]) / 2.0 + 0.7072
        records += int(min(2.0 * reach * chain_length + math.pi * reach * reach + 1.0, float(pixels)))
    return vertices, records


@_compiled
def forward(  # type: ignore[no-untyped-def]
    points,
    widths,
    opacities,
    segments,
    height,
    width,
    vertices,
    pixel,
    vertex,
    fraction,
    distance,
    ends,
    paper,
    blocked,
):
    """Draw chains [B, S, 3k + 1, 2].

    Fills ``vertices`` [V, 2], the records ``pixel``, ``vertex``, ``fraction``, ``distance``, their ``ends`` [B, S],
    and for each of the pixels [B, H * W] ``blocked``: how many strokes cover it wholly, and ``paper``: the product of
    what the other strokes leave. The caller gives ``blocked`` filled with 0 and ``paper`` with 1.
    """
    record = 0
    curve = 0
    top = 0
    latest = np.full(height * width, -1, np.int32)  # the newest record of each pixel
    for b in range(points.shape[0]):
        for s in range(points.shape[1]):
            first_record = record
            half = widths[b, s] / 2.0
            reach = half + 0.5
            for first in range(0, points.shape[2] - 1, 3):
                count = segments[curve]
                curve += 1
                for i in range(count + 1):
                    t = i / count
                    u = 1.0 - t
                    b0, b1, b2, b3 = u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t
                    for axis in range(2):
                        vertices[top + i, axis] = (
                            b0 * points[b, s, first, axis]
                            + b1 * points[b, s, first + 1, axis]
                            + b2 * points[b, s, first + 2, axis]
                            + b3 * points[b, s, first + 3, axis]
                        )
                for v in range(top, top + count):
                    x0 = vertices[v, 0]
                    y0 = vertices[v, 1]
                    x1 = vertices[v + 1, 0] - x0
                    y1 = vertices[v + 1, 1] - y0
                    scale = 1.0 / max(x1 * x1 + y1 * y1, 1e-30)
                    left = int(max(math.ceil(min(x0, x0 + x1) - reach - 0.5), 0.0))
                    right = int(min(math.floor(max(x0, x0 + x1) + reach - 0.5), width - 1.0))
                    upper = int(max(math.ceil(min(y0, y0 + y1) - reach - 0.5), 0.0))
                    lower = int(min(math.floor(max(y0, y0 + y1) + reach - 0.5), height - 1.0))
                    for row in range(upper, lower + 1):
                        dy = row + 0.5 - y0
                        for column in range(left, right + 1):
                            dx = column + 0.5 - x0
                            along = min(max((dx * x1 + dy * y1) * scale, 0.0), 1.0)
                            ex = dx - along * x1
                            ey = dy - along * y1
                            squared = ex * ex + ey * ey
                            if squared >= reach * reach:
                                continue
                            place = row * width + column
                            here = latest[place]
                            if here < first_record:
                                here = record
                                record += 1
                                latest[place] = here
                                pixel[here] = place
                            elif squared >= distance[here]:
                                continue
                            vertex[here] = v
                            fraction[here] = along
                            distance[here] = squared
                top += count + 1
            most = min(widths[b, s], 1.0)
            for r in range(first_record, record):
                distance[r] = math.sqrt(distance[r])
                remaining = 1.0 - opacities[b, s] * min(reach - distance[r], most)
                if remaining == 0.0:
                    blocked[b, pixel[r]] += 1
                else:
                    paper[b, pixel[r]] *= remaining
            ends[b, s] = record


@_compiled
def backward(  # type: ignore[no-untyped-def]
    grad_ink,
    points,
    widths,
    opacities,
    segments,
    width,
    vertices,
    pixel,
    vertex,
    fraction,
    distance,
    ends,
    paper,
    blocked,
    dot_weights,
    grad_vertices,
    grad_points,
    grad_widths,
    grad_opacities,
):
    """Gradients of a drawing from that of its ink [B, H * W]; ``grad_vertices`` is given filled with 0."""
    record = 0
    curve = 0
    top = 0
    for b in range(points.shape[0]):
        for s in range(points.shape[1]):
            reach = (1.0 + widths[b, s]) / 2.0
            most = min(widths[b, s], 1.0)
            for_width = 0.0
            for_opacity = 0.0
            for r in range(record, ends[b, s]):
                p = pixel[r]
                ramp = reach - distance[r]
                coverage = min(ramp, most)
                remaining = 1.0 - opacities[b, s] * coverage
                # What the other strokes leave of the paper here.
                if remaining == 0.0:
                    others = paper[b, p] if blocked[b, p] == 1 else 0.0
                else:
                    others = paper[b, p] / remaining if blocked[b, p] == 0 else 0.0
                by_coverage = grad_ink[b, p] * others
                for_opacity += by_coverage * coverage
                by_coverage *= opacities[b, s]
                if ramp > most:
                    if widths[b, s] < 1.0:
                        for_width += by_coverage
                    continue
                for_width += by_coverage / 2.0
                if distance[r] == 0.0:
                    continue
                v = vertex[r]
                f = fraction[r]
                for axis in range(2):
                    centre = (p // width if axis == 1 else p % width) + 0.5
                    offset = centre - vertices[v, axis] - f * (vertices[v + 1, axis] - vertices[v, axis])
                    pull = by_coverage * offset / distance[r]
                    grad_vertices[v, axis] += (1.0 - f) * pull
                    grad_vertices[v + 1, axis] += f * pull
            record = ends[b, s]
            grad_widths[b, s] = for_width
            grad_opacities[b, s] = for_opacity

            extent = 0.0
            for axis in range(2):
                low = points[b, s, 0, axis]
                high = low
                for i in range(points.shape[2]):
                    low = min(low, points[b, s, i, axis])
                    high = max(high, points[b, s, i, axis])
                extent = max(extent, high - low)
            for axis in range(2):
                start = top
                total = 0.0
                carried = 0.0
                for first in range(0, points.shape[2] - 1, 3):
                    count = segments[curve + first // 3]
                    g0, g1, g2, g3 = carried, 0.0, 0.0, 0.0
                    for i in range(count + 1):
                        t = i / count
                        u = 1.0 - t
                        g = grad_vertices[start + i, axis]
                        g0 += u * u * u * g
                        g1 += 3.0 * u * u * t * g
                        g2 += 3.0 * u * t * t * g
                        g3 += t * t * t * g
                        total += g
                    grad_points[b, s, first, axis] = g0
                    grad_points[b, s, first + 1, axis] = g1
                    grad_points[b, s, first + 2, axis] = g2
                    grad_points[b, s, first + 3, axis] = g3
                    carried = g3
                    start += count + 1
                if extent < COLLAPSED_EXTENT:
                    for i in range(points.shape[2]):
                        grad_points[b, s, i, axis] = dot_weights[i] * total
            for _ in range(0, points.shape[2] - 1, 3):
                top += segments[curve] + 1
                curve += 1
