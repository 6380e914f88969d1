"""The record of all that install.py makes, so that a failure undoes it and ``--uninstall`` removes nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import Callable

from clipasso_engine.contract.errors import UserError

LISTING = ".clipasso-files"
"""In a finished tree: the paths it was made of, one a line. A tree without it was interrupted and is scrap."""


class Journal:
    """Files, folders and trees (whole environments) that exist because of us.

    Each is written down before it is made: whatever interrupts us, nothing of ours is ever unknown. Changes are final
    after `commit`; `rollback` takes back what was made since then.
    """

    def __init__(self, path: Path) -> None:
        """``path`` is the JSON file of the record; a missing or unreadable one is an empty record."""
        self.path = path
        self._undo: list[Callable[[], object]] = []
        self.load()

    def load(self) -> None:
        """Read the record anew, as whoever held the lock before has left it."""
        try:
            record = json.loads(self.path.read_text(encoding="utf-8"))
            self.files, self.folders, self.trees = (
                [Path(name) for name in record[kind]] for kind in ("files", "folders", "trees")
            )
        except (OSError, ValueError, KeyError, TypeError):
            self.files, self.folders, self.trees = [], [], []

    def __bool__(self) -> bool:
        return bool(self.files or self.folders or self.trees)

    def folder(self, path: Path) -> None:
        """Make ``path`` and its missing parents."""
        if path.is_dir():
            return
        self.folder(path.parent)
        self._note(self.folders, path)
        path.mkdir(exist_ok=True)
        self._undo.append(lambda: _remove_if_empty(path))

    def made_folders(self, paths: list[Path]) -> None:
        """Note folders that were made before the record could be written."""
        for path in paths:
            self._note(self.folders, path)

    def made_file(self, path: Path) -> None:
        """Note a file that was made before the record could be written."""
        self._note(self.files, path)

    def write(self, path: Path, content: bytes, executable: bool = False) -> Path | None:
        """Write a file, whole or not at all. Somebody else's of that name is moved aside; its new path is returned.

        Raises `UserError` where a folder of ours is a link by now: what it leads to is not ours to write into.
        """
        if link := self._linked(path):
            raise UserError(f"{link} is a link to {os.readlink(link)}. Remove the link and run install.py again.")
        self.folder(path.parent)
        aside = None
        before = path.read_bytes() if path.is_file() else None
        if os.path.lexists(path) and path not in self.files and before != content:
            aside = _free_name(path)
            path.rename(aside)
            self._undo.append(lambda: os.replace(aside, path))
            before = None
        known = path in self.files
        self._note(self.files, path)
        self._undo.append(lambda: self._restore(path, before, executable, known))
        _write_whole(path, content, executable)
        return aside

    def start_tree(self, path: Path) -> None:
        """An empty folder to build a tree in; an unfinished one of ours that lies there is scrapped."""
        self.folder(path.parent)
        self._note(self.trees, path)
        remove_tree(path)
        path.mkdir()
        self._undo.append(lambda: self._drop_tree(path))

    def keep_tree(self, path: Path) -> None:
        """A folder all of which is ours, with what is in it by now; a rollback leaves it."""
        self.folder(path.parent)
        self._note(self.trees, path)
        if path.is_symlink():
            path.unlink()
        path.mkdir(exist_ok=True)

    def finish_tree(self, path: Path) -> None:
        """All that is in the tree now is ours."""
        list_tree(path, files_in(path))

    def retire(self, paths: list[Path]) -> None:
        """On `commit`, remove these files of ours, which a newer version has no use for."""
        for path in paths:
            self._remove(path)
        self.files = [path for path in self.files if path not in paths]
        self._save()

    def retire_tree(self, path: Path) -> None:
        """Remove a tree of ours that a newer one has replaced."""
        with contextlib.suppress(OSError):  # on Windows a running engine keeps its files; next time, then
            remove_tree(path)
            self.trees.remove(path)
            self._save()

    def on_rollback(self, action: Callable[[], object]) -> None:
        """Do this, too, if things go wrong."""
        self._undo.append(action)

    def commit(self) -> None:
        """What was made stays."""
        self._undo.clear()

    def rollback(self) -> None:
        """Undo everything since the last commit, last things first; what cannot be undone stays in the record."""
        while self._undo:
            with contextlib.suppress(OSError):
                self._undo.pop()()
        self.folders = [path for path in self.folders if path.is_dir()]
        self._save()

    def _linked(self, path: Path) -> Path | None:
        """The folder above ``path`` that we made, and that somebody has replaced by a link since; None if none is."""
        return next((folder for folder in self.folders if folder in path.parents and folder.is_symlink()), None)

    def _remove(self, path: Path) -> None:
        if not self._linked(path):
            _remove_file(path)

    def _note(self, kind: list[Path], path: Path) -> None:
        if path not in kind:
            kind.append(path)
            self._save()

    def _restore(self, path: Path, before: bytes | None, executable: bool, known: bool) -> None:
        if before is None:
            _remove_file(path)
        else:
            _write_whole(path, before, executable)
        if not known:
            self.files.remove(path)

    def _drop_tree(self, path: Path) -> None:
        remove_tree(path)
        self.trees = [tree for tree in self.trees if tree != path]

    def _save(self) -> None:
        if not self.path.parent.is_dir():
            return  # its folder is the first thing to be noted, and is not there yet
        record = {
            "about": "What CLIPasso's install.py made; install.py --uninstall removes these and nothing else.",
            "files": [str(path) for path in self.files],
            "folders": [str(path) for path in self.folders],
            "trees": [str(path) for path in self.trees],
        }
        _write_whole(self.path, json.dumps(record, indent=1).encode() + b"\n", executable=False)

    def remove_all(self) -> list[Path]:
        """Remove everything in the record, then the record.

        Returns what is left beside and below the places that had an engine.json: not made by us, or in use.
        """
        places = [path.parent for path in self.files if path.name == "engine.json"]
        for path in self.files:
            self._remove(path)
        for tree in self.trees:
            _remove_listed(tree)
        self.files = [path for path in self.files if os.path.lexists(path) and not self._linked(path)]
        if not self.files:
            _remove_file(self.path)
        ours = [*self.folders, *self.trees]
        for folder in sorted(ours, key=lambda path: len(path.parts), reverse=True):
            _remove_if_empty(folder)
        inside = [folder for folder in ours if any(place in folder.parents for place in places)]
        left = {folder for folder in (*places, *inside) if folder.is_dir()}
        return sorted(path for folder in left for path in folder.iterdir() if path not in left)


def files_in(tree: Path) -> list[Path]:
    """Every file and link below ``tree``, links to folders included."""
    found = []
    for folder, folders, files in os.walk(tree):
        found += [Path(folder, name) for name in files]
        found += [Path(folder, name) for name in folders if Path(folder, name).is_symlink()]
    return found


def list_tree(tree: Path, files: list[Path]) -> None:
    """Write the tree's `LISTING`."""
    names = sorted(path.relative_to(tree).as_posix() for path in files if path.name != LISTING)
    _write_whole(tree / LISTING, "\n".join(names).encode("utf-8", "surrogateescape"), executable=False)


