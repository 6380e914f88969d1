"""The SVG and the preview of sketches, and the layer format that the extension shares."""

from __future__ import annotations

import locale
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from clipasso_engine import __version__
from clipasso_engine.contract import layer_format
from clipasso_engine.contract.layer_format import LayerMetadata
from clipasso_engine.contract.sketch import Sketch, Stroke
from clipasso_engine.output import preview, svg

SVG = "{http://www.w3.org/2000/svg}"
INKSCAPE = "{http://www.inkscape.org/namespaces/inkscape}"
SHA256 = "ab" * 32
ORIGIN = LayerMetadata(0, 7, "boundary", __version__, SHA256)

SKETCHES = (
    Sketch(
        level=2,
        width=300,
        height=200,
        strokes=(
            Stroke(((10.0, 20.0), (100.125, 20.004), (1e-9, -3.5), (290.999, 1 / 3)), width=3.0, importance=1.0),
            Stroke(((0.0, 0.0),) * 4, width=2.25, importance=0.12345, colour="#c81e14"),
        ),
        loss=0.5,
    ),
    Sketch(32, 300, 200, (), 0.7),
    Sketch(1, 300, 200, (Stroke(((1.0, 2.0), (3.0, 4.0), (5.0, 6.0), (7.0, 8.0)), 3.0),), 0.9),
)

GOLDEN = f"""\
<?xml version='1.0' encoding='utf-8'?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:clipasso="https://clipasso-inkscape.org/ns/sketch" \
xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" width="300" height="200" viewBox="0 0 300 200">
  <g id="sketch-2" inkscape:groupmode="layer" inkscape:label="Sketch, 2 strokes" clipasso:strokes="2" \
clipasso:seed="7" clipasso:guidance="boundary" clipasso:engine="{__version__}" clipasso:photo-sha256="{SHA256}" \
style="display:inline">
    <path id="sketch-2-stroke-1" d="M 10,20 C 100.12,20 0,-3.5 291,0.33" \
style="fill:none;stroke:#000000;stroke-linecap:round;stroke-linejoin:round;stroke-width:3" clipasso:importance="1" />
    <path id="sketch-2-stroke-2" d="M 0,0 C 0,0 0,0 0,0" \
style="fill:none;stroke:#000000;stroke-linecap:round;stroke-linejoin:round;stroke-width:2.25" \
clipasso:importance="0.1235" clipasso:colour="#c81e14" />
  </g>
</svg>
"""


def written(path: Path, **options: int) -> bytes:
    svg.write(SKETCHES, path, ORIGIN, **options)
    return path.read_bytes()


