"""The zip for Inkscape's Extension Manager: what is in it, and that it works where that unpacks it."""

import ast
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from clipasso_engine import __version__
from clipasso_engine.contract.installed_files import Record
from installer import extension, gallery
from installer.environment import CHECKOUT

MANAGER = Path("/usr/share/inkscape/extensions/inkman/inkman")
DISTRIBUTION_PYTHON = Path("/usr/bin/python3")

# Runs the Extension Manager's own code as its button does; what it needs for the network is not there.
INSTALL = """
import os, sys
from unittest.mock import MagicMock
sys.modules["appdirs"] = MagicMock(user_cache_dir=lambda *words: os.environ["INKSCAPE_PROFILE_DIR"] + "/cache")
for name in ("requests", "cachecontrol", "cachecontrol.caches", "cachecontrol.caches.file_cache",
             "cachecontrol.heuristics"):
    sys.modules[name] = MagicMock()
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/../.."]
from inkman.targets import TARGETS
print(TARGETS[0]._install(sys.argv[2], {}))
"""


@pytest.fixture(scope="module")
def content():
    return gallery.content()


@pytest.fixture(scope="module")
def archive(content):
    return zipfile.ZipFile(io.BytesIO(content))


def test_the_same_files_make_the_same_bytes(content, run_install, tmp_path):
    target = tmp_path / "clipasso.zip"
    status, said = run_install("--gallery-zip", str(target))
    assert status == 0
    assert "MB" in said
    assert target.read_bytes() == content


def test_it_holds_the_extension_and_all_that_setting_up_the_engine_takes(archive):
    names = archive.namelist()
    assert len(names) == len(set(names))
    copied = {name for name, path in extension.files().items() if path == CHECKOUT / name}
    assert copied < set(names)
    for name in (
        "LICENSE",
        "install.py",
        "installer/environment.py",
        "requirements/engine.txt",
        "clipasso_engine/pipeline.py",
        "clipasso_engine/weights/NOTICE",
        "locale/de/LC_MESSAGES/clipasso.mo",
    ):
        assert archive.read(name) == (CHECKOUT / name).read_bytes(), name
    assert {path.name for path in (CHECKOUT / "clipasso_engine/weights").glob("*.safetensors")} <= {
        Path(name).name for name in names
    }
    assert not [name for name in names if name.startswith(("tests/", "docs/", "po/"))]


def test_it_is_what_the_extension_manager_takes(archive):
    names = archive.namelist()
    assert not [name for name in names if name.endswith("setup.py")], "would be taken for a package for pip"
    assert next(name for name in names if name.endswith(".inx")) == "clipasso.inx", "names the folder it goes to"
    assert not [name for name in names if name.startswith("/") or ".." in name or name.endswith("/")]


def test_all_of_its_programs_are_readable_source(archive):
    kinds = {Path(name).suffix for name in archive.namelist()}
    assert kinds - {".0"} == {
        "",
        ".html",
        ".inx",
        ".json",
        ".md",
        ".mo",
        ".onnx",
        ".png",
        ".py",
        ".safetensors",
        ".toml",
        ".txt",
    }
    for name in archive.namelist():
        if name.endswith(".py"):
            ast.parse(archive.read(name).decode("utf-8"))


def test_its_record_tells_of_its_files(archive, tmp_path):
    archive.extractall(tmp_path)
    record = Record.read(tmp_path)
    assert record.version == __version__
    assert set(record.sha256) == {*archive.namelist()} - {"files.json"}
    assert record.changed(tmp_path) == []


def test_a_name_that_the_extension_manager_would_not_take(run_install, tmp_path):
    status, said = run_install("--gallery-zip", str(tmp_path / "clipasso.tar"))
    assert status == 1
    assert "must end in .zip" in said


def test_install_py_in_it_tells_what_it_would_do_and_does_nothing(archive, tmp_path):
    archive.extractall(tmp_path / "unpacked")
    home = tmp_path / "home"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environ |= {"CLIPASSO_HOME": str(home), "PIP_INDEX_URL": "https://me:secret@mirror.example/simple"}
    command = [sys.executable, "-E", "-s", "-B", tmp_path / "unpacked/install.py", "--plan", "--messages"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ, text=True) as process:
        plan = json.loads(process.stdout.readline())
        assert process.wait(60) == 0
    assert plan["type"] == "plan", plan
    assert plan["home"] == str(home)
    assert plan["hosts"][-1] == "mirror.example"
    assert 200e6 < plan["download"] < plan["disk"]
    assert not home.exists()


@pytest.mark.skipif(not MANAGER.is_dir(), reason="Inkscape's Extension Manager is not there")
def test_the_extension_manager_itself_unpacks_it(content, tmp_path):
    file = tmp_path / "clipasso.zip"
    file.write_bytes(content)
    environ = {**os.environ, "INKSCAPE_PROFILE_DIR": str(tmp_path / "profile"), "PYTHONPATH": ""}
    command = [DISTRIBUTION_PYTHON, "-W", "ignore", "-c", INSTALL, MANAGER, file]
    done = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=60)
    assert "Package installed" in done.stdout, done.stderr
    folder = tmp_path / "profile/extensions/org.clipasso.sketch"
    assert Record.read(folder).changed(folder) == []
