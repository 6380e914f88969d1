"""The command line, ``clipasso``. Only the module of the command that was asked for is imported.

Exit status: 0 done, 1 an error the user can mend, 2 wrong usage, 70 a bug, 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn

from . import __version__
from .commands import advice
from .contract.errors import UserError
from .serving import engine_log

_COMMANDS = {
    "sketch": "sketch photos as SVG files",
    "animate": "let a sketch draw itself: SVG, GIF, APNG, MP4, Lottie, PNG files",
    "plot": "prepare a sketch for a plotter",
    "models": "list, verify and fetch weights",
    "evaluate": "measure sketches of a folder of photos, and show them on a sheet",
    "bench": "measure what drawing costs",
    "cache": "show or clear what is kept of photos that were looked at",
    "doctor": "say what is installed and what to do about what is not",
    "worker": "serve sketch jobs as JSON lines on stdin and stdout; what the Inkscape extension starts",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status; errors become one line on stderr."""
    # Before NumPy is imported: on products as small as ours, several threads wait for each other more than they work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # libraries' warnings are for developers
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # names of files may be any bytes
    try:
        return _run(sys.argv[1:] if arguments is None else arguments)
    except UserError as error:
        return _tell(advice.told(error), 1)
    except KeyboardInterrupt:
        return _tell("Stopped.", 130)
    except BrokenPipeError:
        # The reader of our output has gone, like ``head``; what is left to flush would raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except Exception as error:
        log = engine_log.record_bug(error)
        where = (
            f"Please report it with the details in {log}" if log else f"No log could be written to {engine_log.file()}"
        )
        return _tell(f"Something went wrong, and it is not your doing ({type(error).__name__}: {error}). {where}", 70)


def _run(arguments: Sequence[str]) -> int:
    parser = _Parser(prog="clipasso", description="Sketches photos as a few editable Bézier strokes.")
    parser.add_argument("--version", action="version", version=f"clipasso {__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")
    for name, help in _COMMANDS.items():
        command = commands.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
        if name in arguments[:1]:
            module = importlib.import_module(f".commands.{name}", __package__)
            command.set_defaults(run=module.run)
            if hasattr(module, "add_arguments"):
                module.add_arguments(command)
    parsed = parser.parse_args(arguments)
    status: int = parsed.run(parsed)
    sys.stdout.flush()  # now, not at exit, so that a reader that has gone is noticed where it can be told
    return status


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message.rstrip('.')}. See {self.prog} --help.\n")


def _tell(message: str, status: int) -> int:
    print(f"clipasso: {message}", file=sys.stderr)
    return status
