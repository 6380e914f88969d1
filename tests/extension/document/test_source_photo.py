import hashlib
import math
from pathlib import Path

import pytest

from clipasso_engine.contract.errors import UserError
from inkscape_extension.document import hrefs, source_photo
from inkscape_extension.document.photo_file import PhotoFile

IMAGE = '<image id="{}" width="80" height="20" xlink:href="a.png"/>'
A, B = IMAGE.format("a"), IMAGE.format("b")

GIF = b"GIF89a"
"""What a photo may begin with."""


def found(root):
    return [element.get("id") for element in source_photo.find(root).path]


def refused(root):
    with pytest.raises(UserError) as caught:
        source_photo.find(root)
    return str(caught.value)


def corner(photo, x, y, natural=(80, 20)):
    transform, _visible = photo.placement(natural)
    return tuple(transform.apply_to_point((x, y)))


class TestFind:
    @pytest.mark.parametrize(
        "content",
        [
            A,
            f"<g><!-- nothing --><g>{A}</g><rect/></g>",
            f'{A}<use id="u" xlink:href="#a"/>',
            f'<svg viewBox="0 0 1 1">{A}</svg>',
            f'<a xlink:href="#x">{A}</a>',
            f"{A}<defs>{B}</defs>",
        ],
    )
    def test_the_only_photo_when_nothing_is_selected(self, svg, content):
        assert found(svg(content)) == ["a"]

    def test_the_only_photo_when_something_else_is_selected(self, svg):
        assert found(svg(f'{A}<rect id="r"/><g id="g"/>', "r", "g")) == ["a"]

    @pytest.mark.parametrize(
        "hidden",
        [
            '<g style="display:none">{}</g>',
            '<g display="none"><g>{}</g></g>',
            '<g class="gone">{}</g>',
            '<g opacity="0">{}</g>',
            '<g style="opacity:0%"><g>{}</g></g>',
        ],
    )
    def test_what_is_hidden_is_not_there(self, svg, hidden):
        style = "<style>.gone { display: none }</style>"
        assert found(svg(f"{style}{hidden.format(B)}{A}")) == ["a"]
        assert found(svg(f'{style}<g id="all">{hidden.format(B)}{A}</g>', "all")) == ["a"]
        assert found(svg(f"{style}{hidden.format(B)}{A}", "b")) == ["b"], "unless it is selected"
        assert "only hidden ones" in refused(svg(f"{style}{hidden.format(B)}"))

    @pytest.mark.parametrize("attribute", ['style="display:none"', 'display="none"', 'opacity="0"'])
    def test_a_hidden_photo_and_a_hidden_clone(self, svg, attribute):
        hidden = B.replace("<image", f"<image {attribute}")
        assert found(svg(hidden + A)) == ["a"]
        assert found(svg(f'<defs>{B}</defs><use xlink:href="#b" {attribute}/>{A}')) == ["a"]

    def test_a_clone_when_its_photo_is_only_a_definition(self, svg):
        assert found(svg(f'<defs>{A}</defs><use id="u" xlink:href="#a"/>')) == ["u", "a"]

    def test_the_selected_one_of_several(self, svg):
        assert found(svg(A + B, "b")) == ["b"]

    @pytest.mark.parametrize("selected", [("outer",), ("inner",), ("outer", "inner", "a")])
    def test_a_selected_group_stands_for_the_photo_in_it(self, svg, selected):
        assert found(svg(f'{B}<g id="outer"><rect/><g id="inner">{A}</g></g>', *selected)) == ["a"]

    def test_a_selected_clone(self, svg):
        assert found(svg(f'{A}<use id="u" xlink:href="#a"/>', "u")) == ["u", "a"]

    def test_a_clone_of_a_clone_of_a_group_with_plain_hrefs(self, svg):
        content = f'<g id="g"><g id="h">{A}</g></g><use id="u" href="#g"/><g id="k"><use id="v" href="#u"/></g>'
        assert found(svg(content, "k")) == ["v", "u", "g", "h", "a"]

    def test_a_clone_of_a_symbol(self, svg):
        content = f'<symbol id="s">{A}</symbol><use id="u" xlink:href="#s"/>'
        assert found(svg(content, "u")) == ["u", "s", "a"]

    @pytest.mark.parametrize("selected", [("a", "b"), ("g",), ("u", "a"), ("v",)])
    def test_several_selected_are_refused(self, svg, selected):
        content = f'<g id="g">{A}{B}</g><use id="u" xlink:href="#a"/><use id="v" xlink:href="#g"/>'
        assert refused(svg(content, *selected)) == (
            "2 photos are selected, but only one at a time can be sketched. "
            "Select one of them; Ctrl+click selects inside a group."
        )

    def test_several_and_none_selected_are_refused(self, svg):
        assert refused(svg(A + B)) == (
            "There are 2 photos in the document, but none is selected. Select the one to sketch."
        )

    @pytest.mark.parametrize(
        "content",
        [
            "<rect/>",
            f"<defs>{A}</defs>",
            '<use id="u" xlink:href="#nowhere"/>',
            '<use id="u"/>',
            '<use id="u" xlink:href="#u"/>',
            '<g id="g"><use id="u" xlink:href="#g"/></g>',
            '<use id="u" xlink:href="other.svg#a"/>',
        ],
    )
    def test_no_photo_is_refused(self, svg, content):
        assert refused(svg(content)).startswith("There is no photo in the document. Import one with File > Import")

    @pytest.mark.parametrize(
        "shape",
        [
            '<rect id="r" style="stroke:red;fill:url(#q)"/>',
            '<rect id="r" style="fill: url( \'#p\' )"/>',
            '<rect id="r" fill="url(#q)"/>',
            '<g id="r"><!-- --><path style="fill:url(#p)"/></g>',
        ],
    )
    def test_a_photo_in_a_pattern_is_refused_with_the_way_out(self, svg, shape):
        content = f'<defs><pattern id="p">{A}</pattern><pattern id="q" xlink:href="#p"/></defs>{shape}'
        assert "Pattern to Objects" in refused(svg(content, "r"))
        assert "Pattern to Objects" in refused(svg(content))
        assert "Pattern to Objects" in refused(svg(content + B, "r"))

    def test_patterns_that_refer_to_each_other_do_no_harm(self, svg):
        content = (
            '<pattern id="p" xlink:href="#q"/><pattern id="q" xlink:href="#p"/><rect id="r" style="fill:url(#p)"/>'
        )
        assert found(svg(content + A, "r")) == ["a"]

    def test_ids_with_quotes_and_spaces(self, svg):
        content = (
            '<image id="it\'s &quot;it&quot;" xlink:href="a.png"/><use id="u" xlink:href="#it\'s &quot;it&quot;"/>'
        )
        assert found(svg(content, "u")) == ["u", 'it\'s "it"']


