"""What an engine at work tells whoever waits for it."""

from __future__ import annotations

from typing import Any, Callable, Dict

from . import texts
from .codes import NoticeCode
from .errors import cut

Event = Dict[str, Any]
"""``type`` and what belongs to it:

``stage`` {name}: the stage that begins; ``photo`` {width, height} in px; ``notice`` {code, details, message};
``step`` {step, steps, level, loss, strokes}: strokes on their way, in photo pixels; ``level`` {sketch}: a finished one.
"""

Emit = Callable[[Event], None]


def notice(code: NoticeCode, **details: object) -> Event:
    """What the user should know though the work goes on. ``message`` says it in English, if the code is not known."""
    written = {name: cut(str(value)) for name, value in details.items()}
    message = texts.NOTICES[code].format(**written)
    return {"type": "notice", "code": code.value, "details": written, "message": message}
