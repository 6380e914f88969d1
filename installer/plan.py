"""What setting the engine up would take: told before anything is downloaded or written."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

from . import commands, environment, pip, python
from .console import Console

_MB = 10**6

# Sizes of the wheels that requirements/ names, without CLIP's, for Python 3.12, as the package index tells them
# (26 November 2026); PyTorch's CPU build for Linux, and what CUDA adds there, as they were downloaded.
_DOWNLOAD_MB = {"linux cpu": 400, "linux registry": 3000, "win32 registry": 290, "darwin registry": 275}


def tell(home: Path, torch: str, console: Console) -> int:
    """Say it; returns the exit status."""
    console.plan(of(home, torch))
    return 0


def of(home: Path, torch: str) -> dict[str, object]:
    """What the extension's window shows: place, Python, megabytes, and the hosts that packages come from.

    Uses no network. Raises `UserError` if there is no Python for it, or not enough room.
    """
    chosen = python.choose()
    torch = environment.choose_torch(torch)
    recipe = environment.engine_recipe(torch, minimal=True)
    if not environment.is_there(recipe.folder(home, chosen)):
        environment.check_space(recipe, home)
    size = _DOWNLOAD_MB.get(f"{sys.platform} {torch}", _DOWNLOAD_MB["linux cpu"])
    index = _host(_index(Path(chosen.path)))
    hosts = {"cpu": [_host(environment.CPU_INDEX), index], "registry": [index]}.get(torch, [_host(torch), index])
    return {
        "home": str(home),
        "python": f"{chosen.path} ({chosen.version})",
        "download": size * _MB,
        "disk": round(environment.room_needed(recipe) * 2**30),
        "hosts": list(dict.fromkeys(hosts)),
    }


def _index(interpreter: Path) -> str:
    """The package index that pip is set to use."""
    try:
        answer = commands.run([*pip.command(interpreter), "config", "list"], timeout=60)
    except commands.CommandError:  # a Python without pip; each environment has its own
        answer = ""
    set_to = re.findall(r"""^(?:global|install|:env:)\.index-url='([^']*)'""", answer, re.MULTILINE)
    return os.environ.get("PIP_INDEX_URL") or (set_to[-1] if set_to else "https://pypi.org/simple")


def _host(address: str) -> str:
    """The name of the host alone: an address may hold a password."""
    parts = urlsplit(address)
    return parts.hostname or parts.path
