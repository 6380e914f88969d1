"""apt-get, played by scripts."""

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
    monkeypatch.setattr(system.os, "geteuid", lambda: 0)
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


def test_a_failure_is_tried_again_then_told(debian, tmp_path, machine):
    machine.program("apt-get", f'echo "$@" >> {debian}/asked; echo "E: Could not get lock"; exit 100')
    with pytest.raises(UserError, match="Could not get lock"):
        system.install(("potrace",), Console(), tmp_path / "log")
    assert len(asked(debian)) == 3


def test_without_root_it_takes_sudo(debian, tmp_path, machine, monkeypatch):
    monkeypatch.setattr(system.os, "geteuid", lambda: 1000)
    with pytest.raises(UserError, match="sudo was not found"):
        system.install(("potrace",), Console(), tmp_path / "log")
    machine.program("sudo", f'echo sudo >> {debian}/asked; exec "$@"')
    system.install(("potrace",), Console(), tmp_path / "log")
    assert asked(debian)[0] == "sudo"


def test_elsewhere_it_says_what_to_install(machine, tmp_path):
    with pytest.raises(UserError, match="Debian and Ubuntu only"):
        system.install(("xvfb",), Console(), tmp_path / "log")
