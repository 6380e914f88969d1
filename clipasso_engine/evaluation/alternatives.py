"""What a user could take instead of a sketch: outlines by potrace, centre lines of Canny edges, a random start.

Each gives N cubics in pixels of the photo's file. Where a choice had to be made it was made in their favour:
docs/evaluation.md names each.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy import ndimage
from skimage.feature import canny
from skimage.filters import threshold_otsu

from ..bezier import cubics
from ..bezier.cubics import Array
from ..lines import tracing
from ..optimising.optimizer import Descent, optimize
from ..paper import recipe
from ..seeing import boundary
from ..sketching.levels import Stages
from .metrics import THRESHOLD

Draw = Callable[[int], Array]
"""Given N: at most N cubics [n, 4, 2] in pixels of the photo's file."""

POTRACE_MISSING = "potrace is left out, since the program is not installed (Debian has it as the package potrace)."

_SIDE = 512  # px: longer side at which potrace and Canny see the photo
_BLUR = 2.0  # px: Gaussian before the threshold, so that grain does not become outlines
_SPECKLE = 50  # px: area of a blot that potrace shall leave out
_FRAME = 2.0  # px: an outline this near to the frame of the photo is the frame's
_CANNY = 3.0  # px: Canny's Gaussian
_FIT = 0.01  # of the diagonal: how far a cubic may leave its line
_SAMPLES = 16  # points that each of potrace's curves is looked at


def potrace_installed() -> bool:
    return shutil.which("potrace") is not None


def cut_out(stages: Stages) -> NDArray[np.uint8]:
    """The photo [H, W, 3] with all but the object white; the whole photo where no object was found."""
    rgb, view = stages.picture.rgb, stages.view
    if view.found is None:
        return rgb
    mask = Image.fromarray(view.found.mask).resize((view.box.width, view.box.height), Image.Resampling.NEAREST)
    result = np.full_like(rgb, 255)
    view.box.crop(result)[np.asarray(mask)] = view.box.crop(rgb)[np.asarray(mask)]
    return result


def potrace(rgb: NDArray[np.uint8], width: int) -> Draw:
    """The longest cubics around what is dark in a photo [H, W, 3] whose file is ``width`` px wide."""
    grey = Image.fromarray(boundary.resized(rgb, _SIDE)).convert("L").filter(ImageFilter.GaussianBlur(_BLUR))
    values = np.asarray(grey)
    dark = values <= threshold_otsu(values) if np.ptp(values) else np.zeros(values.shape, dtype=np.bool_)
    return _longest([line for outline in _outlines(dark) for line in _off_the_frame(outline, *grey.size)], grey, width)


def canny_centre_lines(rgb: NDArray[np.uint8], width: int) -> Draw:
    """The longest cubics along the Canny edges of a photo [H, W, 3] whose file is ``width`` px wide."""
    grey = Image.fromarray(boundary.resized(rgb, _SIDE)).convert("L")
    edges = canny(np.asarray(grey) / 255.0, sigma=_CANNY, mode="nearest")
    # The tracer looks for ridges, which have a width.
    ridges = ndimage.gaussian_filter(edges.astype(np.float32), 1.0)
    return _longest([chain.points for chain in tracing.trace(ridges)], grey, width)


def random_start(stages: Stages, steps: int, seed: int) -> Draw:
    """The paper's start, strokes thrown at random where boundaries are, then the guide and steps that ours have."""
    view = stages.view
    likely = np.where(view.boundary >= THRESHOLD, view.boundary, 0)
    if view.found is not None:
        likely = np.where(view.found.mask, likely, 0)

    def draw(count: int) -> Array:
        start = recipe.random_start(recipe.distribution(likely), count, np.random.default_rng(seed))
        descent = Descent(steps, learning_rate=recipe.LEARNING_RATE, keep_lines=False, device=stages.device)
        outcome = optimize(start.numpy()[None], stages.guide, view.size, descent, lambda *_: False)
        return view.to_photo(outcome.points[outcome.best].astype(np.float64), stages.picture)

    return draw


def _longest(lines: list[Array], seen: Image.Image, width: int) -> Draw:
    """The longest of the cubics that polylines [M, 2] over ``seen`` need, in pixels of a file ``width`` px wide."""
    tolerance = _FIT * float(np.hypot(*seen.size))
    curves = np.array([cubic for line in lines for cubic in _fitted(line, tolerance)]).reshape(-1, 4, 2)
    ranked = curves[np.argsort(-cubics.lengths(curves), kind="stable")] * (width / seen.width)
    return lambda count: ranked[:count]


def _fitted(points: Array, tolerance: float) -> list[Array]:
    """Cubics [4, 2] along a polyline [M, 2], cut where one would leave it by more than ``tolerance`` px (Schneider)."""
    controls, error2 = cubics.fit(points)
    if error2.max() <= tolerance**2 or len(points) < 8:
        return [controls]
    cut = int(np.clip(error2.argmax(), 3, len(points) - 4))
    return _fitted(points[: cut + 1], tolerance) + _fitted(points[cut:], tolerance)


def _outlines(dark: NDArray[np.bool_]) -> list[Array]:
    """Potrace's closed outlines around the true pixels of a bitmap [h, w], as polylines [M, 2]."""
    height, width = dark.shape
    bitmap = b"P4\n%d %d\n" % (width, height) + np.packbits(dark, axis=1).tobytes()
    options = ["--eps", "--cleartext", "--longcoding", "--resolution", "72", "--unit", "100", "--output", "-"]
    command = ["potrace", *options, "--turdsize", str(_SPECKLE)]
    done = subprocess.run(command, input=bitmap, capture_output=True, check=True, timeout=60)
    outlines: list[list[Array]] = []
    for numbers, operator in re.findall(r"^([-\d ]+) (moveto|rcurveto|rlineto)$", done.stdout.decode("ascii"), re.M):
        points = np.array(numbers.split(), dtype=np.float64).reshape(-1, 2) / 100
        if operator == "moveto":
            outlines.append([points])
            continue
        at = outlines[-1][-1][-1]
        inner = points[:-1] if operator == "rcurveto" else np.outer([1 / 3, 2 / 3], points[-1])
        curve = cubics.sample(at + np.concatenate([[[0, 0]], inner, points[-1:]]), _SAMPLES)
        outlines[-1].append(curve[1:])
    return [np.concatenate(outline) * [1, -1] + [0, height] for outline in outlines]


def _off_the_frame(points: Array, width: int, height: int) -> list[Array]:
    """The pieces of a closed polyline [M, 2] that do not run along the frame."""
    free = np.minimum(points, np.array([width, height]) - points).min(axis=1) > _FRAME
    if free.all():
        return [points]
    start = int(np.argmin(free))
    points, free = np.roll(points[:-1], -start, axis=0), np.roll(free[:-1], -start)
    label, count = ndimage.label(free)
    return [points[label == piece] for piece in range(1, count + 1) if (label == piece).sum() > 1]
