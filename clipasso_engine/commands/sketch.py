"""``clipasso sketch``: photos in, SVG files out."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contract.errors import UserError
from ..contract.job import AUTO, MAX_STROKES, MIN_STROKES, SketchJob, parse_levels
from ..contract.sketch import Shape
from ..output import files, svg
from ..serving import job_run as runner
from .terminal_progress import Progress

if TYPE_CHECKING:
    from ..pipeline import Stages


@dataclass(frozen=True)
class _Task:
    """One photo and where its sketch goes."""

    photo: Path
    svg: Path
    png: Path | None
    stages: Path | None  # a folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give the parser of ``clipasso sketch`` its arguments; each field of `SketchJob` is an option."""
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="image files")
    parser.add_argument(
        "-o", dest="out", type=Path, required=True, metavar="OUT", help="OUT.svg, or a folder for one SVG a photo"
    )
    add_job_options(parser)
    parser.add_argument(
        "--mask",
        dest="mask_picture",
        type=Path,
        metavar="PICTURE",
        help="a black and white picture of the photo's shape: only where it is white is drawn",
    )
    parser.add_argument("--report", type=Path, metavar="REPORT.json", help="write what was done, how fast and how well")
    parser.add_argument("--png", type=Path, metavar="OUT", help="OUT.png, or a folder for one picture a photo")
    parser.add_argument(
        "--save-stages",
        type=Path,
        metavar="DIR",
        help="write what was seen and decided on the way as pictures, in a folder a photo if there are several",
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")
    parser.set_defaults(usage_error=parser.error)


def add_job_options(parser: argparse.ArgumentParser, levels: tuple[int, ...] = SketchJob.levels) -> None:
    """Give a parser an option for each field of `SketchJob` but the photo."""
    for option in dataclasses.fields(SketchJob):
        if option.name == "levels":
            _add_levels(parser, option, levels)
        elif "help" in option.metadata:
            _add_option(parser, option)


def job_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """The fields of `SketchJob` that `add_job_options` let the user choose."""
    names = [option.name for option in dataclasses.fields(SketchJob) if hasattr(arguments, option.name)]
    return {name: getattr(arguments, name) for name in names}


def _add_levels(parser: argparse.ArgumentParser, option: dataclasses.Field[Any], default: tuple[int, ...]) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--strokes",
        dest=option.name,
        type=_strokes,
        default=default,
        metavar="N",
        help=f"number of strokes, {MIN_STROKES} to {MAX_STROKES}, or auto: as few as carry the drawing "
        f"(default: {', '.join(map(str, default))})",
    )
    group.add_argument(
        "--levels",
        dest=option.name,
        type=_levels,
        default=default,
        metavar="N,N...",
        help=option.metadata["help"],
    )


def _strokes(text: str) -> tuple[int, ...]:
    try:
        return AUTO if text == "auto" else (int(text),)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number from {MIN_STROKES} to {MAX_STROKES}, nor auto"
        ) from None


def _levels(text: str) -> tuple[int, ...]:
    try:
        return parse_levels(text)
    except UserError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _add_option(parser: argparse.ArgumentParser, option: dataclasses.Field[Any]) -> None:
    choices = option.metadata["choices"]
    kind = type(option.default)
    default = "" if option.default == "" else f" (default: {option.default})"
    parser.add_argument(
        f"--{option.name.replace('_', '-')}",
        type=kind,
        default=option.default,
        choices=choices or None,
        metavar="|".join(choices) or ("TEXT" if kind is str else "N"),
        help=f"{option.metadata['help']}{default}".replace("%", "%%"),
    )


def run(arguments: argparse.Namespace) -> int:
    """Sketch every photo and return the exit status.

    A photo that cannot be sketched does not keep the others from it; it is told of, and the status is 1.
    Raises `UserError` where nothing can be written, and `KeyboardInterrupt`; what is finished by then is kept.
    """
    tasks, jobs = _plan(arguments)
    _prepare_folders(arguments, tasks)
    reports = []
    since = runner.process_start()
    for task, job in zip(tasks, jobs, strict=True):
        try:
            reports.append(_sketch(task, job, arguments.quiet, since))
        except UserError as error:
            print(f"clipasso: {error}", file=sys.stderr)
        since = time.monotonic()
    if arguments.report is not None and reports:
        content = reports[0] if len(tasks) == 1 else reports
        files.write(arguments.report, json.dumps(content, indent=1, allow_nan=False).encode("ascii") + b"\n")
    return 0 if len(reports) == len(tasks) else 1


