"""The engine's own reader of path data and transforms, which works without inkex, against inkex's."""

import inkex
import numpy as np
import pytest

from clipasso_engine.redrawing import path_data

PATHS = [
    "M 10,20 C 100.12,20 0,-3.5 291,0.33",
    "m10 20c1 2 3 4 5 6 7 8 9 10 11-12l-.5.5-1e1 2",
    "M1,2 3,4 h5v-6 H0 V1 m 5,5 l 1,1",
    "M0 0S1 2 3 4s5 6 7 8 C1 1 2 2 3 3 S 4 4 5 5",
    "M0 0Q5 5 10 0 q 1 2 3 4",
    "M10 10 A 30 20 30 1 0 50 40 L 3 3",
    "M 5,5 a 10 20 0 1 1 -3 8 10 10 0 0 0 4 4",
]
"""Of the rest, versions of inkex have made other things than SVG 1.1 says: of z that goes on, T, flags written in one,
radii that are too small."""


def sampled(points):
    t = np.linspace(0, 1, 200)[:, None]
    cubics = [points[first : first + 4] for first in range(0, len(points) - 1, 3)]
    return np.concatenate(
        [(1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d for a, b, c, d in cubics]
    )


@pytest.mark.parametrize("data", PATHS)
def test_curves_are_inkexs(data):
    nodes = [np.array(piece).reshape(-1, 2)[1:-1] for piece in inkex.Path(data).to_superpath()]
    theirs = np.concatenate([sampled(points) for points in nodes if len(points) > 1])
    ours = np.concatenate([sampled(chain) for chain in path_data.chains(data)])
    apart = np.linalg.norm(ours[:, None] - theirs[None], axis=2)
    assert max(apart.min(axis=0).max(), apart.min(axis=1).max()) < 0.02 * np.ptp(ours, axis=0).max()


@pytest.mark.parametrize("data", ["M10 10a5 5 0 0110 0", "M10,10 A 5,5 0 0 1 20 10", "M10 10 a 1 1 0 0 1 10 0"])
def test_half_a_circle(data):
    (chain,) = path_data.chains(data)
    assert chain[[0, -1]].tolist() == [[10, 10], [20, 10]]
    points = sampled(chain)
    assert np.linalg.norm(points - (15, 10), axis=1) == pytest.approx(5, abs=0.002)
    assert points[:, 1].min() == pytest.approx(5, abs=0.01)


def test_what_follows_a_closed_piece_begins_where_that_began():
    chains = path_data.chains("M1,2 3,4 H 9 z m 5,5 l 1,1 z l 3,0")
    ends = [chain[::3].tolist() for chain in chains]
    assert ends == [[[1, 2], [3, 4], [9, 4], [1, 2]], [[6, 7], [7, 8], [6, 7]], [[6, 7], [9, 7]]]


def test_smooth_quadratic_curves_mirror_the_handle():
    (chain,) = path_data.chains("M0 0 Q 3 6 6 0 T 12 0 t 6 0")
    handles = [(3 * chain[first + 1] - chain[first]) / 2 for first in (0, 3, 6)]
    assert np.array(handles) == pytest.approx(np.array([(3, 6), (9, -6), (15, 6)]))


@pytest.mark.parametrize(
    "transform",
    [
        "translate(3)",
        "translate(3,-4) rotate(30)",
        "scale(2) rotate(45, 10, 20)",
        "matrix(1 2 3 4 5 6) skewX(10)",
        "skewY(-5),scale(1,-1)",
        "",
    ],
)
def test_transforms_are_inkexs(transform):
    assert path_data.matrix(transform) == pytest.approx(np.array(inkex.Transform(transform).matrix), abs=1e-9)


@pytest.mark.parametrize(
    "data", ["", "z", "L 1 1", "M", "M 1,1", "x", "M 0 0 L 1e99 1", "M nan nan L 1 1", "M 0 0 A 1 1 0 2 0 3 3"]
)
def test_what_is_no_path_is_none(data):
    assert path_data.chains(data) == []


def test_what_follows_a_mistake_is_left_out():
    (chain,) = path_data.chains("M 0 0 L 3 0 L 6 x 9 9")
    assert chain.tolist() == [[0, 0], [1, 0], [2, 0], [3, 0]]
    assert path_data.matrix("rotate(a)").tolist() == [[1, 0, 0], [0, 1, 0]]
