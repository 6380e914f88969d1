"""Sketching, drawing again and stepping in documents of all kinds: the right result, or one clear sentence."""

import base64

import inkex
import pytest
from lxml import etree

from clipasso_engine.contract import layer_format
from tests.support.stand_in import PIXEL
from tests.support.working_document import WorkingDocument

IMAGE = '<image id="{0}" x="{1}" width="100" height="50" preserveAspectRatio="none" xlink:href="{2}.png"/>'
ONE = IMAGE.format("photo", 0, "one")
FIRST = [[10, 10], [20, 20], [30, 20], [40, 10]]
SECOND = [[60, 40], [70, 30], [80, 30], [90, 40]]
THIRD = [[10, 45], [40, 47], [60, 47], [90, 45]]


@pytest.fixture
def engine(installed_engine, tmp_path):
    for name, extra in (("one", b""), ("two", b"another")):
        (tmp_path / f"{name}.png").write_bytes(base64.b64decode(PIXEL) + extra)
    return installed_engine.play(strokes=[FIRST, SECOND, THIRD], abstraction=[1, 3])


def last_job(engine):
    return next(message["job"] for message in reversed(engine.messages()) if "job" in message)


def open_document(folder, content=ONE, **more):
    return WorkingDocument(folder, content, **more)


def move(identifier, x, y):
    def change(root):
        element = root.getElementById(identifier)
        element.set("d", str(inkex.Path(element.get("d")).translate(x, y)))

    return change


def approximately(curve):
    return pytest.approx([pytest.approx(tuple(point), abs=0.02) for point in curve])


