"""The two kinds of failure. Standard library only, Python 3.8: the extension imports this module too."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can mend. Its text is shown as it is.

    One sentence or two: what went wrong, why, and what to do next; it names the offending value and the allowed ones.
    Every other exception is a bug: its traceback goes to a log file and the user is told the file's path.
    """
