"""A sketch as a picture, without Inkscape."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from ..bezier import stroke_arrays
from ..contract.sketch import Sketch
from ..optimising import rasterizer
from . import files

LONGER_SIDE = 1024
"""Pixels of the picture."""


def write(sketch: Sketch, path: str | os.PathLike[str]) -> None:
    """Write a PNG of the sketch, black on white. Raises `UserError` if it cannot be written."""
    data = io.BytesIO()
    render(sketch).save(data, format="PNG")
    files.write(path, data.getvalue())


def together(sketches: Sequence[Sketch]) -> Sketch:
    """The first of ``sketches``, over the first of the background where there is one."""
    under = next((sketch.strokes for sketch in sketches if sketch.part == "background"), ())
    return (
        sketches[0]
        if sketches[0].part == "background"
        else replace(sketches[0], strokes=(*under, *sketches[0].strokes))
    )


def render(sketch: Sketch) -> Image.Image:
    """The sketch in grey on white, `LONGER_SIDE` pixels on its longer side."""
    scale = LONGER_SIDE / max(sketch.width, sketch.height)
    width, height = (max(1, round(side * scale)) for side in (sketch.width, sketch.height))
    points = np.asarray(stroke_arrays.of_sketch(sketch) * scale, np.float32)
    widths = np.array([[stroke.width * scale for stroke in sketch.strokes]], np.float32)
    paper = 1 - np.asarray(rasterizer.draw(points[None], (width, height), widths).ink)[0]
    return Image.fromarray(np.rint(paper * 255).astype(np.uint8))
