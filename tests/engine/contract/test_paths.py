"""Where things are kept on machines that do not tell, or tell nonsense."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clipasso_engine.contract import paths
from clipasso_engine.contract.errors import UserError

ROOT = Path(__file__).parents[3]
SYSTEM_PYTHON = Path("/usr/bin/python3")  # one that every user may read


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("CLIPASSO_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(paths, "_home_beside_extension", lambda: None)
    monkeypatch.setattr(sys, "platform", "linux")
    return monkeypatch


def test_a_relative_xdg_folder_is_ignored(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("HOME", "/home/ann")
    bare.setenv("XDG_DATA_HOME", "data")
    assert paths.home() == Path("/home/ann/.local/share/clipasso")
    bare.setenv("XDG_DATA_HOME", "/data")
    assert paths.home() == Path("/data/clipasso")


def test_a_home_of_nobody(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("CLIPASSO_HOME", "~nosuchuser/x")
    with pytest.raises(UserError, match=r"no home folder of that name. Set CLIPASSO_HOME"):
        paths.home()


def test_a_user_without_a_home(bare: pytest.MonkeyPatch) -> None:
    bare.delenv("HOME")
    bare.setattr(Path, "home", _no_home)
    with pytest.raises(UserError, match=r"HOME is not set.*Set HOME"):
        paths.home()


def _no_home() -> Path:
    raise RuntimeError("Could not determine home directory.")


@pytest.mark.skipif(not SYSTEM_PYTHON.exists() or os.geteuid() != 0, reason="another user's rights are needed")
@pytest.mark.parametrize(
    ("environ", "words"),
    [({}, "Set HOME, or set CLIPASSO_HOME"), ({"CLIPASSO_HOME": "~nosuchuser/x"}, "CLIPASSO_HOME is '~nosuchuser/x'")],
)
def test_the_programs_say_so_in_one_sentence(tmp_path: Path, environ: dict[str, str], words: str) -> None:
    """As a user whose id has no name, and without HOME."""
    for program in (["install.py", "--uninstall"], ["inkscape_extension/programs/change_brush.py"]):
        script = ROOT / program[0]
        code = (
            f"import os, runpy, sys; sys.path.insert(0, {str(ROOT)!r}); sys.dont_write_bytecode = True; "
            f"os.setuid(54321); sys.argv = {[str(script), *program[1:]]!r}; "
            f"runpy.run_path({str(script)!r}, run_name='__main__')"
        )
        done = subprocess.run([SYSTEM_PYTHON, "-c", code], env=environ, capture_output=True, text=True, cwd=tmp_path)
        said = (done.stdout + done.stderr).strip()
        assert done.returncode == 1
        assert words in said
        assert "Traceback" not in said
        assert said.count("\n") == 0
    assert list(tmp_path.iterdir()) == []
