"""Inkscape on the session bus (Linux): each of its extensions is an action that another process can have it run.

Elsewhere, in a sandbox or where Inkscape's Python has no GLib bindings, there is none.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

NAME, OBJECT = "org.inkscape.Inkscape", "/org/inkscape/Inkscape"
_INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
_CALL_MS = 3000
_LOOK_EVERY = 0.3  # seconds


class _Interface(NamedTuple):
    """What methods are called on."""

    name: str  # of a connection on the bus
    path: str  # of one of its objects
    interface: str


_BUS = _Interface("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")


@dataclass(frozen=True)
class Inkscape:
    """A running Inkscape. Its process is known by when it started, too: ids are used again."""

    owner: str  # the connection's name on the bus, ":1.23"
    pid: int
    started: int  # clock ticks after the machine did

    def gone(self) -> bool:
        """Whether it has ended."""
        return _started(self.pid) != self.started

    def windows(self) -> frozenset[str] | None:
        """The names of its documents' windows; None if it does not answer."""
        text = _call(_Interface(self.owner, f"{OBJECT}/window", _INTROSPECTABLE), "Introspect", None, "(s)")
        return None if text is None else frozenset(re.findall(r'<node name="(\w+)"', text))

    def run(self, extension: str, seconds: float) -> bool:
        """Have it run an extension, by its id, on the active document; whether it could be reached.

        Returns when the extension has ended, or after ``seconds``.
        """
        return self._activate(f"{extension}.noprefs", [], round(1000 * seconds)) is not None

    def select(self, identifier: str) -> None:
        """Have it select one element, and nothing else, in the active document."""
        for action, parameter in (("select-clear", []), ("select-by-id", [_variant("s", identifier)])):
            self._activate(action, parameter)

    def _activate(self, action: str, parameter: list[Any], milliseconds: int = _CALL_MS) -> Any:
        arguments = _variant("(sava{sv})", (action, parameter, {}))
        return _call(_Interface(self.owner, OBJECT, "org.gtk.Actions"), "Activate", arguments, "()", milliseconds)


class WindowWatch(threading.Thread):
    """Notices when a document's window is closed.

    Inkscape 1.2 then still takes it for the active one until another of its windows gets the focus, and crashes when it
    is told to run an extension.
    """

    def __init__(self, inkscape: Inkscape) -> None:
        super().__init__(daemon=True)
        self._inkscape = inkscape
        self._seen: frozenset[str] = frozenset()
        self.closed = False  # whether any has been since the start

    def run(self) -> None:
        while not self._inkscape.gone():
            self.look()
            time.sleep(_LOOK_EVERY)

    def look(self) -> None:
        windows = self._inkscape.windows()
        if windows is not None:
            self.closed = self.closed or not self._seen <= windows
            self._seen |= windows


def find() -> Inkscape | None:
    """The Inkscape that runs us; None if it cannot be reached, or has a list of actions to do and will not wait.

    Only the bus itself is asked: while Inkscape runs an extension, it does not answer.

    Another Inkscape may have the name on the bus: ours is the one that holds the other end of our stdout.
    """
    address = os.environ.get("DBUS_SESSION_BUS_ADDRESS") or ""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if not address and not (runtime and Path(runtime, "bus").exists()):
        return None  # GLib would start a bus
    owner = _call(_BUS, "GetNameOwner", _variant("(s)", (NAME,)), "(s)")
    if owner is None:
        return None
    pid = _call(_BUS, "GetConnectionUnixProcessID", _variant("(s)", (owner,)), "(u)")
    if pid is None or not _holds_our_stdout(pid) or _has_a_list(pid):
        return None
    started = _started(pid)
    return Inkscape(owner, pid, started) if started else None


def prepare() -> None:
    """Import what calls need, which must not happen in two threads at once. Call it before a thread is started."""
    _call(_BUS, "GetId", None, "(s)")  # GLib's bindings are made when each is used first


def _call(on: _Interface, method: str, arguments: Any, reply: str, milliseconds: int = _CALL_MS) -> Any:
    """The only value of the reply, () if it has none; None if nobody answers."""
    try:
        from gi.repository import Gio, GLib
    except ImportError:
        return None
    try:
        bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
        kind = GLib.VariantType(reply)
        flags = Gio.DBusCallFlags.NO_AUTO_START
        values = bus.call_sync(*on, method, arguments, kind, flags, milliseconds, None).unpack()
    except GLib.Error:
        return None
    return values[0] if values else ()


def _variant(kind: str, value: Any) -> Any:
    try:
        from gi.repository import GLib
    except ImportError:
        return None
    return GLib.Variant(kind, value)


def _holds_our_stdout(pid: int) -> bool:
    with contextlib.suppress(OSError):
        ours = os.readlink("/proc/self/fd/1")
        if ours.startswith("pipe:"):
            for descriptor in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):  # closed meanwhile
                    if os.readlink(f"/proc/{pid}/fd/{descriptor}") == ours:
                        return True
    return False


def _has_a_list(pid: int) -> bool:
    """Whether Inkscape was started to do something and end, as scripts do: the sketch would come too late."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return True
    return any(word.startswith((b"--batch-process", b"--actions", b"--export", b"--shell")) for word in words)


def _started(pid: int) -> int:
    """When a process started, in clock ticks; 0 if there is none, or only its remains."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        return int(fields[19]) if fields[0] != "Z" else 0
    except (OSError, ValueError, IndexError):
        return 0
