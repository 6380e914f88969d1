"""What an engine at work tells whoever waits for it."""

from __future__ import annotations

from typing import Any, Callable, Dict

Event = Dict[str, Any]
"""``type`` and what belongs to it:

``stage`` {name}: the stage that begins; ``photo`` {width, height} in px; ``notice`` {message}: a sentence for the user;
``step`` {step, steps, level, loss, strokes}: strokes on their way, in photo pixels; ``level`` {sketch}: a finished one.
"""

Emit = Callable[[Event], None]
