"""The figures of all photos as one JSON document, and that document as Markdown."""

from __future__ import annotations

import dataclasses
import datetime
import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..contract.job import SketchJob
from . import meaning
from .trial import OURS, Trial

Document = dict[str, Any]

_COLUMNS = {
    "precision": ("precision", 100.0, "%"),
    "recall": ("recall", 100.0, "%"),
    "outside": ("ink outside the mask", 100.0, "%"),
    "doubled": ("doubled ink", 100.0, "%"),
    "detail": ("detail", 100.0, "%"),
    "tangles": ("tangles", 1.0, ""),
    "open_ends": ("open ends", 1.0, ""),
    "missed_ends": ("missed ends", 1.0, ""),
    "crumbs": ("crumbs", 1.0, ""),
    "curvature_change": ("curvature change", 1.0, "°"),
    "nesting": ("nesting", 100.0, "%"),
    "first": ("photo comes first", 100.0, "%"),
    "rank": ("its rank", 1.0, ""),
    "seconds": ("seconds", 1.0, ""),
}
"""Figure -> (heading, factor, unit)."""


def document(trials: Sequence[Trial], job: SketchJob, judge: str, failures: dict[str, str]) -> Document:
    """Everything measured; means are over the photos on which a figure could be measured.

    ``judge`` names the boundary network that was measured by.
    """
    photos = [
        {
            "name": trial.name,
            "object_found": trial.masked is not None,
            "drawings": [
                {
                    "way": drawing.way,
                    "level": drawing.level,
                    "seconds": drawing.seconds,
                    "rank": (rank := meaning.rank(drawing.meaning, own, [other.meaning for other in trials])),
                    "first": float(rank == 1),
                    **dataclasses.asdict(drawing.figures),
                }
                for drawing in trial.drawings
            ],
        }
        for own, trial in enumerate(trials)
    ]
    return {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "engine": __version__,
        "levels": list(job.levels),
        "quality": job.quality,
        "segments": job.segments,
        "seed": job.seed,
        "judge": judge,
        "guidance": sorted({trial.guidance for trial in trials}),
        "means": _means(photos),
        "photos": photos,
        "not_sketched": failures,
    }


def machine() -> str:
    """The processor's name and how many of its cores this process may use."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        name = re.findall(r"^model name\s*:\s*(.+)$", text, re.M)[0]
    except (OSError, IndexError):
        name = platform.processor() or platform.machine()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"{cores} core{'s' if cores > 1 else ''} of {name}"


def _means(photos: list[Document]) -> list[Document]:
    rows: dict[tuple[str, int], list[Document]] = {}
    for photo in photos:
        for drawing in photo["drawings"]:
            rows.setdefault((drawing["way"], drawing["level"]), []).append(drawing)
    means = []
    for (way, level), drawings in rows.items():
        measured = {name: [d[name] for d in drawings if d[name] is not None] for name in ("strokes", *_COLUMNS)}
        mean = {name: float(np.mean(values)) if values else None for name, values in measured.items()}
        means.append({"way": way, "level": level, **mean})
    return means


def markdown(data: Document) -> str:
    """The document as Markdown: its conditions, the means, and a line for each photo."""
    levels = ", ".join(map(str, data["levels"]))
    found = sum(photo["object_found"] for photo in data["photos"])
    parts = [
        f"{len(data['photos'])} photos, an object found in {found}; {levels} strokes, quality {data['quality']}, "
        f"seed {data['seed']}, guidance {', '.join(data['guidance'])}, judged by the boundaries of "
        f"{'the own network' if data['judge'] == 'own' else data['judge']}. "
        f"Engine {data['engine']}, {data['date']}, {data['machine']}.",
        _table(
            ["", "asked", "drawn", *(heading for heading, _, _ in _COLUMNS.values())],
            [
                [row["way"], str(row["level"]), _number(row["strokes"]), *(_cell(row, name) for name in _COLUMNS)]
                for row in data["means"]
            ],
        ),
        "Precision / recall of ours, photo by photo:",
        _table(
            ["photo", "object", *map(str, data["levels"])],
            [
                [
                    photo["name"],
                    "found" if photo["object_found"] else "none",
                    *(
                        f"{_cell(drawing, 'precision')} / {_cell(drawing, 'recall')}"
                        for drawing in photo["drawings"]
                        if drawing["way"] == OURS
                    ),
                ]
                for photo in data["photos"]
            ],
        ),
    ]
    if data["not_sketched"]:
        parts.append("Not sketched:\n\n" + "\n".join(f"- {name}: {why}" for name, why in data["not_sketched"].items()))
    return "\n\n".join(parts) + "\n"


def _cell(row: Document, name: str) -> str:
    _, factor, unit = _COLUMNS[name]
    value = row[name]
    if value is None:
        return "–"
    return f"{_number(value * factor)}{' ' if unit == '%' else ''}{unit}"


def _number(value: float) -> str:
    return f"{value:.1f}"


def _table(heading: list[str], rows: list[list[str]]) -> str:
    lines = [heading, ["---"] + ["---:"] * (len(heading) - 1), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
