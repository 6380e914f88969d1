"""Which package of Debian and Ubuntu brings a Python module. Standard library only, Python 3.8."""

from __future__ import annotations

import re

# Where the rule of `package_of` does not hold.
_EXCEPTIONS = {
    "PIL": "python3-pil",
    "bs4": "python3-bs4",
    "cairo": "python3-cairo",
    "inkex": "inkscape",
    "pkg_resources": "python3-pkg-resources",
    "yaml": "python3-yaml",
    "zmq": "python3-zmq",
}


def package_of(module: str) -> str:
    """The package for a module that cannot be imported, ``lxml`` or ``lxml.etree``: by Debian's Python policy that of
    ``import foo`` is ``python3-foo``, with hyphens for underscores and in small letters.
    """
    name = module.partition(".")[0]
    return _EXCEPTIONS.get(name) or "python3-" + re.sub(r"[^a-z0-9.+]+", "-", name.lower()).strip("-")
