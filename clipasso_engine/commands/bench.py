"""``clipasso bench``: what drawing costs here, as a table and as JSON."""

from __future__ import annotations

import argparse
import datetime
import importlib
import importlib.metadata
import json
import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import Any

from .. import __version__
from ..bench import PARTS
from ..bench.figures import Measured
from ..bench.setting import Setting
from ..contract.job import SketchJob
from ..output import files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give the parser of ``clipasso bench`` its options."""
    told = "; ".join(f"{name}: {what}" for name, what in PARTS.items())
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"what to measure (default: all). {told}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures as JSON too")
    parser.add_argument("--quick", action="store_true", help="fewer cases, each measured once")
    parser.add_argument("--repeat", type=_positive, help="how often to measure (default 5, with --quick 1)")
    parser.add_argument("--strokes", type=_positive, default=16, help="strokes in a sketch (default 16)")
    parser.add_argument("--model", default=SketchJob.clip_model, help="CLIP's image tower (default %(default)s)")
    parser.add_argument("--device", help="cpu, cuda or mps (default: the CPU, and beside it a GPU where there is one)")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves it to the libraries (default)")
    parser.set_defaults(usage_error=parser.error)


def run(arguments: argparse.Namespace) -> int:
    """Measure, print, and return 0; 1 where CLIP's steps or sketches cost more than they shall. Raises `UserError`."""
    unknown = [name for name in arguments.parts if name not in PARTS]
    if unknown:
        arguments.usage_error(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    _use_threads(arguments.threads)
    devices = (arguments.device,) if arguments.device else _devices()
    measured: list[Measured] = []
    machine = _machine()
    print("\n".join(f"{name}: {value}" for name, value in machine.items()))
    print("Medians (least-most). Of whole processes the time on the wall, of parts on the CPU their processor time.")
    if len(devices) > 1:
        print(f"Columns: {', '.join(devices)}")
    for name in arguments.parts or PARTS:
        with tempfile.TemporaryDirectory(prefix="clipasso-bench-") as folder:
            setting = Setting(
                Path(folder),
                arguments.repeat or (1 if arguments.quick else 5),
                arguments.quick,
                devices,
                arguments.strokes,
                arguments.model,
            )
            found: Measured = importlib.import_module(f"..bench.{name}", __package__).measure(setting)
        print("\n".join(("", *found.lines(devices))), flush=True)
        measured.append(found)
    if arguments.json is not None:
        told = {"machine": machine, "parts": {found.part: found.to_json() for found in measured}}
        files.write(arguments.json, json.dumps(told, indent=1, allow_nan=False).encode("ascii") + b"\n")
    return 0 if all(_keeps_its_limits(found) for found in measured) else 1


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def _use_threads(count: int) -> None:
    if count:
        import torch

        os.environ["OMP_NUM_THREADS"] = str(count)  # of the processes to come
        torch.set_num_threads(count)


def _devices() -> tuple[str, ...]:
    """The CPU, and the GPU that a job would take."""
    from ..optimising import device

    chosen = device.choose("auto")[0]
    return ("cpu",) if chosen == "cpu" else ("cpu", chosen)


def _keeps_its_limits(found: Measured) -> bool:
    if found.part != "clip":
        return True
    from ..bench import clip

    return clip.within_limits(found)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def _machine() -> dict[str, Any]:
    """Where and when this is measured; a load beside the cores says how far to trust it."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return {
        "when": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="minutes"),
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "load": load,
        "system": f"{platform.system()} {platform.release()}",
        "python": sys.version.split()[0],
        "torch": _version("torch"),
        "clipasso": __version__,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
