"""What the pipeline saw and decided on its way, as pictures that lie exactly over each other and over the photo."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.color import rgb2gray

from ..bezier import stroke_arrays
from ..bezier.cubics import Array
from ..contract.sketch import Sketch, Stroke
from ..optimising.optimizer import LINE_WIDTH
from ..seeing.view import CANVAS, View
from ..sketching.levels import Stages
from . import files, preview


def write(stages: Stages, sketches: Sequence[Sketch], folder: Path) -> None:
    """Write PNGs of the whole photo's frame, `preview.LONGER_SIDE` pixels on the longer side, into ``folder``.

    ``boundary``: the network's map. ``saliency``: how much each place looks like the object. ``mask``: the object; both
    are white where none was found, since then everything is drawn. ``attention``: how much each place tells what it is.
    ``details``: where more lines were asked for; only there if that was done. ``landmarks``: those of faces, over the
    photo; only there where faces were found. ``lines``: what strokes are wanted on, the brighter the more. ``start-N``
    and ``level-N``: the strokes before and after the optimisation. What lies outside the part of the photo that was
    looked at is black in all but those. The names of what is seen on larger canvases end in their side:
    ``boundary-512``. Raises `UserError` if nothing can be written.
    """
    found = stages.view.found
    everything = np.ones_like(stages.view.boundary)
    maps = {
        "boundary": stages.view.boundary,
        "saliency": everything if found is None else found.score,
        "mask": everything if found is None else found.mask.astype(np.float32),
        "attention": stages.attention,
        "lines": stages.lines.picture(),
    }
    if stages.details.any():
        maps["details"] = stages.details
    if stages.view.faces:
        maps["landmarks"] = _landmarks(stages.view)
    side = max(stages.view.size)
    mark = "" if side == CANVAS else f"-{side}"
    pictures = {f"{name}{mark}": _in_frame(values, stages) for name, values in maps.items()}
    for level, starts in stages.starts.items():
        pictures[f"start-{level}"] = preview.render(_sketch(starts[0].controls, level, stages))
    drawn = [sketch for sketch in sketches if sketch.part == stages.part]
    for sketch in drawn:
        if f"level-{sketch.level}" not in pictures:  # other candidates come after the best
            pictures[f"level-{sketch.level}"] = preview.render(sketch)
    files.make_folder(folder)
    for name, picture in pictures.items():
        data = io.BytesIO()
        picture.save(data, format="PNG")
        files.write(folder / f"{name}.png", data.getvalue())


def _landmarks(view: View) -> NDArray[np.float32]:
    """[h, w]: the canvas, dark, and a white pixel at each landmark."""
    result = 0.5 * rgb2gray(view.rgb).astype(np.float32)
    points = np.concatenate([face.points[:, :2] for face in view.faces])
    column, row = np.floor(view.from_decoded(points)).astype(int).T
    height, width = result.shape
    result[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)] = 1.0
    return result


def _in_frame(values: NDArray[np.float32], stages: Stages) -> Image.Image:
    """A map [h, w] in 0..1 of what is looked at, in its place in the photo."""
    height, width = stages.picture.rgb.shape[:2]
    scale = preview.LONGER_SIDE / max(width, height)
    box = stages.view.box
    left, top, right, bottom = (round(side * scale) for side in (box.left, box.top, box.right, box.bottom))
    grey = Image.fromarray(np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8))
    frame = Image.new("L", (max(1, round(width * scale)), max(1, round(height * scale))))
    frame.paste(grey.resize((max(1, right - left), max(1, bottom - top)), Image.Resampling.BILINEAR), (left, top))
    return frame


def _sketch(controls: Array, level: int, stages: Stages) -> Sketch:
    """Canvas strokes [N, 3 S + 1, 2] as a sketch over the photo."""
    picture = stages.picture
    placed = stroke_arrays.separate(stages.view.to_photo(controls, picture))
    width = stages.view.width_in_photo(LINE_WIDTH, picture)
    strokes = tuple(Stroke.of(points, width) for points in placed)
    return Sketch(level, picture.width, picture.height, strokes, 0.0)
