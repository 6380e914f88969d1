"""The choice of strokes: the best there is, each line once, fewer strokes as abstractions of more."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from clipasso_engine.bezier import cubics
from clipasso_engine.choosing import selection
from clipasso_engine.choosing.selection import Candidates

TOLERANCE, APART = 3.0, 4.0


def wave(y: float, length: int, height: float = 12.0) -> np.ndarray:
    x = np.arange(length, dtype=float)
    return np.stack([x, y + height * np.sin(x / 12)], axis=1)


def brute_force(chains: list[Candidates], weights: list[np.ndarray], count: int) -> float:
    """The greatest total gain of at most ``count`` candidates of which no two of a chain overlap."""
    options = [
        (gain, index, first, last)
        for index, (chain, weight) in enumerate(zip(chains, weights, strict=True))
        for gain, first, last in zip(chain.gains(weight, TOLERANCE), chain.first, chain.last, strict=True)
        if gain > 0
    ]
    best = 0.0
    for size in range(1, count + 1):
        for some in combinations(options, size):
            apart = all(a[1] != b[1] or a[3] <= b[2] or b[3] <= a[2] for a, b in combinations(some, 2))
            if apart:
                best = max(best, sum(option[0] for option in some))
    return best


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_choice_is_the_best_there_is(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    points = [wave(20, 28), wave(80, 22), wave(140, 16)]
    chains = [Candidates.of(p) for p in points]
    weights = [random.uniform(-0.5, 1.5, len(p)) for p in points]
    choice = selection.choose(chains, weights, count, TOLERANCE, APART)
    assert len(choice.controls) <= count
    assert choice.gain.sum() == pytest.approx(brute_force(chains, weights, count))


def test_the_most_worth_comes_first() -> None:
    points = [wave(20, 40), wave(120, 90), wave(220, 60)]
    chains = [Candidates.of(p) for p in points]
    choice = selection.choose(chains, [np.ones(len(p)) for p in points], 8, TOLERANCE, APART)
    assert choice.controls.shape == (len(choice.gain), 4, 2)
    assert choice.gain.tolist() == sorted(choice.gain, reverse=True)
    for controls, index in zip(choice.controls, choice.chain, strict=True):
        assert np.abs(cubics.sample(controls, 20)[:, 1] - 20 - 100 * index).max() < 12 + TOLERANCE


def test_strokes_of_a_chain_follow_each_other() -> None:
    chain = Candidates.of(wave(20, 200))
    choice = selection.choose([chain], [np.ones(200)], 5, 1.0, APART)
    assert len(choice.controls) == 5
    spans = sorted((controls[0, 0], controls[3, 0]) for controls in choice.controls)
    assert all(before[1] <= after[0] + 1e-6 for before, after in pairwise(spans))


def test_more_strokes_carry_more() -> None:
    points = [wave(20, 150), wave(120, 90)]
    chains, weights = [Candidates.of(p) for p in points], [np.ones(len(p)) for p in points]
    totals = [selection.choose(chains, weights, n, TOLERANCE, APART).gain.sum() for n in (1, 2, 4, 8)]
    assert totals == sorted(totals)
    assert totals[0] < totals[-1]


@pytest.mark.parametrize(("beside", "drawn"), [(3.0, [0, 2]), (30.0, [0, 1])])
def test_another_line_is_drawn_rather_than_the_same_twice(beside: float, drawn: list[int]) -> None:
    """The second line is worth more than the third unless it runs beside the first."""
    x = np.arange(60.0)
    points = [np.stack([x, np.full(60, y)], axis=1) for y in (50.0, 50.0 + beside, 150.0)]
    chains, weights = [Candidates.of(p) for p in points], [np.full(60, w) for w in (1.0, 0.9, 0.4)]
    choice = selection.choose(chains, weights, 2, TOLERANCE, APART)
    assert sorted(choice.chain.tolist()) == drawn


def test_a_crossing_line_is_drawn() -> None:
    across = np.stack([np.linspace(0, 100, 101), np.full(101, 50.0)], axis=1)
    chains = [Candidates.of(across), Candidates.of(across[:, ::-1].copy())]
    choice = selection.choose(chains, [np.ones(101)] * 2, 2, TOLERANCE, APART)
    assert sorted(choice.chain.tolist()) == [0, 1]
    assert cubics.lengths(choice.controls).min() > 95


def test_what_weighs_nothing_is_not_drawn() -> None:
    points = [wave(20, 60), wave(120, 60)]
    chains = [Candidates.of(p) for p in points]
    choice = selection.choose(chains, [np.full(60, -0.2), np.ones(60)], 16, TOLERANCE, APART)
    assert set(choice.chain.tolist()) == {1}
    none = selection.choose(chains, [np.zeros(60)] * 2, 16, TOLERANCE, APART)
    assert none.controls.shape == (0, 4, 2)
    assert selection.choose([], [], 16, TOLERANCE, APART).controls.shape == (0, 4, 2)


def test_a_stroke_crosses_a_short_gap_and_leaves_out_a_costly_stretch() -> None:
    line = np.stack([np.arange(120.0), np.zeros(120)], axis=1)
    chain = Candidates.of(line)
    gap, costly = np.ones(120), np.ones(120)
    gap[55:65], costly[40:80] = -0.05, -0.8
    (one,) = selection.choose([chain], [gap], 1, TOLERANCE, APART).controls
    assert (one[0, 0], one[3, 0]) == (0, 119)
    two = selection.choose([chain], [costly], 4, TOLERANCE, APART).controls
    assert len(two) >= 2
    xs = cubics.sample(two, 40)[..., 0]
    assert ((xs < 48) | (xs > 72)).all()


def test_strokes_stay_within_the_tolerance_of_their_line() -> None:
    points = wave(50, 160)
    chain = Candidates.of(points)
    few, many = (
        selection.choose([chain], [np.ones(160)], n, tolerance, APART) for n, tolerance in ((3, 8.0), (12, 2.0))
    )
    for choice, limit in ((few, 8.0), (many, 2.0)):
        samples = cubics.sample(choice.controls, 30).reshape(-1, 2)
        away = np.linalg.norm(samples[:, None] - points[None], axis=-1).min(1)
        assert away.mean() < limit / 2


def test_very_long_and_very_short_chains() -> None:
    chains = [Candidates.of(wave(50, 2000)), Candidates.of(np.array([[0.0, 0.0], [1.0, 1.0]]))]
    assert len(chains[0].controls) < 2100
    choice = selection.choose(chains, [np.ones(2000), np.ones(2)], 16, TOLERANCE, APART)
    assert len(choice.controls) == 16


def test_beside_asks_for_nearness_and_for_one_direction() -> None:
    line = np.stack([np.arange(50.0), np.zeros(50)], axis=1)
    assert cubics.beside(line + np.array([0, 3]), [line], 4).all()
    assert cubics.beside(line[::-1] + np.array([0, 3]), [line], 4).all()
    assert not cubics.beside(line + np.array([0, 5]), [line], 4).any()
    assert not cubics.beside(line[:, ::-1] + [25, -25], [line], 4).any()


def ring(x: float, y: float, radius: float) -> np.ndarray:
    around = np.linspace(0, 2 * np.pi, round(2 * np.pi * radius))
    return np.stack([x + radius * np.cos(around), y + radius * np.sin(around)], axis=1)


def test_a_circle_stays_closed_though_pieces_of_other_lines_weigh_more() -> None:
    """Three strokes: two close the circle, where piece by piece the three strongest stretches would be taken."""
    points = [ring(60, 60, 40), wave(140, 46, 0), wave(180, 46, 0)]
    weights = [np.ones(len(points[0])), np.full(46, 2.5), np.full(46, 2.5)]
    open_, closed = (
        selection.choose([Candidates.of(points[0], whole), *map(Candidates.of, points[1:])], weights, 3, 6.0, APART)
        for whole in (False, True)
    )
    assert (open_.chain == 0).sum() == 1
    assert (closed.chain == 0).sum() == 2
    drawn = cubics.sample(closed.controls[closed.chain == 0], 64).reshape(-1, 2)
    apart = np.linalg.norm(points[0][:, None] - drawn[None], axis=-1).min(1)
    assert apart.max() < 6


def test_a_form_too_rich_for_its_strokes_is_not_forced_to_close() -> None:
    around = np.linspace(0, 2 * np.pi, 400)
    star = 100 + (60 + 25 * np.cos(9 * around))[:, None] * np.stack([np.cos(around), np.sin(around)], 1)
    alone = [
        selection.choose([Candidates.of(star, whole)], [np.ones(400)], 2, TOLERANCE, APART) for whole in (False, True)
    ]
    assert np.array_equal(alone[0].controls, alone[1].controls)


def test_gains_of_a_closed_form_are_those_of_its_strokes() -> None:
    chain, weight = Candidates.of(ring(60, 60, 40), True), np.ones(251)
    choice = selection.choose([chain], [weight], 2, 6.0, APART)
    gains = chain.gains(weight, 6.0)
    assert all(np.isclose(gains, gain).any() for gain in choice.gain)
