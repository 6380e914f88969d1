"""What the sketch tower is trained on: photos, and the sketches that the engine itself draws of them.

Strokes are kept, not pictures of them, so that training can draw them anew with other pens.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .. import pipeline
from ..bezier import stroke_arrays
from ..bezier.cubics import Array
from ..choosing.drawings import Drawings
from ..contract.errors import UserError
from ..contract.job import SketchJob
from ..contract.sketch import Sketch
from ..pipeline import Stages

LEVELS = (32, 16, 8, 4)
"""Numbers of strokes, most first."""

_SEEDS = (0, 1, 2)  # of the starts that are drawn as they are traced, beside the finished sketches
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Drawn:
    """One photo and its sketches, in pixels of the canvas."""

    name: str
    rgb: NDArray[np.uint8]  # [h, w, 3] the part of the photo that was looked at
    region: NDArray[np.bool_]  # [h, w] the object; everything where none was found
    levels: NDArray[np.int_]  # [K] the number of strokes asked for
    finished: NDArray[np.bool_]  # [K] optimised, not only traced
    strokes: list[Array]  # K times [S, 4, 2]

    @property
    def shown(self) -> NDArray[np.uint8]:
        """[h, w, 3]: the object on white."""
        return np.where(self.region[..., None], self.rgb, np.uint8(255))


def draw(photos: list[Path], folder: Path) -> int:
    """Write ``folder/NAME.npz`` for each photo that is not there yet; how many there are in the end.

    A photo in which there is nothing to draw is left out, with a line in the log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for photo in photos:
        file = folder / f"{photo.stem}.npz"
        if not file.exists():
            try:
                _write(file, _drawn(photo))
            except UserError as problem:
                _log.warning("%s is left out: %s", photo.name, problem)
    return sum((folder / f"{photo.stem}.npz").exists() for photo in photos)


def read(folder: Path) -> Iterator[Drawn]:
    """What `draw` wrote into ``folder``, by name. Raises `UserError` where it holds nothing."""
    files = sorted(folder.glob("*.npz"))
    if not files:
        raise UserError(f"There are no sketches in {folder}. Draw them: python -m clipasso_engine.training sketches.")
    for file in files:
        with np.load(file, allow_pickle=False) as arrays:
            ends = np.cumsum(arrays["counts"])[:-1]
            parts = np.split(arrays["controls"].astype(np.float64), ends)
            yield Drawn(
                file.stem, arrays["rgb"], arrays["region"].astype(np.bool_), arrays["levels"], arrays["finished"], parts
            )


def _drawn(photo: Path) -> Drawn:
    kept: list[Stages] = []
    job = SketchJob(photo=str(photo), levels=LEVELS, quality="draft", guidance="boundary")
    sketches, _ = pipeline.sketch(job, lambda _: None, lambda: False, kept.append)
    (stages,) = kept
    some = [(level, True, _on_canvas(sketch, stages)) for level, sketch in zip(LEVELS, sketches, strict=True)]
    for seed in _SEEDS:
        drawings = Drawings(stages.lines, seed, 1)
        some += [(level, False, drawings.of(level)[0].controls) for level in LEVELS]
    levels, finished, strokes = zip(*some, strict=True)
    view = stages.view
    region = view.found.region if view.found else np.ones(view.rgb.shape[:2], dtype=np.bool_)
    return Drawn(photo.stem, view.rgb, region, np.array(levels), np.array(finished), list(strokes))


def _on_canvas(sketch: Sketch, stages: Stages) -> Array:
    """The strokes [S, 4, 2] of a sketch in pixels of the canvas."""
    shares = stroke_arrays.of_sketch(sketch) / [sketch.width, sketch.height]
    return stages.view.to_canvas(shares, stages.picture)


def _write(file: Path, drawn: Drawn) -> None:
    part = file.with_name(file.name + ".part")
    with part.open("wb") as stream:
        np.savez_compressed(
            stream,
            rgb=drawn.rgb,
            region=drawn.region,
            levels=drawn.levels,
            finished=drawn.finished,
            counts=np.array([len(some) for some in drawn.strokes]),
            controls=np.concatenate(drawn.strokes).astype(np.float32),
        )
    part.replace(file)
