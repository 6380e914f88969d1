"""Set up CLIPasso for Inkscape: the engine's environment, the command line, the extension. Standard library only.

    python3 install.py                            install, or repair, or update
    python3 install.py --system-packages --demo   also Inkscape itself (Debian, Ubuntu), then sketch a photo
    python3 install.py --system-packages --test   the development environment, and every check
    python3 install.py --uninstall                remove what was installed, and nothing else

Everything is under CLIPASSO_HOME (by default the platform's folder for a user's application data), except for the
extension, which goes into the user folder of every Inkscape that is found, or into INKSCAPE_PROFILE_DIR.
"""

from __future__ import annotations

import _thread
import argparse
import contextlib
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

if sys.version_info < (3, 9):  # noqa: UP036 - said clearly, whatever Python this is
    sys.exit("install.py needs Python 3.9 or newer. Install Python 3.12 and run install.py with it.")

from clipasso_engine import __version__
from clipasso_engine.contract import inkscapes, installed_files, paths
from clipasso_engine.contract.errors import UserError
from installer import checks, commands, demo, downloads, environment, extension, gallery, lock, plan, python, system
from installer.console import Console, Messages
from installer.home import check, only_ours_to_write
from installer.journal import Journal

STOPPED = 130


def end_with_stdin() -> None:
    """Stop, as by Ctrl-C, once nobody holds our stdin any more: the window that started us has gone."""

    def watch() -> None:
        while os.read(0, 4096):  # a buffered read could not be broken off when Python ends
            pass
        if os.name == "posix":
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            _thread.interrupt_main()

    threading.Thread(target=watch, daemon=True).start()


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; returns the exit status."""
    wishes = _parse(arguments)
    console = Messages() if wishes.messages else Console()
    home = Path()
    try:
        if wishes.gallery_zip:
            return gallery.write(wishes.gallery_zip, console)
        home = paths.home()
        if wishes.plan:
            return plan.tell(home, wishes.torch, console)
        with only_ours_to_write():
            if wishes.uninstall:
                return uninstall(home, console)
            check(home)
            return Installation(home, wishes, console).run()
    except UserError as error:
        console.fail(str(error), getattr(error, "reason", ""))
        return 1
    except KeyboardInterrupt:
        console.fail("Stopped. Run install.py again to go on.")
        return STOPPED
    except OSError as error:
        console.fail(f"{_reason(error)}: {error.filename or home}. Mend that and run install.py again.")
        return 1


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="install.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--system-packages", action="store_true", help="install Inkscape and the like with apt-get")
    parser.add_argument("--demo", action="store_true", help="then sketch a photo, in Inkscape if it is there")
    parser.add_argument("--test", action="store_true", help="run every check (installs nothing into Inkscape)")
    parser.add_argument("--uninstall", action="store_true", help="remove what install.py made, and nothing else")
    parser.add_argument(
        "--light", action="store_true", help="without PyTorch: sketches by lines, on the CPU; nothing else changes"
    )
    parser.add_argument("--minimal", action="store_true", help="without CLIP's packages and weights")
    parser.add_argument(
        "--no-weights", action="store_true", help="without CLIP's weights (clipasso models fetch: later)"
    )
    parser.add_argument(
        "--torch",
        default="auto",
        metavar="auto|cpu|registry|URL",
        help="where PyTorch comes from: its small CPU build, pip's usual registry, or another package index; "
        "auto takes the CPU build on Linux without an NVIDIA GPU",
    )
    parser.add_argument("--gallery-zip", type=Path, metavar="OUT.zip", help="only write the zip for Inkscape's gallery")
    parser.add_argument("--engine-only", action="store_true", help="leave Inkscape's folders alone, and CLIP out")
    # What the extension's window asks for, see installer/console.py.
    parser.add_argument("--plan", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--messages", action="store_true", help=argparse.SUPPRESS)
    wishes = parser.parse_args(arguments)
    wishes.minimal = wishes.minimal or wishes.engine_only
    if wishes.torch not in ("auto", "cpu", "registry") and "://" not in wishes.torch:
        parser.error(f"--torch is {wishes.torch!r}, but must be auto, cpu, registry or the URL of a package index")
    return wishes


class Installation:
    """One run of install.py."""

    def __init__(self, home: Path, wishes: argparse.Namespace, console: Console) -> None:
        self.home, self.wishes, self.console = home, wishes, console
        self.log = home / "logs" / "install.log"
        self.marker = home / paths.incomplete_marker().name
        self.setting = home / paths.engine_setting().name
        self.journal = Journal(home / "installed.json")

    def run(self) -> int:
        """Install, or make what the tests need; returns the exit status."""
        self.console.say(f"CLIPasso for Inkscape {__version__}, in {self.home}")
        if os.environ.get("SUDO_USER") and os.environ["SUDO_USER"] != "root":
            self.console.say("Note: this installs for root. To install for yourself, run install.py without sudo.")
        with lock.exclusive(self.home / "install.lock", self.journal):
            self.journal.write(self.log, f"install.py {__version__}, {time.ctime()}\n".encode())
            self.journal.commit()  # a failure leaves the log, which says why
            todo = []
            if self.wishes.demo or not self.wishes.test:
                self._install()
            if self.wishes.test:
                todo = self._prepare_tests()
        return checks.run(todo, self.console) if todo else 0

    def _install(self) -> None:
        if self.wishes.engine_only:
            downloads.begin(self.home, self.journal)
        with self._marked_incomplete():
            engine = self._engine_environment()
            with self.console.step("Installing the engine", "engine"):
                environment.install_engine(engine, self.home, self.journal, self.console, self.log)
            self._install_launcher(engine)
            if not self.wishes.engine_only:
                with self.console.step("Installing the extension"):
                    self._install_extension(engine)
        downloads.end(self.home, self.journal)
        self._remove_outdated(engine)
        if not (self.wishes.light or self.wishes.minimal or self.wishes.no_weights):
            self._fetch_weights(engine)
        if self.wishes.demo:
            with self.console.step(f"Sketching a photo with {demo.STROKES} strokes"):
                demo.run(self.home, engine, self.journal, self.console, self.log)
            self.journal.commit()
        launcher, _ = extension.launcher(engine, self.home)
        self.console.say("\nReady. In Inkscape (start it anew if it is open), select a photo: Extensions > Sketch.")
        self.console.say(f"Command line: {launcher} sketch PHOTO -o SKETCH.svg")

    @contextlib.contextmanager
    def _marked_incomplete(self) -> Iterator[None]:
        """While this lasts, the marker says "incomplete"; a failure takes back all that was made."""
        worked_before = self.setting.is_file() and not self.marker.exists()
        self.journal.write(self.marker, b"install.py has not come to its end. Run it again.\n")
        self.journal.commit()
        try:
            yield
        except BaseException:
            self.journal.rollback()
            if worked_before:
                self.journal.retire([self.marker])
                self.console.say("\nNothing was changed: the installation from before works as it did.")
            raise
        self.journal.commit()
        self.journal.retire([self.marker])

    def _engine_environment(self) -> Path:
        """What install and test have in common."""
        console = self.console
        if self.wishes.system_packages:
            with console.step("Looking after system packages"):
                packages = system.BASIC + ((*system.FOR_TESTS, *system.WHERE_OFFERED) if self.wishes.test else ())
                system.install(packages, console, self.log)
                for found in inkscapes.find():
                    if found.program:
                        system.complete_inkex(found.program, console, self.log)
        if not self.wishes.engine_only:
            for found in inkscapes.find():
                extension.check(found.extension)
        self.python = python.choose()
        wishes, light = self.wishes, self.wishes.light and not self.wishes.test  # the tests are about all of it
        recipe = environment.engine_recipe(environment.choose_torch(wishes.torch), wishes.minimal, light)
        within = "" if light else " with PyTorch"
        with console.step(
            f"Making the environment, Python {self.python.version}{within} (minutes, the first time)", "environment"
        ):
            return environment.build(recipe, self.home, self.python, self.journal, console, self.log)

    def _install_launcher(self, engine: Path) -> None:
        launcher, content = extension.launcher(engine, self.home)
        setting = extension.setting(engine, self.home)
        self._tell_of(
            [self.journal.write(self.setting, setting), self.journal.write(launcher, content, executable=True)]
        )

    def _tell_of(self, aside: list[Path | None]) -> None:
        for path in aside:
            if path:
                self.console.note(f"a file of yours was in the way and is now {path}")

    def _install_extension(self, engine: Path) -> None:
        setting = extension.setting(engine, self.home)
        aside: list[Path | None] = []
        programs = inkscapes.find()
        for found in programs:
            aside += extension.install(found.extension, setting, self.journal)
            self.console.note(f"for Inkscape ({found.kind}): {found.extension}")
            for note in (extension.sandbox_note(found), extension.python_note(found)):
                if note:
                    self.console.note(note)
        if not programs:
            self.console.note(
                "Inkscape was not found. Install it and run this again; until then, use the command line."
            )
        self._tell_of(aside)

    def _remove_outdated(self, engine: Path) -> None:
        """What older installations have left and this one has no use for."""
        if self.wishes.engine_only and any(path.name == installed_files.NAME for path in self.journal.files):
            return  # an extension that was installed otherwise works with its own engine
        for found in [] if self.wishes.engine_only else inkscapes.find():
            self.journal.retire(extension.outdated(found.extension, self.journal))
        for tree in list(self.journal.trees):
            replaced = tree.parent == engine.parent and tree.name.startswith("engine-") and tree != engine
            if replaced or tree == self.home / environment.BACKUP:
                self.journal.retire_tree(tree)

    def _fetch_weights(self, engine: Path) -> None:
        with self.console.step("Fetching CLIP's weights"):
            command = [str(environment.python_in(engine)), "-I", "-m", "clipasso_engine", "models", "fetch"]
            environ = {**commands.clean_environment(), "CLIPASSO_HOME": str(self.home)}
            try:
                commands.run(command, self.log, on_line=self.console.progress, environ=environ)
            except commands.CommandError as error:
                last = error.output.strip().rpartition("\n")[2].removeprefix("clipasso: ")
                self.console.note(f"left out: {last.partition('. ')[0]}.")
                self.console.note("Sketches are guided by boundaries alone. For CLIP, later: clipasso models fetch")

    def _prepare_tests(self) -> list[checks.Check]:
        try:
            engine = self._engine_environment()
            todo = checks.prepare(self.home, engine, self.python, self.journal, self.console, self.log)
        except BaseException:
            self.journal.rollback()
            raise
        self.journal.commit()
        return todo


def _reason(error: OSError) -> str:
    """Why a file could not be written; of a whole folder's copy, why the first of its files could not."""
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):
        return str(error.args[0][0][-1]).partition("] ")[2].partition(": ")[0] or str(error.args[0][0][-1])
    return error.strerror or str(error)


def uninstall(home: Path, console: Console) -> int:
    """Remove what the journal lists; says what it kept."""
    journal = Journal(home / "installed.json")
    if not journal:
        console.say(f"Nothing to remove: {home} has no record of an installation.")
        return 0
    with lock.exclusive(home / "install.lock", journal):
        pass  # nobody else is at work
    with console.step("Removing what install.py made"):
        kept = journal.remove_all()
    if kept:
        console.say("Kept, because install.py did not make it (logs, downloaded weights, files of yours):")
        for path in kept:
            console.say(f"   {path}")
    return 0


if __name__ == "__main__":
    if "--messages" in sys.argv:
        end_with_stdin()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # then, too, what was begun is taken back
    sys.exit(main())
