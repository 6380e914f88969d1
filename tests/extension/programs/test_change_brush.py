"""Change Brush as the program that Inkscape runs, and which strokes it means."""

import dataclasses
import os
import subprocess
import sys
from argparse import Namespace

import inkex
import pytest
from lxml import etree

from clipasso_engine.contract import layer_format
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.layer_format import LayerMetadata
from clipasso_engine.contract.sketch import Sketch, Stroke
from inkscape_extension.brush import colours, painting, styles
from inkscape_extension.brush.painting import Look
from inkscape_extension.document import source_photo
from inkscape_extension.layer import hand_edits, sketch_layer
from inkscape_extension.layer.origin import Origin
from inkscape_extension.layer.record import LayerRecord
from inkscape_extension.programs import change_brush
from inkscape_extension.target import target_strokes
from tests.support.stand_in import ROOT, SVG

INX = {"inx": "http://www.inkscape.org/namespace/inkscape/extension"}
OURS = f'width="100" height="50" xmlns:clipasso="{layer_format.NAMESPACE}"'
PLAIN = "fill:none;stroke:#000000;stroke-linecap:round;stroke-linejoin:round;stroke-width:2"


def sketch(identifier, strokes=2, photo="photo", more="", colour='clipasso:colour="#3366cc"'):
    paths = "".join(
        f'<path id="{identifier}-{n}" d="M 1,{n} C 9,9 30,{n} 60,9" style="{PLAIN}" clipasso:importance="1" {colour}/>'
        for n in range(strokes)
    )
    return (
        f'<g id="{identifier}" clipasso:strokes="{strokes}" clipasso:seed="0" clipasso:photo-id="{photo}" '
        f'inkscape:groupmode="layer" {more}>{paths}</g>'
    )


DOCUMENT = (
    '<image id="photo"/><image id="other"/><rect id="box"/><path id="mine" d="M 0,0 9,9" style="fill:none;stroke:red"/>'
    '<path id="filled" d="M 0,0 9,9 0,9 Z"/>'
)
DOCUMENT += sketch("a") + sketch("b", more='style="display:none"') + sketch("c", photo="other")


def found(root):
    layers, strokes = target_strokes.find(root)
    return [layer.get("id") for layer in layers], [path.get("id") for path in strokes]


class TestTargets:
    @pytest.mark.parametrize(
        ("selected", "layers", "strokes"),
        [
            (["a"], ["a"], []),
            (["b"], ["b"], []),
            (["photo"], ["a"], []),
            (["photo", "other"], ["a", "c"], []),
            (["a-1"], [], ["a-1"]),
            (["a-1", "c"], ["c"], ["a-1"]),
            (["a", "a-1"], ["a"], []),
            (["mine", "box", "filled"], [], ["mine"]),
        ],
    )
    def test_what_is_selected(self, svg, selected, layers, strokes):
        assert found(svg(DOCUMENT, *selected, attributes=OURS)) == (layers, strokes)

    def test_the_current_layer(self, svg):
        view = '<sodipodi:namedview inkscape:current-layer="c"/>'
        assert found(svg(view + DOCUMENT, attributes=OURS)) == (["c"], [])

    def test_the_only_sketch_that_is_shown(self, svg):
        hidden = f'<g display="none">{sketch("b")}</g>'
        assert found(svg(sketch("a") + hidden, attributes=OURS)) == (["a"], [])

    @pytest.mark.parametrize(
        ("content", "selected", "told"),
        [
            (DOCUMENT, [], "There are 2 sketches"),
            (DOCUMENT, ["box"], "What is selected has no strokes"),
            ("<rect/>", [], "There is no sketch in the document yet"),
        ],
    )
    def test_nothing_or_a_choice_gets_a_sentence(self, svg, content, selected, told):
        with pytest.raises(UserError, match=told):
            target_strokes.find(svg(content, *selected, attributes=OURS))


@pytest.fixture
def run(tmp_path, home):
    """Runs it on a document: ``run(content, arguments...)`` -> exit status, the document's root or None, stderr."""

    def start(content, *arguments):
        path = tmp_path / "document.svg"
        path.write_text(SVG.format(attributes=OURS, content=content), encoding="utf-8")
        inkex_folder = os.path.dirname(os.path.dirname(inkex.__file__))
        done = subprocess.run(
            [sys.executable, str(ROOT / "inkscape_extension" / "programs" / "change_brush.py"), *arguments, str(path)],
            capture_output=True,
            env={**os.environ, "PYTHONPATH": inkex_folder},
            timeout=60,
        )
        root = etree.fromstring(done.stdout) if done.stdout else None
        return done.returncode, root, done.stderr.decode()

    return start


