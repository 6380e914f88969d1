"""``clipasso sketch``: photos in, SVG files out."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from .. import __version__
from ..contract.errors import UserError
from ..contract.events import Emit, Event
from ..contract.job import AUTO, MAX_STROKES, MIN_STROKES, SketchJob, parse_levels
from ..contract.layer_format import LayerMetadata
from ..contract.sketch import Shape
from ..output import files, svg
from ..serving import job_run as runner
from . import advice, parallel
from .terminal_progress import Progress

if TYPE_CHECKING:
    from ..pipeline import Stages


@dataclass(frozen=True)
class _Task:
    """One photo, what is asked of it, and where its sketch goes."""

    job: SketchJob
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
    add_jobs(parser)
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")
    parser.set_defaults(usage_error=parser.error)


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Give a parser the option for how many photos are worked on at once."""
    parser.add_argument(
        "--jobs",
        type=_jobs,
        default=parallel.AUTO,
        metavar="auto|N",
        help="how many photos to work on at once (default: auto, as many as there are cores and memory for)",
    )


def _jobs(text: str) -> int:
    if text == "auto":
        return parallel.AUTO
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of photos from 1 on, nor auto")
    return int(text)


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
        raise argparse.ArgumentTypeError(advice.told(error)) from None


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
    tasks = _plan(arguments)
    _prepare_folders(arguments, tasks)
    reports: dict[int, dict[str, Any]] = {}
    failures: dict[int, UserError] = {}
    try:
        for outcome in _outcomes(tasks, arguments.jobs, arguments.quiet):
            if outcome.error is not None:
                failures[outcome.number] = outcome.error
            elif outcome.result is not None:
                reports[outcome.number] = outcome.result.report
                if not arguments.quiet:
                    _tell(tasks[outcome.number], outcome.result)
    finally:  # where all can see it, also after an interrupt
        for number in sorted(failures):
            print(f"clipasso: {_naming(tasks[number].photo, advice.told(failures[number]))}", file=sys.stderr)
    if arguments.report is not None and reports:
        content = reports[0] if len(tasks) == 1 else [reports[number] for number in sorted(reports)]
        files.write(arguments.report, json.dumps(content, indent=1, allow_nan=False).encode("ascii") + b"\n")
    return 0 if len(reports) == len(tasks) else 1


def _outcomes(tasks: Sequence[_Task], wish: int, quiet: bool) -> Iterator[parallel.Outcome[_Drawn]]:
    """Each photo's outcome as it comes; with the progress of each photo, or of all where several are drawn at once."""
    count = parallel.processes(wish, len(tasks), tasks[0].job.device)
    if min(wish, len(tasks)) > count and not quiet:
        at_once = "one photo after the other" if count == 1 else f"{count} photos at once"
        tqdm.write(f"Working on {at_once}, since there is no memory for more.", file=sys.stderr)
    if count == 1:
        yield from parallel.each(_draw if quiet else _draw_aloud, tasks, 1)
        return
    shown = not quiet and sys.stderr.isatty()
    yield from tqdm(parallel.each(_draw, tasks, count), total=len(tasks), unit="photo", leave=False, disable=not shown)


def _tell(task: _Task, drawn: _Drawn) -> None:
    """Say what was drawn; above the bar, where there is one."""
    for notice in drawn.notices:
        tqdm.write(f"{task.photo.name}: {notice}", file=sys.stderr)
    tqdm.write(f"{task.photo} -> {task.svg}: {drawn.summary}")


def _naming(photo: Path, sentence: str) -> str:
    """Among several photos, a sentence must say which one it is about."""
    return sentence if str(photo) in sentence else f"{photo}: {sentence}"


def _plan(arguments: argparse.Namespace) -> list[_Task]:
    """What to do; ends the program with the status for wrong usage where that makes no sense."""
    try:
        options = {**job_options(arguments), "mask": _mask(arguments.mask_picture, arguments.photos)}
        jobs = [SketchJob(photo=str(photo), **options) for photo in arguments.photos]
        return _tasks(jobs, arguments.photos, arguments)
    except UserError as error:
        arguments.usage_error(advice.told(error))
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


def _tasks(jobs: Sequence[SketchJob], photos: Sequence[Path], arguments: argparse.Namespace) -> list[_Task]:
    """Where each photo's files go. Raises `UserError` if one would be written over a photo or another one."""
    png, stages = arguments.png, arguments.save_stages
    tasks = [
        _Task(
            job,
            photo,
            _target(photo, arguments.out, ".svg"),
            None if png is None else _target(photo, png, ".png"),
            stages if stages is None or len(photos) == 1 else stages / photo.stem,
        )
        for job, photo in zip(jobs, photos, strict=True)
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


@dataclass(frozen=True)
class _Drawn:
    """What is left to tell of a photo whose files are written."""

    report: dict[str, Any]
    summary: str
    notices: tuple[str, ...] = ()  # those that were not shown on the way


def _draw(task: _Task) -> _Drawn:
    """Sketch one photo without a word."""
    notices: list[str] = []

    def listen(event: Event) -> None:
        if event["type"] == "notice":
            notices.append(advice.told_notice(event))

    return replace(_written(task, listen), notices=tuple(notices))


def _draw_aloud(task: _Task) -> _Drawn:
    """Sketch one photo and show how it goes on."""
    with Progress(task.photo.name) as progress:
        return _written(task, progress)


def _written(task: _Task, emit: Emit) -> _Drawn:
    """Sketch one photo and write its files. Raises `UserError`."""
    kept: list[Stages] = []
    since = _waiting_since()
    sketches, report = runner.run(task.job, emit, lambda: False, since, kept.append)
    origin = LayerMetadata(
        strokes=0,  # each layer's own
        seed=task.job.seed,
        guidance=report["guidance"],
        engine=__version__,
        photo_sha256=report["photo_sha256"],
        segments=task.job.segments,
    )
    svg.write(sketches, task.svg, origin)
    runner.close(report, since)
    if task.png is not None:
        from ..output import preview  # brings torch, which a refused photo never needs

        preview.write(preview.together(sketches), task.png)
    if task.stages is not None and kept:
        from ..output import stage_pictures

        for stages in kept:
            stage_pictures.write(stages, sketches, task.stages)
    levels = ", ".join(str(len(sketch.strokes)) for sketch in sketches if sketch.part == "object")
    around = sum(len(sketch.strokes) for sketch in sketches if sketch.part == "background")
    levels += f" + {around}" if around else ""
    summary = f"{levels} strokes, {report['seconds']['total']:.1f} s"
    return _Drawn({"photo": str(task.photo), "svg": str(task.svg), **report}, summary)


_first_photo = True


def _waiting_since() -> float:
    """When the wait for the next photo began: at the start of this process for its first, else now."""
    global _first_photo
    since = runner.process_start() if _first_photo else time.monotonic()
    _first_photo = False
    return since