class TestAgain:
    """One photo, one sketch."""

    @pytest.fixture
    def document(self, tmp_path, engine):
        document = open_document(tmp_path)
        assert document.sketch() == ""
        return document

    @pytest.mark.parametrize("select", ["sketch-2", "sketch-2-stroke-1"])
    def test_in_place_from_the_layer_or_a_stroke_of_it(self, document, engine, select):
        document.sketch("--levels=3", "--seed=9", select=[select])
        (layer,) = document.layers().values()
        assert (layer.get("id"), len(layer)) == ("sketch-2", 3)
        assert (last_job(engine)["levels"], last_job(engine)["drawn_role"], last_job(engine)["seed"]) == (
            [3],
            "none",
            9,
        )

    def test_the_photo_beside_the_layer_makes_a_new_one(self, document):
        document.sketch(select=["photo"])
        assert len(document.layers()) == 2

    def test_a_moved_stroke_is_company_together_with_the_place_it_left(self, document, engine):
        document.change(move("sketch-2-stroke-2", 0, 5))
        document.sketch("--levels=3", select=["sketch-2"])
        job = last_job(engine)
        assert (job["levels"], job["drawn_role"]) == ([2], "company")
        assert job["drawn"] == [
            approximately([(x / 100, (y + 5) / 50) for x, y in SECOND]),
            approximately([(x / 100, y / 50) for x, y in SECOND]),
        ]
        layer = document.layers()["Sketch, 3 strokes"]
        assert len(layer) == 3

    def test_no_room_beside_what_was_made_by_hand(self, document, engine):
        asked = len(engine.messages())
        document.change(move("sketch-2-stroke-2", 0, 5))
        told = document.sketch("--levels=1", select=["sketch-2"])
        assert "no room for others" in told
        assert len(engine.messages()) == asked

    def test_all_strokes_are_the_start(self, document, engine):
        document.change(move("sketch-2-stroke-2", 0, 5))
        document.sketch("--hand=start", select=["sketch-2"])
        job = last_job(engine)
        assert (job["levels"], job["drawn_role"], len(job["drawn"])) == ([2], "start", 2)
        layers = document.layers()
        assert list(layers) == ["Sketch, 2 strokes, before", "Sketch, 2 strokes"]
        assert layers["Sketch, 2 strokes, before"].get("style") == "display:none"

    def test_everything_is_replaced(self, document, engine):
        document.change(move("sketch-2-stroke-2", 0, 5))
        document.sketch("--hand=replace", "--levels=3", select=["sketch-2"])
        assert (last_job(engine)["drawn"], last_job(engine)["drawn_role"]) == ([], "none")
        assert {label: len(layer) for label, layer in document.layers().items()} == {
            "Sketch, 2 strokes, before": 2,
            "Sketch, 3 strokes": 3,
        }

    def test_beside_the_old_one(self, document):
        document.sketch("--beside=true", "--levels=3", select=["sketch-2"])
        assert [layer.get("id") for layer in document.layers().values()] == ["sketch-2", "sketch-3"]

    def test_fewer_fewer_more(self, document, engine):
        asked = len(engine.messages())
        document.fewer("sketch-2")
        assert len(document.layers()["Sketch, 1 stroke"]) == 1
        assert "cannot have fewer" in document.fewer("sketch-2")
        document.more()
        document.more()
        assert len(document.layers()["Sketch, 3 strokes"]) == 3
        assert len(engine.messages()) == asked, "the engine has no part in it"

    def test_a_level_that_is_not_there_is_sketched(self, document, engine):
        document.more("sketch-2")
        document.more("sketch-2")
        job = last_job(engine)
        assert (job["levels"], job["quality"], job["abstraction"]) == ([4], "draft", True)
        assert {label: len(layer) for label, layer in document.layers().items()} == {"Sketch, 3 strokes": 3}

    def test_a_deleted_photo(self, document):
        document.change(lambda root: root.getElementById("photo").delete())
        told = document.sketch(select=["sketch-2"])
        assert "“Sketch, 2 strokes” was sketched from is not in this document" in told
        assert document.fewer("sketch-2") == ""
        assert list(document.layers()) == ["Sketch, 1 stroke"]

    def test_a_photo_whose_file_is_another_now(self, document, tmp_path):
        (tmp_path / "one.png").write_bytes((tmp_path / "two.png").read_bytes())
        assert "has changed since" in document.sketch(select=["sketch-2"])

    def test_a_copy_in_another_document(self, document, tmp_path, engine):
        layer = document.layers()["Sketch, 2 strokes"]
        text = inkex.elements._base.etree.tostring(layer).decode()
        other = open_document(tmp_path, f"<g>{text}</g>{IMAGE.format('photo', 0, 'two')}", name="other.svg")
        assert "has changed since" in other.sketch(select=["sketch-2"]), "another photo has its id"
        assert other.more("sketch-2") == ""
        with_photo = open_document(tmp_path, f"{text}{IMAGE.format('image7', 200, 'one')}", name="third.svg")
        assert with_photo.sketch("--levels=3", select=["sketch-2"]) == ""
        assert with_photo.curves("sketch-2")[0] == approximately(FIRST), "the sketch stays where it was pasted"

    def test_the_photo_may_have_moved(self, document):
        document.change(lambda root: root.getElementById("photo").set("x", "150"))
        document.sketch("--levels=3", select=["sketch-2"])
        assert document.curves("sketch-2")[2] == approximately(THIRD), "what is drawn again stays in place"
        document.sketch(select=["photo"])
        assert document.curves("sketch-2-2")[0] == approximately([(x + 150, y) for x, y in FIRST])

    def test_strokes_of_two_layers(self, document):
        document.sketch(select=["photo"])
        told = document.sketch(select=["sketch-2-stroke-1", "sketch-2-2-stroke-1"])
        assert "Strokes of 2 layers are selected" in told
        assert "Strokes of 2 layers are selected" in document.fewer("sketch-2-stroke-1", "sketch-2-2-stroke-1")


@pytest.mark.parametrize(
    "attributes",
    [
        'width="400" height="200"',
        'width="200mm" height="100mm" viewBox="0 0 200 100"',
        'width="2in" height="1in" viewBox="50 -20 2 1"',
    ],
)
def test_units_and_offsets(tmp_path, engine, attributes):
    document = open_document(tmp_path, attributes=attributes)
    document.sketch()
    document.change(move("sketch-2-stroke-1", 0, 3))
    moved = [(x, y + 3) for x, y in FIRST]
    document.sketch("--levels=3", select=["sketch-2"])
    assert last_job(engine)["drawn"][0] == approximately([(x / 100, y / 50) for x, y in moved])
    document.more("sketch-2")
    assert document.curves("sketch-2") == [approximately(curve) for curve in (SECOND, THIRD, moved)]


def test_a_nested_svg_and_a_transformed_layer(tmp_path, engine):
    inner = f'<svg x="30" width="50" height="25" viewBox="0 0 100 50"><g transform="translate(5,5)">{ONE}</g></svg>'
    document = open_document(tmp_path, inner)
    document.sketch(select=["photo"])
    document.change(lambda root: root.getElementById("sketch-2").set("transform", "translate(1,2)"))
    document.sketch("--levels=3", select=["sketch-2"])
    assert document.curves("sketch-2")[0] == approximately([(x + 1, y + 2) for x, y in FIRST])


