"""A sketch layer that was worked on by hand, drawn again: in place, beside, with more strokes, with fewer."""

import time
from dataclasses import replace

import inkex
import pytest

from clipasso_engine.contract import layer_format
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.sketch import Sketch, Stroke
from inkscape_extension.brush import painting, styles
from inkscape_extension.document import outlines, source_photo
from inkscape_extension.layer import hand_edits, redraw, sketch_layer
from inkscape_extension.layer.origin import Origin, metadata_of
from inkscape_extension.layer.placement import Placement
from inkscape_extension.layer.record import NUMBER, LayerRecord

SIZE = (200, 100)
IMAGE = '<image id="photo" width="100" height="50"/>'  # half its size


def line(y, x=10.0, length=60.0):
    return tuple((x + length * third / 3, y + (third in (1, 2)) * 2.0) for third in range(4))


def stroke(y, importance=1.0, **where):
    return Stroke(line(y, **where), 3.0, importance, "#804020")


def sketch(*strokes, level=None):
    return Sketch(level or len(strokes), *SIZE, strokes, 0.1)


FOUR = sketch(*(stroke(20.0 * n, 1 / n) for n in range(1, 5)))
TWO = sketch(stroke(50.0), stroke(95.0), level=2)
SIX = sketch(*(stroke(12.0 * n + 8, 1 / n) for n in range(1, 7)))
ORIGIN = Origin(3, "boundary", "abc", "photo", {s.level: s.strokes for s in (TWO, FOUR, SIX)})
KEPT, REPLACED = (Placement(("photo",), "abc", hand=hand) for hand in ("keep", "replace"))


@pytest.fixture
def root(svg):
    return svg(IMAGE)


@pytest.fixture
def layer(root):
    (made,) = sketch_layer.insert(source_photo.find(root), [FOUR], ORIGIN)
    return made


def edits(layer):
    return hand_edits.read(layer, LayerRecord.read(layer))


def ids(layer):
    return [child.get("id") for child in layer]


def heights(layer):
    """Where the strokes of a layer are, in photo pixels."""
    return sorted(round(2 * outlines.outline(child)[0][0][1]) for child in layer)


def move(element, x, y):
    element.set("d", str(inkex.Path(element.get("d")).translate(x, y)))


