"""The Python environments under ``CLIPASSO_HOME/env``: one for the engine, others for the tests.

Each is built where it will stay, in a folder named after what it holds, and counts once it is complete. So an older one
works on until the newer one is ready, the same one is never built twice, and nothing has to be moved.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.pythons import Python

from . import commands, downloads, gpu, pip
from .console import Console
from .journal import Journal, files_in, is_finished, list_tree, listing, remove_tree
from .reasons import because

CHECKOUT = Path(__file__).resolve().parent.parent
REQUIREMENTS = CHECKOUT / "requirements"
ENGINE_PARTS = ("pyproject.toml", "README.md", "LICENSE", "clipasso_engine")
"""What the engine's package is built from."""
CUDA = "cuda.txt"
"""What the registry's PyTorch needs as well, on Linux."""
BACKUP = "engine-before"
"""The folder under CLIPASSO_HOME that keeps the older engine while a newer one is installed."""

# PyTorch publishes its CPU builds for Linux here only; the ordinary registry has the CUDA build, ten times as large.
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
_PROBE_SECONDS = 30  # a refused connection takes one second, a silent one five

# The rasteriser's loops are compiled at their first use, which takes some 6 s: now rather than at the first sketch.
_FIRST_STROKE = """
import numpy as np
from clipasso_engine.optimising.rasterizer import draw
drawn = draw(np.zeros((1, 1, 4, 2), np.float32), (8, 8), 3.0)
drawn.pull(drawn.ink)
"""

_TOOLS_GIB, _CPU_GIB, _CUDA_GIB = 0.5, 2.5, 8.0  # with some room for what is unpacked on the way


@dataclass(frozen=True)
class Recipe:
    """What goes into an environment."""

    name: str
    requirements: tuple[str, ...]  # names of files in requirements/
    torch: str = ""  # "cpu", "registry" or the address of an index; empty: none
    dependencies: bool = True  # also what the requirements need
    links: tuple[Path, ...] = ()  # folders whose packages it uses as well
    system_packages: bool = False  # also those of the Python it is made from

    def folder(self, home: Path, python: Python) -> Path:
        """Where it belongs: another content, another folder."""
        digest = hashlib.sha256(repr((self, python.version)).encode())
        for path in self._files():
            digest.update(path.read_bytes())
        return home / "env" / f"{self.name}-{digest.hexdigest()[:10]}"

    def _files(self) -> list[Path]:
        """All requirement files, also those that others include."""
        files = [REQUIREMENTS / name for name in (*self.requirements, *([CUDA] if self.torch else []))]
        for path in files:
            files += [REQUIREMENTS / line[3:] for line in path.read_text("utf-8").split("\n") if line.startswith("-r ")]
        return files


def engine_recipe(torch: str, minimal: bool, light: bool = False) -> Recipe:
    """The engine's environment; ``minimal`` leaves CLIP's packages out, ``light`` PyTorch as well."""
    if light:
        return Recipe("engine", ("engine.txt",))
    return Recipe("engine", ("torch.txt", "engine.txt", *(() if minimal else ("clip.txt",))), torch=torch)


def choose_torch(wish: str) -> str:
    """``auto`` becomes ``cpu`` where CPU builds have an index of their own and no GPU could use more."""
    if wish != "auto":
        return wish
    return "cpu" if sys.platform == "linux" and not gpu.has_nvidia() else "registry"


