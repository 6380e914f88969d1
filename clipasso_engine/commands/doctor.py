"""``clipasso doctor``: what is installed, and what to do about what is not.

It must help where things are broken, so it imports nothing heavy itself: what could fail or crash is tried in another
process, and a check that fails all the same becomes a line of its own.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .. import __version__
from ..contract import debian_packages, inkscape_python, inkscapes, installed_files, paths
from ..serving import engine_log
from . import advice

PACKAGES = {
    "torch": "torch",
    "numpy": "numpy",
    "scipy": "scipy",
    "scikit-image": "skimage",
    "opencv-python-headless": "cv2",
    "numba": "numba",
    "networkx": "networkx",
    "pillow": "PIL",
    "safetensors": "safetensors",
    "tqdm": "tqdm",
    "filelock": "filelock",
}
"""What a sketch needs: the package's name, and the module it is imported as."""

_OLDEST_INKSCAPE = (1, 2)
_SECONDS = 60.0  # a cold disk takes its time to load torch
_INSTALL = "Run install.py again."
_WITHOUT_LIGHT = "Run install.py without --light to have them."

_IMPORTS = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
for module in sys.argv[2:]:
    print(json.dumps({"module": module}), flush=True)
    try:
        found = importlib.import_module(module)
        print(json.dumps({"version": str(getattr(found, "__version__", ""))}), flush=True)
    except Exception as error:
        print(json.dumps({"error": repr(error)}), flush=True)
from clipasso_engine.optimising.device import torch_is_here, trial
devices, idle = [], {}
if not torch_is_here():
    print(json.dumps({"devices": ["cpu"], "idle": {}}), flush=True)
    sys.exit()
import torch
for device in ("cpu", "cuda", "mps"):
    if device == "cuda" and not torch.cuda.is_available() or device == "mps" and not torch.backends.mps.is_available():
        continue
    name = "cuda (" + torch.cuda.get_device_name() + ")" if device == "cuda" else device
    trouble = trial(device)
    if trouble:
        idle[name] = trouble
    else:
        devices.append(name)
