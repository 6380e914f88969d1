"""Tracing: drawn lines come back as the right chains, near the true lines."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from clipasso_engine.lines import tracing
from clipasso_engine.lines.tracing import Chain

SIDE = 120
OVERSHOOT = 3.0  # px: soft lines reach beyond their ends


def ridge(*lines: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """A boundary map [SIDE, SIDE] with soft ridges, as the network's are, along polylines [M, 2] of (x, y)."""
    sheet = np.zeros((SIDE, SIDE), np.float32)
    for line in lines:
        cv2.polylines(sheet, [np.rint((line - 0.5) * 16).astype(np.int32)[:, None]], False, 1.0, 2, cv2.LINE_8, 4)
    return np.float32(strength) * np.minimum(1.6 * cv2.GaussianBlur(sheet, (0, 0), 1.2), 1.0)


def segment(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    return np.linspace([x0, y0], [x1, y1], 200)


def circle(x: float, y: float, radius: float) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 400)
    return np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=1)


def furthest(points: np.ndarray, line: np.ndarray) -> float:
    """The greatest distance of any of ``points`` [M, 2] to a dense polyline [S, 2]."""
    return float(np.linalg.norm(points[:, None] - line[None], axis=-1).min(1).max())


def length(chain: Chain) -> float:
    return float(np.linalg.norm(np.diff(chain.points, axis=0), axis=1).sum())


@pytest.mark.parametrize("ends", [(20.5, 60, 100, 60), (30, 95, 90, 25), (45.5, 10, 45.5, 110), (20, 20, 100, 45)])
def test_a_line_is_one_open_chain(ends: tuple[float, float, float, float]) -> None:
    line = segment(*ends)
    (chain,) = tracing.trace(ridge(line))
    assert not chain.closed
    assert furthest(chain.points, line) < OVERSHOOT
    assert furthest(chain.points[4:-4], line) < 1
    assert furthest(line, chain.points) < OVERSHOOT
    assert chain.strength.shape == (len(chain.points),)
    assert chain.strength[4:-4].min() > 0.5
    steps = np.linalg.norm(np.diff(chain.points, axis=0), axis=1)
    assert 0.5 < np.median(steps) < 1.5


def test_a_circle_is_one_closed_chain() -> None:
    line = circle(60, 60, 35)
    (chain,) = tracing.trace(ridge(line))
    assert chain.closed
    assert np.array_equal(chain.points[0], chain.points[-1])
    assert furthest(chain.points, line) < 1
    assert furthest(line, chain.points) < 1.5


def test_lines_go_straight_through_a_crossing() -> None:
    lines = segment(15, 60, 105, 60), segment(50, 15, 65, 105)
    chains = tracing.trace(ridge(*lines))
    assert len(chains) == 2
    for line in lines:
        near = [chain for chain in chains if furthest(chain.points, line) < OVERSHOOT]
        assert len(near) == 1
        assert length(near[0]) > 80


def test_a_line_that_meets_another_ends_there() -> None:
    bar, stem = segment(15, 40, 105, 40), segment(60, 44, 60, 105)
    chains = tracing.trace(ridge(bar, stem))
    assert len(chains) == 2
    assert length(chains[0]) > length(chains[1])
    assert furthest(chains[0].points, bar) < OVERSHOOT
    assert furthest(chains[1].points, np.concatenate([stem, segment(60, 40, 60, 44)])) < OVERSHOOT


def test_a_sharp_corner_of_one_line_is_drawn_through() -> None:
    tip = np.concatenate([segment(20, 100, 60, 20), segment(60, 20, 100, 100)])
    (chain,) = tracing.trace(ridge(tip))
    assert furthest(tip, chain.points) < 5


def test_small_gaps_are_bridged_and_large_ones_are_not() -> None:
    small = tracing.trace(ridge(segment(15, 60, 55, 60), segment(63, 60, 105, 60)))
    large = tracing.trace(ridge(segment(15, 60, 45, 60), segment(73, 60, 105, 60)))
    assert [len(small), len(large)] == [1, 2]
    assert length(small[0]) > 85


def test_side_by_side_ends_are_not_bridged() -> None:
    chains = tracing.trace(ridge(segment(15, 60, 60, 60), segment(60, 72, 105, 72)))
    assert len(chains) == 2


def test_a_chain_is_cut_where_it_leaves_what_is_kept() -> None:
    (line,) = tracing.trace(ridge(segment(10, 50, 110, 50)))
    kept = np.zeros((SIDE, SIDE), bool)
    kept[:, 30:50] = kept[:, 70:100] = True
    pieces = sorted(tracing.cut(line, kept), key=lambda piece: piece.points[:, 0].min())
    ends = [edge for piece in pieces for edge in (piece.points[:, 0].min(), piece.points[:, 0].max())]
    assert ends == pytest.approx([30.5, 49.5, 70.5, 99.5], abs=0.6)
    assert all(len(piece.points) == len(piece.strength) for piece in pieces)
    assert tracing.cut(line, np.ones_like(kept)) == [line]
    assert tracing.cut(line, np.zeros_like(kept)) == []


def test_a_closed_chain_that_is_cut_is_one_open_piece() -> None:
    (ring,) = tracing.trace(ridge(circle(60, 60, 40)))
    assert ring.closed
    kept = np.ones((SIDE, SIDE), bool)
    kept[:30] = False
    (arc,) = tracing.cut(ring, kept)
    assert not arc.closed
    assert arc.points[:, 1].min() > 29
    assert np.linalg.norm(np.diff(arc.points, axis=0), axis=1).max() < 3


def test_longest_first() -> None:
    chains = tracing.trace(ridge(segment(20, 20, 50, 20), segment(10, 60, 110, 60), segment(20, 100, 80, 100)))
    sizes = [length(chain) for chain in chains]
    assert len(sizes) == 3
    assert sizes == sorted(sizes, reverse=True)


def test_a_faint_line_shows_only_where_a_strong_one_leads_to_it() -> None:
    left, right = segment(15, 60, 62, 60), segment(58, 60, 105, 60)
    faint = ridge(right, strength=0.18)
    assert tracing.trace(faint) == []
    (chain,) = tracing.trace(np.maximum(faint, ridge(left)))
    assert length(chain) > 80
    assert chain.strength.min() < 0.25 < chain.strength.max()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_flat_map_has_no_lines(value: float) -> None:
    assert tracing.trace(np.full((40, 60), value, np.float32)) == []


def test_specks_are_no_lines() -> None:
    sheet = np.zeros((SIDE, SIDE), np.float32)
    sheet[20::25, 20::25] = 1.0
    blurred = cv2.GaussianBlur(sheet, (0, 0), 1.0).astype(np.float32)
    assert tracing.trace(blurred * np.float32(6)) == []


def test_noise_around_a_line_leaves_it_first_and_in_place() -> None:
    noise = cv2.GaussianBlur(np.random.default_rng(0).random((SIDE, SIDE), np.float32), (0, 0), 1.0) - 0.5
    line = circle(60, 60, 40)
    chains = tracing.trace(np.clip(ridge(line) + noise, 0, 1))
    assert furthest(chains[0].points, line) < 2
    assert length(chains[0]) > 200


@pytest.mark.parametrize("shape", [(13, 256), (256, 13)])
def test_narrow_maps(shape: tuple[int, int]) -> None:
    sheet = np.zeros(shape, np.float32)
    sheet[shape[0] // 2] = 1.0
    for chain in tracing.trace(sheet):
        assert (chain.points >= 0).all()
        assert (chain.points <= [shape[1], shape[0]]).all()
