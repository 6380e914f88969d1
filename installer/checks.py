"""``--test``: the development environments, and every check there is."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from clipasso_engine.contract.pythons import Python

from . import commands, environment, second_inkscape
from .console import Console
from .environment import CHECKOUT, Recipe
from .journal import Journal
from .python import describe

DISTRIBUTION_PYTHON = Path("/usr/bin/python3")
DISTRIBUTION_INKEX = Path("/usr/share/inkscape/extensions/inkex")
"""Debian's Inkscape runs its extensions in this Python, with this inkex."""


WITH_ANOTHER_INKSCAPE = (
    *(
        f"tests/inkscape/test_{name}.py"
        for name in ("many_documents", "many_photos", "odd_documents", "placement", "redrawing", "runs", "window")
    ),
    "tests/inkscape/test_background.py::test_drawing_goes_on_and_the_sketch_follows_its_photo",
    "tests/inkscape/test_brushes.py::test_each_brush_looks_as_it_should_and_goes_on_looking_so",
    "tests/inkscape/test_again.py::test_what_inkscape_itself_does_to_strokes_is_told_apart",
    "tests/inkscape/test_masks.py::test_a_mask_beside_the_photo_gets_a_sentence_and_the_document_stays",
)
"""What is tried with each Inkscape; CONTRIBUTING.md says what of the rest holds in 1.4."""

# import-linter has a command, but no module to be run with -m.
_LINT_IMPORTS = "import sys; from importlinter import cli; sys.exit(cli.lint_imports(no_cache=True, no_logo=True))"


class Check:
    """A command that must end with status 0."""

    def __init__(self, name: str, python: Path, *words: str, environ: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.command = [str(python), *words]
        self.environ = dict(environ or {})  # beside what all checks have


def prepare(home: Path, engine: Path, python: Python, journal: Journal, console: Console, log: Path) -> list[Check]:
    """Make the environments that the checks need; ``engine`` is the engine's, which is used, not copied."""
    links = (CHECKOUT, environment.packages_in(engine))
    tools = Recipe("tests", ("test.txt",), links=links)
    with console.step("Making the test environment"):
        tests = environment.python_in(environment.build(tools, home, python, journal, console, log))
    with console.step("Making an environment with a recent inkex"):
        recipe = Recipe("inkex", ("inkex.txt",), dependencies=False)
        inkex = environment.python_in(environment.build(recipe, home, python, journal, console, log))
    checks = [
        Check("ruff check", tests, "-m", "ruff", "check"),
        Check("ruff format", tests, "-m", "ruff", "format", "--check"),
        Check("mypy", tests, "-m", "mypy"),
        Check("the layers", tests, "-c", _LINT_IMPORTS),
        Check("the extension with a recent inkex", inkex, "-m", "pytest", "tests/extension"),
    ]
    distribution = describe(str(DISTRIBUTION_PYTHON)) if DISTRIBUTION_INKEX.is_dir() else None
    if distribution:
        with console.step("Making an environment with the distribution's inkex"):
            recipe = Recipe("distribution", ("pytest.txt",), dependencies=False, system_packages=True)
            debian = environment.python_in(environment.build(recipe, home, distribution, journal, console, log))
        name = "the extension with the distribution's inkex"
        checks.append(Check(name, debian, "-m", "pytest", "tests/extension"))
    else:
        console.say(f"   {DISTRIBUTION_INKEX} is not there, so the extension is tested with one inkex only.")
    everything = ("-m", "pytest", "--ignore=tests/extension", "--durations=10")
    checks.append(Check("the engine, Inkscape and the installer", tests, *everything))
    return [*checks, *_with_another_inkscape(home, tests, console, log)]


def _with_another_inkscape(home: Path, tests: Path, console: Console, log: Path) -> list[Check]:
    """The tests in real Inkscape with that of Debian 13; none, which is said, where it cannot be had."""
    with console.step("Making a system with another Inkscape (minutes, the first time)"):
        try:
            programs = second_inkscape.prepare(home / "second-inkscape", console, log)
        except second_inkscape.CannotMakeError as reason:
            console.say(f"   SKIPPED: the extension is tested with one Inkscape only ({reason}).")
            return []
    name, environ = second_inkscape.version(programs), {"CLIPASSO_SECOND_INKSCAPE": str(programs)}
    return [Check(name, tests, "-m", "pytest", *WITH_ANOTHER_INKSCAPE, environ=environ)]


def run(checks: Sequence[Check], console: Console) -> int:
    """Run them all, with their output as it is; returns 0 if all passed, else 1."""
    failed = []
    with tempfile.TemporaryDirectory(prefix="clipasso-tests-") as home:
        environ = {**commands.clean_environment(), "CLIPASSO_HOME": home}
        for check in checks:
            console.say(f"\n== {check.name}")
            start = time.monotonic()
            sys.stdout.flush()
            status = subprocess.run(
                check.command, cwd=CHECKOUT, env={**environ, **check.environ}, stdin=subprocess.DEVNULL
            ).returncode
            console.say(f"== {check.name}: {'passed' if not status else 'FAILED'}, {time.monotonic() - start:.0f} s")
            if status:
                failed.append(check.name)
    if failed:
        console.say(f"\nFailed: {', '.join(failed)}")
    return 1 if failed else 0