class TestPlacement:
    """Of photo pixels in the coordinates of the parent of what stands on the canvas."""

    def test_ancestors_do_not_matter_but_the_own_transform_does(self, svg):
        content = '<g transform="rotate(30)"><image transform="scale(2)" x="1" y="2" width="40" height="10"/></g>'
        assert corner(source_photo.find(svg(content)), 80, 20) == pytest.approx((82, 24))

    def test_a_clone_is_moved_by_its_x_and_y_inside_its_transform(self, svg):
        content = f'<image id="a" transform="translate(5)" width="80" height="20"/>{B}'
        content += '<use id="u" xlink:href="#a" transform="scale(2)" x="1" y="3" width="7" height="9"/>'
        assert corner(source_photo.find(svg(content, "u")), 80, 20) == pytest.approx((2 * (80 + 5 + 1), 2 * (20 + 3)))

    def test_through_a_clone_of_a_clone_of_a_group(self, svg):
        content = f'<g id="g" transform="rotate(90)"><g transform="translate(0 5)">{A}</g></g>'
        content += '<use id="u" href="#g" transform="scale(2)"/><use id="v" href="#u" x="1"/>'
        # (80, 20) -> (80, 25) -> rotated (-25, 80) -> (-50, 160) -> moved
        assert corner(source_photo.find(svg(content, "v")), 80, 20) == pytest.approx((-49, 160))

    def test_through_a_nested_svg_and_a_symbol(self, svg):
        inner = '<image width="50%" height="100%" preserveAspectRatio="none"/>'
        content = f'<svg id="s" x="10" width="40" height="40" viewBox="2 0 20 20">{inner}</svg>{B}'
        content += '<use id="u" xlink:href="#s"/>'
        assert corner(source_photo.find(svg(content, "u")), 80, 20) == pytest.approx((10 + 2 * (10 - 2), 40))
        content = f'<symbol id="s" viewBox="0 0 20 20">{inner}</symbol>{B}'
        content += '<use id="u" xlink:href="#s" x="1" width="60" height="60"/>'
        assert corner(source_photo.find(svg(content, "u")), 80, 20) == pytest.approx((31, 60))

    def test_what_is_seen_of_a_sliced_photo(self, svg):
        content = '<image width="40" height="20" preserveAspectRatio="xMinYMid slice"/>'
        transform, visible = source_photo.find(svg(content)).placement((80, 20))
        assert visible == (0, 0, 40, 20)
        assert tuple(transform.apply_to_point((80, 20))) == (80, 20)

    @pytest.mark.parametrize(
        "attributes", ['width="0"', 'transform="scale(0 1)"', 'transform="skewX(90) scale(1e-30)"']
    )
    def test_a_photo_without_extent_is_refused(self, svg, attributes):
        with pytest.raises(UserError, match="squeezed to nothing"):
            source_photo.find(svg(f"<image {attributes}/>")).placement((80, 20))

    def test_tiny_units_are_no_lack_of_extent(self, svg):
        photo = source_photo.find(svg('<image transform="scale(0.0001)" width="80" height="20"/>'))
        assert corner(photo, 80, 0) == pytest.approx((0.008, 0))


