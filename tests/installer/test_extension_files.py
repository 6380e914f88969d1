"""What is copied into Inkscape, and where Inkscape is looked for on each platform."""

import ast
import subprocess
import sys

import pytest

from clipasso_engine import inkscape, paths
from installer import extension
from installer.environment import CHECKOUT, ENGINE_PARTS


def imports_of_the_engine(path):
    """Names of the engine's modules that a file of the extension, or one of those modules, imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            inside = node.level == 1 and path.parent.name == "clipasso_engine"
            if inside and node.module:
                yield node.module
            elif inside or node.module == "clipasso_engine":
                yield from (alias.name for alias in node.names)
            elif node.module and node.module.startswith("clipasso_engine."):
                yield node.module.split(".")[1]


def test_all_that_the_extension_imports_is_copied_with_it():
    wanted = set()
    for path in extension.files().values():
        if path.suffix == ".py":
            wanted.update(imports_of_the_engine(path))
    assert {"job", "errors"} <= wanted
    assert {name for name in wanted if not name.startswith("__")} <= set(extension.SHARED_MODULES)


def test_every_file_of_the_extension_is_copied():
    menu_entries = {path.name for path in CHECKOUT.glob("*.inx")}
    modules = {f"inkscape_extension/{path.name}" for path in (CHECKOUT / "inkscape_extension").glob("*.py")}
    assert menu_entries
    assert menu_entries | modules <= set(extension.files())
    assert not [name for name in extension.files() if "__pycache__" in name]


def test_the_copied_extension_knows_the_home_that_was_chosen(machine, run_install, monkeypatch):
    machine.program("inkscape")
    run_install("--no-weights")
    monkeypatch.delenv("CLIPASSO_HOME")
    program = "import sys; sys.path.insert(0, sys.argv[1]); from clipasso_engine import job, paths; print(paths.home())"
    base = sys._base_executable
    said = subprocess.run([base, "-I", "-c", program, machine.extension], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str(machine.home)
    assert paths.home() != machine.home


def test_the_engines_package_holds_the_weights(machine, run_install):
    assert run_install("--no-weights")[0] == 0
    (packages,) = machine.home.glob("env/*/lib/site-packages/clipasso_engine")
    assert list((packages / "weights").glob("*.safetensors"))
    assert all((CHECKOUT / name).exists() for name in ENGINE_PARTS)


def find(tmp_path, platform, **environ):
    return inkscape.find({"HOME": str(tmp_path / "user"), "PATH": "", **environ}, platform, tmp_path / "root")


def make(path, *, program=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    if program:
        path.chmod(0o755)
    return path


def test_windows(tmp_path):
    environ = {"APPDATA": str(tmp_path / "Roaming"), "ProgramFiles": str(tmp_path / "Program Files")}
    assert find(tmp_path, "win32", **environ) == []
    program = make(tmp_path / "Program Files/Inkscape/bin/inkscape.exe", program=True)
    (found,) = find(tmp_path, "win32", **environ)
    assert found == inkscape.Inkscape("native", tmp_path / "Roaming/inkscape", program)


def test_macos(tmp_path):
    assert find(tmp_path, "darwin") == []
    program = make(tmp_path / "root/Applications/Inkscape.app/Contents/MacOS/inkscape", program=True)
    (found,) = find(tmp_path, "darwin")
    assert found.program == program
    expected = "user/Library/Application Support/org.inkscape.Inkscape/config/inkscape/extensions/clipasso"
    assert found.extension == tmp_path / expected


def test_linux_native_without_a_profile_yet(tmp_path):
    program = make(tmp_path / "bin/inkscape", program=True)
    (found,) = find(tmp_path, "linux", PATH=str(tmp_path / "bin"))
    assert found == inkscape.Inkscape("native", tmp_path / "user/.config/inkscape", program)


def test_linux_keeps_to_the_xdg_folder(tmp_path):
    make(tmp_path / "bin/inkscape", program=True)
    (found,) = find(tmp_path, "linux", PATH=str(tmp_path / "bin"), XDG_CONFIG_HOME=str(tmp_path / "config"))
    assert found.profile == tmp_path / "config/inkscape"


def test_a_profile_without_a_program_on_path_counts(tmp_path):
    (tmp_path / "user/.config/inkscape").mkdir(parents=True)  # an AppImage leaves one
    (found,) = find(tmp_path, "linux")
    assert found.program is None


@pytest.mark.parametrize("place", ["root/var/lib/flatpak/app", "user/.local/share/flatpak/app", "user/.var/app"])
def test_flatpak(tmp_path, place):
    (tmp_path / place / "org.inkscape.Inkscape").mkdir(parents=True)
    (found,) = find(tmp_path, "linux")
    assert found.kind == "flatpak"
    assert found.profile == tmp_path / "user/.var/app/org.inkscape.Inkscape/config/inkscape"


def test_snap_is_not_taken_for_a_native_one(tmp_path):
    make(tmp_path / "root/snap/bin/inkscape", program=True)
    (tmp_path / "root/snap/inkscape").mkdir()
    (found,) = find(tmp_path, "linux", PATH=str(tmp_path / "root/snap/bin"))
    assert found == inkscape.Inkscape("snap", tmp_path / "user/snap/inkscape/common", None)


def test_the_windows_launcher_is_plain_ascii(tmp_path, monkeypatch):
    home = tmp_path / "Zoë"
    monkeypatch.setattr(extension, "python_in", lambda folder: folder / "Scripts" / "python.exe")
    monkeypatch.setattr(extension, "IS_WINDOWS", True)
    path, content = extension.launcher(home / "env" / "engine-1", home)
    assert path == home / "bin" / "clipasso.cmd"
    assert content.decode("ascii").startswith("@echo off\r\n")
    assert b"Scripts" in content
