"""Inkscape's look, as its preferences have it."""

import pytest

from inkscape_extension.window import theme

PREFERENCES = '<inkscape version="1"><group id="other" darkTheme="1"/><group id="theme" {}/></inkscape>'


@pytest.mark.parametrize(
    ("attributes", "dark"),
    [
        ('darkTheme="1"', True),
        ('darkTheme="0" preferDarkTheme="1"', False),
        ('preferDarkTheme="1"', True),
        ('preferDarkTheme="0" defaultPreferDarkTheme="1"', False),
        ("", True),
    ],
)
def test_what_inkscape_wrote(tmp_path, monkeypatch, attributes, dark):
    monkeypatch.setenv("INKSCAPE_PROFILE_DIR", str(tmp_path))
    (tmp_path / "preferences.xml").write_text(PREFERENCES.format(attributes))
    assert theme.is_dark() is dark


def test_nothing_that_can_be_read(tmp_path, monkeypatch):
    monkeypatch.delenv("INKSCAPE_PROFILE_DIR", raising=False)
    assert theme.is_dark() is None
    monkeypatch.setenv("INKSCAPE_PROFILE_DIR", str(tmp_path))
    assert theme.is_dark() is True
    (tmp_path / "preferences.xml").write_text("<inkscape>")
    assert theme.is_dark() is True
