"""``clipasso plot``: a sketch for a pen plotter, a cutter, a bender of wire."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..contract.errors import UserError
from ..contract.redrawing import AS_IT_IS, SHEETS, Plot
from ..output import files
from . import redrawing_files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    redrawing_files.add_arguments(parser, "OUT.svg")
    usual = Plot()
    parser.add_argument(
        "--sheet",
        choices=(*SHEETS, AS_IT_IS),
        default=usual.sheet,
        help=f"the paper, turned as the sketch needs it; {AS_IT_IS}: the page that is there, and the sketch stays",
    )
    parser.add_argument("--margin", type=float, default=usual.margin, metavar="MM", help="around it (%(default)g)")
    parser.add_argument("--one-line", action="store_true", help="all strokes as a single line, the pen never lifted")
    parser.add_argument(
        "--speed", type=float, default=usual.speed, metavar="MM/S", help="with the pen down (%(default)g)"
    )
    parser.add_argument(
        "--travel-speed", type=float, default=usual.travel_speed, metavar="MM/S", help="pen up (%(default)g)"
    )
    parser.add_argument(
        "--lift", type=float, default=usual.lift, metavar="S", help="to lift the pen and lower it (%(default)g)"
    )


def run(arguments: argparse.Namespace) -> int:
    from ..redrawing.plotting import plot  # brings SciPy and networkx

    target = Path(arguments.output)
    if target.suffix.lower() != ".svg":
        raise UserError(f"{target} does not end in .svg, which is what is written for plotters. Choose such a name.")
    files.require_folder(target)
    done = plot(
        Plot(
            document=redrawing_files.read(arguments.sketch),
            name=arguments.sketch,
            level=arguments.level,
            sheet=arguments.sheet,
            margin=arguments.margin,
            one_line=arguments.one_line,
            speed=arguments.speed,
            travel_speed=arguments.travel_speed,
            lift=arguments.lift,
        )
    )
    files.write(target, done.files[0])
    print(f"{arguments.sketch} -> {target}: {told(done.figures)}")
    return 0


def told(figures: dict[str, float]) -> str:
    """How far and how long the pen goes, for a person."""
    minutes, seconds = divmod(round(figures["seconds"]), 60)
    strokes = round(figures["strokes"])
    return (
        f"{strokes} stroke{'s' * (strokes != 1)}, {figures['down'] / 1000:.2f} m drawn, "
        f"{figures['up'] / 1000:.2f} m with the pen up, about {f'{minutes} min ' * bool(minutes)}{seconds} s"
    )
