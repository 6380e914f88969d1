"""A renderer to hold the rasteriser against: true distances in float64, many samples a pixel, NumPy and SciPy only.

It shares nothing with the engine. Canvas: WIDTH x HEIGHT pixels.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

WIDTH, HEIGHT = 44, 36


def curve_tree(chain: np.ndarray) -> cKDTree:
    """Points at most 0.02 px apart on a chain [3k + 1, 2]: at a distance of 1 px that is exact to 5e-5 px."""
    pieces = []
    for first in range(0, len(chain) - 1, 3):
        p0, p1, p2, p3 = chain[first : first + 4]
        fastest = 3 * np.linalg.norm(np.diff(chain[first : first + 4], axis=0), axis=1).max()
        t = np.linspace(0, 1, 2 + int(fastest / 0.02))[:, None]
        pieces.append((1 - t) ** 3 * p0 + 3 * (1 - t) ** 2 * t * p1 + 3 * (1 - t) * t**2 * p2 + t**3 * p3)
    return cKDTree(np.concatenate(pieces))


def samples_of(pixels: np.ndarray, per_side: int) -> np.ndarray:
    """Positions of the samples of ``pixels`` [N, 2], given as column and row: [N, per_side**2, 2]."""
    inside = (np.arange(per_side) + 0.5) / per_side
    return pixels[:, None] + np.stack(np.meshgrid(inside, inside), -1).reshape(-1, 2)


def pixels_near(tree: cKDTree, low: float, high: float) -> np.ndarray:
    """Column and row [N, 2] of the pixels with a sample whose distance may lie between ``low`` and ``high``."""
    pixels = np.stack(np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT)), -1).reshape(-1, 2)
    distance, _ = tree.query(pixels + 0.5)
    return pixels[(distance > low - 0.71) & (distance < high + 0.71)]


def reference(chains: np.ndarray, line_widths: np.ndarray) -> np.ndarray:
    """Ink [HEIGHT, WIDTH]: strokes painted one over the other on 8 x 8 samples a pixel, each wholly or not at all."""
    paper = np.ones((HEIGHT, WIDTH, 64))
    for chain, line_width in zip(chains, line_widths, strict=True):
        tree = curve_tree(chain)
        pixels = pixels_near(tree, 0, line_width / 2)
        distance, _ = tree.query(samples_of(pixels, 8), distance_upper_bound=line_width)
        paper[pixels[:, 1], pixels[:, 0]] *= distance >= line_width / 2
    return 1 - paper.mean(-1)


# 1597 samples of a pixel, for differences: a Fibonacci lattice, since an edge at 45 degrees would pass whole rows of a
# square lattice at once.
FIBONACCI = np.stack(((np.arange(1597) + 0.5) / 1597, (np.arange(1597) * 987 % 1597 + 0.5) / 1597), -1)
SAMPLE = 1597**-0.5  # px
STEP = 0.01  # px; with steps of 0.05 an edge crosses too many pixel borders for a weight that differs in each pixel


def soft(tree: cKDTree, samples: np.ndarray, line_width: float) -> np.ndarray:
    """Ink on fine samples: each is a small square that an edge crosses gradually, else differences would be noise."""
    distance, _ = tree.query(samples, distance_upper_bound=line_width)
    return np.clip(0.5 + (line_width / 2 - distance) / SAMPLE, 0, 1)


def reference_gradient(chains: np.ndarray, line_width: float, weights: np.ndarray) -> np.ndarray:
    """Central differences of ``sum(weight * ink)`` for each of the weights [N, H, W] by ``chains``: [N, S, P, 2]."""
    trees = [curve_tree(chain) for chain in chains]
    gradients = np.zeros((len(weights), *chains.shape))
    for stroke, chain in enumerate(chains):
        pixels = pixels_near(trees[stroke], line_width / 2, line_width / 2)
        samples = (pixels[:, None] + FIBONACCI).reshape(-1, 2)
        distance, _ = trees[stroke].query(samples, distance_upper_bound=line_width)
        edge = np.abs(distance - line_width / 2) < STEP + SAMPLE
        samples = samples[edge]
        column, row = np.repeat(pixels, len(FIBONACCI), axis=0)[edge].T
        others = np.ones(len(samples))
        for other, tree in enumerate(trees):
            if other != stroke:
                others *= 1 - soft(tree, samples, line_width)
        for point, axis in np.ndindex(*chain.shape):
            inks = []
            for step in (STEP, -STEP):
                moved = chain.copy()
                moved[point, axis] += step
                inks.append(soft(curve_tree(moved), samples, line_width))
            change = others * (inks[0] - inks[1]) / (2 * STEP * len(FIBONACCI))
            gradients[:, stroke, point, axis] = weights[:, row, column] @ change
    return gradients
