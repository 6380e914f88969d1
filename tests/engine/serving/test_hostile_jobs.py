"""Thousands of messages that no honest extension sends, to the real worker in this process.

With more of them, guided by what code they reach: python -m tests.support.fuzz_jobs -runs=100000 (needs Atheris).
"""

from __future__ import annotations

import collections
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from clipasso_engine.serving import engine_log
from tests.support import hostile_jobs
from tests.support.long_runs import record, tries

TRIES = tries(check=300, long=12_000)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path))
    monkeypatch.setattr(engine_log, "redirect", lambda *_: None)  # this process's own streams stay
    monkeypatch.setitem(sys.modules, "clipasso_engine.pipeline", None)
    monkeypatch.setattr(hostile_jobs.clipasso_engine, "pipeline", None, raising=False)
    hostile_jobs.stand_in_pipeline()


def test_each_line_gets_a_result_or_one_sentence(stand_in: None) -> None:
    answers: collections.Counter[str] = collections.Counter()

    @settings(
        max_examples=TRIES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(hostile_jobs.lines())
    def send(line: bytes) -> None:
        message = hostile_jobs.answer(line)
        answers[message.get("code", "result") if message else "nothing, as of stop and cancel"] += 1

    send()
    assert not engine_log.file().exists(), "no bug, no traceback"
    assert sum(answers.values()) >= TRIES
    assert len(answers) > 10, answers
    record("jobs-hypothesis", lines=sum(answers.values()), answers=dict(answers.most_common()))
