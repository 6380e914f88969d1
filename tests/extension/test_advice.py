"""What a person in Inkscape reads of the engine's codes, in each language.

The texts themselves, and what the command line makes of them, are in tests/engine/contract/test_codes.py.
"""

import ast
import gettext
import json
import os
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from clipasso_engine.contract import events, texts
from clipasso_engine.contract.codes import ErrorCode, NoticeCode
from clipasso_engine.contract.errors import CodedError
from inkscape_extension import advice
from inkscape_extension.window import progress
from tests.support import code_uses
from tests.support.stand_in import ROOT

LANGUAGES = ("de", "fr")
COMMAND_LINE = re.compile(r"--\w|\bclipasso \w")
"""An option or a command."""


def catalogue(language):
    return gettext.translation("clipasso", str(ROOT / "locale"), languages=[language])


def details(*wanted):
    return {name: f"<{name}>" for text in wanted for name in code_uses.placeholders(text)}


def error(code):
    return CodedError(code, **details(texts.WHAT_AND_WHY[code], advice.ADVICE[code]))


def test_the_tables_hold_every_code():
    assert set(advice.ADVICE) == set(ErrorCode)
    assert set(advice.NOTICE_ADVICE) == set(NoticeCode)


@pytest.mark.parametrize("code", ErrorCode)
def test_inkscape_tells_what_why_and_what_to_do(code):
    sentence, what_to_do = advice.told(error(code)), advice.ADVICE[code]
    assert sentence.startswith(str(error(code)))
    assert "{" not in sentence
    assert not COMMAND_LINE.search(sentence)
    if what_to_do is None:
        assert sentence == str(error(code))
    else:
        assert re.match(r"[A-Z].*\.$", what_to_do)
        assert sentence == f"{error(code)} {what_to_do.format(**error(code).details)}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", [*ErrorCode, *NoticeCode])
def test_what_and_why_and_advice_are_translated(code, language):
    of_an_error = isinstance(code, ErrorCode)
    table, advices = (texts.WHAT_AND_WHY, advice.ADVICE) if of_an_error else (texts.NOTICES, advice.NOTICE_ADVICE)
    for text in filter(None, (table[code], advices[code])):
        translation = catalogue(language).gettext(text)
        assert translation != text
        assert code_uses.placeholders(translation) == code_uses.placeholders(text)
        assert not COMMAND_LINE.search(translation)
        assert translation.endswith(".")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_german_or_french_person_reads_no_english(language):
    """All sentences, made in a process that speaks the language, hold nothing of the English ones."""
    program = """
import json
from clipasso_engine.contract import events, texts
from clipasso_engine.contract.codes import ErrorCode, NoticeCode
from clipasso_engine.contract.errors import CodedError
from inkscape_extension import advice
from tests.support.code_uses import placeholders
told = {}
for code in ErrorCode:
    names = placeholders(texts.WHAT_AND_WHY[code]) | placeholders(advice.ADVICE[code])
    told[code.value] = advice.told(CodedError(code, **dict.fromkeys(names, "7")))
for code in NoticeCode:
    names = placeholders(texts.NOTICES[code])
    told[code.value] = advice.told_notice(events.notice(code, **dict.fromkeys(names, "7")))
print(json.dumps(told))
"""
    environment = {**os.environ, "LANGUAGE": language, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    told = json.loads(done.stdout)
    assert set(told) == {code.value for code in (*ErrorCode, *NoticeCode)}
    for code in ErrorCode:
        parts = [catalogue(language).gettext(text) for text in (texts.WHAT_AND_WHY[code], advice.ADVICE[code]) if text]
        sevens = {name: "7" for part in parts for name in code_uses.placeholders(part)}
        assert told[code.value] == " ".join(parts).format(**sevens)
    english = re.compile(r"\b(the|is|are|cannot|again|choose|photo of|strokes)\b", re.IGNORECASE)
    assert {code: sentence for code, sentence in told.items() if english.search(sentence)} == {}


@pytest.mark.parametrize("code", NoticeCode)
def test_inkscape_tells_notices(code):
    event = events.notice(code, **details(texts.NOTICES[code]))
    shown = progress.Progress(None)
    shown.heed(event)
    assert shown.notice.startswith(event["message"])
    assert not COMMAND_LINE.search(shown.notice)
    assert (shown.notice == event["message"]) == (advice.NOTICE_ADVICE[code] is None)


@pytest.mark.parametrize(
    "unknown", [{}, {"code": "moon-is-down", "details": {}}, {"code": "rembg-failed", "details": {}}]
)
def test_a_notice_of_another_version_is_told_in_its_english(unknown):
    assert advice.told_notice({"type": "notice", "message": "The moon is down.", **unknown}) == "The moon is down."


def test_an_advice_that_lacks_its_details_is_left_out():
    code = ErrorCode.PHOTO_TOO_LARGE
    assert advice.told(CodedError(code, **details(texts.WHAT_AND_WHY[code]))) == texts.WHAT_AND_WHY[code].format(
        **details(texts.WHAT_AND_WHY[code])
    )


def test_the_window_knows_every_stage_of_the_engine():
    named = set()
    for path in code_uses.sources("clipasso_engine"):
        for call in code_uses.calls(path):
            if isinstance(call.func, ast.Attribute) and call.func.attr == "stage":
                named.add(ast.literal_eval(call.args[0]))
            for message in (argument for argument in call.args if isinstance(argument, ast.Dict)):
                fields = {ast.dump(key): value for key, value in zip(message.keys, message.values, strict=True) if key}
                kind, name = fields.get("Constant(value='type')"), fields.get("Constant(value='name')")
                if isinstance(kind, ast.Constant) and kind.value == "stage" and isinstance(name, ast.Constant):
                    named.add(name.value)
    assert named == set(progress._STAGES)


def test_no_text_that_inkscape_shows_names_an_option_of_the_command_line():
    for language in LANGUAGES:
        for text, translation in catalogue(language)._catalog.items():
            assert not re.search(r"--\w", text)
            assert not re.search(r"--\w", translation)


def test_the_extensions_own_sentences_are_translated():
    """Each text in what it raises, returns or tells is the argument of ``translated``."""
    raised = 0
    for path in code_uses.sources("inkscape_extension"):
        for call in code_uses.calls(path):
            if not (isinstance(call.func, ast.Name) and call.func.id == "UserError"):
                continue
            raised += 1
            whole: set[ast.AST] = {node for node in ast.walk(call) if isinstance(node, ast.Constant)}
            for inner in ast.walk(call):
                if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "translated":
                    whole -= set(ast.walk(inner))
            assert [text for node in whole if " " in (text := str(getattr(node, "value", ""))).strip()] == [], path
    assert raised > 20


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_what_an_advice_names_is_in_the_dialog(language):
    """Fields, choices and pages, by the names that they have in the language."""
    translate = str if language == "en" else catalogue(language).gettext
    labels = {}
    for element in ElementTree.parse(ROOT / "clipasso.inx").iter():
        for label in filter(None, (element.get("gui-text"), element.text and element.text.strip())):
            labels[name_of(label)] = name_of(translate(label))
    named = 0
    for text in filter(None, advice.ADVICE.values()):
        translation = translate(text)
        for name in [*re.findall("“([^”]+)”", text), *re.findall("page ([A-Z][a-z]+(?: [A-Z][a-z]+)?)", text)]:
            named += 1
            assert labels[name] in translation
    assert named > 10


def name_of(label):
    """Without what stands behind it: ``Draft, fastest`` is called Draft, ``Guided by:`` Guided by."""
    return label.split(",")[0].rstrip(": \u00a0")
