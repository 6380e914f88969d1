"""Whether a sketch tells which photo it is of: where its photo comes among all, by the towers in the package.

No viewer is needed, but no viewer is replaced either: the towers know textures and poses that people do not name.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ..bezier import stroke_arrays
from ..contract.sketch import Sketch
from ..optimising.optimizer import LINE_WIDTH
from ..optimising.rasterizer import render
from ..pipeline import Stages
from ..seeing.meaning import MeaningTower, darkness_of

Vectors = NDArray[np.float32]


def of_photo(tower: MeaningTower, stages: Stages) -> Vectors:
    """What the part of the photo that was drawn means: [D]."""
    with torch.no_grad():
        return tower.of_photos(darkness_of(stages.subject.rgb))[0].numpy()


def of_sketch(tower: MeaningTower, sketch: Sketch, stages: Stages) -> Vectors:
    """What a sketch means, drawn where the engine looked: [D]. Of what lies elsewhere nothing is seen."""
    shares = stroke_arrays.of_sketch(sketch) / [sketch.width, sketch.height]
    strokes = torch.as_tensor(stages.view.to_canvas(shares, stages.picture), dtype=torch.float32)
    with torch.no_grad():
        ink = render(strokes, *stages.view.size, LINE_WIDTH)
        return tower.of_sketches(ink[None, None])[0].numpy()


def rank(sketch: Vectors, own: int, photos: Sequence[Vectors]) -> int:
    """The place of photo ``own`` among ``photos`` by nearness to the sketch; 1: no other is nearer."""
    near = np.stack(photos) @ sketch
    return 1 + int((near > near[own]).sum())
