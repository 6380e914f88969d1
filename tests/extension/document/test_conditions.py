"""Languages, extensions and switches."""

import pytest

from inkscape_extension.document import conditions


@pytest.fixture(autouse=True)
def austrian(monkeypatch):
    for name in ("LC_MESSAGES", "LANG", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", "de_AT.UTF-8")


def drawn(root):
    return [each.get("id") for each in root.iter() if each.get("id") and conditions.hold(each)]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('systemLanguage="de"', True),
        ('systemLanguage="fr, de-at"', True),
        ('systemLanguage="de_AT"', True),
        ('systemLanguage="de-ch"', False),
        ('systemLanguage="fr"', False),
        ('systemLanguage=""', False),
        ('requiredExtensions="http://example.org/"', False),
    ],
)
def test_an_elements_own(svg, condition, holds):
    assert ("g" in drawn(svg(f'<g id="g" {condition}/>'))) == holds


def test_without_a_language_it_is_english(svg, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    assert drawn(svg('<g id="a" systemLanguage="en"/><g id="b" systemLanguage="de"/>')) == ["a"]


def test_a_switch_chooses_the_first(svg):
    content = '<title/><!-- --><g id="a" systemLanguage="fr"/><g id="b"/><g id="c"/>'
    assert drawn(svg(f"<switch>{content}</switch>")) == ["b"]