def test_golden(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    svg.write(SKETCHES[:1], path, ORIGIN)
    assert path.read_text() == GOLDEN


def test_strokes_of_several_cubics_are_one_path_and_the_layer_tells(tmp_path: Path) -> None:
    points = tuple((10.0 * n, 5.0 * n) for n in range(10))
    sketch = Sketch(2, 300, 200, (Stroke(points, 3.0), Stroke(points[:4], 3.0)), 0.1)
    svg.write([sketch], tmp_path / "a.svg", replace(ORIGIN, segments=3))
    layer = ET.fromstring((tmp_path / "a.svg").read_bytes())[0]
    assert [path.get("d") for path in layer] == [
        "M 0,0 C 10,5 20,10 30,15 C 40,20 50,25 60,30 C 70,35 80,40 90,45",
        "M 0,0 C 10,5 20,10 30,15",
    ]
    metadata = LayerMetadata.from_attributes(layer.attrib)
    assert metadata is not None
    assert metadata.segments == 3
    drawn = np.asarray(preview.render(sketch)) < 128
    scale = preview.LONGER_SIDE / 300
    assert drawn[[round(5 * n * scale) for n in (1, 4, 8)], [round(10 * n * scale) for n in (1, 4, 8)]].all()


def test_only_the_chosen_layer_is_shown(tmp_path: Path) -> None:
    for visible in range(3):
        root = ET.fromstring(written(tmp_path / "a.svg", visible=visible))
        styles = [layer.get("style") for layer in root.iter(f"{SVG}g")]
        assert styles == ["display:inline" if index == visible else "display:none" for index in range(3)]


def test_levels_are_layers_with_their_metadata(tmp_path: Path) -> None:
    root = ET.fromstring(written(tmp_path / "a.svg"))
    layers = list(root)
    assert [layer.get(f"{INKSCAPE}groupmode") for layer in layers] == ["layer"] * 3
    assert [layer.get(f"{INKSCAPE}label") for layer in layers] == [
        "Sketch, 2 strokes",
        "Sketch, 0 strokes",
        "Sketch, 1 stroke",
    ]
    for layer, sketch in zip(layers, SKETCHES, strict=True):
        assert len(layer) == len(sketch.strokes)
        assert LayerMetadata.from_attributes(layer.attrib) == LayerMetadata(
            strokes=sketch.level, seed=7, guidance="boundary", engine=__version__, photo_sha256=SHA256
        )


def test_awkward_text_is_escaped(tmp_path: Path) -> None:
    guidance = 'a <b> & "c" é'
    svg.write(SKETCHES, tmp_path / "a.svg", replace(ORIGIN, seed=0, guidance=guidance, photo_sha256=""))
    layer = ET.fromstring((tmp_path / "a.svg").read_bytes())[0]
    metadata = LayerMetadata.from_attributes(layer.attrib)
    assert metadata is not None
    assert metadata.guidance == guidance


def test_same_bytes_in_any_locale(tmp_path: Path) -> None:
    before = locale.setlocale(locale.LC_NUMERIC)
    expected = written(tmp_path / "a.svg")
    try:
        for name in ("de_DE.UTF-8", "de_DE", "C"):
            try:
                locale.setlocale(locale.LC_NUMERIC, name)
            except locale.Error:
                continue
            assert written(tmp_path / "b.svg") == expected
    finally:
        locale.setlocale(locale.LC_NUMERIC, before)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.0, 2, "0"),
        (-0.001, 2, "0"),
        (100.0, 0, "100"),
        (1200.0, 2, "1200"),
        (0.1 + 0.2, 2, "0.3"),
        (1e-7, 8, "0.0000001"),
        (123456789.125, 2, "123456789.12"),
        (-2.5, 2, "-2.5"),
    ],
)
def test_numbers(value: float, decimals: int, text: str) -> None:
    assert layer_format.format_number(value, decimals) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_no_number(value: float) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        layer_format.format_number(value)


def test_metadata_of_other_layers_is_none() -> None:
    assert LayerMetadata.from_attributes({"id": "layer1"}) is None
    damaged = LayerMetadata(16, 0, "boundary", "1", SHA256, "image1").to_attributes()
    assert LayerMetadata.from_attributes(damaged) is not None
    damaged[f"{{{layer_format.NAMESPACE}}}strokes"] = "many"
    assert LayerMetadata.from_attributes(damaged) is None


def test_preview_shows_lines_where_they_are(tmp_path: Path) -> None:
    # Of 64 x 32 px, so 16 times larger: a horizontal line along y = 8, 2 px wide, and a dot at (48, 24), 4 px wide.
    line = Stroke(((8.0, 8.0), (24.0, 8.0), (40.0, 8.0), (56.0, 8.0)), 2.0)
    dot = Stroke(((48.0, 24.0),) * 4, 4.0)
    preview.write(Sketch(2, 64, 32, (line, dot), 0.0), tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        ink = 1 - np.asarray(image) / 255
    assert ink.shape == (512, 1024)
    assert ink[112:144, 128:896].min() > 0.99
    y, x = np.mgrid[:512, :1024] + 0.5
    from_line = np.hypot(x - x.clip(128, 896), y - 128)
    from_dot = np.hypot(x - 768, y - 384)
    assert ink[(from_line > 17) & (from_dot > 33)].max() == 0
    assert ink[from_dot < 31].min() > 0.99


def test_preview_of_an_elongated_photo_and_no_strokes(tmp_path: Path) -> None:
    image = preview.render(Sketch(1, 20_000, 1000, (), 0.0))
    assert image.size == (1024, 51)
    assert image.getextrema() == (255, 255)