class TestEdits:
    def test_a_fresh_layer_has_none(self, layer):
        found = edits(layer)
        assert len(found.untouched) == 4
        assert not found.by_hand
        assert found.moved == inkex.Transform()

    def test_a_record_survives_writing_and_reading(self, layer):
        record = LayerRecord.read(layer)
        assert record.size == SIZE
        assert sorted(record.levels) == [2, 4, 6]
        assert record.levels[4] == FOUR.strokes[:1] + tuple(
            Stroke(s.points, 3.0, round(s.importance, 3), s.colour) for s in FOUR.strokes[1:]
        )
        again = inkex.Layer()
        record.write(again)
        assert LayerRecord.read(again) == record

    @pytest.mark.parametrize("name", ["place", "photo-size", "drawn", "levels", "erased", "view"])
    def test_a_record_that_cannot_be_read_is_none(self, layer, name):
        layer.set(f"{{{layer_format.NAMESPACE}}}{name}", "nonsense 1,2")
        assert LayerRecord.read(layer) is None

    def test_what_inkscape_rewrites_is_not_edited(self, layer):
        for child in layer:
            child.set("d", child.get("d").replace(",", " ").replace("C", "C "))
            child.set("style", child.get("style").replace("#000000", "#000000").replace(":", ": ") + ";opacity:1")
        move(layer[0], 0.004, 0)
        assert not edits(layer).by_hand

    @pytest.mark.parametrize(
        "change",
        [
            lambda child: move(child, 0, 3),
            lambda child: child.set("transform", "rotate(5)"),
            lambda child: child.set("d", "M 0,0 10,10"),
            lambda child: child.style.update({"stroke": "#ff0000"}),
            lambda child: child.style.update({"stroke-width": "6"}),
            lambda child: child.style.update({"stroke-dasharray": "2,2"}),
            lambda child: child.style.update({"display": "none"}),
            lambda child: child.set("sodipodi:insensitive", "true"),
        ],
    )
    def test_one_stroke_changed_by_hand_is_kept(self, layer, change):
        change(layer[1])
        found = edits(layer)
        assert found.kept == [layer[1]]
        assert [child for child in layer if child in found.untouched] == [layer[0], layer[2], layer[3]]

    def test_a_deleted_stroke_and_the_place_of_a_moved_one_are_noticed(self, layer):
        first, second = (outlines.outline(layer[n])[0] for n in (0, 2))
        move(layer[2], 0, 20)
        layer.remove(layer[0])
        assert edits(layer).deleted == [first, second]

    def test_a_stroke_that_stays_in_place_leaves_no_place(self, layer):
        layer[2].style["stroke"] = "red"
        assert edits(layer).deleted == []

    def test_what_was_added_is_kept(self, layer):
        layer.append(inkex.PathElement.new("M 1,1 2,2"))
        layer.append(inkex.Rectangle.new(1, 2, 3, 4))
        layer.append(inkex.TextElement())
        found = edits(layer)
        assert found.kept == list(layer)[4:]
        assert len(found.kept_curves()) >= 4

    def test_a_copy_of_a_stroke_is_added_whichever_comes_first(self, layer):
        for index in (0, len(layer)):
            copied = layer[1].copy()
            move(copied, 0, 4)
            layer.insert(index, copied)
            assert edits(layer).kept == [copied]
            layer.remove(copied)

    def test_moving_scaling_or_turning_all_strokes_edits_none(self, layer):
        for transform in ("translate(40,5)", "scale(2,0.5) translate(3)", "rotate(30)"):
            for child in layer:
                child.set("d", str(inkex.Path(child.get("d")).transform(inkex.Transform(transform))))
        found = edits(layer)
        assert not found.by_hand
        assert found.moved.a != 1

    def test_one_stroke_moved_after_all_were_is_the_edited_one(self, layer):
        for child in layer:
            move(child, 40, 5)
        move(layer[3], 0, 8)
        assert edits(layer).kept == [layer[3]]

    def test_colouring_all_strokes_edits_none(self, layer):
        for child in layer:
            child.style["stroke"] = "#ff0000"
        layer[0].style["stroke"] = "#00ff00"
        found = edits(layer)
        assert found.kept == [layer[0]]
        assert found.restyled == (("stroke", "#ff0000"),)

    @pytest.mark.parametrize("name", styles.BRUSHES)
    def test_a_brush_is_no_edit_but_another_colour_is(self, layer, name):
        painting.paint_layer(layer, painting.Look(brush=name, width_by="importance"))
        for child in layer:
            hand_edits.remember_style(child)
        assert not edits(layer).by_hand
        layer[1].style["stroke" if "stroke-width" in layer[1].style else "fill"] = "#ff0000"
        assert edits(layer).kept == [layer[1]]

    def test_a_layer_without_a_record_keeps_only_what_is_surely_made_by_hand(self, layer):
        layer.attrib.pop(f"{{{layer_format.NAMESPACE}}}place")
        layer[0].set("sodipodi:insensitive", "true")
        layer.append(inkex.PathElement.new("M 1,1 2,2"))
        found = edits(layer)
        assert found.kept == [layer[0], layer[4]]


