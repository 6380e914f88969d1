"""Write files whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path

from ..contract.errors import UserError

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG}


def write(path: str | os.PathLike[str], data: bytes) -> None:
    """Write ``data`` to ``path``: a reader finds the old file or the new one, never a part of it.

    Raises `UserError` if the folder does not exist, may not be written to, or the disk is full.
    """
    path = Path(path)
    try:
        _write(path, data)
    except OSError as error:
        raise _refusal(path, error) from error


def make_folder(path: str | os.PathLike[str]) -> Path:
    """The folder, made if it does not exist. Raises `UserError` if that is not possible."""
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise UserError(f"{path} is a file, so no folder of that name can be made. Choose another folder.") from None
    except OSError as error:
        raise _refusal(path, error) from error
    return path


def require_folder(path: str | os.PathLike[str]) -> None:
    """Raise `UserError` unless the folder that the file ``path`` is to be written to exists."""
    path = Path(path)
    if not path.parent.is_dir():
        raise _refusal(path, FileNotFoundError())


def _write(path: Path, data: bytes) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if path.exists() and not path.is_file():
        path.write_bytes(data)  # a device or a pipe, such as /dev/stdout, must not be replaced by a file
        return
    path = Path(os.path.realpath(path))  # a link stays, its target is replaced
    if path.exists():
        path.open("r+b").close()  # replacing needs leave to write to the folder only; the file's own counts too
    descriptor, part = _new_file(path.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def _new_file(folder: Path) -> tuple[int, Path]:
    """A new file in the folder, for writing, that nobody can have put there; of the mode that the umask leaves.

    Its name is random, and as short as that allows: one made of the final name may be too long.
    """
    part = folder / f".{secrets.token_hex(8)}.part"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return os.open(part, flags, 0o666), part


def _refusal(path: Path, error: OSError) -> UserError:
    if error.errno in _FULL:
        return UserError(
            f"{path} cannot be written: no room is left ({error.strerror}). Free some space, or choose another disk."
        )
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return UserError(f"{path} cannot be written: there is no folder {path.parent}. Make it, or choose another.")
    if isinstance(error, IsADirectoryError):
        return UserError(f"{path} cannot be written: it is a folder. Choose a file name.")
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return UserError(f"{path} may not be written: permission denied. Choose a folder of your own.")
    return UserError(f"{path} cannot be written: {error.strerror or error}. Choose another place.")
