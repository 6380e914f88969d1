"""What each program of the extension does first, so that it never ends without a word.

Inkscape shows what is on stderr, and nothing else: a program that cannot import its modules would otherwise do nothing
at all. So nothing but the standard library is imported here before stderr is in hand.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import sys
import traceback
from pathlib import Path
from typing import Any

OURS = ("clipasso_engine", "inkscape_extension")
FOLDER = Path(__file__).resolve().parents[2]
"""Where the extension is installed."""

_ONE_THREAD = "OPENBLAS_NUM_THREADS"
_NEEDED = 110 << 20
"""Bytes of addresses, at least, for NumPy, inkex and a small document; more refuses where it would just do."""

_REINSTALL = "Run install.py again, then restart Inkscape."


def begin() -> None:
    """From here on the program's stderr is a log, and what ends it is told in a sentence."""
    sys.excepthook = _tell
    from clipasso_engine.contract import paths

    from .. import messages

    messages.claim_stderr(paths.logs() / "extension.log")  # before inkex is imported: it makes Python warn
    trouble = why_not()
    if trouble:
        messages.tell(trouble)
        sys.exit(1)
    _load_numpy()


def _load_numpy() -> None:
    """As inkex does later, but without threads that nobody needs here: where the system gives out no more of them,
    OpenBLAS ends the process by SIGINT, having said so at length. The engine shall not inherit that.
    """
    try:
        mmap.mmap(-1, _NEEDED).close()  # OpenBLAS also ends the process, by exit status 1, where it gets no memory
    except OSError:
        raise MemoryError from None
    unless_chosen = _ONE_THREAD not in os.environ
    if unless_chosen:
        os.environ[_ONE_THREAD] = "1"
    try:
        with contextlib.suppress(ModuleNotFoundError):  # told when inkex needs it
            import numpy  # noqa: F401
    finally:
        if unless_chosen:
            os.environ.pop(_ONE_THREAD)


def why_not() -> str | None:
    """The sentence why these files cannot work together, as far as that shows at a glance; None if they can."""
    from clipasso_engine import __version__
    from clipasso_engine.contract.installed_files import Record

    record = Record.read(FOLDER)
    if record is None:
        return None
    if record.version != __version__:
        return _mixed(f"{record.version}, {__version__}")
    missing = record.missing(FOLDER)
    return _mixed(missing[0]) if missing else None


def sentence(error: BaseException) -> str:
    """What to tell the user of an error that ends a program, whether it is the installation's fault or a bug."""
    if isinstance(error, SystemExit) and isinstance(error.code, str):
        return error.code
    if "UserError" in (kind.__name__ for kind in type(error).__mro__):
        from .. import advice

        return advice.told(error)  # type: ignore[arg-type]
    from .. import exhausted

    if exhausted.is_exhausted(error):
        return exhausted.sentence(error)
    module = (error.name or "").partition(".")[0] if isinstance(error, ImportError) else ""
    if isinstance(error, ImportError) and module not in OURS:
        return _cannot_import(error, module)
    from clipasso_engine.contract.installed_files import Record

    record = Record.read(FOLDER)
    changed = record.changed(FOLDER) if record is not None else []
    if changed or isinstance(error, ImportError):
        return _mixed(changed[0] if changed else str(error))
    return _bug(error)


def _bug(error: BaseException) -> str:
    from .. import messages

    log = messages.claimed_log()
    if log is not None:
        return translated(
            "Something went wrong in the extension, and it is not your doing; the document is as it was. "
            "Please report it with the details in {log}"
        ).format(log=log)
    return translated(
        "Something went wrong in the extension, and it is not your doing; the document is as it was. Its log could not "
        "be written. Please report it with these details: {details}"
    ).format(details=_in_one_line(error))


def _in_one_line(error: BaseException) -> str:
    """The error, and where it happened."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    places = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    return " ".join(f"{type(error).__name__}: {error} ({places})".split())


def _tell(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    """Takes the place of `sys.excepthook`."""
    with contextlib.suppress(Exception):
        from .. import messages

        messages.log_error(error)
    try:
        text = sentence(error)
    except MemoryError:
        text = "There is not enough memory. Close other programs, and start again; the document is as it was."
    except Exception:  # nothing of ours can be imported
        text = f"The files of the extension cannot work ({error}). {_REINSTALL}"
    try:
        from .. import messages

        messages.tell(text)
    except Exception:
        os.write(2, text.encode("utf-8", "replace") + b"\n")


def _cannot_import(error: ImportError, module: str) -> str:
    python = f"{sys.executable}, {sys.version.split()[0]}"
    if not module or not isinstance(error, ModuleNotFoundError):
        return translated(
            "Inkscape's own Python ({python}) cannot load a module that extensions need: {error}. "
            "Install Inkscape and its Python modules again."
        ).format(python=python, error=error)
    if sys.platform != "linux":
        return translated(
            "Inkscape's own Python ({python}) lacks the module {module}, which its extensions need. "
            "Install Inkscape again."
        ).format(python=python, module=module)
    from clipasso_engine.contract import debian_packages

    return translated(
        "Inkscape's own Python ({python}) lacks the module {module}, which its extensions need. "
        "Install the package that brings it; on Debian and Ubuntu: sudo apt install {package}"
    ).format(python=python, module=module, package=debian_packages.package_of(module))


def _mixed(what: object) -> str:
    text = translated("The files of the extension are not all of one version ({what}). {reinstall}")
    return text.format(what=what, reinstall=translated("Run install.py again, then restart Inkscape."))


def translated(text: str) -> str:
    """As `translation.translated`, where that can be imported."""
    try:
        from ..translation import translated as in_the_users_language
    except Exception:
        return text
    return in_the_users_language(text)