class TestInPlace:
    def test_an_untouched_layer_just_gets_other_strokes(self, root, layer):
        result = redraw.redraw(layer, None, TWO, ORIGIN, REPLACED)
        assert result is layer
        assert layer.get("id") == "sketch-4"
        assert layer.get("inkscape:label") == "Sketch, 2 strokes"
        assert metadata_of(layer).strokes == 2
        assert heights(layer) == [50, 95]
        assert [child.get("id") for child in root if child.TAG != "namedview"] == ["photo", "sketch-4"]
        assert not edits(layer).by_hand

    def test_a_name_of_the_users_own_stays(self, layer):
        layer.set("inkscape:label", "My horse, 4 strokes")
        redraw.redraw(layer, None, TWO, ORIGIN, KEPT)
        assert layer.get("inkscape:label") == "My horse, 4 strokes"

    def test_the_number_of_a_name_is_replaced(self, root, layer):
        layer.set("inkscape:label", "Sketch, 4 strokes (3)")
        redraw.redraw(layer, None, TWO, ORIGIN, KEPT)
        assert layer.get("inkscape:label") == "Sketch, 2 strokes"

    @pytest.mark.parametrize("name", ["Skizze, 4 Striche", "Skizze, 1 Strich (2)", "Croquis, 4 traits"])
    def test_a_name_that_was_given_in_another_language_is_ours_too(self, layer, name):
        layer.set("inkscape:label", name)
        redraw.redraw(layer, None, TWO, ORIGIN, KEPT)
        assert layer.get("inkscape:label") == "Sketch, 2 strokes"

    def test_kept_strokes_stay_the_very_same_and_stay_kept(self, layer):
        mine = layer[3]
        move(mine, 5, 0)
        before = mine.get("d"), mine.get("id"), mine.get("style")
        for _ in range(2):
            redraw.redraw(layer, None, TWO, ORIGIN, KEPT)
            assert (mine.get("d"), mine.get("id"), mine.get("style")) == before
            assert layer[-1] is mine
            assert edits(layer).kept == [mine]
            assert len(layer) == 3
        assert len(set(layer.root.xpath("//@id"))) == len(layer.root.xpath("//@id"))

    def test_what_was_deleted_is_remembered_in_photo_pixels(self, layer):
        layer.remove(layer[1])
        redraw.redraw(layer, None, TWO, ORIGIN, KEPT)
        redraw.redraw(layer, None, FOUR, ORIGIN, KEPT)
        (erased,) = LayerRecord.read(layer).erased
        assert erased == pytest.approx([pytest.approx(point) for point in line(40.0)])

    def test_replacing_keeps_what_was_made_by_hand_in_a_hidden_layer(self, root, layer):
        mine = layer[3]
        move(mine, 5, 0)
        result = redraw.redraw(layer, None, TWO, ORIGIN, REPLACED)
        assert (result.get("id"), result.get("inkscape:label")) == ("sketch-4", "Sketch, 2 strokes")
        assert (layer.get("id"), layer.get("inkscape:label")) == ("sketch-4-before", "Sketch, 4 strokes, before")
        assert layer.style["display"] == "none"
        assert result.style.get("display") != "none"
        assert mine in list(layer)
        assert len(layer) == 4
        assert heights(result) == [50, 95]
        assert result.getprevious() is layer
        assert LayerRecord.read(result).erased == ()

    def test_beside_leaves_the_old_layer_hidden_and_copies_what_is_kept(self, layer):
        move(layer[3], 5, 0)
        result = redraw.redraw(layer, None, TWO, ORIGIN, replace(KEPT, beside=True))
        assert (layer.get("id"), len(layer), layer.style["display"]) == ("sketch-4", 4, "none")
        assert (result.get("id"), len(result)) == ("sketch-2", 3)
        assert result[-1].get("d") == layer[3].get("d")
        assert result[-1].get("id") != layer[3].get("id")

    def test_strokes_go_where_the_layer_was_moved(self, layer):
        for child in layer:
            move(child, 40, 5)
        redraw.redraw(layer, None, TWO, ORIGIN, KEPT)
        assert heights(layer) == [60, 105]
        assert outlines.outline(layer[0])[0][0][0] == pytest.approx(45)
        assert not edits(layer).by_hand

    def test_strokes_are_coloured_as_all_were(self, layer):
        for child in layer:
            child.style["stroke"] = "#ff0000"
            child.style["stroke-width"] = str(2 * float(child.style["stroke-width"]))
        for _ in range(2):
            redraw.redraw(layer, None, TWO, ORIGIN, KEPT)
            assert {child.style["stroke"] for child in layer} == {"#ff0000"}
            assert {float(child.style["stroke-width"]) for child in layer} == {3.0}
        assert not edits(layer).by_hand

    def test_strokes_are_drawn_with_the_layers_brush_or_the_chosen_one(self, layer):
        painting.Look("ink").remember(layer)
        redraw.redraw(layer, None, TWO, ORIGIN, KEPT)
        assert {child.get(layer_format.BRUSH) for child in layer} == {"ink"}
        redraw.redraw(layer, None, TWO, ORIGIN, replace(KEPT, look=painting.Look("marker")))
        assert {child.get(layer_format.BRUSH) for child in layer} == {"marker"}
        assert not edits(layer).by_hand

    def test_a_photo_of_another_size_has_its_sketch_in_the_same_place(self, layer):
        larger = Sketch(1, 400, 200, (Stroke(tuple((2 * x, 2 * y) for x, y in line(40.0)), 6.0),), 0.1)
        redraw.redraw(layer, None, larger, ORIGIN, KEPT)
        assert heights(layer) == [40]

    def test_a_layer_without_a_record_lies_where_the_photo_is(self, svg):
        root = svg(
            f'<g transform="translate(7,0)"><svg x="3" width="50" height="25" viewBox="0 0 100 50">{IMAGE}</svg></g>'
            '<g id="old" transform="scale(2)" clipasso:strokes="4" clipasso:seed="1"/>',
            attributes=f'xmlns:clipasso="{layer_format.NAMESPACE}"',
        )
        layer = root.getElementById("old")
        redraw.redraw(layer, source_photo.find(root), TWO, ORIGIN, KEPT)
        ((x, y), *_rest) = outlines.outline(layer[0])[0]
        assert (x, y) == pytest.approx(((10 / 4 + 10) / 2, 50 / 4 / 2))


