"""The object and its background as two layers, in real Inkscape with the real engine."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from tests.support import scenes
from tests.support.documents import layers
from tests.support.real_inkscape import ACTION, Inkscape

FEWER = "org.clipasso.fewer.noprefs"
PATHS = "{http://www.w3.org/2000/svg}path"


def curves(layer: ElementTree.Element) -> list[str]:
    return [path.get("d", "") for path in layer.iter(PATHS)]


def write(path: Path) -> str:
    return f"export-type:svg;export-filename:{path};export-do"


def test_each_goes_on_alone(inkscape: Inkscape, tmp_path: Path) -> None:
    thing = scenes.ellipse(220, 300, (150, 105), (55, 62))
    rgb = scenes.on_ground(thing)
    floor = np.zeros_like(thing)
    floor[120:] = True
    rgb[floor & ~thing] = (rgb[floor & ~thing] * 0.45).astype(np.uint8)
    scenes.saved(rgb, inkscape.folder / "photo.png")
    document = inkscape.document(
        '<image id="photo" width="300" height="220" xlink:href="photo.png"/>',
        'width="300" height="220" viewBox="0 0 300 220"',
    )
    inkscape.choose(levels="8", background_strokes="4", quality="draft")
    first, second, picture = tmp_path / "first.svg", tmp_path / "second.svg", tmp_path / "picture.png"
    inkscape.run(
        document,
        *(f"select-by-id:photo;{ACTION}", write(first), "select-clear", "select-by-id:photo", "delete"),
        *(f"export-type:png;export-filename:{picture};export-background:white;export-area-page;export-do", "undo"),
        *("select-clear", "select-by-id:background-4", FEWER, write(second)),
    )
    before, after = layers(first), layers(second)
    (under, over), (fewer, same) = before.values(), after.values()
    assert [name.split(",")[0] for name in before] == ["Background", "Sketch"]
    assert 0 < len(curves(fewer)) < len(curves(under))
    assert curves(same) == curves(over)
    ink = np.asarray(Image.open(picture).convert("L").resize((300, 220)))
    assert ink[112:128, 20:60].min() < 150, "where wall and floor meet"
    assert ink[60:160, 85:215].min() < 150, "the thing"
