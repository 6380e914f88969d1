"""Draw the README's pictures anew: ``python docs/pictures/make.py`` in the development environment.

The photos are scikit-image's own (public domain and CC0).
"""

from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image, ImageDraw

from clipasso_engine import pipeline
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.output import preview

PHOTOS = ("astronaut", "coffee", "chelsea")
LEVELS = (64, 32, 16, 8)
TILE = 220  # px
HERE = Path(__file__).parent


def tile(picture: Image.Image) -> Image.Image:
    """The picture in the middle of a white square."""
    picture = picture.convert("RGB")
    picture.thumbnail((TILE - 16, TILE - 16), Image.Resampling.LANCZOS)
    square = Image.new("RGB", (TILE, TILE), "white")
    square.paste(picture, ((TILE - picture.width) // 2, (TILE - picture.height) // 2))
    return square


def row(name: str) -> list[Image.Image]:
    """The photo and its sketch at every level."""
    photo = Path(skimage.data.__file__).parent / f"{name}.png"
    sketches, _ = pipeline.sketch(SketchJob(str(photo), levels=LEVELS), lambda message: None, lambda: False)
    return [tile(Image.open(photo)), *(tile(Image.fromarray(np.asarray(preview.render(s)))) for s in sketches)]


def main() -> None:
    """Write levels.png."""
    rows = [row(name) for name in PHOTOS]
    sheet = Image.new("RGB", (TILE * (1 + len(LEVELS)), TILE * len(rows) + 24), "white")
    labels = ImageDraw.Draw(sheet)
    for column, label in enumerate(["photo", *(f"{level} strokes" for level in LEVELS)]):
        labels.text((column * TILE + TILE // 2, 12), label, fill="black", anchor="mm")
    for y, tiles in enumerate(rows):
        for x, picture in enumerate(tiles):
            sheet.paste(picture, (x * TILE, y * TILE + 24))
    sheet.quantize(128).save(HERE / "levels.png", optimize=True)


if __name__ == "__main__":
    main()
