"""Brushes: strokes change their look and back, and nothing is left behind."""

import re
from argparse import Namespace

import inkex
import pytest
from lxml import etree

from clipasso_engine.contract import layer_format
from clipasso_engine.contract.errors import UserError
from inkscape_extension.brush import colours, painting
from inkscape_extension.brush.painting import Look
from inkscape_extension.brush.styles import BRUSHES

PLAIN = "fill:none;stroke:#000000;stroke-linecap:round;stroke-linejoin:round;stroke-width:2.25"
D = "M 10,10 C 20,40 60,40 90,12"
OURS = f'xmlns:clipasso="{layer_format.NAMESPACE}"'
OUTLINED = [name for name, one in BRUSHES.items() if one.pressure]
PAINTED = [name for name in BRUSHES if name != "plain"]


def stroke(identifier="s", d=D, style=PLAIN, more='clipasso:importance="1" clipasso:colour="#3366cc"'):
    return f'<path id="{identifier}" d="{d}" style="{style}" {more}/>'


def paint(root, look, *ids):
    return painting.paint([root.getElementById(identifier) for identifier in ids or ("s",)], look)


def content(root):
    """The document without empty defs, which inkex adds."""
    text = etree.tostring(root, method="c14n").decode()
    return re.sub(r"<defs[^>]*></defs>|\s+", "", text)


def in_use(root):
    return root.xpath("//svg:defs/*")


@pytest.fixture
def document(svg):
    return svg(f'<g id="layer">{stroke()}</g>', attributes=f'width="100" height="50" {OURS}')


@pytest.mark.parametrize("name", PAINTED)
def test_a_stroke_stays_one_path_and_can_be_plain_again(document, name):
    before = content(document)
    paint(document, Look(name))
    (path,) = document.xpath("//svg:g/*")
    assert path.TAG == "path"
    assert path.get(layer_format.BRUSH) == name
    assert painting.centre_line(path) == D
    assert content(document) != before
    paint(document, Look())
    assert content(document) == before


def test_brushes_can_be_changed_in_any_order(document):
    before = content(document)
    direct = {}
    for name in BRUSHES:
        paint(document, Look(name))
        direct[name] = content(document)
        paint(document, Look())
    for one in BRUSHES:
        for other in BRUSHES:
            paint(document, Look(one))
            paint(document, Look(other))
            assert content(document) == direct[other], (one, other)
    paint(document, Look())
    assert content(document) == before


@pytest.mark.parametrize("name", OUTLINED)
def test_an_outline_has_the_effect_that_would_make_it(document, name):
    paint(document, Look(name))
    path = document.getElementById("s")
    effect = document.getElementById(path.get("inkscape:path-effect")[1:])
    assert effect.get("effect") == "powerstroke"
    assert path.get("inkscape:original-d") == D
    assert path.get("d") != D
    assert path.style["stroke"] == "none"
    assert path.style["fill"] == "#000000"
    assert path.style["fill-rule"] == "nonzero"


@pytest.mark.parametrize("name", PAINTED)
def test_painting_twice_changes_nothing(document, name):
    paint(document, Look(name, stroke_width=150.0, width_by="importance"))
    once = content(document)
    paint(document, Look(name, stroke_width=150.0, width_by="importance"))
    assert content(document) == once


def test_strokes_share_grain_and_marks_but_not_effects(svg):
    root = svg(stroke("a") + stroke("b"), attributes=OURS)
    for name in ("charcoal", "construction", "ink"):
        paint(root, Look(name), "a", "b")
        assert (
            sorted(element.TAG for element in in_use(root))
            == {
                "charcoal": ["filter", "path-effect", "path-effect"],
                "construction": ["marker"],
                "ink": ["path-effect", "path-effect"],
            }[name]
        )
    paint(root, Look(), "a")
    assert len(in_use(root)) == 1
    paint(root, Look(), "b")
    assert in_use(root) == []


def test_what_is_not_ours_stays(svg):
    mine = '<defs><filter id="brush-pencil-2.25"/><marker id="m"/></defs>'
    style = f"{PLAIN};opacity:0.5;display:inline"
    root = svg(mine + stroke(style=style), attributes=OURS)
    before = content(root)
    paint(root, Look("pencil"))
    path = root.getElementById("s")
    assert path.style["opacity"] == "0.5"
    assert path.style["filter"] == "url(#brush-pencil-2.25-2)"
    paint(root, Look())
    assert content(root) == before


