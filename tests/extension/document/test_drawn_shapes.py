"""Closed shapes beside a photo: which they are, and where they lie on it."""

import struct

import inkex
import pytest

from clipasso_engine.contract import layer_format
from clipasso_engine.contract.errors import UserError
from inkscape_extension.document import drawn_shapes, photo_size
from inkscape_extension.document.photo_file import PhotoFile
from inkscape_extension.document.source_photo import PhotoFiles
from inkscape_extension.layer.record import LayerRecord
from inkscape_extension.target import sketch_target

PHOTO = '<image id="photo" x="10" y="20" width="100" height="50" preserveAspectRatio="none"/>'
RECT = '<rect id="r" x="35" y="30" width="50" height="25"/>'  # a quarter of the photo to three quarters, a fifth ...
NAMELESS = RECT.replace('id="r" ', "")
DASHES = 'style="stroke:red;stroke-dasharray:3"'
SHARES = (0.25, 0.2, 0.75, 0.7)


def found(root):
    """The mask and the places for detail."""
    goal = sketch_target.find(root, PhotoFiles())
    return drawn_shapes.areas(goal.shapes, goal._to_shares(PhotoFile("no file")))


def box(shape):
    points = [point for ring in shape for point in ring]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return pytest.approx((min(xs), min(ys), max(xs), max(ys)), abs=2e-3)


class TestWhich:
    @pytest.mark.parametrize(
        "shape",
        [
            RECT,
            '<circle id="r" cx="50" cy="40" r="9"/>',
            '<ellipse id="r" cx="50" cy="40" rx="9" ry="4"/>',
            '<polygon id="r" points="30,30 60,30 40,60"/>',
            '<path id="r" d="M 30,30 H 60 L 40,60 Z"/>',
            '<path id="r" d="M 30,30 C 90,30 90,60 30,30"/>',
            '<path id="r" d="M 30,30 H 60 L 40,60 Z M 60,40 h 9 v 9 L 60,40"/>',
            '<path id="r" sodipodi:type="star" d="m 40,30 9,9 -20,0 z"/>',
        ],
    )
    def test_closed_shapes_are_the_mask(self, svg, shape):
        goal = sketch_target.find(svg(PHOTO + shape, "photo", "r"), PhotoFiles())
        assert ([each.path[-1].get("id") for each in goal.shapes], goal.drawn) == (["r"], [])
        assert not goal.shapes[0].dashed

    @pytest.mark.parametrize(
        "line",
        [
            '<path id="r" d="M 30,30 H 60 L 40,60"/>',
            '<path id="r" d="M 30,30 H 60 L 40,60 Z M 60,40 h 9 v 9"/>',
            '<path id="r" d="M 30,30 H 60 Z"/>',
            '<polyline id="r" points="30,30 60,30 40,60"/>',
            '<line id="r" x1="30" y1="30" x2="50" y2="50"/>',
            '<path id="r" d="M 30,30 H 60 L 40,60 Z" inkscape:path-effect="#e" inkscape:original-d="M 30,30 H 60"/>',
            '<path id="r" d="M 30,30 H 60 L 40,60 Z" clipasso:importance="1"/>',
        ],
    )
    def test_open_lines_and_strokes_of_a_sketch_are_not(self, svg, line):
        root = svg(PHOTO + line, "photo", "r", attributes='width="200" height="100" xmlns:clipasso="URI"')
        for each in root.xpath("//*[@clipasso:importance]", namespaces={"clipasso": "URI"}):
            each.set(layer_format.IMPORTANCE, "1")
        goal = sketch_target.find(root, PhotoFiles())
        assert ([each.get("id") for each in goal.drawn], goal.shapes) == (["r"], [])

    def test_a_group_is_what_is_in_it_and_text_is_nothing(self, svg):
        content = f'<g id="g"><g>{RECT}</g><path id="open" d="M0,0 L9,9"/><text id="t">A</text></g>'
        goal = sketch_target.find(svg(PHOTO + content, "photo", "g"), PhotoFiles())
        assert [each.path[-1].get("id") for each in goal.shapes] == ["r"]
        assert [each.get("id") for each in goal.drawn] == ["open"]

    def test_shapes_on_the_only_photo(self, svg):
        assert len(sketch_target.find(svg(PHOTO + RECT, "r"), PhotoFiles()).shapes) == 1

    @pytest.mark.parametrize(
        ("attributes", "dashed"),
        [
            ('style="stroke:#000;stroke-dasharray:4, 2"', True),
            ('stroke="red" stroke-dasharray="3"', True),
            ('class="dashes"', True),
            ('style="stroke:#000;stroke-dasharray:none"', False),
            ('style="fill:#000;stroke:none;stroke-dasharray:4,2"', False),
            ('style="stroke:#000"', False),
        ],
    )
    def test_dashes(self, svg, attributes, dashed):
        sheet = "<style>.dashes { stroke: red; stroke-dasharray: 3 }</style>"
        root = svg(sheet + PHOTO + RECT.replace("<rect", f"<rect {attributes}"), "photo", "r")
        assert sketch_target.find(root, PhotoFiles()).shapes[0].dashed is dashed

    def test_dashes_are_inherited_by_groups_and_clones(self, svg):
        clone = f'<use id="u" xlink:href="#s" {DASHES}/><defs><circle id="s" r="9"/></defs>'
        root = svg(f"{PHOTO}<g {DASHES}>{RECT}</g>{clone}")
        for selected in ("r", "u"):
            root.selection.set("photo", selected)
            assert sketch_target.find(root, PhotoFiles()).shapes[0].dashed