class TestBelow:
    """What the new layer goes right above."""

    @pytest.mark.parametrize(
        "attributes",
        [
            'sodipodi:insensitive="true"',
            'style="opacity:1;display:none"',
            'display="none"',
            'visibility="hidden"',
            'style="opacity:0.3"',
            'opacity="50%"',
            'class="faded"',
            'style="filter:url(#blur)"',
            'style="mix-blend-mode:multiply"',
            'clip-path="url(#c)"',
            'style="mask:url(#m)"',
        ],
    )
    def test_a_layer_that_would_swallow_it(self, svg, attributes):
        content = f'<g id="open" transform="scale(2)"><g id="closed" transform="translate(3)" {attributes}>'
        content += (
            f'<g transform="scale(5)"><svg x="10" width="40" height="40" viewBox="2 0 20 20">{A}</svg></g></g></g>'
        )
        photo = source_photo.find(svg(f"<style>.faded {{ opacity: 0.2 }}</style>{content}", "a"))
        assert (photo.element.get("id"), photo.below.get("id")) == ("a", "closed")
        assert corner(photo, 80, 20) == pytest.approx((3 + 5 * (10 + 2 * (80 - 2)), 5 * 2 * 20))

    @pytest.mark.parametrize(
        "attributes",
        [
            'style="opacity:1;filter:none;mix-blend-mode:normal;display:inline"',
            'visibility="visible" clip-path="none" opacity="100%"',
            'class="faded"',
        ],
    )
    def test_a_layer_that_does_nothing_to_it(self, svg, attributes):
        photo = source_photo.find(svg(f"<style>.other {{ opacity: 0.2 }}</style><g {attributes}>{A}</g>"))
        assert photo.below.get("id") == "a"

    def test_the_outermost_of_several(self, svg):
        content = f'<switch id="w"><g><g id="closed" sodipodi:insensitive="true">{A}</g></g></switch>'
        assert source_photo.find(svg(content)).below.get("id") == "w"

    def test_a_clone_in_a_locked_layer(self, svg):
        content = (
            f'{A}<g id="l" transform="scale(3)" sodipodi:insensitive="true"><use id="u" xlink:href="#a" y="1"/></g>'
        )
        photo = source_photo.find(svg(content, "u"))
        assert (photo.element.get("id"), photo.below.get("id")) == ("u", "l")
        assert corner(photo, 80, 20) == pytest.approx((240, 63))

    def test_otherwise_the_photo_itself_even_if_locked(self, svg):
        content = '<g><image id="a" sodipodi:insensitive="true" style="display:none" width="1" height="1"/></g>'
        root = svg(content, "a", attributes='width="9" height="9" style="display:none"')
        assert source_photo.find(root).below.get("id") == "a"


