"""Which of several candidates is the best: the lines decide, and among those that fit as well, the meaning."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from clipasso_engine.optimising.optimizer import Outcome
from clipasso_engine.seeing import meaning
from clipasso_engine.sketching import levels


class Ink:
    """Towers to which a sketch means the more, the more ink it has on the left."""

    def of_sketches(self, ink: torch.Tensor) -> torch.Tensor:
        return ink[..., :32].sum((1, 2, 3))[:, None]

    def of_photos(self, darkness: torch.Tensor) -> torch.Tensor:
        assert darkness.shape == (1, 3, 48, 64)
        return torch.ones(1, 1)


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(meaning, "load", Ink)
    photo = np.zeros((48, 64, 3), np.uint8)
    return SimpleNamespace(view=SimpleNamespace(size=(64, 48)), subject=SimpleNamespace(rgb=photo))


def outcome(losses: list[float], *, segments: int = 1) -> Outcome:
    """One stroke each, of the candidates 0, 1, 2, ... ever further to the left; the array has room for ``segments``."""
    points = np.full((len(losses), 1, 3 * segments + 1, 2), np.nan, np.float32)
    for k in range(len(losses)):
        points[k, 0, :4] = [[58.0 - 15 * k, y] for y in (5.0, 15.0, 25.0, 40.0)]
    return Outcome(points, losses, max(losses), 1)


@pytest.mark.parametrize("segments", [1, 3])
def test_meaning_decides_among_those_that_fit_as_well(stages: Any, segments: int) -> None:
    assert levels._ranked(outcome([1.0, 1.01, 1.03, 1.3], segments=segments), stages) == [2, 0, 1, 3]


def test_what_does_not_fit_is_not_taken_for_its_meaning(stages: Any) -> None:
    assert levels._ranked(outcome([1.0, 1.5, 1.2]), stages) == [0, 2, 1]


def test_one_candidate_needs_no_tower(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning, "load", None)
    nothing: Any = SimpleNamespace()
    assert levels._ranked(outcome([1.0]), nothing) == [0]