class TestWhere:
    @pytest.mark.parametrize(
        "content",
        [
            PHOTO + RECT,
            f'<g transform="translate(7 8) rotate(30)"><g transform="scale(2)">{PHOTO}{RECT}</g></g>',
            f'{PHOTO}<g transform="translate(5,5)"><rect id="r" transform="scale(2)" x="15" y="12.5" width="25" '
            'height="12.5"/></g>',
            f'<g transform="matrix(1 0.2 0.1 -1 3 4)">{PHOTO}<g id="r">{NAMELESS}</g></g>',
            f'<svg x="30" width="50" height="25" viewBox="0 0 100 50">{PHOTO}</svg>'
            '<rect id="r" x="47.5" y="15" width="25" height="12.5"/>',
            f'{PHOTO}<defs><g id="d">{NAMELESS}</g></defs>'
            '<use id="r" xlink:href="#d" x="5" transform="translate(-5)"/>',
            f'<g transform="scale(3)" id="locked" sodipodi:insensitive="true">{PHOTO}</g>'
            '<rect id="r" x="105" y="90" width="150" height="75"/>',
        ],
    )
    @pytest.mark.parametrize("view", ['width="200" height="100"', 'width="90mm" height="5in" viewBox="-5 3 40 100"'])
    def test_through_groups_viewports_and_clones(self, svg, content, view):
        mask, details = found(svg(content, "photo", "r", attributes=view))
        assert (len(mask), details) == (1, ())
        assert box(mask[0]) == SHARES

    def test_a_circle_is_round(self, svg):
        (mask,), _ = found(svg(f'{PHOTO}<circle id="r" cx="60" cy="45" r="20"/>', "photo", "r"))
        (ring,) = mask
        radii = [((x - 0.5) ** 2 * 100**2 + (y - 0.5) ** 2 * 50**2) ** 0.5 for x, y in ring]
        assert min(radii) > 19.97
        assert max(radii) < 20.03
        assert len(ring) < 100

    def test_rings_of_one_path_are_one_shape_and_dashed_ones_are_apart(self, svg):
        ring = '<path id="r" d="M 20,25 H 90 V 60 H 20 Z M 40,30 V 50 H 60 V 30 Z"/>'
        dashes = '<path id="d" style="stroke:red;stroke-dasharray:1" d="M 20,25 H 90 V 60 Z"/>'
        mask, details = found(svg(PHOTO + ring + dashes, "photo", "r", "d"))
        assert [len(ring) for ring in mask[0]] == [4, 4]
        assert [len(ring) for ring in details[0]] == [3]

    @pytest.mark.parametrize(("rule", "shapes"), [("nonzero", [1, 1]), ("evenodd", [2])])
    def test_what_is_inside_is_told_by_the_rule(self, svg, rule, shapes):
        twice_round = f'<path id="r" fill-rule="{rule}" d="M 20,25 H 90 V 60 H 20 Z M 40,30 H 60 V 50 H 40 Z"/>'
        mask, _details = found(svg(PHOTO + twice_round, "photo", "r"))
        assert [len(shape) for shape in mask] == shapes

    @pytest.mark.parametrize(
        ("aspect", "shares"),
        [
            ("none", (0.25, 0.2, 0.75, 0.7)),
            ("xMidYMid", (0.0, 0.2, 1.0, 0.7)),  # 50 x 50 in the middle
            ("xMinYMin slice", (0.25, 0.1, 0.75, 0.35)),  # 100 x 100, the upper half of it is seen
        ],
    )
    def test_a_photo_that_does_not_fill_its_box(self, svg, tmp_path, aspect, shares):
        file = tmp_path / "square.png"
        file.write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 300, 300))
        goal = sketch_target.find(svg(PHOTO.replace('"none"', f'"{aspect}"') + RECT, "photo", "r"), PhotoFiles())
        mask, _details = drawn_shapes.areas(goal.shapes, goal._to_shares(PhotoFile(str(file))))
        assert box(mask[0]) == shares

    def test_beside_the_photo_is_told(self, svg):
        with pytest.raises(UserError, match="lie beside the photo"):
            found(svg(PHOTO + '<rect id="r" x="111" y="20" width="9" height="9"/>', "photo", "r"))

    def test_details_may_lie_beside_it(self, svg):
        far = '<rect id="r" x="111" width="9" height="9" style="stroke:red;stroke-dasharray:2"/>'
        assert found(svg(PHOTO + far, "photo", "r"))[0] == ()


