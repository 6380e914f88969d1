"""Chains -> the N cubics that carry most of them: an exact choice, by dynamic programming.

Every stretch of every chain between two breakpoints is a candidate stroke, fitted once. Its gain is the line it
carries: the weight of the chain's points, less as the curve leaves them. Within a chain, dynamic programming finds the
best k strokes that follow each other (stretches may be left out) for every k; over the chains a second one
shares out the N strokes. So a drawing of any number of strokes is the best of its kind, not the remains of a larger one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import strokes
from .strokes import Array

_SAMPLES = 32  # points of the chain that each candidate is fitted to and judged by
_STEP = 5.0  # px between breakpoints, more on chains so long that they would have over _BREAKPOINTS
_BREAKPOINTS = 72


@dataclass(frozen=True)
class Candidates:
    """All candidate strokes of one chain with B breakpoints; a row for each pair first < last, P rows."""

    first: NDArray[np.int_]  # [P] breakpoint the stroke starts at
    last: NDArray[np.int_]  # [P]
    controls: Array  # [P, 4, 2]
    error2: Array  # [P, _SAMPLES] squared distance of the chain's points to the curve, px^2
    weight: Array  # [P, _SAMPLES] weight of the chain's points x px of chain each stands for
    breakpoints: int

    def gains(self, tolerance: float) -> Array:
        """Gain [P] of each: its points' weight, falling to none at ``tolerance`` px from the curve and below it beyond."""
        return (self.weight * np.clip(1.0 - self.error2 / tolerance**2, -1.0, 1.0)).sum(-1)


def candidates(points: Array, weight: Array) -> Candidates:
    """Candidate strokes of a chain [M, 2] whose points weigh ``weight`` [M]."""
    count = int(np.clip(len(points) / _STEP, 1, _BREAKPOINTS - 1)) + 1
    at = np.linspace(0, len(points) - 1, count)
    first, last = np.triu_indices(count, 1)
    where = at[first][:, None] + (at[last] - at[first])[:, None] * np.linspace(0, 1, _SAMPLES)
    index = np.arange(len(points))
    along = np.stack([np.interp(where, index, points[:, axis]) for axis in (0, 1)], -1)
    controls, error2 = strokes.fit(along)
    pixels = np.linalg.norm(np.diff(along, axis=-2), axis=-1).sum(-1, keepdims=True)
    return Candidates(first, last, controls, error2, np.interp(where, index, weight) * pixels / _SAMPLES, count)


def choose(chains: list[Candidates], count: int, tolerance: float) -> tuple[Array, Array]:
    """At most ``count`` cubics [N, 4, 2] with the greatest total gain, and their gains [N], greatest first."""
    tables = [_best_per_count(chain, chain.gains(tolerance), count) for chain in chains]
    shares = _share([table.total for table in tables], count)
    picked = [
        (chain.controls[row], gain)
        for chain, table, share in zip(chains, tables, shares, strict=True)
        for row, gain in table.rows(share)
    ]
    picked.sort(key=lambda stroke: -stroke[1])
    if not picked:
        return np.zeros((0, 4, 2)), np.zeros(0)
    return np.stack([controls for controls, _ in picked]), np.array([gain for _, gain in picked])


@dataclass(frozen=True)
class _Table:
    """Best choices of 0..K strokes on one chain: ``best[k, b]`` uses the chain up to breakpoint b."""

    total: Array  # [K + 1]
    best: Array  # [K + 1, B]
    gain: Array  # [B, B] gain of the stroke from breakpoint to breakpoint
    row: NDArray[np.int_]  # [B, B] its candidate

    def rows(self, count: int) -> list[tuple[int, float]]:
        """The candidates of the best ``count`` strokes and their gains, walked back from the chain's end."""
        chosen, end = [], self.best.shape[1] - 1
        for k in range(count, 0, -1):
            end = int(
                np.argmax(self.best[k, : end + 1] >= self.best[k, end] - 1e-9)
            )  # where that best is first reached
            start = int(np.argmax(self.best[k - 1, :end] + self.gain[:end, end]))
            chosen.append((int(self.row[start, end]), float(self.gain[start, end])))
            end = start
        return chosen


def _best_per_count(chain: Candidates, gains: Array, count: int) -> _Table:
    size = chain.breakpoints
    gain = np.full((size, size), -np.inf)
    row = np.zeros((size, size), dtype=np.int_)
    gain[chain.first, chain.last] = gains
    row[chain.first, chain.last] = np.arange(len(gains))
    best = [np.zeros(size)]
    for _ in range(min(count, size - 1)):
        ended = (best[-1][:, None] + gain).max(axis=0)  # the last stroke ends exactly at each breakpoint
        best.append(np.maximum.accumulate(ended))
    table = np.stack(best)
    return _Table(np.maximum(table[:, -1], -np.inf), table, gain, row)


def _share(totals: list[Array], count: int) -> list[int]:
    """How many of ``count`` strokes each chain gets so that the sum of ``totals[chain][share]`` is greatest."""
    best = np.zeros(count + 1)
    choices = []
    for total in totals:
        options = np.full((len(total), count + 1), -np.inf)
        for share, value in enumerate(total):
            options[share, share:] = best[: count + 1 - share] + value
        choices.append(options.argmax(axis=0))
        best = options.max(axis=0)
    shares, left = [], count
    for choice in reversed(choices):
        shares.append(int(choice[left]))
        left -= shares[-1]
    return shares[::-1]
