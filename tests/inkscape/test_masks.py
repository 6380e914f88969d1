"""Closed shapes drawn over a photo say what of it the real engine draws; what Inkscape then shows is the truth."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from scipy import ndimage
from skimage.morphology import convex_hull_image

from tests.support.dialog import read_message
from tests.support.documents import content, layers
from tests.support.pictures import overlay, stroke_pixels
from tests.support.real_inkscape import ACTION, Inkscape, render

SIZE = (400, 300)
DISCS = ((120, 150), (290, 150))
RADIUS = 60
TURNED = "translate(45 0) rotate(8)"
CIRCLE = '<circle id="ring" cx="290" cy="150" r="85" style="fill:none;stroke:#00f;stroke-width:2"/>'
DASHES = "fill:none;stroke:#00f;stroke-width:2;stroke-dasharray:6,3"
DASHED = f'<rect id="dashed" x="50" y="80" width="140" height="140" style="{DASHES}"/>'
AWAY = '<circle id="away" cx="-200" cy="150" r="50"/>'


def disc(pen: ImageDraw.ImageDraw, centre: tuple[int, int], radius: float, colour: tuple[int, int, int]) -> None:
    x, y = centre
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


@pytest.fixture
def document(inkscape: Inkscape) -> Path:
    """Two discs with a smaller one in each, and shapes over them, all turned."""
    photo = Image.new("RGB", SIZE, (205, 210, 200))
    pen = ImageDraw.Draw(photo)
    for centre in DISCS:
        disc(pen, centre, RADIUS, (150, 40, 40))
        disc(pen, centre, RADIUS / 2, (240, 200, 90))
    photo.save(inkscape.folder / "photo.png")
    image = f'<image id="photo" width="{SIZE[0]}" height="{SIZE[1]}" xlink:href="photo.png"/>'
    shapes = f'<g id="all" transform="{TURNED}">{image}<g>{CIRCLE}{DASHED}{AWAY}</g></g>'
    return inkscape.document(shapes, 'width="120mm" height="100mm" viewBox="0 0 480 400"')


def write(path: Path) -> str:
    return f"export-type:svg;export-filename:{path};export-do"


def test_all_strokes_lie_inside_the_circle_and_come_again_the_same(inkscape: Inkscape, document: Path) -> None:
    inkscape.choose(strokes="8", quality="draft", background="keep")
    files = {name: inkscape.folder / f"seen-{name}.png" for name in ("photo", "ring", "sketch-8")}
    once, twice, again = (inkscape.folder / f"{name}.svg" for name in ("once", "twice", "again"))
    run = ["select-clear", "select-by-id:photo,ring", ACTION]
    pictures = [action for name, path in files.items() for action in render(name, path)]
    inkscape.run(document, *run, write(once), *pictures)
    inkscape.run(document, *run, write(twice))
    overlay(files["photo"], files["sketch-8"], inkscape.artefacts / "shapes-mask.png")
    inside, strokes = ndimage.binary_fill_holes(stroke_pixels(files["ring"])), stroke_pixels(files["sketch-8"])
    assert strokes.sum() > 1000
    assert not (strokes & ~inside).any()
    (first,), (second,) = (list(layers(path).values()) for path in (once, twice))
    assert first.attrib == second.attrib
    assert curves(once) == curves(twice)

    inkscape.run(once, "select-by-id:sketch-8", ACTION, write(again))
    assert curves(again) == curves(once), "drawn again from what the layer remembers"


def curves(document: Path) -> list[str]:
    (layer,) = layers(document).values()
    return [path.get("d", "") for path in layer]


def test_more_is_drawn_in_a_dashed_shape(inkscape: Inkscape, document: Path) -> None:
    inkscape.choose(strokes="2", quality="draft", background="keep")
    dashed, plain, more = (inkscape.folder / f"{name}.png" for name in ("dashed", "plain", "more"))
    inkscape.run(document, "select-by-id:photo", ACTION, *render("sketch-2", plain))
    inkscape.run(document, "select-by-id:photo,dashed", ACTION, *render("sketch-2", more), *render("dashed", dashed))
    inside = convex_hull_image(stroke_pixels(dashed))
    assert inside.mean() > 0.05
    ink = [int((stroke_pixels(path) & inside).sum()) for path in (plain, more)]
    assert ink[1] > 1.25 * ink[0] > 0


def test_a_mask_beside_the_photo_gets_a_sentence_and_the_document_stays(inkscape: Inkscape, document: Path) -> None:
    before, after = inkscape.folder / "before.svg", inkscape.folder / "after.svg"
    actions = ";".join([write(before), "select-by-id:photo,away", ACTION, write(after)])
    with inkscape.started("--batch-process", f"--actions={actions}", str(document)) as process:
        read_message(inkscape, "mask-beside-the-photo")
        process.wait(30)
    assert content(after) == content(before)
