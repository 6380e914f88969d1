"""The translations: complete, up to date, and fit for what is put into them."""

import gettext
import importlib.util
import os
import string
import subprocess
import sys

import pytest

from tests.support.stand_in import ROOT

_spec = importlib.util.spec_from_file_location("update", ROOT / "po" / "update.py")
update = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(update)

LANGUAGES = sorted(path.stem for path in (ROOT / "po").glob("*.po"))
AFTER = "Run po/update.py after a change of texts."


def fields(text):
    return sorted((name, form, how) for _, name, form, how in string.Formatter().parse(text) if name is not None)


def test_there_are_german_and_french():
    assert LANGUAGES == ["de", "fr"]


def test_the_template_has_all_texts():
    assert update.TEMPLATE.read_text(encoding="utf-8") == update.written(update.header(""), {}), AFTER


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_complete_and_its_catalogue_is_made_from_it(language):
    catalogue = update.read(ROOT / "po" / f"{language}.po")
    assert [text for text in update.texts() if not catalogue.get(text)] == []
    assert update.catalogue_file(language).read_bytes() == update.compiled(catalogue), AFTER


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_put_into_a_text_is_in_its_translation(language):
    for text, translation in update.read(ROOT / "po" / f"{language}.po").items():
        if "{" in text:
            assert fields(translation) == fields(text), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_pythons_gettext_reads_the_catalogue(language):
    catalogue = gettext.translation(update.DOMAIN, str(ROOT / "locale"), languages=[language])
    expected = update.read(ROOT / "po" / f"{language}.po")
    assert all(catalogue.gettext(text) == expected[text] for text in update.texts())


def test_a_po_file_survives_reading_and_writing():
    path = ROOT / "po" / "de.po"
    catalogue = update.read(path)
    assert update.written(catalogue[""], catalogue) == path.read_text(encoding="utf-8")


def test_a_message_is_in_the_users_language():
    code = "from inkscape_extension.translation import translated; print(ascii(translated('_Close')))"
    environment = {**os.environ, "LANGUAGE": "de", "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=30)
    assert done.stdout.strip() == ascii("_Schließen")


def test_every_extension_says_whose_texts_it_has():
    for path in ROOT.glob("*.inx"):
        assert f'translationdomain="{update.DOMAIN}"' in path.read_text(encoding="utf-8"), path.name
