import random
import re

import inkex
import pytest

from clipasso_engine import __version__
from clipasso_engine.contract import layer_format
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.sketch import Sketch, Stroke
from inkscape_extension.brush.painting import Look
from inkscape_extension.document import curves, outlines, source_photo
from inkscape_extension.layer import sketch_layer
from inkscape_extension.layer.origin import Origin
from inkscape_extension.layer.record import LayerRecord

IMAGE = '<rect/><image id="photo" width="80" height="20"/><circle/>'
CURVE = ((0.0, 0.0), (20.0, 20.0), (40.0, 20.0), (80.0, 0.0))


def sketch(level, *curves, width=80, height=20):
    strokes = tuple(Stroke(curve, 2.0, 1 / (n + 1)) for n, curve in enumerate(curves or (CURVE,)))
    return Sketch(level, width, height, strokes, 0.1)


def insert(root, *sketches, visible="most", seed=3):
    photo = source_photo.find(root)
    job = SketchJob("a.png", levels=(16,), seed=seed)
    sketches = sketches or (sketch(16),)
    origin = Origin.of(job, sketches, {"guidance": "boundary"}, "abc", photo.element.get_id())
    return sketch_layer.insert(photo, sketches, origin, visible)


def numbers(path):
    return [float(text) for text in re.findall(r"-?[\d.]+", path.get("d"))]


def shown(layers):
    return [layer.get("inkscape:label") for layer in layers if layer.style.get("display") != "none"]


def test_a_layer_right_above_the_photo(svg):
    root = svg(f"<g>{IMAGE}</g>")
    (layer,) = insert(root)
    assert [child.TAG for child in layer.getparent()] == ["rect", "image", "g", "circle"]
    assert layer.get("inkscape:groupmode") == "layer"
    assert layer.get("inkscape:label") == "Sketch, 1 stroke", "what is there, not what was asked for"
    assert layer.get("transform") is None


def test_a_stroke_is_one_plain_cubic_path_without_a_transform(svg):
    (layer,) = insert(svg(IMAGE))
    (path,) = layer
    assert path.TAG == "path"
    assert path.get("d") == "M 0,0 C 20,20 40,20 80,0"
    assert path.get("transform") is None
    assert dict(path.style) == {
        "fill": "none",
        "stroke": "#000000",
        "stroke-linecap": "round",
        "stroke-linejoin": "round",
        "stroke-width": "2",
    }
    assert path.get(layer_format.IMPORTANCE) == "1"


def test_the_transform_goes_into_nodes_and_width(svg):
    (layer,) = insert(svg('<image transform="translate(1 2) rotate(90)" width="160" height="40"/>'))
    (path,) = layer
    assert numbers(path) == pytest.approx([1, 2, -39, 42, -39, 82, 1, 162])
    assert path.style["stroke-width"] == "4"


def test_a_stretched_photo_has_lines_of_one_width(svg):
    (layer,) = insert(svg('<image width="320" height="20" preserveAspectRatio="none"/>'))
    assert layer[0].style["stroke-width"] == "4"  # 4 times as wide, as high as before
    assert numbers(layer[0])[-2:] == [320, 0]


@pytest.mark.parametrize("scale", [1e-6, 0.001, 0.0254, 1.0, 300.0])
def test_nodes_are_exact_in_any_unit(svg, scale):
    point = (12.345678, 6.54321)
    (layer,) = insert(svg(f'<image transform="scale({scale})" width="80" height="20"/>'), sketch(16, (point,) * 4))
    x, y = numbers(layer[0])[:2]
    assert (x / scale, y / scale) == pytest.approx(point, abs=0.011)
    assert float(layer[0].style["stroke-width"]) == pytest.approx(2 * scale, rel=0.01)


def test_several_levels_are_layers_of_which_one_is_shown(svg):
    root = svg(IMAGE)
    two, three = sketch(8, CURVE, CURVE), sketch(32, CURVE, CURVE, CURVE)
    layers = insert(root, two, three, sketch(16, CURVE, CURVE))
    labels = [child.get("inkscape:label") for child in root if child.get("inkscape:label")]
    assert labels == ["Sketch, 2 strokes (2)", "Sketch, 2 strokes", "Sketch, 3 strokes"]
    assert [layer.get("id") for layer in layers] == ["sketch-32", "sketch-16", "sketch-8"]
    assert shown(layers) == ["Sketch, 3 strokes"]
    assert shown(insert(root, two, three, visible="fewest")) == ["Sketch, 2 strokes (3)"]


def test_a_second_run_leaves_the_first_as_it_is(svg):
    root = svg(IMAGE)
    (first,) = insert(root)
    before = inkex.elements._base.etree.tostring(first)
    (second,) = insert(root, seed=4)
    (third,) = insert(root, seed=4)
    assert inkex.elements._base.etree.tostring(first) == before
    assert [layer.get("inkscape:label") for layer in (second, third)] == [
        "Sketch, 1 stroke (2)",
        "Sketch, 1 stroke (3)",
    ]
    ids = root.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert (first.getparent(), second.getparent()) == (root, root)