class TestColour:
    def colour(self, document, **look):
        paint(document, Look(**look))
        return document.getElementById("s").style["stroke"]

    def test_one(self, document):
        assert self.colour(document, colour="one", stroke_colour="#aa1122") == "#aa1122"

    def test_the_photos_is_darkened_so_far_that_it_shows(self, document):
        assert self.colour(document, colour="photo") == colours.legible("#3366cc")
        assert colours.legible("#ffffff") == "#808080"
        assert colours.legible("#201008")[1:3] > colours.legible("#201008")[5:7]

    def test_the_nearest_of_a_palette(self, document):
        assert self.colour(document, colour="palette", palette="sea") in colours.PALETTES["sea"]
        assert colours.nearest("#ff2010", ("#0000ff", "#cc2200", "#00ff00")) == "#cc2200"

    def test_a_stroke_that_does_not_know_the_photo_keeps_its_own(self, svg):
        root = svg(stroke(style=PLAIN.replace("#000000", "#00aa00"), more=""))
        assert self.colour(root, colour="photo") == "#00aa00"
        assert self.colour(root, colour="palette", palette="autumn") == "#5d6b2c"

    @pytest.mark.parametrize("name", PAINTED)
    def test_it_stays_with_another_brush(self, svg, name):
        root = svg(stroke(style=PLAIN.replace("#000000", "#00aa00")), attributes=OURS)
        before = content(root)
        paint(root, Look(name))
        assert "#00aa00" in root.getElementById("s").get("style")
        paint(root, Look())
        assert content(root) == before


class TestWidth:
    def width(self, root, identifier="s"):
        return float(root.getElementById(identifier).style["stroke-width"])

    def test_it_is_relative_to_the_sketchs_own(self, document):
        paint(document, Look(stroke_width=200.0))
        assert self.width(document) == 4.5
        paint(document, Look(stroke_width=50.0))
        assert self.width(document) == 1.125

    def test_more_important_strokes_are_wider(self, svg):
        root = svg(stroke("a") + stroke("b", more='clipasso:importance="0.1"') + stroke("c", more=""), attributes=OURS)
        paint(root, Look(width_by="importance"), "a", "b", "c")
        assert self.width(root, "b") < 2.25 < self.width(root, "a") == self.width(root, "c")
        paint(root, Look(), "a", "b", "c")
        assert {self.width(root, name) for name in "abc"} == {2.25}

    @pytest.mark.parametrize("name", ["ink", "marker"])
    def test_a_stroke_made_twice_as_wide_by_hand_stays_so(self, document, name):
        paint(document, Look(name))
        path = document.getElementById("s")
        if path.get("inkscape:path-effect"):
            document.getElementById(path.get("inkscape:path-effect")[1:]).set("scale_width", "2")
        else:
            path.style["stroke-width"] = str(2 * float(path.style["stroke-width"]))
        paint(document, Look())
        assert self.width(document) == pytest.approx(4.5, rel=1e-3)


class TestLeftAlone:
    def test_a_locked_stroke(self, svg):
        root = svg(stroke(more='sodipodi:insensitive="true"'))
        before = content(root)
        assert paint(root, Look("ink")) == [root.getElementById("s")]
        assert content(root) == before

    @pytest.mark.parametrize("effects", ["#mine", "#brush-s;#mine"])
    def test_a_stroke_with_an_effect_of_the_users(self, document, effects):
        paint(document, Look("ink"))
        mine = inkex.PathEffect()
        mine.set("id", "mine")
        mine.set("effect", "roughen")
        document.defs.append(mine)
        document.getElementById("s").set("inkscape:path-effect", effects)
        before = content(document)
        assert paint(document, Look("pencil")) == [document.getElementById("s")]
        assert content(document) == before


@pytest.mark.parametrize(
    ("d", "grain"),
    [
        ("M 0,0 C 1,2 3,4 5,6 Z", True),
        ("M 0,0 L 5,5 M 8,8 L 9,1", True),
        ("M 3,3", False),
        ("M 3,3 C 3,3 3,3 3,3", False),
        ("M 0,0 C 1,2", False),
    ],
)
def test_what_has_no_open_line_is_drawn_without_an_outline(svg, d, grain):
    root = svg(stroke(d=d), attributes=OURS)
    paint(root, Look("charcoal"))
    path = root.getElementById("s")
    assert path.get("d") == d
    assert path.get("inkscape:path-effect") is None
    assert path.style["stroke"] == "#000000"
    assert path.style["stroke-linecap"] == "round"
    assert ("filter" in path.style) == grain  # it would draw nothing of a dot


