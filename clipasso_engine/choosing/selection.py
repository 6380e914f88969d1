"""Chains -> the N strokes that carry most of them: an exact choice, by dynamic programming.

Every stretch of every chain between two breakpoints is a candidate stroke, fitted once. Its gain is the line it
carries: the weight of the chain's points, less as the curve leaves them. Within a chain, dynamic programming finds the
best k strokes that follow each other (stretches may be left out) for every k; over the chains a second one shares out
the N strokes. So a drawing of any number of strokes is the best of its kind, not the remains of a larger one.

Strokes of up to S cubics are the same choice over longer candidates: the best that S cubics one after the other carry
between two breakpoints is found by dynamic programming too, before strokes are chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..bezier import cubics, stroke_arrays
from ..bezier.cubics import Array

_SAMPLES = 32  # points of the chain that each candidate is fitted to and judged by
_STEP = 5.0  # px between breakpoints, more on chains so long that they would have over _BREAKPOINTS
_BREAKPOINTS = 64
_DOUBLED = 0.15  # what is left of the weight of a line beside one that is drawn already
_DOUBLED_BY_LONG = -0.8  # likewise for strokes of several cubics, which would run along it to reach what lies beyond
_COST = 2.5  # gain that a stroke must have to be drawn at all: some 5 px of a clear line
_JOIN = 1.0  # gain that a further cubic of a stroke must have
_CORNER = np.cos(np.deg2rad(40.0))  # a chain that turns by more where two cubics join has a corner there
_TURN = 4  # points of the chain on both sides of a join by which its turn is judged
_WHOLE = 0.3  # of its gain that a line drawn whole, a closed one say, is worth more than the same in pieces
_FOLLOWED = 0.7  # of its weight that strokes must carry for it to be drawn whole: a form too rich for them is not
_ROUNDS = 2  # of choosing, weakening what would be doubled, and choosing again


@dataclass(frozen=True)
class Candidates:
    """All candidate strokes of one chain [M, 2] with B breakpoints; a row for each pair first < last, P rows."""

    points: Array  # [M, 2] the chain
    first: NDArray[np.int_]  # [P] breakpoint the stroke starts at
    last: NDArray[np.int_]  # [P]
    controls: Array  # [P, 4, 2]
    error2: Array  # [P, _SAMPLES] squared distance of the chain's points to the curve, px^2
    where: Array  # [P, _SAMPLES] the chain's points, as fractional indices
    share: Array  # [P, 1] px of chain each of them stands for
    breakpoints: int
    whole: bool = False  # whether the chain is a form that is worth more whole

    @classmethod
    def of(cls, points: Array, whole: bool = False) -> Candidates:
        count = int(np.clip(len(points) / _STEP, 1, _BREAKPOINTS - 1)) + 1
        at = np.linspace(0, len(points) - 1, count)
        first, last = np.triu_indices(count, 1)
        where = at[first][:, None] + (at[last] - at[first])[:, None] * np.linspace(0, 1, _SAMPLES)
        index = np.arange(len(points))
        along = np.stack([np.interp(where, index, points[:, axis]) for axis in (0, 1)], -1)
        controls, error2 = cubics.fit(along)
        share = np.linalg.norm(np.diff(along, axis=-2), axis=-1).sum(-1, keepdims=True) / _SAMPLES
        return cls(points, first, last, controls, error2, where, share, count, whole)

    def gains(self, weight: Array, tolerance: float) -> Array:
        """Gain [P] of each: the weight [M] of its points, none ``tolerance`` px off the curve and beyond."""
        value = np.interp(self.where, np.arange(len(self.points)), weight) * self.share
        fit = np.maximum(1.0 - self.error2 / tolerance**2, 0.0)
        result: Array = np.where(value > 0, value * fit, value).sum(-1) - _COST
        return result

    def stroke(self, rows: list[int]) -> Array:
        """The candidates ``rows``, which follow each other, as one stroke [3 k + 1, 2]: smooth where the chain is."""
        if len(rows) == 1:
            return self.controls[rows[0]]
        return stroke_arrays.join(self.controls[rows], [self._is_smooth(self.where[row, -1]) for row in rows[:-1]])

    def _is_smooth(self, where: float) -> bool:
        at, last = round(where), len(self.points) - 1
        into = self.points[at] - self.points[max(at - _TURN, 0)]
        out = self.points[min(at + _TURN, last)] - self.points[at]
        return bool(into @ out >= _CORNER * np.linalg.norm(into) * np.linalg.norm(out))


@dataclass(frozen=True)
class Choice:
    """The strokes of one drawing, greatest gain first."""

    controls: Array  # [N, 3 S + 1, 2], NaN where a stroke has fewer than S cubics (see `bezier.stroke_arrays`)
    gain: Array  # [N]
    chain: NDArray[np.int_]  # [N] index of the chain each belongs to
    width: Array | None = None  # [N] of their lines, in widths of an ordinary one; None: all are ordinary

    @property
    def widths(self) -> Array:
        return np.ones(len(self.gain)) if self.width is None else self.width

    def ranked(self) -> Choice:
        """The same strokes, greatest gain first."""
        order = np.argsort(-self.gain, kind="stable")
        return Choice(self.controls[order], self.gain[order], self.chain[order], self.widths[order])

    def with_others(self, others: Choice) -> Choice:
        """These strokes and others, in that order."""
        pairs = ((getattr(one, name) for one in (self, others)) for name in ("controls", "gain", "chain", "widths"))
        return Choice(*(np.concatenate(list(pair)) for pair in pairs))


def choose(
    chains: list[Candidates], weights: list[Array], count: int, tolerance: float, apart: float, segments: int = 1
) -> Choice:
    """At most ``count`` strokes with the greatest total gain, where a line drawn twice is worth little more than once.

    ``tolerance`` px is how far a stroke may leave its chain, ``apart`` px how near a parallel line counts as the same,
    ``segments`` how many cubics a stroke may have.
    """
    current, doubled = weights, _DOUBLED if segments == 1 else _DOUBLED_BY_LONG
    for _ in range(_ROUNDS):
        choice = _best(chains, current, count, tolerance, segments)
        drawn = _drawn(chains, choice, apart)
        current = [
            np.where(there & (weight > 0), doubled * weight, weight)
            for there, weight in zip(drawn, weights, strict=True)
        ]
    return _best(chains, current, count, tolerance, segments)


def _drawn(chains: list[Candidates], choice: Choice, apart: float) -> list[NDArray[np.bool_]]:
    """Which points [M] of each chain strokes of chains that carry more in ``choice`` draw already."""
    total = np.bincount(choice.chain, choice.gain, minlength=len(chains))
    controls = stroke_arrays.even(choice.controls)
    curves = cubics.sample(controls, 16 * (controls.shape[1] - 1))
    result = [np.zeros(0, dtype=np.bool_)] * len(chains)
    drawn = cubics.Drawn()
    for index in sorted(range(len(chains)), key=lambda index: (total[index], index), reverse=True):
        result[index] = drawn.beside(chains[index].points, apart)
        for stroke in np.flatnonzero(choice.chain == index):
            drawn.add(curves[stroke])
    return result


def _best(chains: list[Candidates], weights: list[Array], count: int, tolerance: float, segments: int) -> Choice:
    tables = [_Table.of(c, w, count, tolerance, segments) for c, w in zip(chains, weights, strict=True)]
    shares = _share([table.totals for table in tables], count)
    picked = [
        (gain, index, chains[index].stroke(rows))
        for index, (table, share) in enumerate(zip(tables, shares, strict=True))
        for rows, gain in table.strokes(share)
    ]
    picked.sort(key=lambda stroke: (-stroke[0], stroke[1]))
    return Choice(
        stroke_arrays.stacked([controls for _, _, controls in picked], segments),
        np.array([gain for gain, _, _ in picked]),
        np.array([index for _, index, _ in picked], dtype=np.int_),
    )


@dataclass(frozen=True)
class _Table:
    """Best choices of 0..K strokes on one chain."""

    best: Array  # [K + 1, B] greatest gain of k strokes up to breakpoint b
    gain: Array  # [B, B] gain of the stroke from breakpoint to breakpoint
    row: NDArray[np.int_]  # [B, B] the candidate, a single cubic
    splits: list[NDArray[np.int_]]  # S - 1 times [B, B]: where the last of 2..S cubics begins; -1 if one less is better
    unbroken: Array  # [K + 1, B] greatest gain of k strokes from the chain's start to b; -inf where it is no whole

    @classmethod
    def of(cls, chain: Candidates, weight: Array, count: int, tolerance: float, segments: int) -> _Table:
        gains, size = chain.gains(weight, tolerance), chain.breakpoints
        gain = np.full((size, size), -np.inf)
        row = np.zeros((size, size), dtype=np.int_)
        gain[chain.first, chain.last] = gains
        row[chain.first, chain.last] = np.arange(len(gains))
        single, splits = gain, []
        for _ in range(min(segments, size - 1) - 1):
            gain, split = _lengthened(gain, single)
            splits.append(split)
        best, unbroken = [np.zeros(size)], [np.full(size, -np.inf)]
        unbroken[0][0] = 0.0 if chain.whole else -np.inf
        for _ in range(min(count, size - 1)):
            ended = (best[-1][:, None] + gain).max(axis=0)  # the last stroke ends exactly at each breakpoint
            best.append(np.maximum.accumulate(ended))
            unbroken.append((unbroken[-1][:, None] + gain).max(axis=0))
        whole = np.stack(unbroken)
        whole[whole[:, -1] < _FOLLOWED * np.maximum(weight, 0).sum(), -1] = -np.inf
        return cls(np.stack(best), gain, row, splits, whole)

    @property
    def totals(self) -> Array:
        """[K + 1]: what 0..K strokes are worth at best, on a chain drawn whole more than their gain."""
        return np.maximum(self.best[:, -1], (1 + _WHOLE) * self.unbroken[:, -1])

    def strokes(self, count: int) -> list[tuple[list[int], float]]:
        """The candidates of each of the best ``count`` strokes, and its gain, walked back from the chain's end."""
        chosen, end = [], self.best.shape[1] - 1
        if self.totals[count] > self.best[count, end]:
            for k in range(count, 0, -1):
                start = int(np.argmax(self.unbroken[k - 1, :end] + self.gain[:end, end]))
                chosen.append((self._cubics(start, end), float(self.gain[start, end])))
                end = start
            return chosen
        for k in range(count, 0, -1):
            end = int(np.argmax(self.best[k, : end + 1] >= self.best[k, end]))  # where that best is first reached
            start = int(np.argmax(self.best[k - 1, :end] + self.gain[:end, end]))
            chosen.append((self._cubics(start, end), float(self.gain[start, end])))
            end = start
        return chosen

    def _cubics(self, first: int, last: int) -> list[int]:
        rows = []
        for split in reversed(self.splits):
            middle = int(split[first, last])
            if middle >= 0:
                rows.append(int(self.row[middle, last]))
                last = middle
        return [int(self.row[first, last]), *reversed(rows)]


def _lengthened(gain: Array, single: Array) -> tuple[Array, NDArray[np.int_]]:
    """Strokes with ``gain`` [B, B] made longer by a cubic of gain ``single`` [B, B] where they gain by that.

    Returns their gain [B, B] and the breakpoint [B, B] at which the added cubic begins, -1 where none is added.
    """
    both = gain[:, :, None] + single[None]
    middle = both.argmax(axis=1)
    total = np.take_along_axis(both, middle[:, None], axis=1)[:, 0] + _COST - _JOIN  # a stroke costs once
    longer = total > gain
    return np.where(longer, total, gain), np.where(longer, middle, -1)


def _share(totals: list[Array], count: int) -> list[int]:
    """How many of ``count`` strokes each chain gets so that the sum of ``totals[chain][share]`` is greatest."""
    best = np.zeros(count + 1)
    choices = []
    for total in totals:
        options = np.full((len(total), count + 1), -np.inf)
        for share, value in enumerate(total[: count + 1]):
            options[share, share:] = best[: count + 1 - share] + value
        choices.append(options.argmax(axis=0))
        best = options.max(axis=0)
    shares, left = [], count
    for choice in reversed(choices):
        shares.append(int(choice[left]))
        left -= shares[-1]
    return shares[::-1]
