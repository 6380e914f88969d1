import pytest

from inkscape_extension.document import viewport

ALIGN = {"Min": 0.0, "Mid": 0.5, "Max": 1.0}


def corners(transform, width, height):
    return [
        tuple(round(value, 6) for value in transform.apply_to_point(point))
        for point in ((0, 0), (width, 0), (width, height), (0, height))
    ]


def image(svg, attributes, around=(200, 100), natural=(80, 20)):
    root = svg(f'<image id="i" {attributes}/>')
    return viewport.fit_image(root.getElementById("i"), around, natural)


def test_an_image_fills_its_box_when_the_shape_is_the_same(svg):
    transform, visible = image(svg, 'x="10" y="20" width="40" height="10"')
    assert corners(transform, 80, 20) == [(10, 20), (50, 20), (50, 30), (10, 30)]
    assert visible == (0, 0, 80, 20)


@pytest.mark.parametrize("align_x", ALIGN)
@pytest.mark.parametrize("align_y", ALIGN)
def test_meet_leaves_room_where_the_alignment_says(svg, align_x, align_y):
    tall = f'width="40" height="30" preserveAspectRatio="x{align_x}Y{align_y}"'
    transform, visible = image(svg, tall)  # 80 x 20 into 40 x 30: scale 0.5, 20 left over in height
    top = 20 * ALIGN[align_y]
    assert corners(transform, 80, 20) == [(0, top), (40, top), (40, top + 10), (0, top + 10)]
    assert visible == (0, 0, 80, 20)
    wide = f'width="80" height="10" preserveAspectRatio="x{align_x}Y{align_y} meet"'
    left = 40 * ALIGN[align_x]
    assert corners(image(svg, wide)[0], 80, 20)[0] == (left, 0)


@pytest.mark.parametrize("align_x", ALIGN)
@pytest.mark.parametrize("align_y", ALIGN)
def test_slice_covers_the_box_and_says_what_is_seen(svg, align_x, align_y):
    transform, visible = image(svg, f'width="40" height="20" preserveAspectRatio="x{align_x}Y{align_y} slice"')
    left = -40 * ALIGN[align_x]
    assert corners(transform, 80, 20)[0] == (left, 0)
    assert visible == pytest.approx((-left, 0, 40 - left, 20))


@pytest.mark.parametrize("ratio", ["none", " none ", "none slice"])
def test_none_stretches(svg, ratio):
    transform, visible = image(svg, f'width="40" height="40" preserveAspectRatio="{ratio}"')
    assert corners(transform, 80, 20) == [(0, 0), (40, 0), (40, 40), (0, 40)]
    assert visible == (0, 0, 80, 20)


@pytest.mark.parametrize("ratio", ["", "nonsense", "defer xMinYMin", "xMidYMid"])
def test_anything_else_is_the_default(svg, ratio):
    assert corners(image(svg, f'width="40" height="30" preserveAspectRatio="{ratio}"')[0], 80, 20)[0] == (0, 10)


def test_without_width_or_height_the_natural_size_serves(svg):
    assert corners(image(svg, 'x="5"')[0], 80, 20) == [(5, 0), (85, 0), (85, 20), (5, 20)]
    assert corners(image(svg, 'width="40" preserveAspectRatio="none"')[0], 80, 20)[2] == (40, 20)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("7", 7),
        ("7px", 7),
        ("1in", 96),
        ("25.4mm", 96),
        ("2.54cm", 96),
        ("72pt", 96),
        ("6pc", 96),
        ("50%", 100),
        ("1e1", 10),
        (" 7 ", 7),
        ("", 3),
        ("wide", 3),
        ("5em", 0),
        ("-.5ex", 0),
        ("1e1em", 0),
    ],
)
def test_lengths(text, length):
    assert viewport._length(text, 200, 3) == pytest.approx(length)


@pytest.mark.parametrize("attributes", ['width="0" height="10"', 'width="10" height="-1"', 'width="0%"'])
def test_an_image_without_extent_is_squeezed_to_nothing(svg, attributes):
    transform, _visible = image(svg, attributes)
    assert corners(transform, 80, 20) == [(0, 0)] * 4


def test_percentages_are_of_the_innermost_viewport(svg):
    root = svg(
        '<g><image id="outer"/></g><svg viewBox="5 5 40 30"><image id="inner"/></svg>'
        '<svg width="50%" height="1in"><image id="plain"/></svg>',
        attributes='width="100mm" height="50mm" viewBox="0 0 100 50"',
    )
    assert viewport.size_around(root.getElementById("outer")) == (100, 50)
    assert viewport.size_around(root.getElementById("inner")) == (40, 30)
    assert viewport.size_around(root.getElementById("plain")) == (50, 96)
    assert viewport.size_around(svg('<g id="g"/>', attributes="").getElementById("g")) == (100, 100)


@pytest.mark.parametrize("view_box", ["0 0 0 10", "0 0 10", "a b c d", "", "0,0 10,-1"])
def test_a_view_box_without_extent_is_none(svg, view_box):
    assert viewport._view_box(svg("", attributes=f'viewBox="{view_box}"')) is None
