"""The doctor on sound and on broken installations."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import clipasso_engine
from clipasso_engine import __version__, cli
from clipasso_engine.commands import doctor
from clipasso_engine.contract import inkscapes
from clipasso_engine.contract.installed_files import Record
from clipasso_engine.seeing import rembg_foreground
from clipasso_engine.weights import models

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="plays with Linux's places")

ROOT = Path(clipasso_engine.__file__).parent.parent
PACKAGES = {"one": "json", "other": "csv"}  # what is imported at once, in place of the real ones


class Machine:
    """A machine of one's own: a home, programs, an Inkscape profile, CLIPasso's home."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "clipasso"
        self.programs = folder / "bin"
        self.profile = folder / "profile"
        self.weights = folder / "weights"
        for made in (self.home, self.programs, self.profile, self.weights):
            made.mkdir()

    def program(self, name: str, script: str) -> Path:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def install(self, version: str = __version__) -> None:
        self.program("inkscape", 'echo "Inkscape 1.2.2 (b0a8486541, 2022-12-01)"')
        engine = self.program("engine", "exit 0")
        setting = {"command": [str(engine), "worker"], "version": version}
        (self.home / "engine.json").write_text(json.dumps(setting))
        package = self.profile / "extensions" / inkscapes.EXTENSION_FOLDER / "clipasso_engine"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(f'"""Doc."""\n\n__version__ = "{version}"\n')


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path)
    monkeypatch.setenv("CLIPASSO_HOME", str(machine.home))
    monkeypatch.setenv("INKSCAPE_PROFILE_DIR", str(machine.profile))
    monkeypatch.setenv("PATH", str(machine.programs))
    monkeypatch.setattr(doctor, "PACKAGES", PACKAGES)
    without_torch = doctor._IMPORTS.split("from clipasso_engine")[0]
    monkeypatch.setattr(doctor, "_IMPORTS", without_torch + 'print(json.dumps({"devices": ["cpu"]}))')
    content = b"weights"
    for name in ("boundary", "foreground", "classifier", "meaning", "face_detector", "face_landmarks"):
        (machine.weights / f"{name}.safetensors").write_bytes(content)
    sha256 = "9f4b5a9e1a9b6dcbb1b5d8a6e8c1c8f1a9d3b3fbd0b1c2d3e4f5a6b7c8d9e0f1"
    monkeypatch.setattr(models, "location", lambda weights: machine.weights / weights.file)
    monkeypatch.setattr(models, "sha256_of", lambda file: sha256 if file.read_bytes() == content else "other")
    for name, weights in list(models.REGISTRY.items()):
        if weights.bundled:
            monkeypatch.setitem(models.REGISTRY, name, replace(weights, sha256=sha256))
    return machine


