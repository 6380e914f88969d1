"""Sketches that are finished but not yet in their document: one file each under CLIPASSO_HOME/finished.

A file stays until its sketch is placed, so nothing is lost when the document is closed, or another one is active.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import secrets
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import inkex

from clipasso_engine.contract import paths
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.sketch import Sketch

from ..layer.placement import Placement
from ..translation import translated

KEPT = 20
"""Files; the oldest go."""


@dataclass(frozen=True)
class Document:
    """What tells a document from the others that are open."""

    path: str  # empty if it was never saved
    name: str  # for the user
    marks: str  # ids that Inkscape gives each new document anew; copies of a file share them

    @classmethod
    def of(cls, svg: inkex.SvgDocumentElement, path: str | None) -> Document:
        """``path`` is where it was saved, see `inkex`'s ``document_path``."""
        marks = [svg.get("id") or "", *svg.xpath("./sodipodi:namedview/@id"), *svg.xpath("./svg:defs/@id")]
        saved = path or ""
        name = os.path.basename(saved) or svg.get("sodipodi:docname") or translated("the unsaved document")
        return cls(saved, name, " ".join(marks))

    def is_now(self, other: Document) -> bool:
        """Whether ``other`` is this document some time later. Saved under another name, it could be any copy."""
        return self.path == other.path if self.path else self.marks == other.marks


@dataclass(frozen=True)
class Asked:
    """Who asked for a sketch, and how it is to be placed."""

    document: Document
    placement: Placement

    def to_json(self) -> dict[str, Any]:
        return {"document": dataclasses.asdict(self.document), "placement": self.placement.to_json()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Asked:
        """Raises `ValueError`, `KeyError`, `TypeError` or `UserError` for what is no such thing."""
        placement = Placement.from_json(data["placement"]) if "placement" in data else _placement_of_0_1_0(data)
        return cls(Document(**data["document"]), placement)


def _placement_of_0_1_0(asked: dict[str, Any]) -> Placement:
    """Version 0.1.0 kept the dialog's options as they were, together with what it had noted in them."""
    chosen = Namespace(**{"place": "above", "photo_shown": "plain", **asked["options"]})
    layer, kept = str(getattr(chosen, "layer", "")), int(getattr(chosen, "kept", 0))
    return Placement.from_options(chosen, asked["photo"], str(asked["photo_sha256"]), layer, kept)


@dataclass(frozen=True)
class Finished:
    """A sketch, and what is needed to place it."""

    file: Path
    asked: Asked
    job: SketchJob
    sketches: list[Sketch]
    report: dict[str, Any]

    @property
    def wanted(self) -> Path:
        """A file that is there while a window waits for the sketch to be placed: nobody else needs to be told."""
        return self.file.with_suffix(".wanted")

    def want(self) -> None:
        _note(self.wanted, str(os.getpid()))

    def is_wanted(self) -> bool:
        """Whether the process that wanted it still runs."""
        try:
            os.kill(int(self.wanted.read_text(encoding="ascii")), 0)
        except (OSError, ValueError):
            return False
        return True

    @property
    def answer(self) -> Path:
        """What became of it, for the window: an empty text, or the sentence why the sketch was not placed."""
        return self.file.with_suffix(".answer")

    @property
    def placed(self) -> Path:
        """The id of the layer that is shown, for the window, if it shall become what is selected."""
        return self.file.with_suffix(".placed")

    def tell(self, answer: str) -> None:
        """Write the `answer`. On a full disk there is none then: an empty one would say that all is well."""
        _write_or_not(self.answer, answer)

    def select_later(self, identifier: str) -> None:
        """Write that `placed` one, where that is possible."""
        _write_or_not(self.placed, identifier)

    def remove(self) -> None:
        """It is in its document."""
        for path in (self.file, self.wanted):
            with contextlib.suppress(OSError):
                path.unlink()


def _note(path: Path, text: str) -> None:
    """Write one of the small files beside a sketch."""
    with open(path, "w", encoding="utf-8", opener=paths.private) as stream:
        stream.write(text)


def save(asked: Asked, job: SketchJob, sketches: list[Sketch], report: dict[str, Any]) -> Finished:
    """Keep a sketch. Raises `OSError`, for example on a full disk."""
    folder = _folder()
    paths.make(folder)
    record = {
        "asked": asked.to_json(),
        "job": dataclasses.replace(job, photo_bytes=None).to_message(),
        "sketches": [sketch.to_json() for sketch in sketches],
        "report": report,
    }
    file = folder / f"{secrets.token_hex(8)}.json"
    part = file.with_suffix(".part")
    try:
        with open(part, "x", encoding="ascii", opener=paths.private) as stream:
            json.dump(record, stream)
        os.replace(part, file)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    # Not this one, which is the oldest of all where the clock was set back.
    for old in [other for other in _files() if other != file][KEPT - 1 :]:
        Finished(old, asked, job, [], {}).remove()
    return Finished(file, asked, job, sketches, report)


def all_kept() -> list[Finished]:
    """Newest first; files that cannot be read are left out."""
    found = []
    for file in _files():
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError, UserError):
            record = json.loads(file.read_text(encoding="ascii"))
            sketches = [Sketch.from_json(data) for data in record["sketches"]]
            job = SketchJob.from_message(record["job"])
            found.append(Finished(file, Asked.from_json(record["asked"]), job, sketches, dict(record["report"])))
    return found


def _write_or_not(file: Path, text: str) -> None:
    try:
        _note(file, text)
    except OSError:
        with contextlib.suppress(OSError):
            file.unlink()


def _folder() -> Path:
    return paths.home() / "finished"


def _files() -> list[Path]:
    """Newest first."""
    return sorted(_folder().glob("*.json"), key=_age)


def _age(file: Path) -> float:
    try:
        return -file.stat().st_mtime_ns
    except OSError:
        return 0.0
