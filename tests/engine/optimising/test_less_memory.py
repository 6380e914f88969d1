"""Running out of memory: fewer candidates, then the CPU."""

from __future__ import annotations

import pytest
import torch

from clipasso_engine.contract import events
from clipasso_engine.contract.codes import NoticeCode
from clipasso_engine.optimising.less_memory import with_less_memory

CUDA, CPU = "cuda", "cpu"


class Device:
    """Work that fits where ``fits`` says so."""

    def __init__(self, fits: int, error: type[RuntimeError] = torch.OutOfMemoryError) -> None:
        self._fits, self._error = fits, error
        self.tries: list[tuple[str, int]] = []

    def __call__(self, device: str, candidates: int) -> str:
        self.tries.append((device, candidates))
        if device != "cpu" and candidates > self._fits:
            raise self._error("CUDA out of memory. Tried to allocate 2.00 GiB")
        return f"{candidates} on {device}"


class Said:
    """What the user is told."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def note(self, code: NoticeCode, **details: object) -> None:
        self.sentences.append(events.notice(code, **details)["message"])


def test_work_that_fits_is_done_as_asked() -> None:
    said = Said()
    assert with_less_memory(Device(8), CUDA, 8, said.note) == "8 on cuda"
    assert not said.sentences


def test_candidates_are_halved_until_they_fit_and_the_user_is_told() -> None:
    said = Said()
    work = Device(2)
    assert with_less_memory(work, CUDA, 8, said.note) == "2 on cuda"
    assert work.tries == [("cuda", 8), ("cuda", 4), ("cuda", 2)]
    assert said.sentences == [
        "The cuda device ran out of memory; going on with 4 of the candidates.",
        "The cuda device ran out of memory; going on with 2 of the candidates.",
    ]


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, RuntimeError])
def test_at_last_the_cpu_does_it(error: type[RuntimeError]) -> None:
    said = Said()
    assert with_less_memory(Device(0, error), "mps", 2, said.note) == "1 on cpu"
    assert said.sentences[-1] == "The mps device ran out of memory; going on on the CPU."


def test_other_errors_and_a_full_cpu_are_raised() -> None:
    def full(device: str, candidates: int) -> None:
        raise RuntimeError("out of memory")

    def broken(device: str, candidates: int) -> None:
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="out of memory"):
        with_less_memory(full, CPU, 4, Said().note)
    said = Said()
    with pytest.raises(RuntimeError, match="shapes"):
        with_less_memory(broken, CUDA, 4, said.note)
    assert not said.sentences
