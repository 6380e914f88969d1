"""Links in the way, settings that lead pip astray, odd homes, two at once, cuts at every step, modes of files."""

import contextlib
import hashlib
import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from clipasso_engine.contract.errors import UserError
from installer import commands, environment
from installer import python as pythons
from installer.console import Console
from installer.journal import Journal
from tests.support import faults
from tests.support.long_runs import record, tries
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]


def start(machine):
    """install.py as a process of its own, on the stand-in for Python."""
    program = (
        f"import runpy, sys; sys.executable = {str(machine.python)!r}; sys.path.insert(0, '.');"
        "runpy.run_path('install.py', None, '__main__')"
    )
    command = [getattr(sys, "_base_executable", sys.executable), "-c", program, "--no-weights"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def replace_by_link(folder, target):
    """The user has moved a folder of ours away and links to one of theirs that holds files of the same names."""
    folder.rename(target)
    folder.symlink_to(target)
    return {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "where", ["environment/lib/site-packages/skimage", "environment", "extension/inkscape_extension"]
)
def test_what_a_link_leads_to_outlives_an_uninstall(machine, run_install, tmp_path, where):
    machine.program("inkscape")
    assert run_install("--no-weights")[0] == 0
    first, _, rest = where.partition("/")
    top = machine.extension if first == "extension" else next(machine.home.glob("env/engine-*"))
    theirs = replace_by_link(top / rest, tmp_path / "theirs")
    assert theirs
    status, said = run_install("--uninstall")
    assert status == 0, said
    assert {path: path.read_bytes() for path in (tmp_path / "theirs").rglob("*") if path.is_file()} == theirs
    assert "Kept, because install.py did not make it" in said
    assert str(top) in said


def test_an_update_writes_into_no_folder_that_became_a_link(machine, run_install, tmp_path):
    machine.program("inkscape")
    assert run_install("--no-weights")[0] == 0
    linked = machine.extension / "inkscape_extension"
    replace_by_link(linked, tmp_path / "theirs")
    mine = tmp_path / "theirs" / "options.py"
    mine.write_text("mine")
    status, said = run_install("--no-weights")
    assert status == 1
    assert f"{linked} is a link to {tmp_path / 'theirs'}. Remove the link" in said
    assert mine.read_text() == "mine"


def test_a_link_where_a_file_is_written_first_is_not_followed(machine, run_install, tmp_path):
    mine = tmp_path / "mine"
    mine.write_text("mine")
    machine.home.mkdir()
    (machine.home / ".engine.json.clipasso-part").symlink_to(mine)
    assert run_install("--no-weights")[0] == 0
    assert mine.read_text() == "mine"
    assert not (machine.home / ".engine.json.clipasso-part").is_symlink()


ASTRAY = {
    "user": "true",
    "require-virtualenv": "true",
    "dry-run": "true",
    "no-deps": "true",
    "ignore-installed": "true",
}


def test_no_setting_of_pip_leads_the_installation_elsewhere(tmp_path, monkeypatch, stand_in_requirements):
    elsewhere = tmp_path / "elsewhere"
    astray = {**ASTRAY, **dict.fromkeys(("target", "prefix", "root", "src"), str(elsewhere))}
    lines = [f"{name} = {value}" for name, value in astray.items()]
    configuration = tmp_path / "pip.conf"
    configuration.write_text("\n".join(["[install]", *lines, "[global]", f"find-links = {stand_in_requirements}"]))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    for name, value in astray.items():
        monkeypatch.setenv(f"PIP_{name.upper().replace('-', '_')}", value)
    folder = build(tmp_path / "home")
    answer = commands.run([environment.python_in(folder), "-I", "-c", "import tiny; print(tiny.__file__)"])
    assert Path(answer.strip()).is_relative_to(folder)
    assert not elsewhere.exists()
    assert not (tmp_path / "home" / "installing").exists()


@pytest.fixture
def stand_in_requirements(tmp_path, monkeypatch):
    """A folder with a wheel, which is all that an environment needs."""
    wheels, folder = tmp_path / "wheels", tmp_path / "requirements"
    wheels.mkdir()
    folder.mkdir()
    with zipfile.ZipFile(wheels / "tiny-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny.py", "")
        wheel.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("tiny-1.0.dist-info/RECORD", "")
    digest = hashlib.sha256((wheels / "tiny-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    (folder / "tiny.txt").write_text(f"tiny==1.0 --hash=sha256:{digest}\n")
    monkeypatch.setattr(environment, "REQUIREMENTS", folder)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return wheels


def build(home):
    home.mkdir()
    python = pythons.describe(getattr(sys, "_base_executable", sys.executable))
    recipe = environment.Recipe("tiny", ("tiny.txt",))
    return environment.build(recipe, home, python, Journal(home / "installed.json"), Console(), home / "log")


def test_packages_that_pip_put_elsewhere_are_noticed(tmp_path, monkeypatch, stand_in_requirements):
    ordinary = commands.run

    def nothing_installed(command, *rest, **options):
        return "" if "install" in command else ordinary(command, *rest, **options)

    monkeypatch.setattr(commands, "run", nothing_installed)
    with pytest.raises(UserError, match="pip said that it installed the packages, but they are not in"):
        build(tmp_path / "home")


def test_a_package_of_another_hash_is_refused(tmp_path, monkeypatch, stand_in_requirements):
    monkeypatch.setenv("PIP_FIND_LINKS", str(stand_in_requirements))
    with zipfile.ZipFile(stand_in_requirements / "tiny-1.0-py3-none-any.whl", "a") as wheel:
        wheel.writestr("other.py", "")
    with pytest.raises(UserError, match="is not the one that was published"):
        build(tmp_path / "home")
    assert not list(tmp_path.glob("home/env/*/lib/*/site-packages/tiny.py"))


def test_settings_of_pip_that_cannot_be_read_are_named(tmp_path, monkeypatch, stand_in_requirements):
    configuration = tmp_path / "pip.conf"
    configuration.write_text("no section\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    with pytest.raises(UserError, match=r"pip cannot read its settings: .*pip\.conf"):
        build(tmp_path / "home")


@pytest.mark.parametrize("name", ["$HOME", "a$x", "two:paths", "two\nlines"])
def test_a_home_that_python_cannot_install_into_is_refused_at_once(machine, run_install, monkeypatch, name):
    monkeypatch.setenv("CLIPASSO_HOME", f"{machine.user}/{name}")
    status, said = run_install("--no-weights")
    assert status == 1
    assert "in a folder's name" in said
    assert machine.everything() == set()
    assert not machine.asked.exists()


@pytest.mark.parametrize("name", ["with space", 'it\'s "quoted"', "Bücher-図書", "n" * 100 + "/" + "m" * 100])
def test_a_home_of_an_odd_name_works_and_goes(machine, run_install, monkeypatch, name):
    monkeypatch.setenv("CLIPASSO_HOME", f"{machine.user}/{name}")
    status, said = run_install("--no-weights")
    assert status == 0, said
    environ = {"STAND_IN": os.environ["STAND_IN"], "PATH": "/usr/bin:/bin"}
    subprocess.run([machine.user / name / "bin/clipasso", "doctor"], env=environ, check=True)
    assert run_install("--uninstall")[0] == 0
    assert machine.everything() == set()


def test_of_two_that_start_at_once_one_installs_and_the_other_says_so(machine, run_install):
    for _ in range(tries(check=3, long=10)):
        both = [start(machine), start(machine)]
        said = [process.communicate(timeout=60)[0] for process in both]
        told = [process.returncode for process in both]
        assert 0 in told, said
        for status, text in zip(told, said, strict=True):
            assert "Ready" in text if status == 0 else "Another install.py is at work" in text
            assert "Traceback" not in text
        assert run_install("--uninstall")[0] == 0
        assert machine.everything() == set()


STEPS = ("venv", "torch.txt", "engine", "--version", "list")


def cut(machine, how, step):
    """Start an installation, cut it in this step; with a number, so many seconds after its start."""
    machine.order(**({"sleep": step} if isinstance(step, str) else {}))
    machine.asked.unlink(missing_ok=True)
    process = start(machine)
    if isinstance(step, str):
        wait_until(lambda: any(step in (w, w.rpartition("/")[2]) for words in machine.commands() for w in words))
    else:
        time.sleep(step)  # what is tried is any moment
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(how)
    process.communicate(timeout=60)
    machine.order()


def cut_points():
    """Each way to be cut, at each step in the check; in the long runs at many moments, too."""
    ways = (signal.SIGTERM, signal.SIGKILL, signal.SIGINT)
    points = [(ways[index % 3], step) for index, step in enumerate(STEPS)]
    if tries(check=0, long=1):
        points = [(way, step) for way in ways for step in STEPS]
    moments = random.Random(0)
    return points + [(ways[n % 3], moments.uniform(0, 3)) for n in range(tries(check=0, long=40))]


def test_an_installation_cut_anywhere_is_repaired_by_the_next_and_leaves_nothing(machine, run_install):
    machine.program("inkscape")
    points = cut_points()
    for how, step in points:
        cut(machine, how, step)
        status, said = run_install("--no-weights")
        assert status == 0, (how, step, said)
        assert not (machine.home / "INCOMPLETE").exists()
        assert not (machine.home / "installing").exists()
        assert not list(machine.user.rglob("*-part"))
        assert run_install("--uninstall")[0] == 0
        assert machine.everything() == set(), (how, step)
    record("install-cut", cuts=len(points), repaired=len(points))


def test_what_a_killed_installation_unpacked_is_cleared_by_an_uninstall(machine, run_install):
    cut(machine, signal.SIGKILL, "engine")
    assert (machine.home / "installing").is_dir()
    assert run_install("--uninstall")[0] == 0
    assert machine.everything() == set()


def version_before(machine):
    """0.1.0 wrote the same record with the names of its files, and had extension files that this one may not have."""
    machine.program("inkscape")
    old = [machine.extension / "clipasso.inx", machine.extension / "inkscape_extension" / "of_before.py"]
    environment_of_old = machine.home / "env" / "engine-0123456789"
    files = [machine.home / "engine.json", machine.home / "bin" / "clipasso", *old]
    for path in (*files, environment_of_old / "lib.py"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("of before\n")
    (environment_of_old / ".clipasso-files").write_text("lib.py")
    folders = [path for path in machine.user.rglob("*") if path.is_dir() and environment_of_old not in path.parents]
    folders.remove(environment_of_old)
    written = {"files": files, "folders": folders, "trees": [environment_of_old]}
    text = json.dumps({kind: [str(path) for path in paths] for kind, paths in written.items()})
    (machine.home / "installed.json").write_text(text)
    return environment_of_old, old[1]


def test_the_version_before_is_brought_up_to_date(machine, run_install):
    environment_of_old, old_file = version_before(machine)
    status, said = run_install("--no-weights")
    assert status == 0, said
    assert "in the way" not in said
    assert not environment_of_old.exists()
    assert not old_file.exists()
    assert machine.setting["home"] == str(machine.home)
    assert run_install("--uninstall")[0] == 0
    assert machine.everything() == set()


def contents(folder):
    """All files but those of the lock, the logs, and what fills the disk; the record as what it says."""
    files = [path for path in folder.rglob("*") if path.is_file() and "logs" not in path.parts]
    found = {path: path.read_bytes() for path in files if path.name not in ("install.lock", faults.FILLER)}
    for path in found:
        if path.name == "installed.json":
            found[path] = {kind: set(names) for kind, names in json.loads(found[path]).items() if kind != "about"}
    return found


@pytest.mark.parametrize("pages", [0, 150, 2, 40][: tries(check=2, long=4)])
def test_an_update_during_which_the_disk_becomes_full(machine, run_install, monkeypatch, pages):
    """It says so, the version before stays as it was, with the user's files beside it, and the next update works."""
    monkeypatch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(free=1 << 40))
    with faults.small_disk(machine.user, kilobytes=64 << 10):
        version_before(machine)
        (machine.home / "notes.txt").write_text("the user's own")
        before, record = contents(machine.user), machine.home / "installed.json"
        with faults.filled(machine.user, pages):
            status, said = run_install("--no-weights")
            assert status != 0
            assert "No space left on device" in said
            assert "Traceback" not in said
            after = contents(machine.user)
            record_before, record_after = before.pop(record), after.pop(record)
            assert {name: text for name, text in after.items() if name in before} == before
            assert all(record_before[kind] <= record_after[kind] for kind in record_before), "nothing is forgotten"
        status, said = run_install("--no-weights")
        assert status == 0, said
        assert not list(machine.user.rglob("*-part"))
        assert run_install("--uninstall")[0] == 0
        assert {path.name for path in contents(machine.user)} == {"notes.txt"}, "what the user put there"


@pytest.mark.skipif(sys.platform == "win32", reason="modes are a notion of POSIX")
@pytest.mark.parametrize(("umask", "mask"), [(0, 0o022), (0o022, 0o022), (0o077, 0o077)])
def test_nothing_that_is_written_can_be_changed_by_others(machine, run_install, umask, mask):
    machine.program("inkscape")
    before = os.umask(umask)
    try:
        assert run_install("--no-weights")[0] == 0
        assert os.umask(umask) == umask  # it is as it was
    finally:
        os.umask(before)
    outside = [path for path in machine.user.rglob("*") if machine.home / "env" not in path.parents]
    written = [path for path in outside if not path.is_symlink()]  # in env, the stand-in for pip writes
    modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in written}
    assert len(modes) > 100
    assert {str(path): oct(mode) for path, mode in modes.items() if mode & mask} == {}
    assert modes[machine.home / "bin/clipasso"] == 0o777 & ~mask
    assert modes[machine.home / "engine.json"] == 0o666 & ~mask
