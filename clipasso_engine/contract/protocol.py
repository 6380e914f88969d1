"""The messages between the extension and the engine: JSON objects, one a line."""

from __future__ import annotations

import json
from typing import Any, Dict

PROTOCOL = 1
"""Version of the messages between extension and engine; the engine's first message, ``hello``, carries it."""

Message = Dict[str, Any]
"""One line of the protocol: a JSON object with a ``type``.

To the engine:   ``job`` (the fields of `SketchJob`), ``stop`` (finish with the best so far), ``cancel`` (drop it);
``animate`` and ``plot`` (the fields of `redrawing.Animation` and `redrawing.Plot`).
From the engine: ``hello`` {protocol, version}, ``stage`` {name}, ``photo`` {width, height}, ``notice`` {code, details,
message}, ``step`` {step, steps, level, loss, strokes}, ``level`` {sketch}: one finished level, ``result`` {sketches,
report}, ``redrawn`` {files, order, figures}, ``error`` {kind: "user" or "bug", message, log; code and details where it
is a `CodedError`}.
"""


MAX_PARTS = 2_000_000
"""Brackets and commas of a line: more take memory by the gigabyte once they are lists. The largest job has a tenth."""


def encode(message: Message) -> bytes:
    """One protocol line, newline included; ASCII, so that no side's locale matters."""
    return json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"


def decode(line: bytes) -> Message:
    """The message on one line; `ValueError` if it is not a JSON object with a ``type``, `RecursionError` if it is deep.

    The error's text quotes no more than a few characters of it.
    """
    if sum(map(line.count, (b"[", b"{", b","))) > MAX_PARTS:
        raise ValueError(f"it has more than {MAX_PARTS} parts")
    message = json.loads(line)
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise ValueError(f"not a protocol message: {line[:80]!r}")
    return message
