"""What drawing costs: ``python tests/bench/rasterizer.py``. docs/rasterizer.md holds what it printed, and when.

All times are processor time, which other work on the machine disturbs least; on one thread and a quiet machine that is
what a clock on the wall shows.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from clipasso_engine.optimising.rasterizer import native, pytorch, render  # noqa: E402

SIZE = 224
LINE_WIDTH = 3.0

FIRST_CALL = """
import time
import torch
started = time.process_time()
from clipasso_engine.optimising.rasterizer import render
render(torch.rand(1, 4, 2, requires_grad=True) * 100, 224, 224, 3.0).sum().backward()
print(time.process_time() - started)
"""


def scene(strokes: int) -> torch.Tensor:
    """Strokes of random places and shapes, some 90 px long: [strokes, 4, 2]."""
    random = torch.Generator().manual_seed(0)
    places = 12 + 200 * torch.rand(strokes, 1, 2, generator=random)
    return places + 25 * torch.randn(strokes, 4, 2, generator=random)


def milliseconds(strokes: int, repeats: int) -> tuple[list[float], list[float]]:
    """Forward and backward times of ``repeats`` drawings, after three that do not count."""
    points = scene(strokes).requires_grad_()
    weight = torch.randn(SIZE, SIZE, generator=torch.Generator().manual_seed(1))
    forward, backward = [], []
    for _ in range(repeats + 3):
        begun = time.thread_time()
        ink = render(points, SIZE, SIZE, LINE_WIDTH)
        drawn = time.thread_time()
        ink.backward(weight)
        forward.append(1e3 * (drawn - begun))
        backward.append(1e3 * (time.thread_time() - drawn))
    return forward[3:], backward[3:]


def table(name: str, repeats: int) -> None:
    print(f"\n{name}: forward + backward in ms, median (best) of {repeats}")
    for strokes in (4, 16, 64, 128):
        forward, backward = milliseconds(strokes, repeats)
        medians = f"{statistics.median(forward):8.2f} + {statistics.median(backward):.2f}"
        print(f"{strokes:5d} strokes {medians}   ({min(forward):.2f} + {min(backward):.2f})")


def first_call(cache: str) -> float:
    """Processor seconds from importing the rasteriser, torch being there, to the first gradient, in a new process."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache, "PYTHONPATH": str(ROOT)}
    program = [sys.executable, "-c", FIRST_CALL]
    return float(subprocess.run(program, env=environment, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    torch.set_num_threads(1)
    print(f"{SIZE} x {SIZE}, lines of {LINE_WIDTH:g} px, 1 thread, torch {torch.__version__}")
    with tempfile.TemporaryDirectory() as cache:
        print(f"first call ever, with compilation: {first_call(cache):.1f} s")
        later = [first_call(cache) for _ in range(5)]
        print(f"first call of a later process: {statistics.median(later):.2f} s (best {min(later):.2f})")
    table("compiled", 100)
    vars(native)["kernels"] = lambda: None  # as where Numba cannot be imported
    table(pytorch.__name__.rpartition(".")[2], 15)


if __name__ == "__main__":
    main()
