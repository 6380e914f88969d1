"""Who is at the other end of a Unix socket; each system tells it in its own way. Standard library only, Python 3.8."""

from __future__ import annotations

import socket
import struct
import sys
from typing import NamedTuple

# Of macOS's <sys/un.h>; Python has names for some of them since 3.11 only.
_SOL_LOCAL, _LOCAL_PEERCRED, _LOCAL_PEERPID = 0, 1, 2
_XUCRED = "=II"  # a version and the user, of the 76 bytes of struct xucred; groups follow
_XUCRED_SIZE = 76


class Peer(NamedTuple):
    """A process and its user."""

    pid: int
    uid: int


def of(connection: socket.socket, platform: str = sys.platform) -> Peer:
    """The process that connected or listens there. Raises `OSError` where the connection is over."""
    if platform == "darwin":
        credentials = connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, _XUCRED_SIZE)
        _version, uid = struct.unpack_from(_XUCRED, credentials)
        return Peer(connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERPID), uid)
    # Asked for by its number, since mypy knows it on Linux only.
    credentials = connection.getsockopt(socket.SOL_SOCKET, getattr(socket, "SO_PEERCRED", 17), struct.calcsize("3i"))
    pid, uid, _gid = struct.unpack("3i", credentials)
    return Peer(pid, uid)
