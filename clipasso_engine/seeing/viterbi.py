"""The best course through a row of choices (Viterbi, IEEE Transactions on Information Theory, 1967)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def best_course(score: NDArray[np.float64], cost: NDArray[np.float64]) -> NDArray[np.int_]:
    """One choice [N] for each of N places, so that their scores less the costs of changing are greatest in all.

    ``score`` [N, K] is what each of K choices is worth at each place, ``cost`` [K, K] that of going from one choice to
    another at the next place.
    """
    total, came = score[0], np.zeros(score.shape, dtype=np.int_)
    for place in range(1, len(score)):
        options = total[:, None] - cost
        came[place] = options.argmax(axis=0)
        total = options.max(axis=0) + score[place]
    best = np.empty(len(score), dtype=np.int_)
    best[-1] = total.argmax()
    for place in range(len(score) - 1, 0, -1):
        best[place - 1] = came[place, best[place]]
    return best
