"""What importing the engine costs, by Python's own account, each package by itself.

``-X importtime`` tells how long each module took less what it imported, so the packages sum to the whole. It slows
imports by some per cent.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

from ..contract.errors import UserError
from .figures import Figure, Measured, Ratio
from .setting import Setting

_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)")
_SHOWN = 12  # packages; the rest are told together
_OURS = "clipasso_engine"


def measure(setting: Setting) -> Measured:
    """Figures of Python's start, of each package, and of them all."""
    measured = Measured("start")
    _imported()  # once, so that files are in the system's memory and compiled
    runs = [_imported() for _ in range(setting.repeat)]
    total = {name: sum(run.get(name, 0.0) for run in runs) for run in runs for name in run}
    shown = sorted(total, key=total.__getitem__, reverse=True)[:_SHOWN]
    for name in shown:
        measured.add(Figure(name, tuple(run.get(name, 0.0) for run in runs)))
    rest = tuple(sum(value for name, value in run.items() if name not in shown) for run in runs)
    measured.add(Figure("all others", rest))
    whole = measured.add(Figure("importing the engine", tuple(sum(run.values()) for run in runs)))
    bare = measured.add(Figure("Python alone", tuple(_bare() for _ in range(setting.repeat))))
    measured.ratios.append(Ratio("importing beside Python's own start", whole, bare))
    return measured


def _imported() -> dict[str, float]:
    """Package -> seconds of its modules, of one import of the engine in a new process."""
    program = [sys.executable, "-X", "importtime", "-c", f"import {_OURS}.pipeline"]
    done = subprocess.run(program, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    if done.returncode:
        raise UserError(f"The engine cannot be imported ({done.stderr.strip().splitlines()[-1]}).")
    return by_package(done.stderr)


def by_package(told: str) -> dict[str, float]:
    """Seconds by package, from what ``-X importtime`` printed; the standard library is one."""
    result: dict[str, float] = defaultdict(float)
    for microseconds, module in _LINE.findall(told):
        package = module.partition(".")[0]
        known = package in sys.stdlib_module_names or package.startswith("_")
        result["standard library" if known else package] += int(microseconds) / 1e6
    return result


def _bare() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", ""], check=True)
    return time.perf_counter() - begun