def python_in(environment: Path) -> Path:
    """The environment's interpreter."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def packages_in(environment: Path) -> Path:
    """The environment's site-packages folder."""
    words = [str(python_in(environment)), "-I", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    return Path(commands.run(words).strip())


def build(recipe: Recipe, home: Path, python: Python, journal: Journal, console: Console, log: Path) -> Path:
    """The environment's folder; makes it if it is not there, complete and working. Raises `UserError`."""
    folder = recipe.folder(home, python)
    if is_there(folder):
        console.note(f"already there: {folder}")
        return folder
    check_space(recipe, home)
    with pip.temporary_folder(home, journal):
        journal.start_tree(folder)
        _fill(folder, recipe, python, console, log)
        journal.finish_tree(folder)
    return folder


def _fill(folder: Path, recipe: Recipe, python: Python, console: Console, log: Path) -> None:
    try:
        options = ["--system-site-packages"] if recipe.system_packages else []
        commands.run([python.path, "-I", "-m", "venv", *options, folder], log)
    except commands.CommandError as error:
        raise because("The environment could not be made", error, log) from error
    from_another_index = _install_torch(recipe, folder, console, log) if recipe.torch else False
    if recipe.links:  # before pip looks at what is there already
        lines = "".join(f"{path}\n" for path in recipe.links)
        (packages_in(folder) / "clipasso-links.pth").write_text(lines, encoding="utf-8")
    named = "://" in recipe.torch  # what such a build needs cannot be known here, so it cannot have hashes
    names = [*recipe.requirements, *([CUDA] if recipe.torch and not from_another_index else [])]
    files = [REQUIREMENTS / name for name in names]
    there = _torch_pins(recipe) if from_another_index else []
    items = [item for item in downloads.read(files) if item.pin not in there]
    options = ["--require-hashes", *([] if recipe.dependencies and not named else ["--no-deps"])]
    options += _fetched(folder, items, [], console, log)
    _pip(folder, [*options, *(word for file in files for word in ("-r", str(file)))], console, log)
    if named:
        _pip(folder, _torch_pins(recipe), console, log)
    _check_packages(folder, recipe, log)


# Distributions are looked for as Python would look for them: in the environment's folders, and nowhere else.
_MISSING = """
import sys
from importlib import metadata
def there(pin):
    name, version = pin.split("==")
    try:
        return metadata.version(name).partition("+")[0] == version.partition("+")[0]
    except metadata.PackageNotFoundError:
        return False
missing = [pin for pin in sys.argv[1:] if not there(pin)]
print("Not there:", *missing)
sys.exit(bool(missing))
"""


def _check_packages(folder: Path, recipe: Recipe, log: Path) -> None:
    """Raises `UserError` if pip ended well but its packages are not where this environment's Python finds them."""
    lines = [line for name in recipe.requirements for line in (REQUIREMENTS / name).read_text("utf-8").split("\n")]
    pins = [line.split()[0] for line in lines if re.match(r"[\w.-]+==", line) and ";" not in line]
    try:
        commands.run([python_in(folder), "-I", "-c", _MISSING, *pins], log)
    except commands.CommandError as error:
        raise UserError(
            f"pip said that it installed the packages, but they are not in {folder}. Look for a setting that sends "
            f"them elsewhere (pip config list) and run this again. The log is {log}."
        ) from error


def install_engine(environment: Path, home: Path, journal: Journal, console: Console, log: Path) -> None:
    """Install this checkout's engine into the environment; a rollback brings the older one back. Raises `UserError`."""
    # Of an engine whose installation was cut, some files are here that no list has: all of an engine is ours.
    engines = _engine_in(packages_in(environment))
    before = {path for path in files_in(environment) if not any(engine in path.parents for engine in engines)}
    listed = {environment / name for name in listing(environment)}
    packages = packages_in(environment)
    backup = home / BACKUP
    journal.start_tree(backup)
    old = _engine_in(packages)
    for path in old:
        _copy(path, backup / path.name)

    def restore() -> None:
        for path in _engine_in(packages):
            remove_tree(path)
        for path in old:
            _copy(backup / path.name, path)
        list_tree(environment, sorted(listed))

    journal.on_rollback(restore)
    with pip.temporary_folder(home, journal) as temporary:
        # From a copy, since building leaves folders behind that would end up in the next build.
        source = temporary / "engine"
        source.mkdir()
        for name in ENGINE_PARTS:
            _copy(CHECKOUT / name, source / name)
        # Nothing is fetched, and a wheel from a temporary folder is never wanted again: no cache.
        options = ["--no-deps", "--no-build-isolation", "--no-cache-dir", "--force-reinstall"]
        _pip(environment, [*options, str(source)], console, log)
    try:
        commands.run([python_in(environment), "-I", "-m", "clipasso_engine", "--version"], log)
        commands.run([python_in(environment), "-I", "-c", _FIRST_STROKE], log)
    except commands.CommandError as error:
        raise UserError(f"The engine was installed but does not start. The log is {log}.") from error
    after = set(files_in(environment))
    list_tree(environment, sorted((listed & after) | (after - before)))


def _engine_in(packages: Path) -> list[Path]:
    return [*packages.glob("clipasso_engine"), *packages.glob("clipasso_inkscape-*.dist-info")]


def _install_torch(recipe: Recipe, folder: Path, console: Console, log: Path) -> bool:
    """Where PyTorch's packages come from another index than the rest: install them from there first; whether it was so.

    Their files are other ones than the registry's, so no hash is known; that index and the exact version are trusted.
    """
    if recipe.torch == "registry":
        return False
    index = CPU_INDEX if recipe.torch == "cpu" else recipe.torch
    pins = _torch_pins(recipe)
    if recipe.torch == "cpu":
        pins = [f"{pin}+cpu" for pin in pins]
        if not _offered(folder, pins[0], index, console, log):
            console.note(
                "PyTorch's small CPU build cannot be had here (see the log): taking the registry's, which is larger."
            )
            return False
    source = ["--index-url", index]
    source += _fetched(folder, [downloads.Item(pin) for pin in pins], source, console, log)
    _pip(folder, ["--no-deps", *source, *pins], console, log)
    return True


def _fetched(folder: Path, items: list[downloads.Item], source: list[str], console: Console, log: Path) -> list[str]:
    """Where downloads are kept, fetch these by pip's options ``source``; returns the options to install them by."""
    kept = downloads.folder_for(folder)
    if kept is None:
        return []
    try:
        downloads.Fetching(python_in(folder), kept, console, log).fetch(items, source)
    except commands.CommandError as error:
        raise because("pip could not fetch what is needed", error, log) from error
    return ["--no-index", "--find-links", str(kept)]


def _torch_pins(recipe: Recipe) -> list[str]:
    lines = [line for name in recipe.requirements for line in (REQUIREMENTS / name).read_text("utf-8").split("\n")]
    return [line.split()[0] for line in lines if line.startswith(("torch==", "torchvision=="))]


def _offered(folder: Path, pin: str, index: str, console: Console, log: Path) -> bool:
    """Whether the index answers, soon, and has this very version for this Python and machine."""
    name, version = pin.split("==")
    python = python_in(folder)
    words = [*pip.command(python), "index", "versions", name, "--index-url", index, "--retries", "0", "--timeout", "5"]
    environ = pip.environ(python, _temporary(folder), log)
    try:
        answer = commands.run(words, log, on_line=console.progress, timeout=_PROBE_SECONDS, environ=environ)
    except commands.CommandError:
        return False
    return version in answer.replace(",", " ").split()


def _temporary(folder: Path) -> Path:
    return folder.parent.parent / pip.TEMPORARY


def _pip(folder: Path, words: list[str], console: Console, log: Path) -> None:
    python = python_in(folder)
    environ = pip.environ(python, _temporary(folder), log)
    try:
        command = [*pip.command(python), "install", "--progress-bar", "off", "--no-warn-script-location", *words]
        commands.run(command, log, on_line=console.progress, environ=environ)
    except commands.CommandError as error:
        raise because("pip could not install what is needed", error, log) from error


def is_there(folder: Path) -> bool:
    """Whether an environment is complete and its Python starts."""
    return is_finished(folder) and _works(folder)


def room_needed(recipe: Recipe) -> float:
    """GiB on the disk, with what is unpacked on the way."""
    if not recipe.torch:
        return _TOOLS_GIB
    return _CUDA_GIB if recipe.torch != "cpu" and sys.platform == "linux" else _CPU_GIB


def check_space(recipe: Recipe, home: Path) -> None:
    """Raises `UserError` if the disk has no room; ``home`` need not be there yet."""
    needed = room_needed(recipe)
    place = next(folder for folder in (home, *home.parents) if folder.is_dir())
    free = shutil.disk_usage(place).free / 2**30
    if free < needed:
        raise UserError(
            f"{home} has {free:.1f} GiB of free space, but about {needed} GiB are needed. "
            "Make room, or set CLIPASSO_HOME to a folder on a larger disk."
        )


def _works(folder: Path) -> bool:
    """False if, say, the Python it was made from has been removed."""
    try:
        commands.run([python_in(folder), "-I", "-m", "pip", "--version"], timeout=60)
    except commands.CommandError:
        return False
    return True


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(source, target)
