"""Whatever is wrong with an installation, each program says one sentence on stderr, the only thing Inkscape shows."""

import os
import shutil
import subprocess
import sys

import pytest

from clipasso_engine.contract.installed_files import NAME, Record
from installer import extension
from tests.support.stand_in import PIXEL, ROOT, SVG

PROGRAMS = ("sketch_image.py", "change_brush.py", "place_sketch.py", "step_strokes.py")


class Installed:
    """The extension as install.py copies it, for Inkscape's Python with or without what it needs."""

    def __init__(self, folder):
        self.folder = folder / "clipasso"
        for name, path in extension.files().items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, self.folder / name)
        self.record()
        self.document = folder / "document.svg"
        photo = f'<image id="photo" width="100" height="50" xlink:href="data:image/png;base64,{PIXEL}"/>'
        self.document.write_text(SVG.format(attributes='width="200" height="100"', content=photo), encoding="utf-8")
        self.modules = folder / "modules"
        self.modules.mkdir()

    def record(self, version=None):
        from clipasso_engine import __version__

        (self.folder / NAME).write_bytes(Record.of(version or __version__, extension.files()).content())

    def change(self, name, old, new):
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        (self.folder / name).write_text(text.replace(old, new), encoding="utf-8")

    def run(self, program, *options, language="C"):
        places = [str(self.modules), *filter(None, (path for path in sys.path if path != str(ROOT)))]
        done = subprocess.run(
            [
                sys.executable,
                str(self.folder / "inkscape_extension" / "programs" / program),
                *options,
                str(self.document),
            ],
            capture_output=True,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(places),
                "DBUS_SESSION_BUS_ADDRESS": "disabled:",
                "LANGUAGE": language,
            },
            timeout=60,
        )
        return done.returncode, done.stdout, done.stderr.decode("utf-8")


@pytest.fixture
def installed(tmp_path):
    return Installed(tmp_path)


def the_sentence(run):
    status, output, told = run
    assert (status != 0, output) == (True, b"")
    assert told.count("\n") == 1, told
    assert "Traceback" not in told
    return told


def log(home):
    return (home / "logs" / "extension.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_module_that_inkscapes_python_lacks(installed, home, program):
    (installed.modules / "inkex.py").write_text("import colour_of_css.values")
    told = the_sentence(installed.run(program))
    assert "lacks the module colour_of_css" in told
    assert sys.executable in told
    if sys.platform == "linux":
        assert "sudo apt install python3-colour-of-css\n" in told
    assert "ModuleNotFoundError" in log(home)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_module_that_cannot_be_loaded(installed, program):
    (installed.modules / "inkex.py").write_text("raise ImportError('libxml2.so.2: cannot open shared object file')")
    told = the_sentence(installed.run(program))
    assert "cannot load a module" in told
    assert "libxml2.so.2" in told


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_option_of_another_version(installed, home, program):
    told = the_sentence(installed.run(program, "--novelty=3"))
    assert "Restart Inkscape" in told
    assert "--novelty=3" in log(home)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("language", "told"), [("C", "Restart Inkscape"), ("de", "Starten Sie Inkscape neu"), ("fr", "Redémarrez")]
)
def test_a_program_of_an_older_version_that_an_open_inkscape_still_starts(installed, program, language, told):
    sentence = the_sentence(installed.run(f"../{program}", "--id=photo", "--strokes=16", language=language))
    assert told in sentence


def test_such_a_program_when_the_update_was_cut_off(installed):
    (installed.folder / "inkscape_extension/messages.py").unlink()
    assert "Run install.py again, then restart Inkscape." in the_sentence(installed.run("../sketch_image.py"))


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("missing", ["inkscape_extension/programs/starting.py", "clipasso_engine/contract/paths.py"])
def test_files_that_are_missing(installed, program, missing):
    (installed.folder / missing).unlink()
    told = the_sentence(installed.run(program))
    assert "The files of the extension" in told
    assert "Run install.py again, then restart Inkscape." in told


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_record_of_another_version(installed, program):
    installed.record("0.0.9")
    assert "not all of one version (0.0.9, " in the_sentence(installed.run(program))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("inkscape_extension/target/target_strokes.py", "def find(", "def find_them("),
        (
            "inkscape_extension/target/target_strokes.py",
            "def find(svg: inkex.SvgDocumentElement)",
            "def find(svg, more)",
        ),
        (
            "inkscape_extension/target/target_strokes.py",
            "import inkex",
            "import inkex\nfrom ..layer.record import Novelty",
        ),
    ],
)
def test_a_file_of_another_version(installed, home, name, old, new):
    installed.change(name, old, new)
    told = the_sentence(installed.run("change_brush.py"))
    assert f"not all of one version ({name})" in told
    assert "Traceback" in log(home)


def test_without_a_record_a_bug_is_a_bug(installed):
    (installed.folder / NAME).unlink()
    installed.change("inkscape_extension/target/target_strokes.py", "def find(", "def find_them(")
    assert "Please report it" in the_sentence(installed.run("change_brush.py"))


def test_the_engines_python_is_gone(installed, home):
    (installed.folder / "engine.json").write_text(f'{{"command": ["/no/python3", "worker"], "home": "{home}"}}')
    told = the_sentence(installed.run("sketch_image.py"))
    assert "/no/python3 could not be started" in told
    assert "Run install.py again." in told