def test_the_layer_remembers_what_made_it(svg):
    (layer,) = insert(svg(IMAGE))
    assert layer_format.LayerMetadata.from_attributes(dict(layer.attrib)) == layer_format.LayerMetadata(
        strokes=16, seed=3, guidance="boundary", engine=__version__, photo_sha256="abc", photo_id="photo"
    )
    text = layer.tostring() if hasattr(layer, "tostring") else b""
    assert b'clipasso:strokes="16"' in text


def test_a_layer_above_a_clone_belongs_to_the_clone(svg):
    root = svg(f'{IMAGE}<g><use id="clone" xlink:href="#photo" transform="scale(2)"/></g>', "clone")
    (layer,) = insert(root)
    assert layer.getprevious().get("id") == "clone"
    assert layer.get(f"{{{layer_format.NAMESPACE}}}photo-id") == "clone"
    assert numbers(layer[0])[-2:] == [160, 0]


def test_a_layer_above_a_locked_one_still_belongs_to_the_photo(svg):
    root = svg(f'<g id="locked" transform="scale(2)" sodipodi:insensitive="true">{IMAGE}</g><path/>')
    (layer,) = insert(root)
    assert [child.get("id") or child.TAG for child in root] == ["locked", "sketch-16", "path"]
    assert layer.get(f"{{{layer_format.NAMESPACE}}}photo-id") == "photo"
    assert numbers(layer[0])[-2:] == [160, 0]


def test_a_photo_without_an_id_gets_one(svg):
    root = svg('<image width="80" height="20"/>')
    (layer,) = insert(root)
    assert layer.get(f"{{{layer_format.NAMESPACE}}}photo-id") == layer.getprevious().get("id")


def test_without_a_single_stroke_nothing_is_added(svg):
    root = svg(IMAGE)
    with pytest.raises(UserError, match="No lines were found"):
        insert(root, Sketch(16, 80, 20, (), 0.0))
    assert len(root) == 3


def test_without_extent_nothing_is_added(svg):
    root = svg('<image width="0"/>')
    with pytest.raises(UserError, match="squeezed to nothing"):
        insert(root)
    assert len(root) == 1


class TestSlice:
    """With preserveAspectRatio="... slice" the strokes are cut where the photo is."""

    IMAGE = '<image id="photo" width="40" height="20" preserveAspectRatio="xMinYMid slice"/>'  # the left half is seen

    def test_a_curve_is_cut_at_the_edge_and_keeps_its_shape(self, svg):
        line = ((0.0, 5.0), (20.0, 5.0), (60.0, 5.0), (80.0, 5.0))
        (layer,) = insert(svg(self.IMAGE), sketch(16, line))
        assert numbers(layer[0]) == pytest.approx([0, 5, 10, 5, 25, 5, 40, 5], abs=0.4)
        assert max(numbers(layer[0])) <= 40

    def test_the_longest_of_several_visible_parts_is_kept(self, svg):
        back_and_forth = ((35.0, 1.0), (60.0, 5.0), (60.0, 10.0), (0.0, 19.0))
        (layer,) = insert(svg(self.IMAGE), sketch(16, back_and_forth))
        x0, _y0, *_middle, x3, y3 = numbers(layer[0])
        assert (x3, y3) == pytest.approx((0, 19), abs=0.01)
        assert x0 == pytest.approx(40, abs=0.4)

    def test_what_is_not_seen_is_left_out(self, svg):
        hidden = ((50.0, 5.0), (60.0, 5.0), (70.0, 5.0), (80.0, 5.0))
        inside = ((5.0, 5.0), (10.0, 6.0), (20.0, 5.0), (30.0, 9.0))
        (layer,) = insert(svg(self.IMAGE), sketch(16, hidden, inside))
        assert [numbers(path) for path in layer] == [[5, 5, 10, 6, 20, 5, 30, 9]]


@pytest.mark.parametrize("brush", ["plain", "ink", "construction"])
@pytest.mark.parametrize(
    "placed", ['width="80"', 'width="3" transform="rotate(33)"', 'width="9e3" transform="skewX(9)"']
)
def test_what_is_remembered_is_what_the_path_data_says(svg, brush, placed):
    chance = random.Random(5)
    drawn = [tuple((chance.uniform(-9, 89), chance.uniform(-9, 29)) for _ in range(4)) for _ in range(40)]
    root = svg(f'<image id="photo" height="20" preserveAspectRatio="none" {placed}/>')
    made = sketch_layer.insert(
        source_photo.find(root), [sketch(64, *drawn)], Origin(0, "boundary", "abc", "photo"), look=Look(brush)
    )
    (layer,) = made
    remembered = LayerRecord.read(layer).drawn
    assert len(remembered) == len(drawn)
    for number, path in enumerate(layer, 1):
        assert remembered[number] == curves.joined(outlines.outline(path))