@pytest.mark.parametrize(
    "closed",
    ['sodipodi:insensitive="true"', 'style="display:none"', 'style="opacity:0.3"', 'style="mix-blend-mode:screen"'],
)
def test_a_photo_in_a_locked_hidden_or_faded_layer(tmp_path, engine, closed):
    layer = f'<g id="L" inkscape:groupmode="layer" inkscape:label="Photos" {closed} transform="scale(2)">{ONE}</g>'
    document = open_document(tmp_path, layer)
    document.sketch(select=["photo"])
    document.change(move("sketch-2-stroke-2", 0, 8))
    document.sketch("--levels=3", select=["sketch-2"])
    assert last_job(engine)["drawn"][0] == approximately([(x / 100, (y + 4) / 50) for x, y in SECOND])
    assert document.layers()["Sketch, 3 strokes"].getprevious().get("id") == "L"
    assert document.curves("sketch-2")[0] == approximately([(2 * x, 2 * y) for x, y in FIRST])


def test_a_locked_sketch_layer_is_drawn_again_and_stays_locked(tmp_path, engine):
    document = open_document(tmp_path)
    document.sketch()
    document.change(lambda root: root.getElementById("sketch-2").set("sodipodi:insensitive", "true"))
    document.sketch("--levels=3", select=["sketch-2"])
    assert {name.split("}")[-1] for name in document.layers()["Sketch, 3 strokes"].attrib} >= {"insensitive"}


def test_two_photos_each_with_its_sketch(tmp_path, engine):
    document = open_document(tmp_path, ONE + IMAGE.format("other", 200, "two"))
    document.sketch(select=["photo"])
    document.sketch(select=["other"])
    document.sketch("--levels=3", select=["sketch-2"])
    assert last_job(engine)["photo"].endswith("one.png")
    document.sketch("--levels=3", select=["sketch-2-2-stroke-1"])
    assert last_job(engine)["photo"].endswith("two.png")
    assert document.curves("sketch-2-2")[0] == approximately([(x + 200, y) for x, y in FIRST])
    assert "There are 2 sketches" in document.fewer()
    assert "There are 2 photos" in document.sketch()
    assert document.fewer("other") == ""
    assert [len(layer) for layer in document.layers().values()] == [3, 2]


def test_a_duplicated_photo(tmp_path, engine):
    document = open_document(tmp_path, f'<g id="a">{ONE}</g>')
    document.sketch(select=["photo"])

    def duplicate(root):
        copied = root.getElementById("a").duplicate()
        for number, each in enumerate(copied.iter()):
            each.set("id", f"copy{number}")
        copied.set("transform", "translate(0,80)")

    document.change(duplicate)
    document.sketch("--levels=3", select=["copy2"])
    assert document.layers()["Sketch, 3 strokes"].get(f"{{{layer_format.NAMESPACE}}}photo-id") == "copy1"
    assert document.curves("copy2")[2] == approximately(THIRD)
    document.sketch("--levels=3", select=["sketch-2"])
    photo_ids = [layer.get(f"{{{layer_format.NAMESPACE}}}photo-id") for layer in document.layers().values()]
    assert photo_ids == ["photo", "copy1"]


class TestGoOn:
    """From paths drawn on the photo."""

    PENCIL = (
        '<g transform="translate(10,0)">'
        '<path id="mine" style="fill:none;stroke:red" d="M 0,10 C 5,0 20,0 30,10 L 50,40"/></g>'
    )

    @pytest.fixture
    def document(self, tmp_path, engine):
        return open_document(tmp_path, ONE.replace("<image", '<image transform="scale(2)"') + self.PENCIL)

    @pytest.mark.parametrize(("hand", "role"), [("keep", "company"), ("start", "start")])
    def test_selected_paths(self, document, engine, hand, role):
        assert document.sketch(f"--hand={hand}", select=["photo", "mine"]) == ""
        job = last_job(engine)
        assert (job["drawn_role"], job["levels"], len(job["drawn"])) == (role, [2], 2)
        assert job["drawn"][0] == approximately([(0.05, 0.1), (0.075, 0), (0.15, 0), (0.2, 0.1)])
        assert job["drawn"][1][3] == pytest.approx([0.3, 0.4])
        assert b'd="M 0,10 C 5,0 20,0 30,10 L 50,40"' in document.path.read_bytes(), "what was drawn stays as it is"

    def test_paths_on_the_only_photo(self, document, engine):
        document.sketch(select=["mine"])
        assert last_job(engine)["drawn_role"] == "company"

    def test_they_may_be_left_out_of_account(self, document, engine):
        document.sketch("--hand=replace", select=["photo", "mine"])
        assert last_job(engine)["drawn"] == []

    def test_strokes_of_a_sketch_beside_its_photo(self, document, engine):
        document.sketch(select=["photo"])
        document.sketch("--hand=start", select=["photo", "sketch-2-stroke-2"])
        (curve,) = last_job(engine)["drawn"]
        assert curve == approximately([(x / 100, y / 50) for x, y in SECOND])