def _plan(arguments: argparse.Namespace) -> tuple[list[_Task], list[SketchJob]]:
    """What to do; ends the program with the status for wrong usage where that makes no sense."""
    try:
        options = {**job_options(arguments), "mask": _mask(arguments.mask_picture, arguments.photos)}
        tasks = _tasks(arguments.photos, arguments.out, arguments.png, arguments.save_stages)
        return tasks, [SketchJob(photo=str(task.photo), **options) for task in tasks]
    except UserError as error:
        arguments.usage_error(str(error))
        raise


def _mask(file: Path | None, photos: Sequence[Path]) -> tuple[Shape, ...]:
    """The shapes in a picture of a mask. Raises `UserError` where it serves none, or more than one, of the photos."""
    if file is None:
        return ()
    from ..seeing import photo, shapes  # bring OpenCV and scikit-image

    if len(photos) > 1:
        raise UserError("--mask is for one photo, but several are named; sketch them one by one")
    mask = shapes.of_picture(photo.load(str(file)))
    if not mask:
        raise UserError(f"the mask {file} has no white in it, so there is nothing to draw; white is what is drawn")
    return mask


def _tasks(photos: Sequence[Path], out: Path, png: Path | None, stages: Path | None) -> list[_Task]:
    """Where each photo's files go. Raises `UserError` if one would be written over a photo or another one."""
    tasks = [
        _Task(
            photo,
            _target(photo, out, ".svg"),
            None if png is None else _target(photo, png, ".png"),
            stages if stages is None or len(photos) == 1 else stages / photo.stem,
        )
        for photo in photos
    ]
    taken = {photo.resolve(): "is a photo to sketch" for photo in photos}
    for task in tasks:
        for target in filter(None, (task.svg, task.png)):
            if target.resolve() in taken:
                raise UserError(f"{target}, to be written for {task.photo}, {taken[target.resolve()]}; name a folder")
            taken[target.resolve()] = f"is already to be written for {task.photo}"
    return tasks


def _target(photo: Path, out: Path, suffix: str) -> Path:
    is_file = out.suffix.lower() == suffix and not out.is_dir()
    return out if is_file else out / f"{photo.stem}{suffix}"


def _prepare_folders(arguments: argparse.Namespace, tasks: Sequence[_Task]) -> None:
    """So that a folder that cannot be written to is told of before the work, not after it."""
    for out, targets in ((arguments.out, [task.svg for task in tasks]), (arguments.png, [task.png for task in tasks])):
        if out is not None and out not in targets:
            files.make_folder(out)
    if arguments.save_stages is not None:
        files.make_folder(arguments.save_stages)
    for file in filter(None, (arguments.report, *(path for task in tasks for path in (task.svg, task.png)))):
        files.require_folder(file)


def _sketch(task: _Task, job: SketchJob, quiet: bool, since: float) -> dict[str, Any]:
    kept: list[Stages] = []
    with Progress(task.photo.name, quiet) as progress:
        sketches, report = runner.run(job, progress, lambda: False, since, kept.append)
    svg.write(
        sketches,
        task.svg,
        seed=job.seed,
        guidance=report["guidance"],
        photo_sha256=report["photo_sha256"],
        segments=job.segments,
    )
    runner.close(report, since)
    if task.png is not None:
        from ..output import preview  # brings torch, which a refused photo never needs

        preview.write(sketches[0], task.png)
    if task.stages is not None and kept:
        from ..output import stage_pictures

        stage_pictures.write(kept[0], sketches, task.stages)
    if not quiet:
        levels = ", ".join(str(len(sketch.strokes)) for sketch in sketches)
        print(f"{task.photo} -> {task.svg}: {levels} strokes, {report['seconds']['total']:.1f} s")
    return {"photo": str(task.photo), "svg": str(task.svg), **report}