class TestPlacing:
    def place(self, root, *sketches, **placement):
        return redraw.place(root, source_photo.find(root), sketches, ORIGIN, replace(KEPT, **placement))

    def test_without_a_layer_it_is_new_layers_above_the_photo(self, root):
        assert [layer.get("id") for layer in self.place(root, TWO)] == ["sketch-2"]

    def test_kept_strokes_count(self, root, layer):
        move(layer[3], 5, 0)
        (result,) = self.place(root, TWO, layer="sketch-4", kept=1)
        assert result is layer
        assert metadata_of(layer).strokes == 3
        assert sorted(LayerRecord.read(layer).levels) == [3, 5, 7]

    def test_of_several_levels_one_takes_the_place(self, root, layer):
        result = self.place(root, FOUR, TWO, layer="sketch-4", visible="fewest")
        assert [(each.get("inkscape:label"), each.style.get("display")) for each in result] == [
            ("Sketch, 2 strokes", "inline"),
            ("Sketch, 4 strokes (2)", "none"),
        ]
        assert result[0] is layer

    def test_a_layer_that_is_gone_gets_a_sentence(self, root, layer):
        layer.delete()
        with pytest.raises(UserError, match="sketch-4 that was to be drawn anew is not in the document any more"):
            self.place(root, TWO, layer="sketch-4")


def step(layer, more):
    return redraw.step(layer, redraw.next_level(layer, more))


