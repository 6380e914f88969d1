"""A sketch lies on its photo, wherever and however the photo lies. What Inkscape draws is the truth."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import pytest
from PIL import Image

from tests.support.pictures import LINE_WIDTH, LINES, SIZE, draw, line_pixels, misses, overlay, stroke_pixels
from tests.support.real_inkscape import ACTION, Inkscape, render
from tests.support.stand_in import FakeEngine

TOLERANCE = 0.015  # of the photo's width


@dataclass(frozen=True)
class Case:
    """A document with the photo; ``{png}``, ``{jpeg}`` and ``{data}`` stand for ways to link it."""

    content: str
    attributes: str
    select: str = "photo"  # what the user selects
    drawn: str = "photo"  # what stands on the canvas, and below the new layer


CASES = {
    "turned-and-scaled-in-nested-groups-in-mm": Case(
        '<g transform="translate(105 40) rotate(25)"><g transform="scale(0.5)">'
        '<image id="photo" transform="rotate(10) scale(0.8)" x="-20" y="30" width="150" height="100" {png}/></g></g>',
        'width="210mm" height="148mm" viewBox="0 0 210 148"',
    ),
    "embedded-in-a-box-of-another-shape-mirrored": Case(
        '<image id="photo" transform="matrix(-1.2 0.3 0.2 0.9 500 20)" x="30" y="10" width="300" height="320" {data}/>',
        'width="600" height="500"',
    ),
    "a-clone-of-a-clone-in-another-group": Case(
        '<g id="outer" transform="scale(0.7) rotate(5)"><image id="photo" x="5" y="5" width="200" height="150" {png}/>'
        "</g>"
        '<use id="first" xlink:href="#outer" transform="translate(300 20)"/>'
        '<g transform="rotate(-20 250 250)"><use id="second" xlink:href="#first" x="-100" y="200"/></g>',
        'width="600" height="500"',
        select="second",
        drawn="second",
    ),
    "percentages-in-a-nested-svg-with-a-view-box-offset": Case(
        '<svg x="10%" y="12" width="70" height="60%" viewBox="-50 -20 400 300" preserveAspectRatio="xMaxYMin meet">'
        '<g transform="rotate(8)"><image id="photo" x="5%" y="10%" width="80%" height="60%" {png}/></g></svg>',
        'width="120mm" height="90mm" viewBox="-10 -5 120 90"',
    ),
    "in-a-locked-layer-in-a-nested-svg": Case(
        '<g id="layer" transform="rotate(12)" sodipodi:insensitive="true"'
        ' xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd">'
        '<svg x="20" y="5" width="80" height="60" viewBox="0 0 200 100"><image id="photo" width="150" {png}/></svg>'
        "</g>",
        'width="120mm" height="90mm" viewBox="0 0 120 90"',
    ),
    "a-sliced-photo": Case(
        '<image id="photo" x="50" y="50" width="200" height="250" preserveAspectRatio="xMaxYMid slice" {png}/>',
        'width="400" height="350"',
    ),
    "a-stretched-photo-in-inches": Case(
        '<image id="photo" x="0.5in" y="1cm" width="5in" height="40mm" preserveAspectRatio="none" {png}/>',
        'width="6in" height="3in"',
    ),
    "a-photo-of-a-turned-camera-in-its-natural-size": Case(
        '<image id="photo" transform="translate(20 10) scale(0.5)" {jpeg}/>',
        'width="60mm" height="50mm" viewBox="0 0 200 160"',
    ),
    "with-only-a-width": Case(
        '<image id="photo" x="20" y="10" width="150" {png}/>',
        'width="300" height="250"',
    ),
    "a-group-selected-and-a-document-without-size": Case(
        '<g id="group"><g transform="skewX(20)"><image id="photo" width="60" height="40" {png}/></g></g>',
        'viewBox="0 0 100 60"',
        select="group",
    ),
    "a-clone-of-a-group-with-a-nested-svg": Case(
        '<defs><g id="group" transform="scale(2)"><svg id="inner" width="50" height="40" viewBox="0 0 100 100">'
        '<image id="photo" x="10" width="80" height="70" {png}/></svg></g></defs>'
        '<use id="clone" xlink:href="#group" transform="rotate(15)" x="30" y="10"/>',
        'width="200" height="150"',
        select="clone",
        drawn="clone",
    ),
}


@pytest.fixture
def links(inkscape: Inkscape) -> dict[str, str]:
    """Attributes of an <image>: the photo linked, embedded, and as a camera held sideways stores it."""
    photo = draw(LINES)
    photo.save(inkscape.folder / "ein Foto.png")
    turned = photo.transpose(Image.Transpose.ROTATE_270)  # the top is now at the right
    exif = turned.getexif()
    exif[0x0112] = 8  # Orientation: turn it left to see it upright
    turned.save(inkscape.folder / "turned.jpg", exif=exif, quality=95)
    embedded = io.BytesIO()
    photo.save(embedded, "PNG")
    data = base64.b64encode(embedded.getvalue()).decode()
    return {
        "png": 'xlink:href="ein%20Foto.png"',
        "jpeg": 'xlink:href="turned.jpg"',
        "data": f'xlink:href="data:image/png;base64,{data}"',
    }


def sketch_and_compare(inkscape: Inkscape, name: str, case: Case, links: dict[str, str]) -> tuple[float, float]:
    """Shares of stroke pixels far from the photo's lines, and of the photo's line pixels far from strokes."""
    document = inkscape.document(case.content.format(**links), case.attributes)
    photo, layer = inkscape.folder / "photo.png", inkscape.folder / "layer.png"
    run = [f"select-by-id:{case.select}", ACTION]
    inkscape.run(document, *run, *render(case.drawn, photo), *render("sketch-16", layer))
    overlay(photo, layer, inkscape.artefacts / f"{name}.png")
    lines, width = line_pixels(photo)
    strokes = stroke_pixels(layer)
    return misses(strokes, lines, TOLERANCE * width), misses(lines, strokes, TOLERANCE * width)


@pytest.mark.parametrize("name", CASES)
def test_known_strokes_fall_on_the_lines(
    inkscape: Inkscape, fake_engine: FakeEngine, links: dict[str, str], name: str
) -> None:
    fake_engine.play(width=SIZE[0], height=SIZE[1], strokes=LINES, stroke_width=LINE_WIDTH)
    far, missed = sketch_and_compare(inkscape, f"placement-{name}", CASES[name], links)
    assert far == 0
    assert missed == 0


@pytest.mark.parametrize(
    "name", ["turned-and-scaled-in-nested-groups-in-mm", "a-photo-of-a-turned-camera-in-its-natural-size"]
)
def test_the_engines_strokes_fall_on_the_lines(inkscape: Inkscape, links: dict[str, str], name: str) -> None:
    inkscape.choose(levels="16", quality="draft")
    far, missed = sketch_and_compare(inkscape, f"engine-{name}", CASES[name], links)
    assert far <= 0.02
    assert missed <= 0.2  # an engine may leave out a line, but not put one elsewhere
