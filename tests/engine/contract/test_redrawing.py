"""What is asked of a sketch that is drawn once more, on its way to the engine and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clipasso_engine.contract.codes import ErrorCode
from clipasso_engine.contract.errors import CodedError
from clipasso_engine.contract.protocol import decode, encode
from clipasso_engine.contract.redrawing import Animation, Plot, Redrawn, from_message
from clipasso_engine.serving import redrawing_run
from tests.support import drawn_sketches


@pytest.mark.parametrize(
    "wish",
    [
        Animation(),
        Animation(b"<svg/>\xff", "a.svg", 7, ("x", "ü"), "gif", 3.0, 0.25, 0.0, False, "layer", "page", 99),
        Plot(b"<svg/>", "a.svg", one_line=True, sheet="document", margin=0.0),
    ],
)
def test_a_wish_survives_the_journey(wish: Animation | Plot) -> None:
    kind: Any = type(wish)
    assert from_message(kind, decode(encode(wish.to_message()))) == wish


def test_an_answer_survives_the_journey() -> None:
    done = Redrawn((b"GIF89a\0\xff", b""), ("a", "b"), {"down": 12.5})
    assert Redrawn.from_message(decode(encode(done.to_message()))) == done


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"document": "?"}, ErrorCode.OPTION_MISFIT),
        ({"document": 5}, ErrorCode.OPTION_MISFIT),
        ({"document": "é"}, ErrorCode.OPTION_MISFIT),
        ({"length": "long"}, ErrorCode.OPTION_MISFIT),
        ({"length": 10**400}, ErrorCode.OPTION_MISFIT),
        ({"length": 0.4}, ErrorCode.OPTION_OUT_OF_RANGE),
        ({"pause": -1}, ErrorCode.OPTION_OUT_OF_RANGE),
        ({"pause": True}, ErrorCode.OPTION_MISFIT),
        ({"size": 4097}, ErrorCode.OPTION_OUT_OF_RANGE),
        ({"size": 99.5}, ErrorCode.OPTION_MISFIT),
        ({"loop": "false"}, ErrorCode.OPTION_MISFIT),
        ({"layers": "a"}, ErrorCode.OPTION_MISFIT),
        ({"film": "mov"}, ErrorCode.OPTION_MISFIT),
        ({"colour": "red"}, ErrorCode.JOB_OPTIONS_UNKNOWN),
    ],
)
def test_nonsense_gets_a_sentence(change: dict[str, Any], code: ErrorCode) -> None:
    message = {**json.loads(encode(Animation().to_message())), **change}
    with pytest.raises(CodedError) as error:
        from_message(Animation, message)
    assert error.value.code == code
    assert "{" not in str(error.value)


def test_the_worker_does_what_is_asked(tmp_path: Any) -> None:
    content = drawn_sketches.write(tmp_path / "a.svg").read_bytes()
    for wish, begin in (
        (Animation(content, "a.svg", film="gif", size=32), b"GIF89a"),
        (Plot(content, "a.svg"), b"<?xml"),
    ):
        done = Redrawn.from_message(redrawing_run.run(decode(encode(wish.to_message()))))
        assert done.files[0].startswith(begin)
        assert len(done.order) == 7