class TestFile:
    @pytest.mark.parametrize("plain_first", [False, True])
    def test_both_kinds_of_href_and_where_links_lead(self, svg, tmp_path, monkeypatch, plain_first):
        """Of both, Inkscape 1.2 shows what xlink:href names, newer ones what href does."""
        monkeypatch.setattr(hrefs, "version", lambda: hrefs._PLAIN_FIRST if plain_first else (1, 2))
        (tmp_path / "a.png").write_bytes(GIF + b"a")
        (tmp_path / "b.png").write_bytes(GIF + b"b")
        folders = source_photo.link_folders(str(tmp_path / "copy.svg"), "/elsewhere/saved.svg")
        for attributes, content in [
            ('xlink:href="a.png"', "a.png"),
            ('href="b.png"', "b.png"),
            ('xlink:href="a.png" href="b.png"', "b.png" if plain_first else "a.png"),
        ]:
            assert source_photo.find(svg(f"<image {attributes}/>")).file(folders) == PhotoFile(str(tmp_path / content))

    def test_absref(self, svg, tmp_path):
        (tmp_path / "a.png").write_bytes(GIF)
        content = f'<image xlink:href="gone.png" sodipodi:absref="{tmp_path / "a.png"}"/>'
        assert source_photo.find(svg(content)).file([Path("/elsewhere")]) == PhotoFile(str(tmp_path / "a.png"))

    @pytest.mark.parametrize("attributes", ["", 'xlink:href="  "'])
    def test_an_image_without_a_link_gets_a_sentence(self, svg, attributes):
        with pytest.raises(UserError, match="links to nothing"):
            source_photo.find(svg(f"<image {attributes}/>")).file([])

    def test_folders_of_a_document_that_was_never_saved(self, tmp_path):
        assert source_photo.link_folders(str(tmp_path / "copy"), "") == [tmp_path]
        assert source_photo.link_folders(str(tmp_path / "copy"), None) == [tmp_path]
        assert source_photo.link_folders(None, None) == []

    def test_the_hash_is_of_the_bytes(self, tmp_path):
        (tmp_path / "a.png").write_bytes(b"abc")
        assert PhotoFile(str(tmp_path / "a.png")).sha256().startswith("ba7816bf8f01cfea")
        assert PhotoFile("embedded", b"abc").sha256().startswith("ba7816bf8f01cfea")

    def test_a_file_that_cannot_be_read_gets_a_sentence(self, tmp_path):
        with pytest.raises(UserError, match="is a folder, not a photo"):
            PhotoFile(str(tmp_path)).sha256()
        with pytest.raises(UserError, match=r"cannot be read \(No such file"):
            PhotoFile(str(tmp_path / "gone")).sha256()


def test_the_two_sides_agree_on_rotation(svg):
    photo = source_photo.find(svg('<image transform="rotate(30)" width="80" height="20"/>'))
    angle = math.radians(30)
    assert corner(photo, 80, 0) == pytest.approx((80 * math.cos(angle), 80 * math.sin(angle)))


class TestPhotoFiles:
    def test_a_photo_is_read_once_by_whatever_clone(self, svg, tmp_path, monkeypatch):
        (tmp_path / "a.png").write_bytes(GIF)
        root = svg('<image id="a" xlink:href="a.png"/><use id="b" xlink:href="#a"/>')
        image, clone = (source_photo.photos_in(root, [root.getElementById(name)])[0][0] for name in "ab")
        hashed = []

        def sha256(file):
            hashed.append(file)
            return "abc"

        monkeypatch.setattr(PhotoFile, "sha256", sha256)
        files = source_photo.PhotoFiles(str(tmp_path / "copy.svg"))
        assert [files.sha256(photo) for photo in (image, clone, image)] == ["abc"] * 3
        assert len(hashed) == 1

    def test_the_hash_is_of_the_file_and_a_file_at_hand_is_not_looked_for(self, svg, tmp_path):
        (tmp_path / "a.png").write_bytes(b"photo")
        photo = source_photo.find(svg('<image xlink:href="gone.png"/>'))
        known = hashlib.sha256(b"photo").hexdigest()
        assert source_photo.PhotoFiles().sha256(photo, PhotoFile(str(tmp_path / "a.png"))) == known
        with pytest.raises(UserError, match="no such file"):
            source_photo.PhotoFiles(str(tmp_path / "copy.svg")).sha256(photo)