def test_a_layer_is_painted_and_remembers(run):
    status, root, told = run(sketch("a"), "--brush=ink", "--colour=one", "--stroke_colour=4278190335", "--id=a")
    assert (status, told) == (0, "")
    (layer,) = root.findall(".//{*}g")
    assert Look.of(inkex.load_svg(etree.tostring(root)).getroot().getElementById("a")) == Look("ink", "one", "#ff0000")
    assert [path.get(layer_format.BRUSH) for path in layer] == ["ink", "ink"]
    assert all("fill:#ff0000" in path.get("style") for path in layer)
    assert LayerMetadata.from_attributes(dict(layer.attrib)).strokes == 2


def test_painting_some_strokes_is_nothing_to_the_layer(run):
    _status, root, _told = run(sketch("a"), "--brush=marker", "--id=a-0")
    (layer,) = root.findall(".//{*}g")
    assert layer.get(layer_format.LOOK) is None
    assert [path.get(layer_format.BRUSH) for path in layer] == ["marker", None]


def test_what_was_left_alone_is_told(run):
    locked = sketch("a").replace("<path ", '<path sodipodi:insensitive="true" ', 1)
    status, root, told = run(locked, "--brush=ink")
    assert status == 0
    assert root is not None
    assert "1 of 2 strokes were left as they are: locked ones" in told


@pytest.mark.parametrize(
    ("content", "arguments", "told"),
    [
        (sketch("a").replace("<path ", '<path sodipodi:insensitive="true" '), ["--brush=ink"], "Nothing was changed"),
        (sketch("a", colour=""), ["--colour=photo"], "None of these strokes knows its colour"),
        (sketch("a"), ["--brush=broom"], "must be one of: plain"),
        (sketch("a", strokes=0), [], "There are no strokes left"),
        ("<rect/>", [], "There is no sketch"),
    ],
)
def test_what_cannot_be_done_gets_a_sentence_and_changes_nothing(run, content, arguments, told):
    status, root, said = run(content, *arguments)
    assert status == 1
    assert root is None
    assert told in said
    assert said.count("\n") == 1


class TestDialogs:
    @pytest.fixture(params=["clipasso.inx", "clipasso_brush.inx"])
    def params(self, request):
        dialog = etree.parse(str(ROOT / request.param))
        names = [field.name for field in dataclasses.fields(Look)]
        return {name: dialog.find(f".//inx:param[@name='{name}']", INX) for name in names}

    def test_they_offer_what_there_is(self, params):
        assert None not in params.values()
        choices = {name: param.xpath("inx:option/@value", namespaces=INX) for name, param in params.items()}
        assert choices["brush"] == list(styles.BRUSHES)
        assert choices["colour"] == list(painting.COLOUR_SOURCES)
        assert choices["palette"] == list(colours.PALETTES)
        assert choices["width_by"] == list(painting.WIDTH_SOURCES)

    def test_their_defaults_leave_strokes_as_they_are(self, params):
        values = {}
        for name, param in params.items():
            options = param.xpath("inx:option/@value", namespaces=INX)
            values[name] = options[0] if options else param.text
        assert Look.from_options(Namespace(**values)) == Look()

    def test_they_explain_themselves(self, params):
        assert all(param.get("gui-text") and param.get("gui-description") for param in params.values())


class TestWhatWasDoneByHand:
    """Changing the brush is nothing done by hand, and does not hide what was; see `hand_edits`."""

    @pytest.fixture
    def layer(self, svg):
        root = svg('<image id="photo" width="80" height="20"/>', attributes=OURS)
        curves = [((5.0, y), (20.0, y + 4), (40.0, y), (70.0, y)) for y in (3.0, 8.0, 13.0)]
        drawing = Sketch(3, 80, 20, tuple(Stroke(curve, 2.0, 0.5, "#c81e14") for curve in curves), 0.1)
        origin = Origin(0, "boundary", "abc", "photo")
        return sketch_layer.insert(source_photo.find(root), [drawing], origin, look=Look("ink", "photo"))[0]

    def test_a_new_sketch_is_painted_and_untouched(self, layer):
        assert {path.get(layer_format.BRUSH) for path in layer} == {"ink"}
        assert Look.of(layer) == Look("ink", "photo")
        assert not hand_edits.read(layer, LayerRecord.read(layer)).by_hand

    @pytest.mark.parametrize("name", list(styles.BRUSHES))
    def test_another_brush_is_not_done_by_hand(self, layer, name):
        change_brush.paint([layer], [], Look(name))
        assert {path.get(layer_format.BRUSH) or "plain" for path in layer} == {name}
        assert not hand_edits.read(layer, LayerRecord.read(layer)).by_hand

    def test_a_stroke_coloured_by_hand_still_is(self, layer):
        layer[1].style["fill"] = "#00ff00"
        change_brush.paint([layer], [], Look("charcoal"))
        assert layer[1].style["fill"] == "#00ff00"
        edits = hand_edits.read(layer, LayerRecord.read(layer))
        assert [path.get("id") for path in edits.kept] == [layer[1].get("id")]
        assert len(edits.untouched) == 2
