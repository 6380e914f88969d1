"""Lines that no honest extension sends to a worker, for those who make them up: Hypothesis and Atheris."""

from __future__ import annotations

import dataclasses
import io
import json
import sys
import types
from typing import Any

from hypothesis import strategies as st

import clipasso_engine
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.protocol import decode, encode
from clipasso_engine.contract.sketch import Sketch
from clipasso_engine.serving.worker import Worker

FIELDS = [option.name for option in dataclasses.fields(SketchJob)]
_SHAPE = [[[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]]
HONEST: dict[str, Any] = {
    **SketchJob("a.png", levels=(16, 8)).to_message(),
    "drawn": [[[0, 0], [0.2, 0.5], [0.7, 0.5], [1, 1]]],
    "mask": [_SHAPE],
    "clips": [[_SHAPE]],
    "details": [_SHAPE],
    "photo_bytes": "YWJj",
}

_numbers = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([2.0, 10**400, -(10**399), 2**31, 2**63, 513, 1e308, 9e8, float("nan"), float("inf"), -0.0]),
)
_texts = st.one_of(
    st.text(max_size=20),
    st.text(st.characters(codec=None, categories=["Cs", "Cc", "Lu"]), max_size=8),
    st.sampled_from(["", "\0", "\ud800", "\udcff", "../../etc/passwd", "/dev/zero", "auto", "native", "x" * 5000]),
)
_leaves = st.one_of(st.none(), st.booleans(), _numbers, _texts)
_values = st.recursive(
    _leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(_texts, inner, max_size=3)),
    max_leaves=20,
)


@st.composite
def changed(draw: st.DrawFn) -> dict[str, Any]:
    """An honest job of which some values, at any depth, are others, or are gone, or are more."""
    message = json.loads(json.dumps(HONEST))
    for _ in range(draw(st.integers(1, 4))):
        place: Any = message
        key: Any = draw(st.sampled_from([*FIELDS, "type"]))
        while isinstance(place.get(key) if isinstance(place, dict) else place[key], list) and draw(st.booleans()):
            place = place.get(key) if isinstance(place, dict) else place[key]
            if not place:
                break
            key = draw(st.integers(0, len(place) - 1))
        else:
            place[key] = draw(_values)
    if draw(st.integers(0, 9)) == 0:
        message[draw(_texts)] = draw(_values)
    return message


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """A line: a changed job as JSON, with bytes of it changed, cut off or doubled in a third of the cases."""
    line = bytearray(json.dumps(draw(changed())).encode("ascii"))
    if draw(st.integers(0, 2)) == 0:
        for _ in range(draw(st.integers(1, 5))):
            place = draw(st.integers(0, len(line) - 1))
            line[place : place + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(line).replace(b"\n", b" ") + b"\n"


def stand_in_pipeline() -> None:
    """From here on the engine's pipeline does nothing but answer, in this process."""

    def sketch(job: SketchJob, *_: object) -> tuple[list[Sketch], dict[str, Any]]:
        return [Sketch(level, 10, 20, (), 0.5) for level in job.levels], {"seconds": {}}

    pipeline: Any = types.ModuleType("clipasso_engine.pipeline")
    pipeline.sketch = sketch
    sys.modules[pipeline.__name__] = pipeline
    clipasso_engine.pipeline = pipeline  # type: ignore[attr-defined]


def answer(line: bytes) -> dict[str, Any] | None:
    """What the real worker, in this process, says to one line, ``hello`` and stages left out; None if it says nothing.

    Asserts that it is a result, or a refusal in one short sentence with a code.
    """
    told = io.BytesIO()
    Worker(io.BytesIO(line), told, lambda: None, start_up=False).serve()
    said = [
        message for message in map(decode, told.getvalue().splitlines()) if message["type"] not in ("hello", "stage")
    ]
    assert len(said) <= 1
    if not said:
        return None
    (message,) = said
    if message["type"] != "result":
        assert message["type"] == "error", message
        assert message["kind"] == "user", message
        assert message["code"], message
        assert message["log"] == ""
        assert len(message["message"]) < 400, message
        assert len(message["message"].splitlines()) == 1, message
        message["message"].encode("utf-8")
    encode(message)
    return message
