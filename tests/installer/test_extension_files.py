"""What is copied into Inkscape, and where Inkscape is looked for on each platform."""

import ast
import subprocess
import sys

import pytest

from clipasso_engine.contract import inkscapes, paths
from installer import extension
from installer.environment import CHECKOUT, ENGINE_PARTS


def imports_of_the_engine(path):
    """The modules of the engine that a file of the extension imports, as dotted names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "clipasso_engine":
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name for name in names if CHECKOUT.joinpath(*name.split(".")).with_suffix(".py").is_file())
            if CHECKOUT.joinpath(*node.module.split(".")).with_suffix(".py").is_file():
                yield node.module


def test_all_that_the_extension_imports_is_copied_with_it():
    files = extension.files()
    wanted = {name for path in files.values() if path.suffix == ".py" for name in imports_of_the_engine(path)}
    assert {"clipasso_engine.contract.job", "clipasso_engine.contract.errors"} <= wanted
    assert {f"{name.replace('.', '/')}.py" for name in wanted} <= set(files)


def test_every_file_of_the_extension_is_copied():
    menu_entries = {path.name for path in CHECKOUT.glob("*.inx")}
    modules = {path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "inkscape_extension").rglob("*.py")}
    assert menu_entries
    assert menu_entries | modules <= set(extension.files())
    assert not [name for name in extension.files() if "__pycache__" in name]


def test_the_copied_extension_knows_the_home_that_was_chosen(machine, run_install, monkeypatch):
    machine.program("inkscape")
    run_install("--no-weights")
    monkeypatch.delenv("CLIPASSO_HOME")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from clipasso_engine.contract import job, paths; print(paths.home())"
    )
    base = getattr(sys, "_base_executable", sys.executable)
    said = subprocess.run([base, "-I", "-c", program, machine.extension], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str(machine.home)
    assert paths.home() != machine.home


def test_the_engines_package_holds_the_weights(machine, run_install):
    assert run_install("--no-weights")[0] == 0
    (packages,) = machine.home.glob("env/*/lib/site-packages/clipasso_engine")
    assert list((packages / "weights").glob("*.safetensors"))
    assert all((CHECKOUT / name).exists() for name in ENGINE_PARTS)


def find(tmp_path, platform, **environ):
    return inkscapes.find({"HOME": str(tmp_path / "user"), "PATH": "", **environ}, platform, tmp_path / "root")


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
    assert found == inkscapes.Inkscape("native", tmp_path / "Roaming/inkscape", program)


def test_the_microsoft_stores_inkscape(tmp_path):
    package = tmp_path / "Local/Packages/25415Inkscape.Inkscape_9waqn51p1ttv2"
    package.mkdir(parents=True)
    (found,) = find(tmp_path, "win32", APPDATA=str(tmp_path / "Roaming"), LOCALAPPDATA=str(tmp_path / "Local"))
    assert found == inkscapes.Inkscape("store", package / "LocalCache/Roaming/inkscape", None)


@pytest.mark.parametrize("place", ["user", "user/Downloads/PortableApps", "drive/PortableApps"])
def test_portable_on_windows(tmp_path, place):
    app = tmp_path / place / "InkscapePortable"
    make(app / "App/Inkscape/bin/inkscape.exe", program=True)
    environ = {"USERPROFILE": str(tmp_path / "user"), "SystemDrive": str(tmp_path / "drive")}
    assert find(tmp_path, "win32", **environ) == [inkscapes.Inkscape("portable", app / "Data/settings", None)]
    make(app / "Data/settings/inkscape/preferences.xml")
    (found,) = find(tmp_path, "win32", **environ)
    assert found.extension == app / "Data/settings/inkscape/extensions/clipasso"


@pytest.mark.parametrize("file", ["Downloads/Inkscape-091e20e-x86_64.AppImage", "bin/inkscape.appimage"])
def test_appimage(tmp_path, file):
    path = make(tmp_path / "user" / file)
    assert find(tmp_path, "linux") == []  # never made executable, so never used
    path.chmod(0o755)
    expected = inkscapes.Inkscape("appimage", tmp_path / "user/.config/inkscape", None)
    assert find(tmp_path, "linux") == [expected]
    make(tmp_path / "programs/inkscape", program=True)  # both read the same profile
    assert [found.kind for found in find(tmp_path, "linux", PATH=str(tmp_path / "programs"))] == ["native"]


def test_a_macos_bundle_of_one_user(tmp_path):
    program = make(tmp_path / "user/Applications/Inkscape.app/Contents/MacOS/inkscape", program=True)
    assert [(found.kind, found.program) for found in find(tmp_path, "darwin")] == [("native", program)]


def test_a_relative_xdg_folder_is_ignored(tmp_path):
    make(tmp_path / "bin/inkscape", program=True)
    (found,) = find(tmp_path, "linux", PATH=str(tmp_path / "bin"), XDG_CONFIG_HOME="config")
    assert found.profile == tmp_path / "user/.config/inkscape"


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
    assert found == inkscapes.Inkscape("native", tmp_path / "user/.config/inkscape", program)


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
    assert found == inkscapes.Inkscape("snap", tmp_path / "user/snap/inkscape/common", None)


def test_the_windows_launcher_is_plain_ascii(tmp_path, monkeypatch):
    home = tmp_path / "Zoë"
    monkeypatch.setattr(extension, "python_in", lambda folder: folder / "Scripts" / "python.exe")
    monkeypatch.setattr(extension, "IS_WINDOWS", True)
    path, content = extension.launcher(home / "env" / "engine-1", home)
    assert path == home / "bin" / "clipasso.cmd"
    assert content.decode("ascii").startswith("@echo off\r\n")
    assert b"Scripts" in content
