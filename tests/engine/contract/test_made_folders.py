"""The modes of what the engine writes under its home, whatever the umask."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from clipasso_engine.contract import paths
from clipasso_engine.serving import engine_log

pytestmark = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")


def modes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}


@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
@pytest.mark.parametrize("name", ["home", "a $x 'b' \"c\" é %s {0}"])
def test_folders_and_logs_are_our_users_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int, name: str
) -> None:
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / name))
    before = os.umask(umask)
    try:
        paths.make(paths.home() / "cache")
        paths.make(paths.models())
        engine_log.record_bug(ValueError("a bug"))
    finally:
        os.umask(before)
    assert modes(tmp_path / name) == {"cache": 0o700, "models": 0o700, "logs": 0o700, "logs/engine.log": 0o600}
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o700


def test_a_folder_that_is_there_stays_as_its_user_set_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o755)
    paths.make(tmp_path / "cache")
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o755


def test_a_log_does_not_grow_by_what_an_error_quotes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path))
    assert engine_log.record_bug(ValueError("x" * 10_000_000)) == engine_log.file()
    assert engine_log.file().stat().st_size <= engine_log.MAX_ENTRY
