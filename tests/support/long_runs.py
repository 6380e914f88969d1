"""How often tests try that could try for hours: a little in the check, a lot in the long runs, whose figures are kept.

CLIPASSO_LONG=FOLDER python3 install.py --system-packages --test
"""

from __future__ import annotations

import json
import os
from pathlib import Path

_FOLDER = os.environ.get("CLIPASSO_LONG")


IS_LONG = bool(_FOLDER)
"""Whether this is a long run."""


def tries(check: int, long: int) -> int:
    """`check` as a rule, `long` where CLIPASSO_LONG names a folder for the figures."""
    return long if _FOLDER else check


def record(name: str, **figures: object) -> None:
    """Keep what a long run counted, as `name`.json in the folder that CLIPASSO_LONG names; in the check, nothing."""
    if _FOLDER:
        folder = Path(_FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
