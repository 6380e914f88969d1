"""Whose program is at the other end of a connection on this computer (Linux)."""

from __future__ import annotations

import os
import socket
import struct
from functools import lru_cache
from pathlib import Path

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LOCAL, _REMOTE, _UID = 1, 2, 7  # columns


@lru_cache(maxsize=None)
def can_be_told() -> bool:
    """Whether the system says whose connections are, tried with one of our own."""
    if not _TABLES[0].is_file():
        return False
    try:
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen(1)
            with socket.create_connection(server.getsockname(), 1) as ours:
                return uid(ours.getsockname(), server.getsockname()) == os.getuid()
    except OSError:
        return False


def uid(theirs: tuple[str, int], ours: tuple[str, int]) -> int | None:
    """The user who connected from the IPv4 address and port ``theirs`` to ``ours``; None if there is no such
    connection."""
    ends = [_written(theirs), _written(ours)]
    for table in _TABLES:
        try:
            lines = table.read_text(encoding="ascii").splitlines()[1:]
        except OSError:  # without IPv6
            continue
        for line in lines:
            columns = line.split()
            # A browser may connect by IPv6's form of the address, whose last 8 digits are IPv4's.
            if [columns[_LOCAL][-13:], columns[_REMOTE][-13:]] == ends:
                return int(columns[_UID])
    return None


def _written(address: tuple[str, int]) -> str:
    """As the tables write it: the address in the order of this machine's bytes."""
    (number,) = struct.unpack("=I", socket.inet_aton(address[0]))
    return f"{number:08X}:{address[1]:04X}"
