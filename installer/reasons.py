"""Why a program that a step needs has failed, in a sentence."""

from __future__ import annotations

from pathlib import Path

from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.texts import translatable

from . import commands, pip


class StepError(UserError):
    """A program that did a step failed; ``reason`` is why, as a sentence that the extension has translations of."""

    reason = ""


def because(what: str, error: commands.CommandError, log: Path) -> StepError:
    """``what`` failed, for the reason that shows in what the command printed."""
    reason = _reason(error.output)
    failed = StepError(f"{what}: {reason} The log is {log}.")
    failed.reason = reason
    return failed


def _reason(output: str) -> str:
    """One sentence for people from what pip or venv printed."""
    causes = (
        (
            ("No space left on device", "not enough space on the disk"),
            translatable("the disk is full. Make room and run this again."),
        ),
        (
            ("Long Path support", "WinError 206"),
            translatable(
                "a file's path is too long for Windows as it is set. Enable long paths (https://pip.pypa.io/warnings/"
                "enable-long-paths), or set CLIPASSO_HOME to a short folder such as C:\\clipasso, and run this again."
            ),
        ),
        (
            ("Missing dependencies for SOCKS support",),
            translatable(
                "the proxy that is set (ALL_PROXY, HTTPS_PROXY or pip's own setting) speaks SOCKS, which needs a "
                "package that is not there. Name an HTTP proxy, or install PySocks for this Python, and run this again."
            ),
        ),
        (
            ("Permission denied", "Access is denied"),
            translatable("a file or folder may not be written to. Mend that and run this again."),
        ),
        (
            (
                *("NewConnectionError", "ProxyError", "SSLError", "name resolution", "Read timed out"),
                *("Connection refused", "connection broken by", "Connection broken", "IncompleteRead"),
            ),
            translatable(
                "the package registry cannot be reached. Check the network (or pip's proxy setting) and run this again."
            ),
        ),
        (
            (pip.WRONG_HASH, "hashes are required"),
            translatable(
                "a package is not the one that was published (its SHA-256 is another): it was damaged on the way, or "
                "the mirror that pip is set to serves its own builds. Use another index and run this again."
            ),
        ),
        (
            ("No matching distribution", "Could not find a version"),
            translatable("a pinned package is not offered for this Python and this kind of machine."),
        ),
    )
    for signs, cause in causes:
        if any(sign in output for sign in signs):
            return cause
    return translatable("see the last lines of the log.")
