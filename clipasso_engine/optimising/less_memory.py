"""What to do when a device has too little memory: ask it for less, then ask the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

Result = TypeVar("Result")


def with_less_memory(
    work: Callable[[torch.device, int], Result],
    device: torch.device,
    candidates: int,
    say: Callable[[str], None],
) -> Result:
    """``work(device, candidates)``; out of memory, again with half the candidates, and at last on the CPU.

    ``say`` is told each step in a sentence for the user. On the CPU, running out of memory is raised like any error.
    """
    while True:
        try:
            return work(device, candidates)
        except RuntimeError as error:
            # torch.OutOfMemoryError is one of these, but Apple's devices raise the plain kind.
            if device.type == "cpu" or "out of memory" not in str(error):
                raise
        # Outside the handler: the exception's traceback would keep the tensors of the failed try alive.
        if device.type == "cuda":
            torch.cuda.empty_cache()
        if candidates > 1:
            candidates //= 2
            say(f"The {device.type} device ran out of memory; going on with {_count(candidates)}.")
        else:
            say(f"The {device.type} device ran out of memory; going on on the CPU.")
            device = torch.device("cpu")


def _count(candidates: int) -> str:
    return "1 candidate" if candidates == 1 else f"{candidates} candidates"
