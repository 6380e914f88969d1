"""A photo with known lines, and how far a drawing is from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import distance_transform_edt

SIZE = (300, 200)
PAPER, INK = 235, 20
# No symmetry: turned, mirrored or moved, they would not lie on themselves.
LINES = [
    [(60, 110), (90, 30), (180, 30), (240, 80)],
    [(60, 110), (90, 180), (190, 170), (240, 80)],
    [(95, 105), (105, 145), (140, 145), (150, 100)],
    [(170, 60), (200, 75), (205, 110), (185, 125)],
]
LINE_WIDTH = 4.0


def draw(lines: list[Any], size: tuple[int, int] = SIZE) -> Image.Image:
    """A photo of ``lines``, each the 4 control points of a cubic Bézier curve in pixels."""
    scale = 4
    image = Image.new("L", (size[0] * scale, size[1] * scale), PAPER)
    pen = ImageDraw.Draw(image)
    t = np.linspace(0, 1, 200)[:, None]
    for points in np.asarray(lines, dtype=float):
        p0, p1, p2, p3 = points
        curve = (1 - t) ** 3 * p0 + 3 * (1 - t) ** 2 * t * p1 + 3 * (1 - t) * t**2 * p2 + t**3 * p3
        radius = LINE_WIDTH / 2 * scale
        for x, y in curve * scale:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=INK)
    return image.resize(size, Image.Resampling.LANCZOS).convert("RGB")


def line_pixels(photo: Path) -> tuple[Any, float]:
    """Of a photo as Inkscape has drawn it: where its lines are (bool [H, W]), and how wide it is there, in pixels."""
    pixels = np.asarray(Image.open(photo).convert("RGBA")).astype(float)
    there = pixels[..., 3] > 128
    width = (there.sum() * SIZE[0] / SIZE[1]) ** 0.5
    return there & (pixels[..., 0] < 128), float(width)


def stroke_pixels(layer: Path) -> Any:
    """Where a sketch layer that Inkscape has drawn has ink (bool [H, W])."""
    return np.asarray(Image.open(layer).convert("RGBA"))[..., 3] > 128


def misses(drawn: Any, wanted: Any, tolerance: float) -> float:
    """The share of ``drawn`` pixels that are farther than ``tolerance`` pixels from any that is ``wanted``."""
    assert drawn.any()
    assert wanted.any()
    return float((distance_transform_edt(~wanted)[drawn] > tolerance).mean())


def overlay(photo: Path, layer: Path, path: Path) -> None:
    """Both on top of each other, strokes in red, to be looked at."""
    picture = Image.open(photo).convert("RGBA")
    ink = Image.new("RGBA", picture.size, (255, 0, 0, 255))
    paper = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    paper.alpha_composite(picture)
    paper.paste(ink, mask=Image.open(layer).convert("RGBA").getchannel("A"))
    paper.convert("RGB").save(path)
