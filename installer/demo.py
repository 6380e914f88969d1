"""``--demo``: a photo that scikit-image ships becomes a sketch, in real Inkscape where there is one."""

from __future__ import annotations

import json
import os
import shutil
import struct
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

from clipasso_engine.contract import inkscapes, layer_format, paths
from clipasso_engine.contract.errors import UserError

from . import commands, extension
from .console import Console
from .environment import CHECKOUT, packages_in
from .journal import Journal

PHOTO = "coffee.png"
STROKES = 16
_SECONDS = 180  # the engine keeps to its own time budget of 120; an error opens a window that waits for ever

_SVG = "http://www.w3.org/2000/svg"
_DOCUMENT = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
    width="{width}" height="{height}" viewBox="0 0 {width} {height}">
  <image id="photo" xlink:href="{photo}" width="{width}" height="{height}" preserveAspectRatio="none"/>
</svg>
"""


def run(home: Path, environment: Path, journal: Journal, console: Console, log: Path) -> None:
    """Make the sketch and say where it is. Raises `UserError`."""
    photo = home / "demo" / PHOTO
    journal.write(photo, (packages_in(environment) / "skimage" / "data" / PHOTO).read_bytes())
    svg, png = photo.with_name("sketch.svg"), photo.with_name("sketch.png")
    for path in (svg, png):
        journal.write(path, b"")
        path.unlink()
    program = next((found.program for found in inkscapes.find() if found.program), None)
    display = _display()
    start = time.monotonic()
    if program and display is not None:
        with tempfile.TemporaryDirectory(prefix="clipasso-demo-") as profile:
            _in_inkscape([*display, str(program)], Path(profile), photo, svg, home, log)
        strokes = _export_picture(program, svg, png, log)
        way = f"by the extension in {program}"
    else:
        why = "Inkscape was not found" if not program else "there is no display and xvfb-run was not found"
        console.note(f"{why}, so this is done by the command line")
        launcher, _ = extension.launcher(environment, home)
        _by_command_line(launcher, photo, svg, png, log)
        strokes, _ = _strokes(svg)
        way = "by the command line"
    console.note(f"{strokes} strokes in {time.monotonic() - start:.1f} s, {way}")
    console.note(f"photo: {photo}")
    console.note(f"SVG:   {svg}")
    console.note(f"PNG:   {png}")


def _display() -> list[str] | None:
    """What to put before a command so that it has a display; None if there is none to be had."""
    if sys.platform in ("win32", "darwin"):
        return []
    if shutil.which("xvfb-run"):
        return ["xvfb-run", "-a"]
    return [] if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") else None


def _in_inkscape(command: list[str], profile: Path, photo: Path, svg: Path, home: Path, log: Path) -> None:
    """Run the extension on a document that links the photo, in a profile of its own so that nobody's is touched."""
    folder = profile / "extensions" / inkscapes.EXTENSION_FOLDER
    setting = json.loads((home / paths.engine_setting().name).read_bytes())
    setting["warm"] = 0  # nothing is to be left running
    extension.install(folder, json.dumps(setting).encode("ascii"), Journal(profile / "journal.json"))
    width, height = struct.unpack(">II", photo.read_bytes()[16:24])  # a PNG's header
    document = photo.with_name("document.svg")
    document.write_text(_DOCUMENT.format(width=width, height=height, photo=photo.name), encoding="utf-8")
    actions = f"select-by-id:photo;{_action()};export-filename:{svg};export-do"
    try:
        commands.run(
            [*command, "--batch-process", "--app-id-tag=clipassodemo", f"--actions={actions}", document],
            log,
            timeout=_SECONDS,
            environ={
                **commands.clean_environment(),
                "INKSCAPE_PROFILE_DIR": str(profile),
                "CLIPASSO_HOME": str(home),
                "CLIPASSO_WINDOW": "none",  # nobody is there to close one that shows an error
            },
            own_group=True,
        )
    except commands.CommandError:
        pass  # its status says nothing; the document does
    finally:
        document.unlink()
    if not svg.is_file() or not _strokes(svg)[0]:
        raise UserError(
            f"Inkscape ran but made no sketch. What it said is in {log}, what the extension said in {home / 'logs'}."
        )


def _export_picture(program: Path, svg: Path, png: Path, log: Path) -> int:
    """A picture of the sketch without the photo; returns the number of strokes."""
    strokes, layer = _strokes(svg)
    options = [f"--export-id={layer}", "--export-id-only", "--export-area-page", "--export-background=#ffffff"]
    try:
        commands.run([program, *options, "--export-type=png", f"--export-filename={png}", svg], log, timeout=_SECONDS)
    except commands.CommandError as error:
        raise UserError(f"The sketch {svg} was made, but Inkscape could not export it. The log is {log}.") from error
    return strokes


def _by_command_line(launcher: Path, photo: Path, svg: Path, png: Path, log: Path) -> None:
    words: list[str | Path] = [launcher, "sketch", photo, "-o", svg, "--png", png]
    try:
        commands.run([*words, "--strokes", str(STROKES), "--quiet"], log, timeout=_SECONDS)
    except commands.CommandError as error:
        raise UserError(f"The demo failed: {error.output.strip() or error} The log is {log}.") from error


def _strokes(svg: Path) -> tuple[int, str]:
    """The number of strokes in the sketch layer of a document, and the layer's id; 0 if there is none."""
    for group in ElementTree.parse(svg).iter(f"{{{_SVG}}}g"):
        if layer_format.LayerMetadata.from_attributes(group.attrib):
            return len(group.findall(f".//{{{_SVG}}}path")), group.get("id", "")
    return 0, ""


def _action() -> str:
    """The name of the action that runs the extension without its dialog."""
    root = ElementTree.parse(CHECKOUT / "clipasso.inx").getroot()
    return f"{root.findtext('{*}id')}.noprefs"