def listing(tree: Path) -> list[str]:
    """The paths in the tree's `LISTING`, relative to it."""
    return (tree / LISTING).read_text(encoding="utf-8", errors="surrogateescape").split("\n")


def is_finished(tree: Path) -> bool:
    """Whether the tree was built to its end."""
    return (tree / LISTING).is_file()


def remove_tree(tree: Path) -> None:
    """Remove a folder with all it holds; never follows a link."""
    if tree.is_symlink():
        tree.unlink()
    elif tree.exists():
        shutil.rmtree(tree)


def _remove_listed(tree: Path) -> None:
    """Remove what the listing names, and what Python and Numba compiled from it; all of an unfinished tree.

    What a link leads out of the tree is somebody else's, even if its name is in the listing.
    """
    if tree.is_symlink():
        return
    if not is_finished(tree):
        with contextlib.suppress(OSError):
            remove_tree(tree)
        return
    inside = os.path.realpath(tree)
    for name in listing(tree):
        folder = os.path.realpath((tree / name).parent)
        if folder != inside and not folder.startswith(inside + os.sep):
            continue
        with contextlib.suppress(OSError):
            (tree / name).unlink()
    with contextlib.suppress(OSError):
        (tree / LISTING).unlink()
    for folder, _, files in os.walk(tree, topdown=False):
        if Path(folder).name == "__pycache__":
            for name in files:
                with contextlib.suppress(OSError):
                    Path(folder, name).unlink()
        _remove_if_empty(Path(folder))


def _remove_file(path: Path) -> None:
    """Remove a file, and what Python compiled from it."""
    with contextlib.suppress(OSError):
        if path.is_symlink() or not path.is_dir():
            path.unlink()
    with contextlib.suppress(OSError):
        _part(path).unlink()
    cache = path.parent / "__pycache__"
    if path.suffix == ".py" and not cache.is_symlink():
        for compiled in cache.glob(f"{path.stem}.*.pyc"):
            with contextlib.suppress(OSError):
                compiled.unlink()
        _remove_if_empty(cache)


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"{path.name}.before-clipasso{number or ''}") for number in range(1000))
    return next(name for name in names if not os.path.lexists(name))


def _part(path: Path) -> Path:
    """What `_write_whole` writes first; the same name each time, so that what a kill left is not left for ever."""
    return path.with_name(f".{path.name}.clipasso-part")


def _write_whole(path: Path, content: bytes, executable: bool) -> None:
    part = _part(path)
    try:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()  # should it be a link, then what it leads to stays as it is
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with open(os.open(part, flags, 0o777 if executable else 0o666), "wb") as stream:
            stream.write(content)
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
