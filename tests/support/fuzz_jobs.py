"""Lines for the worker, guided by what code they reach: ``python -m tests.support.fuzz_jobs -runs=100000``.

Needs Atheris (pip install atheris; it has wheels for Linux), which is not among the development packages, since it has
none for every Python and system that they are for. Arguments are libFuzzer's. Ends with a traceback at the first line
that is answered with a bug.
"""

from __future__ import annotations

import json
import sys
import tempfile

import atheris
from hypothesis import HealthCheck, given, settings

with atheris.instrument_imports(include=["clipasso_engine.contract", "clipasso_engine.serving", "json"]):
    from clipasso_engine.serving import engine_log
    from tests.support import hostile_jobs


@settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(hostile_jobs.lines())
def _send_well_formed(line: bytes) -> None:
    hostile_jobs.answer(line)


def _send(data: bytes) -> None:
    """The bytes as they are, and as what Hypothesis makes of them: most of the first are no JSON."""
    hostile_jobs.answer(data.replace(b"\n", b" ") + b"\n")
    _send_well_formed.hypothesis.fuzz_one_input(data)  # type: ignore[attr-defined]


def main() -> None:
    hostile_jobs.stand_in_pipeline()
    engine_log.redirect = lambda *_: None
    with tempfile.TemporaryDirectory() as corpus:
        with open(f"{corpus}/honest", "wb") as file:
            file.write(json.dumps(hostile_jobs.HONEST).encode("ascii"))
        atheris.Setup([*sys.argv, corpus], _send)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
