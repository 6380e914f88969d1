"""Work in several processes: every outcome once, the dead named, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from clipasso_engine.commands import parallel
from clipasso_engine.contract.codes import ErrorCode
from clipasso_engine.contract.errors import CodedError


def work(item: str) -> tuple[str, int]:
    if item == "refuse":
        raise CodedError(ErrorCode.PHOTO_MISSING, photo="p.png")
    if item == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if item == "bug":
        raise KeyError("a bug")
    return item.upper(), os.getpid()


@pytest.mark.parametrize("count", [1, 2])
def test_each_item_has_its_outcome(count: int) -> None:
    items = [*"abcdef", "refuse", *"gh"]
    outcomes = sorted(parallel.each(work, items, count), key=lambda outcome: outcome.number)
    assert [outcome.number for outcome in outcomes] == list(range(9))
    told = [str(outcome.error or (outcome.result or [""])[0]) for outcome in outcomes]
    assert told == [*"ABCDEF", "There is no photo at p.png.", *"GH"]
    (error,) = (outcome.error for outcome in outcomes if outcome.error)
    assert isinstance(error, CodedError)
    assert error.code == ErrorCode.PHOTO_MISSING
    processes = {outcome.result[1] for outcome in outcomes if outcome.result}
    assert (processes == {os.getpid()}) == (count == 1)
    assert len(processes) <= count


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_process_that_dies_takes_its_own_item_only() -> None:
    outcomes = {outcome.number: outcome for outcome in parallel.each(work, ["a", "die", "b", "die", "c"], 2)}
    assert [outcomes[number].result[0] for number in (0, 2, 4) if outcomes[number].result] == ["A", "B", "C"]
    assert all("ended unexpectedly (signal 9)" in str(outcomes[number].error) for number in (1, 3))


@pytest.mark.parametrize("count", [1, 2])
def test_a_bug_ends_it(count: int) -> None:
    with pytest.raises(KeyError, match="a bug"):
        list(parallel.each(work, ["a", "bug", "b"], count))


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_nothing_outlives_an_interrupt(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(
        textwrap.dedent("""
            import os, sys, time
            from pathlib import Path
            from clipasso_engine.commands import parallel

            def work(folder):
                Path(folder, str(os.getpid())).touch()
                time.sleep(60)

            if __name__ == "__main__":
                list(parallel.each(work, [sys.argv[1]] * 4, 2))
        """)
    )
    begun = tmp_path / "begun"
    begun.mkdir()
    program = subprocess.Popen([sys.executable, tmp_path / "slow.py", begun], start_new_session=True)
    end = time.monotonic() + 30
    while len(list(begun.iterdir())) < 2:
        assert time.monotonic() < end
        time.sleep(0.02)
    workers = [int(path.name) for path in begun.iterdir()]
    os.killpg(program.pid, signal.SIGINT)  # as a terminal does
    program.wait(10)
    assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]


def test_as_many_processes_as_there_is_use_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_cores", lambda: 4)
    monkeypatch.setattr(parallel, "_has_gpu", lambda: False)
    monkeypatch.setattr(parallel, "_available_memory", lambda: 64e9)
    assert parallel.processes(parallel.AUTO, 100, "auto") == 4
    assert parallel.processes(parallel.AUTO, 3, "cpu") == 3
    assert parallel.processes(9, 100, "cpu") == 9
    assert parallel.processes(parallel.AUTO, 100, "cuda") == 1
    monkeypatch.setattr(parallel, "_has_gpu", lambda: True)
    assert parallel.processes(parallel.AUTO, 100, "auto") == 1
    monkeypatch.setattr(parallel, "_available_memory", lambda: 3e9)
    assert parallel.processes(9, 100, "cpu") == 2
    monkeypatch.setattr(parallel, "_available_memory", lambda: 1e8)
    assert parallel.processes(parallel.AUTO, 100, "cpu") == 1
    monkeypatch.setattr(parallel, "_available_memory", lambda: None)
    assert parallel.processes(9, 100, "cpu") == 9
