"""``clipasso evaluate``: how good the sketches of a folder of photos are."""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image

from ..contract.errors import UserError
from ..contract.job import AUTO, SketchJob
from ..evaluation import alternatives, blind, sheet, table, trial
from ..evaluation.trial import Trial
from ..output import files
from ..training import teacher
from ..training.as_network import AsNetwork
from ..weights.opencv_network import Network
from . import advice, parallel
from . import sketch as sketch_command

LEVELS = (32, 16, 8, 4)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give the parser of ``clipasso evaluate`` its arguments; the options of a job are those of ``clipasso sketch``."""
    parser.add_argument("folder", type=Path, metavar="PHOTO_DIR", help="a folder of photos, each named for its object")
    parser.add_argument(
        "-o", dest="out", type=Path, required=True, metavar="OUT_DIR", help="folder for the tables and contact sheets"
    )
    parser.add_argument("--compare", action="store_true", help="also potrace, Canny's edges and a random start")
    parser.add_argument("--blind", type=Path, metavar="DIR", help="write a naming test: sketches under code names")
    parser.add_argument(
        "--judge",
        type=Path,
        metavar="WHEEL",
        help="measure by the boundaries that HED sees, from the wheel that training fetched, not by the engine's own",
    )
    sketch_command.add_job_options(parser, LEVELS)
    sketch_command.add_jobs(parser)
    parser.set_defaults(usage_error=parser.error)


def run(arguments: argparse.Namespace) -> int:
    """Evaluate every photo of the folder and return the exit status, 1 where a photo could not be sketched.

    Raises `UserError` when there is no photo or nothing can be written.
    """
    if arguments.quality == "paper":
        arguments.usage_error("the quality paper cannot be evaluated, since it has no stages to measure by")
    if arguments.levels == AUTO:
        arguments.usage_error("auto is no number of strokes to compare photos by; name levels, for example 32,16,8,4")
    photos = _photos(arguments.folder)
    if arguments.judge is not None:
        teacher.load(arguments.judge)  # a wheel that will not do is told of before the work
    for folder in filter(None, (arguments.out, arguments.blind)):
        files.make_folder(folder)
    if arguments.compare and not alternatives.potrace_installed():
        print(f"clipasso: {alternatives.POTRACE_MISSING}", file=sys.stderr)
    jobs = [SketchJob(photo=str(photo), **sketch_command.job_options(arguments)) for photo in photos]
    tasks = [_Task(job, arguments.compare, arguments.judge) for job in jobs]
    trials, failures = _trials(tasks, parallel.processes(arguments.jobs, len(tasks), arguments.device))
    if not trials:
        raise UserError(f"No photo in {arguments.folder} could be sketched, so there is nothing to measure.")
    document = table.document(trials, jobs[0], "own" if arguments.judge is None else "HED", failures)
    _write(arguments.out, trials, document)
    if arguments.blind is not None:
        blind.write(trials, arguments.blind, arguments.seed)
    return 1 if failures else 0


def _photos(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}. Name a folder of photos.")
    Image.init()
    photos = sorted(path for path in folder.iterdir() if path.suffix.lower() in Image.EXTENSION and path.is_file())
    if not photos:
        raise UserError(f"{folder} holds no photo: no file in it has the name of an image. Choose another folder.")
    return photos


@dataclass(frozen=True)
class _Task:
    """One photo to evaluate."""

    job: SketchJob
    compare: bool
    judge: Path | None  # the wheel of HED


def _trials(tasks: list[_Task], processes: int) -> tuple[list[Trial], dict[str, str]]:
    """The trials of all photos that could be sketched, in their order; of the others, by name, the sentence why not."""
    found: dict[int, Trial] = {}
    failures: dict[str, str] = {}
    for outcome in parallel.each(_try, tasks, processes):
        name = Path(tasks[outcome.number].job.photo).name
        if outcome.result is not None:
            found[outcome.number], seconds = outcome.result
            print(f"{name}: {seconds:.1f} s", file=sys.stderr)
        elif outcome.error is not None:
            failures[name] = advice.told(outcome.error)
            print(f"clipasso: {failures[name]}", file=sys.stderr)
    return [found[number] for number in sorted(found)], failures


def _try(task: _Task) -> tuple[Trial, float]:
    """A photo's trial, and the seconds that it took. Raises `UserError`."""
    begun = time.monotonic()
    judge = None if task.judge is None else _judge(task.judge)
    return trial.run(Path(task.job.photo).stem, task.job, task.compare, judge), time.monotonic() - begun


@lru_cache(maxsize=1)
def _judge(wheel: Path) -> Network:
    return AsNetwork(teacher.load(wheel))


def _write(out: Path, trials: list[Trial], document: table.Document) -> None:
    text = table.markdown(document)
    files.write(out / "evaluation.json", json.dumps(document, indent=1, allow_nan=False).encode("ascii") + b"\n")
    files.write(out / "evaluation.md", text.encode("utf-8", "replace"))
    files.write(out / "sheet.html", sheet.page(trials, document["levels"]).encode("utf-8", "replace"))
    for name, picture in (("sheet.png", sheet.picture(trials)), ("sketches.png", sheet.sketches_only(trials))):
        data = io.BytesIO()
        picture.save(data, format="PNG", optimize=True)
        files.write(out / name, data.getvalue())
    print(text, end="")
