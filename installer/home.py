"""Whether CLIPASSO_HOME can hold an installation: said at once rather than after all downloads."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from clipasso_engine.contract.errors import UserError


def check(home: Path) -> None:
    """Raises `UserError` if Python's own tools could not install into a folder of that name."""
    for sign, why in (
        ("$", "would be taken for a variable"),
        (os.pathsep, "separates the folders of PATH"),
        ("\n", "ends a line"),
    ):
        if sign in str(home)[2:]:  # not the colon of a drive
            raise UserError(
                f"CLIPASSO_HOME is {str(home)!r}, but {sign!r} in a folder's name {why}. "
                "Set CLIPASSO_HOME to a folder without it (in a shell, without quotes around a variable)."
            )


@contextlib.contextmanager
def only_ours_to_write() -> Iterator[None]:
    """What is written meanwhile can be changed by its owner only, whatever the umask; a stricter umask stays."""
    before = os.umask(0o022)
    os.umask(before | 0o022)
    try:
        yield
    finally:
        os.umask(before)