def test_a_line_of_several_segments_drawn_by_hand(svg):
    root = svg(stroke(d="m 5,5 20,0 c 5,0 5,10 10,10 q 5,5 9,1 h 4", style="fill:none;stroke:red", more=""))
    before = content(root)
    paint(root, Look("calligraphic"))
    path = root.getElementById("s")
    assert path.get("inkscape:path-effect")
    assert path.style["fill"] == "red"
    paint(root, Look())
    assert path.get("d") == "m 5,5 20,0 c 5,0 5,10 10,10 q 5,5 9,1 h 4"
    assert path.style["stroke"] == "red"
    assert path.style["stroke-width"] == "1"
    assert before.count("path") == content(root).count("path")


@pytest.mark.parametrize("scale", [1e-4, 0.01, 1.0, 5e3])
def test_any_unit_will_do(svg, scale):
    d = f"M {10 * scale},{10 * scale} C {20 * scale},{40 * scale} {60 * scale},{40 * scale} {90 * scale},{12 * scale}"
    root = svg(stroke(d=d, style=f"stroke:#000000;stroke-width:{layer_format.format_number(2.25 * scale, 9)}"))
    paint(root, Look("ink"))
    x0, _y0, x1, y1 = outline_box(root.getElementById("s"))
    assert x0 / scale == pytest.approx(10, abs=0.5)
    assert x1 / scale == pytest.approx(90, abs=0.5)
    assert 32 < y1 / scale < 36


def outline_box(path):
    box = inkex.Path(path.get("d")).bounding_box()
    return box.left, box.top, box.right, box.bottom


class TestLook:
    def test_a_layer_remembers_what_is_not_usual(self, document):
        layer = document.getElementById("layer")
        look = Look("ink", "one", "#112233", "sea", 150.0, "importance")
        painting.paint_layer(layer, look)
        assert Look.of(layer) == look
        painting.paint_layer(layer, Look("marker"))
        assert Look.of(layer) == Look("marker", "one", "#112233", "sea")
        document.getElementById("layer").set(layer_format.LOOK, "brush:gone")
        assert Look.of(layer) == Look()

    def test_a_plain_layer_has_nothing_to_remember(self, document):
        before = content(document)
        painting.paint_layer(document.getElementById("layer"), Look())
        assert content(document) == before

    def test_it_comes_from_the_dialog(self):
        options = Namespace(brush="ink", colour="one", stroke_colour=str(0xAB0000FF), palette=None, stroke_width="80")
        assert Look.from_options(options) == Look("ink", "one", "#ab0000", stroke_width=80.0)
        assert Look.from_options(Namespace()) == Look()

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"brush": "broom"}, "brush is 'broom', but must be one of: plain, pencil"),
            ({"colour": "loud"}, "colour is 'loud'"),
            ({"palette": "x"}, "palette is 'x'"),
            ({"width_by": "x"}, "width_by is 'x'"),
            ({"stroke_width": "0"}, "must be from 1 to 1000 %"),
            ({"stroke_width": "nan"}, "must be from 1 to 1000 %"),
            ({"stroke_width": "wide"}, "cannot be read"),
            ({"stroke_colour": "blue"}, "cannot be read"),
        ],
    )
    def test_nonsense_gets_a_sentence(self, wrong, told):
        with pytest.raises(UserError, match=told):
            Look.from_options(Namespace(**wrong))


def test_a_stroke_that_was_moved_into_the_defs_stays(svg):
    """What clones draw may lie there, and knows its brush as the effects beside it do."""
    root = svg(f'<defs>{stroke("kept")}</defs><use xlink:href="#kept"/>{stroke()}', attributes=OURS)
    assert paint(root, Look("pencil"), "kept", "s") == []
    assert paint(root, Look("plain"), "s") == []
    assert root.getElementById("kept").get(layer_format.BRUSH) == "pencil"


def test_an_element_with_an_empty_id_is_no_effect(svg):
    """A stroke without an effect refers to nothing, not to what is called nothing."""
    root = svg(f'<g id=""/>{stroke(more="")}', attributes=OURS)
    assert paint(root, Look("ink")) == []
    assert set(root[0].attrib) <= {"id"}
    assert len(in_use(root)) == 1


@pytest.mark.parametrize("d", ["M 0,0 C 1e300,0 1e308,9 -1e308,5", "M 0,0 L 1e12,5"])
@pytest.mark.parametrize("brush", OUTLINED)
def test_a_line_that_runs_out_of_all_bounds_is_left_a_line(svg, d, brush):
    root = svg(stroke(d=d), attributes=OURS)
    paint(root, Look(brush))
    assert root.getElementById("s").get("d") == d
