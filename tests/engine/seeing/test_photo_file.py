"""Paths that lead to what is no photo's file: told at once, and never read."""

from __future__ import annotations

import os
import socket
import sys
import threading
from pathlib import Path

import pytest

from clipasso_engine.contract import hashing, photo_file
from clipasso_engine.contract.codes import ErrorCode
from clipasso_engine.contract.errors import CodedError
from clipasso_engine.seeing import photo

posix = pytest.mark.skipif(os.name != "posix", reason="pipes, sockets and devices have no paths there")
linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")


def refused(path: Path | str) -> ErrorCode:
    """The code by which a photo is refused. That takes a moment, or else this waits no longer for it."""
    told: list[ErrorCode] = []

    def load() -> None:
        try:
            photo.load(path)
        except CodedError as error:
            told.append(error.code)

    thread = threading.Thread(target=load, daemon=True)
    thread.start()
    thread.join(10)
    assert told, "no answer"
    return told[0]


@posix
def test_what_is_no_ordinary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.png").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.png")  # a short path: addresses of sockets end at 108 bytes
        for path in ("pipe.png", "socket.png", "link.png", "/dev/zero", "/dev/null", "/dev/tty", "/dev/stdin"):
            if os.path.exists(path) and not os.path.isfile(path):
                assert refused(path) == ErrorCode.PHOTO_NO_ORDINARY_FILE, path
    assert refused(tmp_path) == ErrorCode.PHOTO_IS_FOLDER


@linux
@pytest.mark.parametrize("name", ["/proc/kmsg", "/proc/self/pagemap", "/proc/self/mem", "/proc/self/environ"])
def test_what_the_kernel_offers_as_ordinary_files(name: str) -> None:
    if not os.access(name, os.R_OK):
        pytest.skip("it is not here, or may not be read")
    assert refused(name) == ErrorCode.PHOTO_NO_IMAGE


@linux
def test_a_sparse_file_of_30_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "sparse.png"
    with path.open("wb") as file:
        file.truncate(30 << 30)
    assert refused(path) == ErrorCode.PHOTO_FILE_TOO_LARGE
    with pytest.raises(CodedError, match="30720 MB, and photos of at most 1024 MB are read"):
        photo.load(path)


@posix
def test_a_file_that_becomes_a_pipe_between_looking_and_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(b"was a file")
    before = os.stat(path)
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(os, "stat", lambda _path, **_: before)
    assert refused(path) == ErrorCode.PHOTO_NO_ORDINARY_FILE


def test_a_large_file_of_another_kind_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "video.png"
    with path.open("wb") as file:
        file.truncate(photo_file.MAX_BYTES)

    def never(_file: object) -> str:
        raise AssertionError("hashed before it was looked at")

    monkeypatch.setattr(hashing, "sha256_of", never)
    assert refused(path) == ErrorCode.PHOTO_NO_IMAGE


def test_content_that_came_with_the_job_is_checked_as_a_file_is() -> None:
    with pytest.raises(CodedError, match=r"my\.png is not an image"):
        photo.load("my.png", content=b"")
