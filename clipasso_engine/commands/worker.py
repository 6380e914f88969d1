"""``clipasso worker``: serve sketch jobs on stdin and stdout (`serving.worker`), or from a socket (`serving.warm`).

It ends, at once and without a trace, when its stdin or stdout is closed, at ``cancel``, or on SIGTERM or SIGINT.
Nothing but the protocol reaches stdout, and nothing at all stderr.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import signal
from pathlib import Path
from typing import NoReturn

from ..serving import engine_log
from ..serving.worker import Worker


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give the parser of ``clipasso worker`` its arguments."""
    parser.add_argument("--listen", metavar="SOCKET", help="stay warm: serve whoever connects to this socket")
    parser.add_argument(
        "--key", type=Path, metavar="FILE", help="of --listen: by a named pipe, those who know what is in this file"
    )
    parser.add_argument(
        "--idle", type=float, default=600.0, metavar="SECONDS", help="how long to wait for the next one"
    )


def run(arguments: argparse.Namespace) -> NoReturn:
    """Serve until told to end."""
    # Python's own handlers wait for the current call into a library to return; there is nothing to clean up.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    protocol = os.fdopen(os.dup(1), "wb")
    engine_log.redirect(1, 2)
    faulthandler.enable()
    if arguments.listen and arguments.key:
        from ..serving import warm_pipe

        warm_pipe.serve(arguments.listen, arguments.key, arguments.idle)
    elif arguments.listen:
        from ..serving import warm  # for systems that have Unix sockets

        warm.serve(Path(arguments.listen), arguments.idle)
    else:
        with open(0, "rb", closefd=False) as stdin:
            Worker(stdin, protocol, _exit).serve()
    _exit()


def _exit() -> NoReturn:
    os._exit(0)  # a long call into a library may hold the main thread
