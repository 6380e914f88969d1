"""What to do when a device has too little memory: ask it for less, then ask the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from ..contract.codes import NoticeCode

Result = TypeVar("Result")


class Say(Protocol):
    """Tells the user something, though the work goes on."""

    def __call__(self, code: NoticeCode, **details: object) -> None: ...


def with_less_memory(
    work: Callable[[str, int], Result],
    device: str,
    candidates: int,
    say: Say,
) -> Result:
    """``work(device, candidates)``; out of memory, again with half the candidates, and at last on the CPU.

    ``say`` is told each step. On the CPU, running out of memory is raised like any error.
    """
    while True:
        try:
            return work(device, candidates)
        except RuntimeError as error:
            # torch.OutOfMemoryError is one of these, but Apple's devices raise the plain kind.
            if device == "cpu" or "out of memory" not in str(error):
                raise
        # Outside the handler: the exception's traceback would keep the tensors of the failed try alive.
        if device == "cuda":
            import torch

            torch.cuda.empty_cache()
        if candidates > 1:
            candidates //= 2
            say(NoticeCode.FEWER_CANDIDATES, device=device, count=candidates)
        else:
            say(NoticeCode.GOING_ON_ON_CPU, device=device)
            device = "cpu"
