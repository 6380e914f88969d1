"""What goes wrong with a machine while the extension runs: the user reads one sentence, or it works all the same.

The document and the settings stay as they were, nothing is left behind, and the next run works.

The extension is the real program; the engine is a stand-in, since only what the extension sees of it matters here.
"""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from clipasso_engine.contract.job import SketchJob
from inkscape_extension.brush.painting import Look
from inkscape_extension.layer.placement import Placement
from inkscape_extension.run import detached, finished, request_folder, session_bus
from inkscape_extension.window import watch
from tests.support import faults
from tests.support.extension_program import IMAGE, Extension, layers
from tests.support.long_runs import record, tries
from tests.support.processes import alive
from tests.support.stand_in import PIXEL
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="NOT TRIED: these faults are made as on Linux")

NO_MEMORY = "There is not enough memory, or too many programs run, for the sketch"
NO_THREADS = """
import threading
def refuse(self):
    raise RuntimeError("can't start new thread")
threading.Thread.start = refuse
"""
CLOCK = """
import time
real = time.time
time.time = lambda: real() + float(open({file!r}).read() or 0)
"""
CHARMAPS = ["ISO-8859-9", "UTF-8"][: tries(check=1, long=2)]
LARGE = base64.b64encode(base64.b64decode(PIXEL) + bytes(100_000)).decode()


class Case:
    """A machine with the extension, a home, a temporary folder and the stand-in for the engine."""

    def __init__(self, folder, home, engine):
        self.folder, self.home, self.engine = folder, home, engine
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.extension = Extension(folder)
        self.extension.environment.update(TMPDIR=str(self.temporary), CLIPASSO_TEST_MARKER=f"marker-{folder}")
        self.faults = ExitStack()

    def under(self, fault):
        return self.faults.enter_context(fault)

    def state(self):
        """All that a run must leave as it was: the document, and what is in the home but logs."""
        kept = [self.extension.document, *self.home.rglob("*")]
        ours = [path for path in kept if path.is_file() and path.parent.name != "logs" and path.name != faults.FILLER]
        return {path: path.read_bytes() for path in ours}

    def works(self):
        status, output, told = self.extension.run("--levels=2, 1")
        assert (status, told) == (0, "")
        assert set(layers(output)) == {"Sketch, 2 strokes", "Sketch, 1 stroke"}

    def leaves_nothing(self):
        assert [path for path in self.temporary.iterdir() if path.name != faults.FILLER] == []
        assert not [path for path in self.home.rglob("*") if path.suffix == ".part"]
        wait_until(lambda: not alive(f"marker-{self.folder}"), 5, "the end of the engine")


@pytest.fixture
def case(tmp_path, home, installed_engine):
    made = Case(tmp_path, home, installed_engine)
    with made.faults:
        yield made


def full(case, folder, pages=0):
    case.under(faults.small_disk(folder))
    case.under(faults.filled(folder, pages))


def bug(case):
    case.engine.play(width=0)  # the real engine never says that
    case.faults.callback(lambda: case.engine.play(width=100))


def full_home(case):
    full(case, case.home)


def full_home_and_a_bug(case):
    full(case, case.home)
    bug(case)


def read_only_home(case):
    case.under(faults.read_only(case.home))


def read_only_home_and_a_bug(case):
    case.under(faults.read_only(case.home))
    bug(case)


def read_only_home_and_a_dead_engine(case):
    case.under(faults.read_only(case.home))
    case.engine.play(behaviour="dies")
    case.faults.callback(lambda: case.engine.play(behaviour=""))


def full_temporary_folder(case):
    case.extension.show(IMAGE.format(f"data:image/png;base64,{LARGE}"))
    full(case, case.temporary, pages=1)


def read_only_temporary_folder(case):
    case.under(faults.read_only(case.temporary))  # there are others


def no_processes(case):
    python = case.extension.python
    case.faults.callback(lambda: setattr(case.extension, "python", python))
    case.extension.python = [*faults.no_new_processes(), *python]


def module(case, program):
    """What Python runs before the extension."""
    modules = case.folder / "modules"
    modules.mkdir()
    (modules / "sitecustomize.py").write_text(program)
    before = case.extension.environment["PYTHONPATH"]
    case.extension.environment["PYTHONPATH"] = f"{modules}{os.pathsep}{before}"
    case.faults.callback(lambda: case.extension.environment.update(PYTHONPATH=before))