def test_a_layer_remembers_shapes_to_the_last_digit(svg):
    circles = f'<circle id="c" cx="55.5" cy="41.3" r="17.7"/><circle id="d" r="7" cx="50" cy="40" {DASHES}/>'
    mask, details = found(svg(PHOTO + RECT + circles, "photo", "c", "r", "d"))
    layer = svg("").add(inkex.Layer())
    LayerRecord((3, 2), inkex.Transform(), (0, 0, 3, 2), {}, mask=mask, details=details).write(layer)
    record = LayerRecord.read(layer)
    assert (record.mask, record.details) == (mask, details)
    LayerRecord((3, 2), inkex.Transform(), (0, 0, 3, 2), {}).write(layer)
    assert (LayerRecord.read(layer).mask, LayerRecord.read(layer).details) == ((), ())
    assert not [name for name in layer.attrib if name.endswith(("mask", "details"))]


class TestPhotoSize:
    PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 640, 480)
    FRAME = b"\xff\xc2" + struct.pack(">HBHH", 17, 8, 480, 640) + bytes(10)

    @staticmethod
    def exif(orientation, order):
        tag = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
        other = struct.pack(f"{order}HHII", 0x010F, 2, 1, 0)
        tiff = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, 2) + other + tag
        return b"\xff\xe1" + struct.pack(">H", len(tiff) + 8) + b"Exif\0\0" + tiff

    def read(self, folder, content):
        (folder / "photo").write_bytes(content)
        return photo_size.read(PhotoFile(str(folder / "photo")))

    def test_png(self, tmp_path):
        assert self.read(tmp_path, self.PNG) == (640, 480)

    @pytest.mark.parametrize("order", ["<", ">"])
    def test_jpeg(self, tmp_path, order):
        start = b"\xff\xd8\xff\xe0\x00\x04ab\xff"
        assert self.read(tmp_path, start + self.FRAME) == (640, 480)
        assert self.read(tmp_path, start + self.exif(1, order) + self.FRAME) == (640, 480)
        assert self.read(tmp_path, start + self.exif(6, order) + self.FRAME) == (480, 640)
        assert self.read(tmp_path, start + self.exif(6, order)[:24] + self.FRAME) is None

    @pytest.mark.parametrize(
        "content", [b"", b"GIF89a", PNG[:20], b"\xff\xd8", b"\xff\xd8\xff\xda\0\2", b"\xff\xd8abcd"]
    )
    def test_what_cannot_be_told(self, tmp_path, content):
        assert self.read(tmp_path, content) is None
        assert photo_size.read(PhotoFile(str(tmp_path / "gone"))) is None
