"""Inkscape's own Python as seen from outside: here the Python of the tests, with an inkex of the test's own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from clipasso_engine.contract import inkscape_python
from clipasso_engine.contract.debian_packages import package_of
from clipasso_engine.contract.inkscape_python import InkscapePython
from clipasso_engine.contract.installed_files import NAME, Record
from installer import extension


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("lxml.etree", "python3-lxml"),
        ("tinycss2", "python3-tinycss2"),
        ("PIL", "python3-pil"),
        ("typing_extensions", "python3-typing-extensions"),
        ("inkex", "inkscape"),
        ("yaml", "python3-yaml"),
    ],
)
def test_packages(module: str, package: str) -> None:
    assert package_of(module) == package


@pytest.fixture
def python(tmp_path: Path) -> InkscapePython:
    extensions = tmp_path / "share" / "extensions"
    extensions.mkdir(parents=True)
    (extensions / "inkex.py").write_text('__version__ = "1.4"')
    return InkscapePython(Path(sys.executable), extensions)


def test_an_inkex_that_imports(python: InkscapePython) -> None:
    assert python.import_inkex() == inkscape_python.Answer(sys.version.split()[0], "1.4")


@pytest.mark.parametrize(
    ("content", "module", "error"),
    [
        ("import no_such_one.values", "no_such_one", "No module named 'no_such_one'"),
        ("raise ImportError('libxml2.so.2')", "", "libxml2.so.2"),
        ("1 / 0", "", "ZeroDivisionError('division by zero')"),
    ],
)
def test_an_inkex_that_does_not(python: InkscapePython, content: str, module: str, error: str) -> None:
    (python.extensions / "inkex.py").write_text(content)
    answer = python.import_inkex()
    assert (answer.inkex, answer.module, answer.error) == (None, module, error)


def test_an_interpreter_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="gave no answer"):
        InkscapePython(Path("/bin/true"), tmp_path).import_inkex()
    with pytest.raises(FileNotFoundError):
        InkscapePython(tmp_path / "none", tmp_path).import_inkex()


def installed(folder: Path) -> Path:
    for name, path in extension.files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(path.read_bytes())
    (folder / NAME).write_bytes(Record.of(inkscape_version(), extension.files()).content())
    return folder


def inkscape_version() -> str:
    from clipasso_engine import __version__

    return __version__


def test_an_extension_whose_programs_cannot_be_imported(python: InkscapePython, tmp_path: Path) -> None:
    folder = installed(tmp_path / "clipasso")
    (python.extensions / "inkex.py").write_text("import no_such_one")
    assert "lacks the module no_such_one" in python.import_extension(folder)


def test_an_extension_that_lacks_a_file(python: InkscapePython, tmp_path: Path) -> None:
    folder = installed(tmp_path / "clipasso")
    (folder / "inkscape_extension" / "options.py").unlink()
    assert "not all of one version (inkscape_extension/options.py)" in python.import_extension(folder)
    (folder / "inkscape_extension" / "programs" / "starting.py").unlink()
    assert "The files of the extension are not complete" in python.import_extension(folder)


def test_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bin_folder, share = tmp_path / "opt/inkscape/bin", tmp_path / "opt/inkscape/share"
    (share / "extensions").mkdir(parents=True)
    bin_folder.mkdir(parents=True)
    for name, text in (("inkscape", f"echo noise >&2; echo {share}"), ("python3", "")):
        (bin_folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (bin_folder / name).chmod(0o755)
    (tmp_path / "inkscape").symlink_to(bin_folder / "inkscape")
    assert inkscape_python.find(tmp_path / "inkscape", "linux") == InkscapePython(
        bin_folder / "python3", share / "extensions"
    )
    (bin_folder / "python.exe").touch()
    found = inkscape_python.find(bin_folder / "inkscape", "win32")
    assert found is not None
    assert found.path == bin_folder / "python.exe"
    assert inkscape_python.find(bin_folder / "inkscape", "darwin") is None
    (bin_folder / "inkscape").write_text("#!/bin/sh\necho /tmp/.mount_gone/share\n")
    assert inkscape_python.find(tmp_path / "inkscape", "linux") is None
    assert inkscape_python.find(tmp_path / "no_inkscape", "linux") is None