def no_threads(case):
    """A seam, since a limit on processes is one on threads, and is met before."""
    module(case, NO_THREADS)


def memory(megabytes):
    def little_memory(case):
        case.extension.before = faults.memory(megabytes)
        case.faults.callback(lambda: setattr(case.extension, "before", None))

    return little_memory


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (full_home, ""),
        (full_home_and_a_bug, "Its log could not be written. Please report it with these details: ZeroDivisionError"),
        (read_only_home, ""),
        (read_only_home_and_a_bug, "Its log could not be written. Please report it with these details: ZeroDivision"),
        (read_only_home_and_a_dead_engine, "it was killed, perhaps for lack of memory). It did not say why."),
        (full_temporary_folder, ""),  # nothing is written there
        (read_only_temporary_folder, ""),
        (no_processes, f"{NO_MEMORY} (Resource temporarily unavailable). Close other programs"),
        (no_threads, f"{NO_MEMORY} (can't start new thread). Close other programs"),
        (memory(32), NO_MEMORY),
        (memory(110), NO_MEMORY),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_fault(case, fault, sentence):
    before = case.state()
    fault(case)
    before[case.extension.document] = case.extension.document.read_bytes()
    if sentence:
        status, output, told = case.extension.run()
        assert (status, output, told.count("\n")) == (1, b"", 1)
        assert sentence.format(case=case) in told
        assert "Traceback" not in told
    else:
        case.works()
    assert case.state() == before, "also on the disk that goes now"
    case.leaves_nothing()
    case.faults.close()
    case.works()


def test_memory_of_every_size(case):
    """From hardly enough for Python to enough for the extension, each gets a sentence or the sketch."""
    sizes = range(20, 400, tries(check=120, long=4))
    told_of, worked = 0, 0
    for size in sizes:
        case.extension.before = faults.memory(size)
        status, output, told = case.extension.run("--levels=2, 1")
        assert "Traceback" not in told, size
        assert (bool(output), bool(told)) == (status == 0, status != 0), (size, told)
        told_of += NO_MEMORY in told or "There is not enough memory." in told
        worked += status == 0
        assert told_of + worked == sizes.index(size) + 1, (size, told)
    case.leaves_nothing()
    record("memory-of-the-extension", sizes=len(sizes), sentences=told_of, sketches=worked)


@pytest.mark.parametrize("name", ["with space", 'it\'s "quoted"', "Bücher-図書-ığİ", "n" * 100 + "/" + "m" * 100])
def test_a_home_of_an_odd_name(case, name):
    home = case.folder / name
    shutil.copytree(case.home, home)
    case.extension.environment["CLIPASSO_HOME"] = str(home)
    case.works()
    assert case.engine.messages()[-1]["environment"]["CLIPASSO_HOME"] == str(home)
    assert (home / "logs" / "extension.log").exists()


@pytest.fixture(scope="module")
def turkish(tmp_path_factory):
    """A folder for LOCPATH with Turkish in the code page of old, in the long runs also in UTF-8."""
    folder = tmp_path_factory.mktemp("locales")
    for charmap in CHARMAPS:
        command = ["localedef", "-i", "tr_TR", "-f", charmap, str(folder / f"tr_TR.{charmap}")]
        with contextlib.suppress(OSError):
            subprocess.run(command, capture_output=True)
        if not (folder / f"tr_TR.{charmap}").exists():
            pytest.skip("NOT TRIED: there is no localedef, or it does not know Turkish")
    return folder


@pytest.mark.parametrize("locale", ["C", "ASCII", *(f"tr_TR.{charmap}" for charmap in CHARMAPS)])
def test_a_locale(case, turkish, locale):
    """A linked photo of a name with letters that these do not have, or that Turkish has twice."""
    photo = case.folder / "Işık-ığİi-図.png"
    photo.write_bytes(base64.b64decode(PIXEL))
    case.extension.show(IMAGE.format(photo.name))
    odd = case.folder / "ÇIĞ-図"
    odd.mkdir()
    case.extension.document = Path(shutil.copy(case.extension.document, odd / "resim İ.svg"))
    photo.rename(odd / photo.name)
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    case.extension.environment.update(plain if locale == "ASCII" else {"LC_ALL": locale, "LOCPATH": str(turkish)})
    case.works()
    heard = case.engine.messages()[-1]["job"]["photo"]
    assert os.path.basename(heard).startswith("I")
    assert case.engine.messages()[-1]["photo_is_there"]


