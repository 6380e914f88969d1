"""When the system has nothing left to give: no memory, no process, no thread. Standard library only."""

from __future__ import annotations

import errno
import re

_ERRORS = (errno.ENOMEM, errno.EAGAIN, errno.EMFILE, errno.ENFILE)
_WORDS = re.compile("can't start new thread|[Cc]annot allocate memory|failed to map segment|out of memory")


def is_exhausted(error: BaseException) -> bool:
    """Whether it is Python's way, the system's or the loader's of shared libraries to say so."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _ERRORS):
        return True
    return isinstance(error, (RuntimeError, ImportError, SystemError)) and bool(_WORDS.search(str(error)))


def sentence(error: BaseException) -> str:
    """What to tell the user; the document is as it was."""
    from .translation import translated  # which needs memory, too

    words = _WORDS.search(str(error))
    reason = error.strerror if isinstance(error, OSError) else words.group() if words else ""
    return translated(
        "There is not enough memory, or too many programs run, for the sketch ({reason}). Close other programs, and "
        "start again; the document is as it was."
    ).format(reason=reason or type(error).__name__)
