"""Which command starts the engine."""

import pytest

from clipasso_engine.contract import paths
from clipasso_engine.contract.errors import UserError
from inkscape_extension.engine import setting


def test_the_dialogs_command_comes_first_and_is_taken_for_another_computer(installed_engine):
    how = setting.find("ssh 'gpu box' clipasso worker")
    assert (how.command, how.remote, how.warm) == (["ssh", "gpu box", "clipasso", "worker"], True, 0)
    assert setting.find(" ").command == installed_engine.command
    with pytest.raises(UserError, match="Check its quotes"):
        setting.find("ssh 'gpu")


def test_not_installed(home):
    with pytest.raises(UserError, match=r"is not installed \(.*engine\.json is missing\)\. Run install\.py"):
        setting.find()


def test_the_setting_of_the_home(installed_engine):
    assert setting.find().command == installed_engine.command


def test_an_installation_that_has_not_come_to_its_end(installed_engine, home):
    (home / "INCOMPLETE").touch()
    with pytest.raises(UserError, match=r"installation is not complete .*Run install\.py again"):
        setting.find()


def test_a_setting_beside_the_extension_comes_first(installed_engine, tmp_path, monkeypatch):
    beside = tmp_path / "clipasso" / "engine.json"
    beside.parent.mkdir()
    beside.write_text('{"command": ["beside"]}')
    monkeypatch.setattr(paths, "setting_beside_extension", lambda: beside)
    assert setting.find().command == ["beside"]


WARM = '{"command": ["x"], "warm": %s}'


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", '{"command": "x"}', '{"command": []}', '{"command": [1]}', "\udcff", "[" * 100_000),
        *(WARM % "NaN", WARM % "Infinity", WARM % "-1", WARM % '"long"', WARM % "[1]", WARM % ("9" * 400)),
        '{"command": ["x\\u0000"]}',
    ],
)
def test_a_damaged_setting(home, text):
    home.mkdir()
    (home / "engine.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(UserError, match=r"engine\.json .*Run install\.py again"):
        setting.find()