print(json.dumps({"devices": devices, "idle": idle}), flush=True)
"""


@dataclass(frozen=True)
class Finding:
    """One line of the answer."""

    state: str  # "ok"; "missing": something does not work; "optional": something could be added
    text: str
    advice: str = ""
    needed: bool = False  # without it there is no sketch at all, not even from the command line


def run(arguments: object) -> int:
    """Print the findings; the exit status is 0 if photos can be sketched, at least from the command line.

    ``arguments``, those of the command line, are none.
    """
    findings = []
    for finding in _findings():
        findings.append(finding)
        print(f"{finding.state:9}{finding.text}", flush=True)
        if finding.advice:
            print(f"{'':9}{finding.advice}", flush=True)
    usable = not any(finding.needed and finding.state != "ok" for finding in findings)
    in_inkscape = usable and not any(finding.state == "missing" for finding in findings)
    print(
        "\nAll is well."
        if in_inkscape
        else "\nThe command line is ready; for Inkscape see the lines marked missing."
        if usable
        else "\nPhotos cannot be sketched yet; see the lines marked missing."
    )
    return 0 if usable else 1


def _findings() -> Iterator[Finding]:
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _engine,
        _packages,
        _weights,
        _rembg,
        _diffvg,
        _home,
        _setting,
        _inkscapes,
    )
    for check in checks:
        try:
            yield from check()
        except Exception as error:
            log = engine_log.record_bug(error)
            name = check.__name__.strip("_")
            yield Finding("missing", f"{name}: the check itself failed ({error!r})", f"Please report it with {log}.")


def _engine() -> Iterator[Finding]:
    yield Finding("ok", f"CLIPasso {__version__}, in {Path(__file__).parents[1]}")
    yield Finding("ok", f"Python {platform.python_version()}, {sys.executable}, on {platform.platform()}")


def _packages() -> Iterator[Finding]:
    """Each package as another process finds it, where a crash of one is seen as well."""
    command = [sys.executable, "-I", "-c", _IMPORTS, str(Path(__file__).parents[2]), *PACKAGES.values()]
    output, trouble = _output(command)
    answers = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    versions = {
        asked["module"]: answer
        for asked, answer in zip(answers, [*answers[1:], {}], strict=True)
        if "module" in asked and "module" not in answer
    }
    found = []
    for name, module in PACKAGES.items():
        answer = versions.get(module, {})
        if "version" in answer:
            found.append(f"{name} {answer['version']}".strip())
        else:
            reason = answer.get("error") or trouble or "it was not reached"
            if name == "torch" and "No module named 'torch'" in reason:
                yield Finding("optional", "PyTorch is left out, and with it CLIP, meaning and GPUs", _WITHOUT_LIGHT)
                continue
            yield Finding("missing", f"{name} cannot be imported: {reason}", _INSTALL, needed=True)
    if found:
        yield Finding("ok", f"Packages: {', '.join(found)}")
    devices = next((answer["devices"] for answer in answers if "devices" in answer), None)
    if devices:
        yield Finding("ok", f"Devices: {', '.join(devices)}")
    for name, reason in next((answer["idle"] for answer in answers if "idle" in answer), {}).items():
        advice = "It is left out; a card that is too old for this PyTorch needs an older one, a new one a newer driver."
        yield Finding("optional", f"{name} cannot compute with the PyTorch that is installed: {reason}", advice)


def _weights() -> Iterator[Finding]:
    from ..weights import models  # needs packages, which may be what is missing

    for name in models.REGISTRY:
        found = models.status(name)
        remedy, needed = advice.remedy(found.weights), found.weights.bundled
        if found.state == "present":
            record = "" if found.record is None else f", SHA-256 {found.record.sha256}"
            yield Finding("ok", f"Weights {name}: {found.location}{record}")
        elif found.state == "missing" and not needed:
            yield Finding("optional", f"Weights {name}: not here; {found.weights.purpose}", remedy)
        else:
            yield Finding("missing", f"Weights {name}: {found.location} is {found.state}", remedy, needed)


def _rembg() -> Iterator[Finding]:
    from ..seeing import rembg_foreground  # needs packages, which may be what is missing

    model = rembg_foreground.find()
    if model is None:
        yield Finding("optional", "rembg: not here with weights; the network that comes with CLIPasso finds objects")
    else:
        yield Finding("ok", f"rembg: its model {model.name} finds objects; {model.file}")


def _diffvg() -> Iterator[Finding]:
    if importlib.util.find_spec("pydiffvg") is None:
        yield Finding("optional", "diffvg: not here; only needed for the rasterizer diffvg, which is slower than ours")
    else:
        yield Finding("ok", "diffvg: pydiffvg is installed")


def _home() -> Iterator[Finding]:
    home = paths.home()
    existing = next(folder for folder in (home, *home.parents) if os.path.exists(folder))
    if os.access(existing, os.W_OK) and existing.is_dir():
        yield Finding("ok", f"Home: {home}; the log is {engine_log.file()}")
    else:
        advice = "Make it writable, or name another with CLIPASSO_HOME; until then there is no log."
        yield Finding("missing", f"Home: {existing} cannot be written to", advice)


def _setting() -> Iterator[Finding]:
    """The file by which the extension finds this engine."""
    setting = paths.engine_setting()
    try:
        content = json.loads(setting.read_text(encoding="utf-8"))
        program, version = str(content["command"][0]), str(content["version"])
    except FileNotFoundError:
        yield Finding("missing", f"{setting} is not there, so Inkscape cannot find the engine", _INSTALL)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        yield Finding("missing", f"{setting} cannot be read ({error!r}), so Inkscape cannot find the engine", _INSTALL)
    else:
        if shutil.which(program) is None:
            yield Finding("missing", f"{setting} names the engine {program}, which is not there", _INSTALL)
        elif version != __version__:
            yield Finding("missing", f"{setting} names an engine of version {version}, this is {__version__}", _INSTALL)
        else:
            yield Finding("ok", f"Engine of the extension: {program}, version {version}, named in {setting}")


def _inkscapes() -> Iterator[Finding]:
    found = inkscapes.find()
    if not any(_is_installed(program) for program in found):
        yield Finding("missing", "Inkscape: none found", "Install Inkscape 1.2 or later, then run install.py again.")
    for program in found:
        if _is_installed(program):
            yield _inkscape(program)
        extension = _extension(program)
        yield extension
        if program.program is not None:
            yield from _inkscape_python(program, extension.state == "ok")


def _is_installed(program: inkscapes.Inkscape) -> bool:
    return program.program is not None or program.kind in ("flatpak", "snap", *inkscapes.NOT_STARTED)


def _inkscape(program: inkscapes.Inkscape) -> Finding:
    if program.kind in inkscapes.NOT_STARTED:
        return Finding("ok", f"Inkscape ({inkscapes.KINDS[program.kind]}), {program.profile}")
    command = {
        "flatpak": ["flatpak", "info", "org.inkscape.Inkscape"],
        "snap": ["snap", "list", "inkscape"],
    }.get(program.kind, [str(program.program), "--version"])
    output, trouble = _output(command)
    version = re.search(r"(?:Inkscape|Version:|^inkscape) +(\d+)\.(\d+)[.\w]*", output, re.MULTILINE)
    where = program.program or program.kind
    if version is None:
        reason = trouble or f"it does not tell its version: {output.strip()[:80]!r}"
        return Finding("missing", f"Inkscape ({program.kind}), {where}: {reason}", "See whether it starts by itself.")
    text = f"Inkscape {version[0].split()[-1]} ({program.kind}), {where}"
    if (int(version[1]), int(version[2])) < _OLDEST_INKSCAPE:
        return Finding("missing", f"{text}: too old", "Install Inkscape 1.2 or later.")
    return Finding("ok", text, inkscapes.SANDBOX_ADVICE.get(program.kind, ""))


def _extension(program: inkscapes.Inkscape) -> Finding:
    where = f"Extension ({program.kind}): {program.extension}"
    try:
        text = (program.extension / "clipasso_engine" / "__init__.py").read_text(encoding="utf-8")
    except OSError:
        return Finding("missing", f"{where} is not there", _INSTALL)
    version = re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    if version is None or version[1] != __version__:
        other = "of no version" if version is None else f"of version {version[1]}"
        return Finding("missing", f"{where} is {other}, the engine is {__version__}", _INSTALL)
    record = installed_files.Record.read(program.extension)
    changed = record.changed(program.extension) if record is not None else []
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        text = f"{where}: {changed[0]}{more} is not as it was installed; a half-done update, or changed by hand"
        return Finding("missing", text, _INSTALL)
    return _engine_of(program, Finding("ok", f"{where}, version {version[1]}"))


def _engine_of(program: inkscapes.Inkscape, sound: Finding) -> Finding:
    """``sound``, unless the engine that the extension's own setting names is gone."""
    setting = program.extension / paths.engine_setting().name
    try:
        command = json.loads(setting.read_text(encoding="utf-8"))["command"]
        gone = shutil.which(command[0]) is None
    except FileNotFoundError:
        return sound  # then the one in our home counts
    except (OSError, ValueError, LookupError, TypeError) as error:
        return Finding("missing", f"{setting} cannot be read ({error!r})", _INSTALL)
    return (
        Finding("missing", f"{setting} names the engine {command[0]}, which is not there", _INSTALL) if gone else sound
    )