def test_rembg_is_named_where_it_can_be_used(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = rembg_foreground.Model("u2net", Path("/somewhere/u2net.onnx"), 1, 1)
    monkeypatch.setattr(rembg_foreground, "find", lambda: model)
    assert re.search(r"^ok +rembg: its model u2net finds objects; .*u2net\.onnx$", examine(capsys)[1], re.MULTILINE)


def examine(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    status = cli.main(["doctor"])
    spoken = capsys.readouterr()
    assert spoken.err == ""
    for line in spoken.out.splitlines()[:-2]:
        assert re.match(r"(ok|missing|optional)? +\S", line)
    return status, spoken.out


def missing(text: str) -> list[str]:
    return [line.removeprefix("missing").strip() for line in text.splitlines() if line.startswith("missing")]


def test_all_is_well(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.install()
    status, text = examine(capsys)
    assert missing(text) == []
    assert status == 0
    assert text.endswith("\nAll is well.\n")
    for words in (
        f"CLIPasso {__version__}",
        sys.executable,
        "Devices: cpu",
        "Weights boundary",
        "Weights foreground",
        "Weights face_detector",
        "Weights face_landmarks",
        "SHA-256 9f4b5a9e",
        "optional Weights clip-rn101",
        "optional rembg: not here",
        "diffvg",
        f"Inkscape 1.2.2 (profile), {machine.programs}/inkscape",
        f"extensions/clipasso, version {__version__}",
        str(machine.home / "logs" / "engine.log"),
        str(machine.home / "engine.json"),
    ):
        assert words in text, words


def test_nothing_installed_but_the_engine(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    status, text = examine(capsys)
    assert status == 0
    assert "command line is ready" in text
    assert [line.split()[0] for line in missing(text)] == [f"{machine.home}/engine.json", "Inkscape:", "Extension"]
    assert text.count("Run install.py again.") == 2
    assert "Install Inkscape 1.2 or later" in text


def test_another_version(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.install("0.0.1")
    status, text = examine(capsys)
    assert status == 0
    setting, extension = missing(text)
    assert f"names an engine of version 0.0.1, this is {__version__}" in setting
    assert f"is of version 0.0.1, the engine is {__version__}" in extension


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"command": [], "version": "1"}', "cannot be read"),
        ('{"command": ["/nowhere/python"], "version": "1"}', "names the engine /nowhere/python, which is not there"),
    ],
)
def test_broken_setting(machine: Machine, capsys: pytest.CaptureFixture[str], content: str, words: str) -> None:
    machine.install()
    (machine.home / "engine.json").write_text(content)
    status, text = examine(capsys)
    assert status == 0
    assert words in missing(text)[0]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ('echo "Inkscape 0.92.4"', "Inkscape 0.92.4 (profile)"),
        ("echo hello", "does not tell its version: 'hello'"),
        ("echo no display >&2; exit 3", "exit status 3: no display"),
        ("kill -SEGV $$", "exit status -11"),
        ("exec /bin/sleep 10", "no answer within 2 seconds"),
        ("", "does not tell its version"),
    ],
)
def test_inkscape_that_is_not_well(
    machine: Machine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    machine.install()
    machine.program("inkscape", script)
    monkeypatch.setattr(doctor, "_packages", lambda: iter(()))
    monkeypatch.setattr(doctor, "_SECONDS", 2.0)
    status, text = examine(capsys)
    assert status == 0
    assert words in missing(text)[0]


def inkscapes_python(machine: Machine, inkex: str) -> None:
    """Let Inkscape have a Python whose inkex is this text."""
    (machine.programs / "python3").symlink_to(sys.executable)
    (machine.home / "share/extensions").mkdir(parents=True)
    (machine.home / "share/extensions/inkex.py").write_text(inkex)
    version = 'echo "Inkscape 1.4 (e7c3feb100, 2024-10-09)"'
    machine.program("inkscape", f'[ "$1" = --version ] && {version} || echo {machine.home}/share')


def test_inkscapes_own_python(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.install()
    inkscapes_python(machine, "import tinycss9")
    text = examine(capsys)[1]
    assert f"Inkscape's own Python (profile): {machine.programs}/python3" in missing(text)[0]
    assert "cannot import inkex: No module named 'tinycss9'" in missing(text)[0]
    assert "sudo apt install python3-tinycss9" in text


def test_an_extension_that_cannot_be_imported(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.install()
    inkscapes_python(machine, '__version__ = "1.4"')
    text = examine(capsys)[1]
    assert "cannot import the extension" in missing(text)[0]
    assert "The files of the extension are not complete" in text


def test_files_of_another_version(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.install()
    folder = machine.profile / "extensions" / inkscapes.EXTENSION_FOLDER
    (folder / "brush.py").write_text("old")
    record = Record.of(__version__, {"brush.py": folder / "brush.py", "gone.py": folder / "gone.py"})
    (folder / "files.json").write_bytes(record.content())
    assert missing(examine(capsys)[1]) == []
    (folder / "brush.py").write_text("new")
    assert "brush.py is not as it was installed" in missing(examine(capsys)[1])[0]


def test_the_engine_of_the_extension_is_gone(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.install()
    setting = machine.profile / "extensions" / inkscapes.EXTENSION_FOLDER / "engine.json"
    setting.write_text('{"command": ["/nowhere/python3"]}')
    assert "names the engine /nowhere/python3, which is not there" in missing(examine(capsys)[1])[0]


def test_flatpak_and_snap(
    machine: Machine, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "user"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("INKSCAPE_PROFILE_DIR")
    (home / ".var/app/org.inkscape.Inkscape").mkdir(parents=True)
    (home / "snap/inkscape").mkdir(parents=True)
    machine.program(
        "flatpak",
        '[ "$*" = "info org.inkscape.Inkscape" ] && echo "        ID: org.inkscape.Inkscape"; echo "   Version: 1.4.2"',
    )
    machine.program("snap", 'echo "Name      Version  Rev"; echo "inkscape  1.3.2-12-g091e20ef0f  10555"')
    status, text = examine(capsys)
    assert status == 0
    assert "ok       Inkscape 1.4.2 (flatpak)" in text
    assert "ok       Inkscape 1.3.2" in text
    assert text.count("its sandbox keeps it from starting the engine") == 2
    assert "flatpak override --user --talk-name=org.freedesktop.Flatpak org.inkscape.Inkscape" in text
    assert len([line for line in missing(text) if line.startswith("Extension")]) == 2


def test_an_appimage_is_found_but_not_started(
    machine: Machine, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.install()
    (machine.programs / "inkscape").unlink()
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.delenv("INKSCAPE_PROFILE_DIR")
    image = tmp_path / "user/Downloads/Inkscape-1.4.AppImage"
    image.parent.mkdir(parents=True)
    image.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    image.chmod(0o755)
    text = examine(capsys)[1]
    assert f"ok       Inkscape (AppImage), {tmp_path}/user/.config/inkscape" in text
    assert not (tmp_path / "started").exists()


def test_missing_package(machine: Machine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PACKAGES", {"a": "json", "b": "no_such_module"})
    status, text = examine(capsys)
    assert status == 1
    assert "b cannot be imported: ModuleNotFoundError" in missing(text)[0]
    assert "Photos cannot be sketched yet" in text


def test_a_package_that_crashes_python(
    machine: Machine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ({"module": "json"}, {"version": "2"}, {"module": "csv"})
    crash = [f"print({json.dumps(json.dumps(answer))}, flush=True)" for answer in said]
    monkeypatch.setattr(doctor, "_IMPORTS", "\n".join([*crash, "import os", "os.abort()"]))
    status, text = examine(capsys)
    assert status == 1
    assert "other cannot be imported: exit status -6" in missing(text)[0]
    assert "ok       Packages: one 2" in text


@pytest.mark.parametrize("damage", ["missing", "damaged"])
def test_weights_of_the_package(machine: Machine, capsys: pytest.CaptureFixture[str], damage: str) -> None:
    weights = machine.weights / "boundary.safetensors"
    weights.write_bytes(b"other") if damage == "damaged" else weights.unlink()
    status, text = examine(capsys)
    assert status == 1
    assert f"boundary.safetensors is {damage}" in missing(text)[0]
    assert "run install.py again" in text


def test_home_that_cannot_be(
    machine: Machine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = machine.home / "file"
    file.write_text("")
    monkeypatch.setenv("CLIPASSO_HOME", str(file / "home"))
    status, text = examine(capsys)
    assert status == 0
    assert f"Home: {file} cannot be written to" in missing(text)[0]


def test_a_check_that_fails_is_a_line(
    machine: Machine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(inkscapes, "find", broken)
    status, text = examine(capsys)
    assert status == 0
    assert "inkscapes: the check itself failed (ZeroDivisionError('oh'))" in missing(text)[-1]


def test_packages_of_this_environment() -> None:
    packages, devices = doctor._packages()
    assert packages.state == devices.state == "ok"
    assert all(re.search(rf"\b{name} \d", packages.text) for name in doctor.PACKAGES)
    assert devices.text.startswith("Devices: cpu")


def test_packages_are_those_of_the_project() -> None:
    tomllib = pytest.importorskip("tomllib")
    content = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    names = {re.split(r"[<>=!~ ]", entry)[0] for entry in tomllib.loads(content)["project"]["dependencies"]}
    assert names == set(doctor.PACKAGES)
