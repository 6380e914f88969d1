"""Files are written whole or not at all, and a refusal is one sentence."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from clipasso_engine.contract.errors import UserError
from clipasso_engine.output import files

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")


def refusal(path: Path, data: bytes = b"new") -> str:
    with pytest.raises(UserError) as caught:
        files.write(path, data)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_write_and_replace(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    for data in (b"first", b"second"):
        files.write(path, data)
        assert path.read_bytes() == data
    assert os.listdir(tmp_path) == ["a.svg"]


@posix
def test_mode_follows_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        files.write(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@posix
@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_modes_are_those_of_any_file(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        files.write(files.make_folder(tmp_path / "new") / "a", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new" / "a").stat().st_mode) == 0o666 & ~umask
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o777 & ~umask


@posix
@pytest.mark.parametrize("length", range(249, 256))
def test_the_longest_names(tmp_path: Path, length: int) -> None:
    path = tmp_path / ("é" * 100 + "x" * (length - 204) + ".svg")
    assert len(os.fsencode(path.name)) == length
    for data in (b"first", b"second"):
        files.write(path, data)
        assert path.read_bytes() == data
    assert len(os.listdir(tmp_path)) == 1


@posix
def test_the_part_is_new_and_follows_no_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever guessed its name and put a link there would have our bytes written where it leads."""
    monkeypatch.setattr(secrets, "token_hex", lambda _bytes: "guessed")
    (tmp_path / "theirs").write_bytes(b"theirs")
    for trap in (Path("theirs"), Path("nowhere")):
        (tmp_path / ".guessed.part").symlink_to(trap)
        refusal(tmp_path / "a.svg")
        (tmp_path / ".guessed.part").unlink()
    assert (tmp_path / "theirs").read_bytes() == b"theirs"
    assert os.listdir(tmp_path) == ["theirs"]


@posix
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    files.write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


@posix
def test_a_full_device_is_neither_written_nor_replaced() -> None:
    assert "no room is left" in refusal(Path("/dev/full"))
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


@posix
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    import resource

    path = tmp_path / "a.svg"
    files.write(path, b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        message = refusal(path, b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "no room is left" in message
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.svg"]


def test_an_interrupt_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        files.write(tmp_path / "a.svg", b"new")
    assert os.listdir(tmp_path) == []


def test_missing_folder(tmp_path: Path) -> None:
    assert f"there is no folder {tmp_path / 'nowhere'}" in refusal(tmp_path / "nowhere" / "a.svg")


def test_file_in_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    assert "there is no folder" in refusal(tmp_path / "a" / "b.svg")
    with pytest.raises(UserError, match="is a file, so no folder"):
        files.make_folder(tmp_path / "a")


def test_folder_in_place_of_a_file(tmp_path: Path) -> None:
    assert "it is a folder" in refusal(tmp_path)


@posix
def test_no_permission(open_folder: Path, unprivileged: Callable[[], AbstractContextManager[None]]) -> None:
    path = open_folder / "a.svg"
    open_folder.chmod(0o555)
    with unprivileged():
        assert "permission denied" in refusal(path)
        with pytest.raises(UserError, match="permission denied"):
            files.make_folder(open_folder / "b")
    open_folder.chmod(0o777)
    path.write_bytes(b"old")
    path.chmod(0o444)
    with unprivileged():
        assert "permission denied" in refusal(path)
    assert path.read_bytes() == b"old"


def test_make_folder(tmp_path: Path) -> None:
    for _ in range(2):
        assert files.make_folder(tmp_path / "a" / "b").is_dir()
