"""Our Adam takes the steps of PyTorch's."""

from __future__ import annotations

import numpy as np
import torch

from clipasso_engine.optimising.adam import Adam


def test_the_steps_are_pytorchs() -> None:
    random = np.random.default_rng(0)
    start, target = random.standard_normal((2, 3, 5, 4, 2), np.float32)
    ours, theirs = start.copy(), torch.from_numpy(start.copy()).requires_grad_(True)
    adam, reference = Adam(ours), torch.optim.Adam([theirs], lr=0.5)
    for number in range(50):
        rate = 0.5 / (1 + number)
        reference.param_groups[0]["lr"] = rate
        ((theirs - torch.from_numpy(target)).abs() ** 1.5).sum().backward()
        adam.step(1.5 * np.sign(ours - target) * np.abs(ours - target) ** 0.5, rate)
        reference.step()
        reference.zero_grad()
        assert np.abs(ours - theirs.detach().numpy()).max() < 1e-4, number
    assert np.abs(ours - target).mean() < 0.8 * np.abs(start - target).mean()
