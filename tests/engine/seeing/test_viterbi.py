"""The best course is the best of all courses."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from clipasso_engine.seeing import viterbi


@pytest.mark.parametrize("seed", range(5))
def test_no_other_course_is_worth_more(seed: int) -> None:
    random = np.random.default_rng(seed)
    score, cost = random.normal(size=(5, 4)), random.uniform(0, 2, (4, 4))

    def worth(course: tuple[int, ...]) -> float:
        changes = sum(cost[one, other] for one, other in pairwise(course))
        return float(score[np.arange(5), list(course)].sum() - changes)

    assert tuple(viterbi.best_course(score, cost)) == max(product(range(4), repeat=5), key=worth)
