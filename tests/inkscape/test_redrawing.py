"""Animate Sketch and Prepare for Plotter in the real Inkscape, with the real engine."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageSequence

from clipasso_engine.contract import layer_format
from tests.support.dialog import read_message
from tests.support.real_inkscape import Inkscape

SVG = "{http://www.w3.org/2000/svg}"
_STYLE = 'style="fill:none;stroke:#000000;stroke-width:2;stroke-linecap:round"'
_STROKES = (
    ("eye", "M 45,45 55,45", 1.0),
    ("left", "M 50,10 A 40 40 0 0 0 50,90", 0.6),
    ("right", "M 50,90 A 40 40 0 0 0 50,10", 0.5),
)
CONTENT = (
    f'<g id="sketch-3" inkscape:groupmode="layer" inkscape:label="Sketch" '
    f'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" xmlns:clipasso="{layer_format.NAMESPACE}" '
    'clipasso:strokes="3" clipasso:seed="0" transform="translate(100,0)">'
    + "".join(f'<path id="{name}" d="{d}" {_STYLE} clipasso:importance="{much}"/>' for name, d, much in _STROKES)
    + "</g>"
)


@pytest.fixture
def document(inkscape: Inkscape) -> Path:
    return inkscape.document(CONTENT, 'width="200mm" height="100mm" viewBox="0 0 200 100"')


def test_a_sketch_draws_itself_and_lies_in_that_order(inkscape: Inkscape, document: Path, artefacts: Path) -> None:
    film, saved = artefacts / "animated.gif", inkscape.folder / "saved.svg"
    film.unlink(missing_ok=True)
    inkscape.choose("org.clipasso.animate", film="gif", file=str(film), length="1", hold="0.2", size="120")
    inkscape.run(document, "org.clipasso.animate.noprefs", f"export-type:svg;export-filename:{saved};export-do")
    with Image.open(film) as image:
        frames = [np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(image)]
    ink = [int((frame < 128).sum()) for frame in frames]
    assert ink[0] == 0
    assert ink == sorted(ink)
    assert ink[-1] > 300
    layer = ElementTree.parse(saved).find(".//*[@id='sketch-3']")
    assert [path.get("id") for path in layer.iter(f"{SVG}path")] == ["left", "right", "eye"]


def test_a_plot_is_written_and_told_of(inkscape: Inkscape, document: Path) -> None:
    inkscape.choose("org.clipasso.plot", sheet="a5", margin="10")
    written = document.with_name("drawing-plot.svg")
    with inkscape.started("--batch-process", "--actions=org.clipasso.plot.noprefs", str(document)) as process:
        read_message(inkscape, "plotter")
        process.wait(60)
    root = ElementTree.parse(written).getroot()
    assert root.get("width") == "148mm"
    assert len(list(root.iter(f"{SVG}path"))) == 3
