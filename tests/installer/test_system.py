"""apt-get, played by scripts."""

import os

import pytest

from clipasso_engine.contract.errors import UserError
from installer import system
from installer.console import Console


@pytest.fixture
def debian(machine, monkeypatch):
    """A Debian whose apt-get writes down what it is asked for; dpkg-query knows what is in the file ``have``."""
    folder = machine.programs
    (folder / "have").write_text("xvfb\n")
    machine.program(
        "dpkg-query", f'while read name; do [ "$name" = "$4" ] && echo "install ok installed"; done < {folder}/have'
    )
    machine.program("env", 'while [ "${1#*=}" != "$1" ]; do shift; done; exec "$@"')
    machine.program("apt-get", f'echo "$@" >> {folder}/asked; exit $(/bin/cat {folder}/status)')
    (folder / "status").write_text("0")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(system, "_PAUSE_SECONDS", 0)
    return folder


def asked(folder):
    return (folder / "asked").read_text().splitlines() if (folder / "asked").exists() else []


def test_only_what_is_missing_is_installed(debian, tmp_path):
    system.install(("xvfb", "potrace"), Console(), tmp_path / "log")
    update, install = asked(debian)
    assert update.endswith("update")
    assert install.endswith("install --no-install-recommends potrace")
    assert "-y" in install


def test_nothing_is_asked_where_nothing_is_missing(debian, tmp_path):
    system.install(("xvfb",), Console(), tmp_path / "log")
    assert not asked(debian)


@pytest.mark.parametrize(
    ("policy", "installed"),
    [("Candidate: 156.0", "potrace chromium"), ("Candidate: (none)", "potrace"), ("", "potrace")],
)
def test_what_not_every_distribution_has_is_installed_where_it_is_offered(
    debian, machine, tmp_path, capsys, policy, installed
):
    machine.program("apt-cache", f'[ "$2" = chromium ] && echo "{policy}"')
    system.install(("potrace", "chromium"), Console(), tmp_path / "log")
    assert asked(debian)[1].endswith(f"--no-install-recommends {installed}")
    assert ("tests with it are skipped: chromium" in capsys.readouterr().out) == ("chromium" not in installed)


def test_a_failure_is_tried_again_then_told(debian, tmp_path, machine):
    machine.program("apt-get", f'echo "$@" >> {debian}/asked; echo "E: Could not get lock"; exit 100')
    with pytest.raises(UserError, match="Could not get lock"):
        system.install(("potrace",), Console(), tmp_path / "log")
    assert len(asked(debian)) == 3


def test_without_root_it_takes_sudo(debian, tmp_path, machine, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(UserError, match="sudo was not found"):
        system.install(("potrace",), Console(), tmp_path / "log")
    machine.program("sudo", f'echo sudo >> {debian}/asked; exec "$@"')
    system.install(("potrace",), Console(), tmp_path / "log")
    assert asked(debian)[0] == "sudo"


def test_elsewhere_it_says_what_to_install(machine, tmp_path):
    with pytest.raises(UserError, match="Debian and Ubuntu only"):
        system.install(("xvfb",), Console(), tmp_path / "log")


INKSCAPES_PYTHON = """#!/bin/sh
if [ "$1" = "-W" ]; then shift 3; fi
for module in $(/bin/cat {folder}/needs); do
    if ! /bin/grep -qx "$module" {folder}/have_modules; then
        echo '{{"python": "3.13.5", "module": "'$module'", "error": "No module named '$module'"}}'
        exit 0
    fi
done
echo '{{"python": "3.13.5", "inkex": "1.4"}}'
"""


@pytest.fixture
def inkscape(debian, machine):
    """An Inkscape whose inkex imports the modules in the file ``needs``; apt-get brings those it is asked for."""
    (debian / "share/extensions").mkdir(parents=True)
    (debian / "needs").write_text("numpy lxml tinycss2")
    (debian / "have_modules").write_text("numpy\n")
    (debian / "python3").write_text(INKSCAPES_PYTHON.format(folder=debian))
    (debian / "python3").chmod(0o755)
    bring = f'for name; do echo "${{name#python3-}}" >> {debian}/have_modules; done'
    machine.program("apt-get", f'echo "$@" >> {debian}/asked; {bring}')
    return machine.program("inkscape", f'[ "$1" = --system-data-directory ] && echo {debian}/share')


def packages(folder):
    return [line.rpartition(" ")[2] for line in asked(folder)]


def test_inkscapes_python_gets_what_it_asks_for_and_nothing_else(inkscape, debian, tmp_path, capsys):
    system.complete_inkex(inkscape, Console(), tmp_path / "log")
    assert packages(debian) == ["python3-lxml", "python3-tinycss2"]
    assert "for Inkscape's own Python: python3-lxml, python3-tinycss2" in capsys.readouterr().out


def test_nothing_is_installed_for_an_inkex_that_imports(inkscape, debian, tmp_path):
    (debian / "needs").write_text("numpy")
    system.complete_inkex(inkscape, Console(), tmp_path / "log")
    assert not asked(debian)


def test_a_package_that_does_not_help_is_told(inkscape, debian, machine, tmp_path):
    machine.program("apt-get", f'echo "$@" >> {debian}/asked')
    with pytest.raises(UserError, match=r"3\.13\.5\) cannot import inkex.*No module named lxml"):
        system.complete_inkex(inkscape, Console(), tmp_path / "log")
    assert packages(debian) == ["python3-lxml"]


def test_a_package_that_is_not_offered_is_told(inkscape, debian, machine, tmp_path):
    machine.program("apt-get", "echo 'E: Unable to locate package python3-lxml'; exit 100")
    with pytest.raises(UserError, match="Unable to locate package python3-lxml"):
        system.complete_inkex(inkscape, Console(), tmp_path / "log")


def test_an_inkscape_that_does_not_tell_is_passed_over(debian, machine, tmp_path, capsys):
    system.complete_inkex(machine.program("inkscape"), Console(), tmp_path / "log")
    assert not asked(debian)
    assert "were not looked at" in capsys.readouterr().out
