"""``clipasso animate``: a sketch draws itself."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..contract.errors import UserError
from ..contract.redrawing import AREAS, FILMS, ORDERS, Animation, Film
from ..output import files
from . import redrawing_files

_ENDINGS: dict[str, Film] = {f".{film}": film for film in FILMS if film != "folder"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    redrawing_files.add_arguments(parser, "OUT.svg|.gif|.apng|.mp4|.json|FOLDER", "; a folder gets PNG files")
    usual = Animation()
    parser.add_argument("--length", type=float, default=usual.length, help="seconds until all is drawn (%(default)g)")
    parser.add_argument("--pause", type=float, help="seconds between strokes (as many as do not take long)")
    parser.add_argument("--hold", type=float, default=usual.hold, help="seconds to show what is drawn (%(default)g)")
    parser.add_argument("--once", action="store_true", help="do not begin anew at the end")
    parser.add_argument(
        "--order",
        choices=ORDERS,
        default=usual.order,
        help="person: outline first, then what tells most; layer: as strokes lie, the lowest first; auto: as they lie "
        "if they were restacked by hand, else as a person would",
    )
    parser.add_argument("--area", choices=AREAS, default=usual.area, help="what is seen (%(default)s)")
    parser.add_argument("--size", type=int, default=usual.size, help="pixels of the longer side (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    from ..redrawing.animating import animate  # brings OpenCV

    target = Path(arguments.output)
    film = _film(arguments.output)
    if film != "folder":
        files.require_folder(target)
    done = animate(
        Animation(
            document=redrawing_files.read(arguments.sketch),
            name=arguments.sketch,
            level=arguments.level,
            film=film,
            length=arguments.length,
            pause=arguments.pause,
            hold=arguments.hold,
            loop=not arguments.once,
            order=arguments.order,
            area=arguments.area,
            size=arguments.size,
        )
    )
    strokes = f"{len(done.order)} stroke{'s' * (len(done.order) != 1)}"
    if film == "folder":
        files.make_folder(target)
        for number, frame in enumerate(done.files, 1):
            files.write(target / f"frame-{number:04}.png", frame)
        print(f"{arguments.sketch} -> {target}: {strokes}, {len(done.files)} frames")
    else:
        files.write(target, done.files[0])
        print(f"{arguments.sketch} -> {target}: {strokes}")
    return 0


def _film(output: str) -> Film:
    path = Path(output)
    if path.is_dir() or not path.suffix or output.endswith(("/", "\\")):
        return "folder"
    if path.suffix.lower() in _ENDINGS:
        return _ENDINGS[path.suffix.lower()]
    raise UserError(
        f"{output} ends in {path.suffix}, of which no animation can be made. Choose one of "
        f"{', '.join(_ENDINGS)}, or a folder for PNG files."
    )
