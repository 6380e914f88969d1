"""Our Adam takes the steps of PyTorch's, to the last bit, and brings no compiler along."""

from __future__ import annotations

import subprocess
import sys

import torch

from clipasso_engine.optimising.adam import Adam


def test_the_steps_are_pytorchs() -> None:
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(3, 5, 4, 2, generator=generator)
    target = torch.randn(3, 5, 4, 2, generator=generator)
    ours, theirs = (start.clone().requires_grad_(True) for _ in range(2))
    adam, reference = Adam(ours), torch.optim.Adam([theirs], lr=0.5)
    for number in range(50):
        rate = 0.5 / (1 + number)
        reference.param_groups[0]["lr"] = rate
        for points in (ours, theirs):
            ((points - target).abs() ** 1.5).sum().backward()
        adam.step(rate)
        reference.step()
        reference.zero_grad()
        assert torch.equal(ours, theirs), number
    assert (ours - target).abs().mean() < 0.8 * (start - target).abs().mean()


def test_no_compiler_is_imported() -> None:
    program = (
        "import sys, torch; from clipasso_engine.optimising.adam import Adam; x = torch.ones(2, requires_grad=True);"
        "x.sum().backward(); Adam(x).step(0.1); assert 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