def _inkscape_python(program: inkscapes.Inkscape, complete: bool) -> Iterator[Finding]:
    """Whether Inkscape's own Python can run extensions, and, if its files are ``complete``, this one."""
    assert program.program is not None
    python = inkscape_python.find(program.program)
    where = f"Inkscape's own Python ({program.kind})"
    if python is None:
        yield Finding(
            "optional", f"{where}: it could not be asked", "Choose an entry in Inkscape: it says what is wrong."
        )
        return
    try:
        answer = python.import_inkex()
        trouble = python.import_extension(program.extension) if complete and answer.inkex is not None else ""
    except OSError as error:
        yield Finding("missing", f"{where}: {error}", "See whether other extensions work.")
        return
    where = f"{where}: {python.path}, Python {answer.python}"
    if answer.inkex is None:
        package = debian_packages.package_of(answer.module) if answer.module else ""
        remedy = f"On Debian and Ubuntu: sudo apt install {package}" if package else "Install Inkscape again."
        yield Finding("missing", f"{where}, cannot import inkex: {answer.error}", remedy)
    elif trouble:
        yield Finding("missing", f"{where}, cannot import the extension", trouble)
    else:
        yield Finding("ok", f"{where}, inkex {answer.inkex}")


def _output(command: list[str]) -> tuple[str, str]:
    """What a command prints on stdout, and what went wrong, empty if nothing did."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, text=True, errors="replace"
        )
    except subprocess.TimeoutExpired as error:
        partial: bytes = error.stdout or b""  # bytes even where text was asked for
        return partial.decode("utf-8", "replace"), f"no answer within {_SECONDS:g} seconds"
    except OSError as error:
        return "", f"{command[0]} does not start ({error.strerror})"
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        return done.stdout, f"exit status {done.returncode}: {last[0]}"
    return done.stdout, ""