MASK = [[[[0.1, 0.1], [0.6, 0.1], [0.6, 0.6], [0.1, 0.6]]]]
DETAILS = [[[[0.2, 0.2], [0.4, 0.2], [0.4, 0.4]]]]


class TestShapes:
    """Closed shapes selected with the photo."""

    SHAPES = (
        '<g transform="translate(10,5)"><rect id="mask" width="50" height="25"/></g>'
        '<path id="dashed" style="stroke:red;stroke-dasharray:1,2" d="M 20,10 H 40 V 20 Z"/>'
        '<path id="open" style="fill:none;stroke:red" d="M 0,10 C 5,0 20,0 30,10"/>'
        '<circle id="beside" cx="300" cy="100" r="9"/>'
    )

    @pytest.fixture
    def document(self, tmp_path, engine):
        return open_document(tmp_path, ONE + self.SHAPES)

    def asked(self, engine):
        job = last_job(engine)
        return job["mask"], job["details"]

    def test_they_say_what_to_draw_and_stay_as_they_are(self, document, engine):
        assert document.sketch(select=["photo", "mask", "dashed", "open"]) == ""
        assert self.asked(engine) == (MASK, DETAILS)
        assert (last_job(engine)["drawn_role"], len(last_job(engine)["drawn"])) == ("company", 1)
        after = document.path.read_text()
        assert '<rect id="mask" width="50" height="25"/>' in after
        assert 'd="M 20,10 H 40 V 20 Z"' in after

    def test_the_photo_alone_is_drawn_whole(self, document, engine):
        document.sketch(select=["photo"])
        assert self.asked(engine) == ([], [])

    def test_a_sketch_that_is_drawn_again_keeps_to_them(self, document, engine):
        document.sketch(select=["photo", "mask", "dashed"])
        document.change(lambda root: root.getElementById("mask").delete())
        document.sketch("--levels=3", "--seed=4", select=["sketch-2"])
        assert self.asked(engine) == (MASK, DETAILS)
        document.fewer("sketch-2")
        document.change(lambda root: root.getElementById("photo").set("x", "30"))
        document.sketch("--levels=4", "--beside=true", select=["sketch-2"])
        assert self.asked(engine) == (MASK, DETAILS)
        document.sketch(select=["sketch-4"])
        assert self.asked(engine) == (MASK, DETAILS)

    def test_a_level_that_is_not_remembered_keeps_to_them(self, document, engine):
        engine.play(abstraction=[])
        document.sketch(select=["photo", "mask"])
        document.more("sketch-2")
        assert (last_job(engine)["levels"], last_job(engine)["mask"]) == ([3], MASK)

    def test_beside_the_photo_they_get_a_sentence(self, document, engine):
        before = document.path.read_bytes()
        told = document.sketch(select=["photo", "beside"])
        assert told.startswith("The closed shapes that are selected lie beside the photo")
        assert told.count("\n") == 1
        assert document.path.read_bytes() == before
        assert engine.messages() == []


def test_on_top_of_the_document_the_layers_are_outermost_ones(tmp_path, engine):
    layer = f'<g id="L" inkscape:groupmode="layer" transform="scale(2)" style="opacity:0.5">{ONE}</g>'
    document = open_document(tmp_path, f'{layer}<g id="over" inkscape:groupmode="layer" inkscape:label="Over"/>')
    document.sketch("--levels=2, 1", "--place=top", select=["photo"])
    root = etree.parse(str(document.path)).getroot()
    assert [each.get("id") for each in root] == ["L", "over", "sketch-1", "sketch-2"]
    assert document.layers()["Sketch, 1 stroke"].get("style") == "display:none"
    assert document.curves("sketch-2")[0] == approximately([(2 * x, 2 * y) for x, y in FIRST])
    document.sketch("--levels=3", "--place=above", select=["sketch-2"])
    assert document.layers()["Sketch, 3 strokes"].getparent().get("id") == root.get("id"), "drawn again, it stays"
