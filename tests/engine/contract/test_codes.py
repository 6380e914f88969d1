"""Every code of an error or a notice: its text, the advice of the command line, and all places that raise it.

What Inkscape makes of the same codes is in tests/extension/test_advice.py.
"""

from __future__ import annotations

import ast
import json
import re

import pytest

from clipasso_engine.commands import advice
from clipasso_engine.contract import errors, events, texts
from clipasso_engine.contract.codes import ErrorCode, NoticeCode
from clipasso_engine.contract.errors import CodedError, UserError
from inkscape_extension import advice as inkscapes
from tests.support import code_uses
from tests.support.stand_in import ROOT

FLAG = re.compile(r"--\w|\bclipasso \w|install\.py")
"""What only the command line speaks of; also install.py, which is advice."""

MENU = re.compile(r" > |\b(page|dialog|menu|document|Inkscape|Extensions)\b|\b[Ss]elect\b")
"""What only a person in Inkscape can do."""

FOR_THE_COMMAND_LINE = (
    "clipasso_engine/bench/",
    "clipasso_engine/commands/",
    "clipasso_engine/output/",
    "clipasso_engine/training/",
    "clipasso_engine/weights/download.py",
    "clipasso_engine/weights/storing.py",
    "clipasso_engine/weights/transfer.py",
    "clipasso_engine/contract/paths.py",
)
"""Rooms whose errors nobody in Inkscape can meet, or that are mended alike everywhere, as those of environment
variables are: they may be raised as whole sentences."""

USES = code_uses.uses("ErrorCode")
NOTICE_USES = code_uses.uses("NoticeCode")


def details(*wanted: str | None) -> dict[str, str]:
    return {name: f"<{name}>" for text in wanted for name in code_uses.placeholders(text)}


def error(code: ErrorCode) -> CodedError:
    return CodedError(code, **details(texts.WHAT_AND_WHY[code], advice.ADVICE[code], inkscapes.ADVICE[code]))


def test_the_tables_hold_every_code() -> None:
    assert set(texts.WHAT_AND_WHY) == set(advice.ADVICE) == set(ErrorCode)
    assert set(texts.NOTICES) == set(advice.NOTICE_ADVICE) == set(NoticeCode)


def test_codes_are_named_alike_and_tell_different_things() -> None:
    for code in (*ErrorCode, *NoticeCode):
        assert code.value == code.name.lower().replace("_", "-")
    assert len({*texts.WHAT_AND_WHY.values(), *texts.NOTICES.values()}) == len(ErrorCode) + len(NoticeCode)


@pytest.mark.parametrize("text", [*texts.WHAT_AND_WHY.values(), *texts.NOTICES.values()])
def test_what_and_why_is_a_sentence_without_advice(text: str) -> None:
    assert re.match(r"[A-Z{]|diffvg |rembg ", text)
    assert text.endswith(".")
    assert "\n" not in text
    assert not FLAG.search(text)
    assert not MENU.search(text)


@pytest.mark.parametrize("code", ErrorCode)
def test_the_command_line_tells_what_why_and_what_to_do(code: ErrorCode) -> None:
    sentence, what_to_do = advice.told(error(code)), advice.ADVICE[code]
    assert sentence.startswith(str(error(code)))
    assert "{" not in sentence
    assert not MENU.search(sentence)
    if what_to_do is None:
        assert sentence == str(error(code))
    else:
        assert re.match(r"[A-Z].*\.$", what_to_do)
        assert sentence == f"{error(code)} {what_to_do.format(**error(code).details)}"


@pytest.mark.parametrize("code", NoticeCode)
def test_the_command_line_tells_notices(code: NoticeCode) -> None:
    event = events.notice(code, **details(texts.NOTICES[code]))
    sentence = advice.told_notice(event)
    assert sentence.startswith(event["message"])
    assert not MENU.search(sentence)
    assert sentence.endswith(".")


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_is_raised_with_all_that_its_sentences_need(code: ErrorCode) -> None:
    needed = set(details(texts.WHAT_AND_WHY[code], advice.ADVICE[code], inkscapes.ADVICE[code]))
    raised = [use for use in USES if use.code == code.name]
    assert raised, "nobody raises it"
    assert [use for use in raised if use.details != needed] == [], needed


@pytest.mark.parametrize("code", NoticeCode)
def test_every_notice_is_given_with_all_that_its_sentences_need(code: NoticeCode) -> None:
    needed = set(details(texts.NOTICES[code], advice.NOTICE_ADVICE[code], inkscapes.NOTICE_ADVICE[code]))
    given = [use for use in NOTICE_USES if use.code == code.name]
    assert given, "nobody gives it"
    assert [use for use in given if use.details != needed] == [], needed


def test_the_engine_raises_whole_sentences_only_where_the_command_line_alone_can_meet_them() -> None:
    raised = {
        path.relative_to(ROOT).as_posix()
        for path in code_uses.sources("clipasso_engine")
        for call in code_uses.calls(path)
        if isinstance(call.func, ast.Name) and call.func.id == "UserError"
    } - {"clipasso_engine/contract/errors.py"}
    assert raised, "the search finds none"
    assert [path for path in sorted(raised) if not path.startswith(FOR_THE_COMMAND_LINE)] == []


@pytest.mark.parametrize("code", ErrorCode)
def test_an_error_survives_the_journey(code: ErrorCode) -> None:
    sent = error(code)
    got = errors.from_message(json.loads(json.dumps(sent.to_message())))
    assert isinstance(got, CodedError)
    assert (got.code, got.details, str(got)) == (sent.code, sent.details, str(sent))


@pytest.mark.parametrize(
    "message",
    [
        {"message": "The moon is down."},
        {"message": "The moon is down.", "code": "moon-is-down", "details": {}},
        {"message": "The moon is down.", "code": "photo-missing", "details": {"star": "x"}},
        {"message": "The moon is down.", "code": "photo-missing", "details": None},
        {"message": "The moon is down.", "code": ["photo-missing"], "details": {}},
    ],
)
def test_what_another_version_tells_is_told_in_its_english(message: dict[str, object]) -> None:
    got = errors.from_message({"type": "error", "kind": "user", **message})
    assert type(got) is UserError
    assert str(got) == "The moon is down."
