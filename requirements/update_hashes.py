"""Write the SHA-256 of every wheel that a pinned version may be installed from into requirements/*.txt.

    python3 requirements/update_hashes.py            after a pin was changed
    python3 requirements/update_hashes.py --check    only tell whether something would change

The hashes are those that the package index announces (its JSON interface, PEP 691), for CPython 3.10 to 3.14 on Linux
with glibc (x86-64, ARM), macOS and Windows. They are of files, not of places: a mirror serves the same files.
PIP_INDEX_URL names another index. Standard library only.
"""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.request
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
INDEX = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")
_PYTHONS = re.compile(r"cp3(10|11|12|13|14)-(cp3\d+|abi3|none)$|(py2\.)?py3-none$|cp3\d-abi3$|py3\d*-none$")
_PLATFORMS = re.compile(r"any$|manylinux\w*_(x86_64|aarch64)(\.|$)|macosx_|win_(amd64|arm64)$")
_PIN = re.compile(r"(?P<name>[\w.-]+)(\[[\w,]+\])?==(?P<version>[\w.]+)")


def with_hashes(text: str) -> str:
    """The content of a requirements file, its pins each followed by their wheels' hashes."""
    lines = [line.removesuffix("\\").rstrip() for line in text.splitlines() if not line.startswith("    --hash=")]
    return "".join(_with_hashes(line) for line in lines)


def _with_hashes(line: str) -> str:
    pin = _PIN.match(line)
    if not pin:
        return f"{line}\n"
    hashes = [f"    --hash=sha256:{digest}" for digest in _hashes(pin["name"], pin["version"])]
    if not hashes:
        raise SystemExit(f"{INDEX} has no wheel for {pin.group()}. Pin a version that it has.")
    return " \\\n".join([line, *hashes]) + "\n"


def _hashes(name: str, version: str) -> list[str]:
    files = [file for file in _files(name) if _is_of(file["filename"], version)]
    return sorted({file["hashes"]["sha256"] for file in files})


def _files(name: str) -> list[dict[str, Any]]:
    normal = re.sub(r"[-_.]+", "-", name).lower()
    headers = {"Accept": "application/vnd.pypi.simple.v1+json"}
    request = urllib.request.Request(f"{INDEX}/{normal}/", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        files: list[dict[str, Any]] = json.load(answer)["files"]
    return files


def _is_of(filename: str, version: str) -> bool:
    """Whether it is a wheel of this version for a Python and a platform that are served."""
    if not filename.endswith(".whl"):
        return False
    _, of_file, *_, python, abi, platform = filename.removesuffix(".whl").split("-")
    served = _PYTHONS.search(f"{python}-{abi}") and _PLATFORMS.search(platform)
    return of_file == version and bool(served)


def main() -> int:
    """Returns 1 if --check found what would change."""
    changed = []
    for path in sorted(FOLDER.glob("*.txt")):
        before = path.read_text(encoding="utf-8")
        after = with_hashes(before)
        if before != after:
            changed.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(after, encoding="utf-8")
    print("changed:", ", ".join(changed) or "nothing")
    return int(bool(changed) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