def test_two_at_once(case):
    case.engine.play(seconds=0.3)
    started = [case.extension.start("--levels=2") for _ in range(2)]
    for process in started:
        with process:
            output, told = process.communicate(timeout=60)
        assert (process.returncode, told) == (0, b"")
        assert len(layers(output)["Sketch, 2 strokes"]) == 2
    case.leaves_nothing()


def at_work(case, jobs):
    return lambda: sum("job" in message for message in case.engine.messages()) == jobs


def test_the_clock_jumps_while_it_runs(case):
    """By a seam: nobody may set the machine's clock, and libfaketime, which fakes it, breaks sleeping."""
    jump = case.folder / "jump"
    jump.write_text("0")
    module(case, CLOCK.format(file=str(jump)))
    case.engine.play(seconds=0.4)
    for number, seconds in enumerate(("4e7", "-4e7"), 1):
        jump.write_text("0")
        with case.extension.start("--levels=2") as process:
            wait_until(at_work(case, number), 20, "the engine at work")
            jump.write_text(seconds)
            output, told = process.communicate(timeout=60)
        assert (process.returncode, told) == (0, b"")
        assert len(layers(output)["Sketch, 2 strokes"]) == 2
    case.leaves_nothing()


def asked():
    return finished.Asked(finished.Document("a.svg", "a.svg", ""), Placement(("photo",), "", look=Look()))


class TestBesideInkscape:
    """What is kept while a sketch is made beside Inkscape."""

    @pytest.fixture
    def inkscape(self, monkeypatch):
        monkeypatch.setattr(session_bus, "find", lambda: session_bus.Inkscape(":1.1", os.getpid(), 1))
        monkeypatch.setattr(watch, "available", lambda: True)

    def start(self, case):
        photo = case.folder / "photo.png"
        photo.write_bytes(bytes(100_000))
        return detached.start(SketchJob(str(photo)), asked(), "")

    def test_a_full_disk_means_that_the_sketch_is_made_in_inkscape(self, case, inkscape):
        full(case, case.home)
        assert self.start(case) is False
        assert list((case.home / "running").iterdir()) == []

    def test_a_home_that_cannot_be_written_likewise(self, case, inkscape):
        case.under(faults.read_only(case.home))
        assert self.start(case) is False

    def test_no_more_processes_likewise(self, case, inkscape, monkeypatch):
        def refuse(*_arguments, **_options):
            raise BlockingIOError("Resource temporarily unavailable")

        monkeypatch.setattr(subprocess, "Popen", refuse)
        assert self.start(case) is False
        assert list((case.home / "running").iterdir()) == []

    def test_a_sketch_that_has_no_room_leaves_no_part_of_itself(self, case):
        full(case, case.home, pages=1)
        with pytest.raises(OSError, match="No space left"):
            finished.save(asked(), SketchJob("p"), [], {"words": "x" * 50_000})
        assert list((case.home / "finished").iterdir()) == []

    def test_no_answer_is_written_where_a_sentence_has_no_room(self, case):
        kept = finished.save(asked(), SketchJob("p"), [], {})
        full_disk = case.under(contextlib.ExitStack())
        full_disk.enter_context(faults.mounted(kept.file.parent, "-t", "tmpfs", "-o", "size=16k", "none"))
        full_disk.enter_context(faults.filled(kept.file.parent))
        kept.tell("The photo is no longer in a.svg.")
        assert not kept.answer.exists(), "an empty one would say that all is well"

    def test_a_clock_that_was_set_back_loses_no_sketch(self, case):
        for number in range(finished.KEPT):
            before = finished.save(asked(), SketchJob("p"), [], {"number": number})
            os.utime(before.file, (4e9, 4e9))
        new = finished.save(asked(), SketchJob("p"), [], {})
        assert new.file.exists()
        assert len(list((case.home / "finished").iterdir())) == finished.KEPT

    def test_nor_does_it_keep_what_is_dead(self, case):
        folder = request_folder.new()
        os.utime(folder, (4e9, 4e9))
        assert request_folder.deaths() == []
        assert not folder.exists()