class TestSteps:
    def test_there_and_back(self, layer):
        assert redraw.step(layer, 2)
        assert heights(layer) == [50, 95]
        assert redraw.step(layer, 4)
        assert heights(layer) == [20, 40, 60, 80]
        assert step(layer, more=True)
        assert (len(layer), layer.get("inkscape:label")) == (6, "Sketch, 6 strokes")
        assert metadata_of(layer).seed == 3

    @pytest.mark.parametrize(
        ("level", "more", "following"),
        [(4, True, 6), (4, False, 3), (6, True, 8), (5, False, 4), (100, True, 128), (128, True, 192)],
    )
    def test_the_path(self, layer, level, more, following):
        layer.set(f"{{{layer_format.NAMESPACE}}}strokes", str(level))
        assert redraw.next_level(layer, more) == following

    @pytest.mark.parametrize(
        ("level", "more", "following"),
        [(64, False, 32), (48, False, 32), (32, True, 48), (24, False, 16), (16, True, 24), (4, False, 3)],
    )
    def test_levels_that_look_the_same_are_passed_over(self, svg, level, more, following):
        """The photo has 37 lines: so much is drawn of 64 strokes, and hardly less of 48 and 32."""
        there = {128: 37, 96: 37, 64: 37, 48: 36, 32: 29, 24: 22, 16: 16, 4: 4, 3: 3}
        levels = {number: tuple(stroke(2.0 * n) for n in range(count)) for number, count in there.items()}
        origin = Origin(3, "boundary", "abc", "photo", levels)
        drawn = Sketch(level, *SIZE, levels[level], 0.1)
        (layer,) = sketch_layer.insert(source_photo.find(svg(IMAGE)), [drawn], origin)
        assert layer.get("inkscape:label") == f"Sketch, {there[level]} strokes"
        assert redraw.next_level(layer, more) == following

    def test_no_more_than_the_photo_has(self, svg):
        levels = {128: tuple(stroke(2.0 * n) for n in range(37)), 64: tuple(stroke(2.0 * n) for n in range(36))}
        levels.update(dict.fromkeys((96, 192, 256, 384, 512), levels[128]))
        origin = Origin(3, "boundary", "abc", "photo", levels)
        (layer,) = sketch_layer.insert(source_photo.find(svg(IMAGE)), [Sketch(64, *SIZE, levels[64], 0.1)], origin)
        with pytest.raises(UserError, match="36 strokes, and the photo has no lines for more"):
            redraw.next_level(layer, more=True)

    @pytest.mark.parametrize(
        ("level", "more", "told"), [(1, False, "single stroke. .* fewer"), (512, True, "512 .* more")]
    )
    def test_at_its_ends_there_is_a_sentence(self, layer, level, more, told):
        layer.set(f"{{{layer_format.NAMESPACE}}}strokes", str(level))
        with pytest.raises(UserError, match=told):
            redraw.next_level(layer, more)

    def test_what_was_made_by_hand_stays_and_counts(self, layer):
        mine = layer[0]
        mine.style["stroke"] = "#ff0000"
        redraw.step(layer, 6)
        assert mine in list(layer)
        assert len(layer) == 6
        redraw.step(layer, 2)
        assert mine in list(layer)
        assert len(layer) == 2

    def test_no_line_is_drawn_twice_and_none_that_was_deleted(self, layer):
        layer[0].style["stroke"] = "#ff0000"  # at 20, as one of the six
        deleted = next(child for child in layer if child.get(NUMBER) == "4")  # at 80, as another
        layer.remove(deleted)
        redraw.step(layer, 6)
        assert heights(layer) == [20, 32, 44, 56, 68]

    def test_strokes_made_by_hand_may_leave_no_room(self, layer):
        for child in layer:
            child.set("sodipodi:insensitive", "true")
        layer.append(inkex.TextElement())
        with pytest.raises(UserError, match="4 strokes of this sketch were made or changed by hand"):
            redraw.step(layer, 2)
        assert len(layer) == 5

    def test_many_strokes_take_little_time(self, root):
        many = sketch(*(stroke(n / 2, x=n % 9) for n in range(128)))
        (layer,) = sketch_layer.insert(source_photo.find(root), [many], ORIGIN)
        for child in list(layer)[::2]:
            move(child, 0, 20)
        begun = time.process_time()
        redraw.redraw(layer, None, many, ORIGIN, KEPT)
        assert time.process_time() - begun < 2

    def test_a_level_that_is_not_remembered_needs_the_engine(self, layer):
        assert redraw.step(layer, 8) is False
        assert len(layer) == 4


def test_origin_takes_the_quick_sketches_and_the_best_of_candidates():
    report = {"guidance": "both", "abstraction": [SIX.to_json()]}
    other = sketch(stroke(1.0), level=4)
    origin = Origin.of(SketchJob("a.png", seed=5), [FOUR, other], report, "abc", "photo")
    assert (origin.seed, origin.guidance) == (5, "both")
    assert origin.levels == {4: FOUR.strokes, 6: SIX.strokes}


def test_a_layer_that_is_squeezed_to_nothing_gets_a_sentence(svg):
    """One of those that do not remember where they lie."""
    root = svg('<image id="photo" width="100" height="50"/><g id="flat" transform="scale(0)"/>')
    photo = source_photo.find(root)
    layer = root.getElementById("flat")
    with pytest.raises(UserError, match="squeezed to nothing"):
        redraw._record(layer, photo, (100, 50), None, None, True)
