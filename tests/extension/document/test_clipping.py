"""Clip paths and masks, as shares of the photo."""

import pytest
from inkex import Transform

from inkscape_extension.document import clipping, source_photo, viewport

# 100 x 50 units from (40, 20) on: shares are (x - 40) / 100 and (y - 20) / 50.
PHOTO = '<image id="photo" {} x="40" y="20" width="100" height="50" xlink:href="a.png"/>'
HALF = '<clipPath id="c"><rect x="40" y="20" width="50" height="50"/></clipPath>'
LEFT_HALF = [(0, 0), (0.5, 0), (0.5, 1), (0, 1)]


def clips(svg, defs, content, *selected):
    root = svg(f"<defs>{defs}</defs>{content}", *selected)
    photo = source_photo.find(root)
    to_shares = -(viewport.to_root(photo.below) @ photo.placement((100, 50))[0] @ Transform("scale(100,50)"))
    return clipping.clips(root, photo.path, to_shares)


def box(ring):
    """Left, top, right, bottom."""
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    return tuple(round(value, 2) for value in (min(xs), min(ys), max(xs), max(ys)))


def boxes(found):
    """The boxes around each ring of each clip."""
    return [[box(ring) for shape in clip for ring in shape] for clip in found]


def test_none(svg):
    assert clips(svg, HALF, PHOTO.format("")) == ()
    assert clips(svg, HALF, PHOTO.format('clip-path="none"')) == ()
    assert clips(svg, HALF, PHOTO.format('clip-path="url(#nothing)"')) == ()


@pytest.mark.parametrize("by", ['clip-path="url(#c)"', "style=\"clip-path:url('#c')\"", 'class="cut"'])
def test_of_the_photo(svg, by):
    style = "<style>.cut { clip-path: url(#c) }</style>"
    (((ring,),),) = clips(svg, HALF + style, PHOTO.format(by))
    assert sorted(ring) == [pytest.approx(corner, abs=1e-4) for corner in sorted(LEFT_HALF)]


def test_the_coordinates_are_the_photos_own(svg):
    turned = '<g transform="rotate(30) scale(2)">' + PHOTO.format('transform="skewX(9)" clip-path="url(#c)"') + "</g>"
    (((ring,),),) = clips(svg, HALF, turned)
    assert sorted(ring) == [pytest.approx(corner, abs=1e-4) for corner in sorted(LEFT_HALF)]


def test_of_a_group_around_it_and_its_own(svg):
    group = '<clipPath id="g"><rect x="20" y="5" width="30" height="15" transform="translate(0,5)"/></clipPath>'
    content = f'<g transform="scale(2)" clip-path="url(#g)"><g transform="scale(0.5)">{PHOTO}</g></g>'
    found = clips(svg, HALF + group, content.format('clip-path="url(#c)"'))
    assert boxes(found) == [[(0, 0, 0.6, 0.6)], [(0, 0, 0.5, 1)]]


def test_of_a_clone_and_of_what_it_clones(svg):
    content = f'<g id="g" clip-path="url(#c)">{PHOTO.format("")}</g><use id="u" xlink:href="#g" x="200"/>'
    assert boxes(clips(svg, HALF, content, "u")) == [[(0, 0, 0.5, 1)]]
    on_the_clone = content.replace('<use id="u"', '<use id="u" clip-path="url(#d)"').replace(' clip-path="url(#c)"', "")
    moved = HALF.replace('id="c"', 'id="d"').replace('x="40"', 'x="240"')
    assert boxes(clips(svg, moved, on_the_clone, "u")) == [[(0, 0, 0.5, 1)]]


def test_several_shapes_a_clone_a_group_and_a_hidden_one(svg):
    parts = (
        '<circle id="r" cx="50" cy="30" r="5"/><g transform="translate(20,0)"><use xlink:href="#r"/></g>'
        '<rect x="0" y="0" width="500" height="500" style="display:none"/><path d="m 120,60 h 10 v 5 z"/>'
    )
    found = clips(svg, f'<clipPath id="c">{parts}</clipPath>', PHOTO.format('clip-path="url(#c)"'))
    assert boxes(found) == [
        [
            (0.05, 0.1, 0.15, 0.3),
            (0.25, 0.1, 0.35, 0.3),
            (0.8, 0.8, 0.9, 0.9),
        ]
    ]


def test_units_of_the_photos_box(svg):
    units = '<clipPath id="c" clipPathUnits="objectBoundingBox"><circle cx=".5" cy=".5" r=".5"/></clipPath>'
    assert boxes(clips(svg, units, PHOTO.format('clip-path="url(#c)"'))) == [[(0, 0, 1, 1)]]


def test_what_inkscape_does_not_heed(svg):
    """Seen in 1.2 and 1.4, see tests/inkscape/test_odd_documents.py."""
    other = HALF.replace('id="c"', 'id="d" transform="translate(70, 5) scale(3)" clip-path="url(#d)"')
    assert boxes(clips(svg, other, PHOTO.format('clip-path="url(#d)"'))) == [[(0, 0, 0.5, 1)]]


@pytest.mark.parametrize("content", ["<text>A</text>", '<text>A</text><rect width="9" height="9"/>'])
def test_text_cannot_be_told_so_all_is_drawn(svg, content):
    assert clips(svg, f'<clipPath id="c">{content}</clipPath>', PHOTO.format('clip-path="url(#c)"')) == ()


def test_a_mask_is_light_and_dark(svg):
    parts = (
        '<rect x="0" y="0" width="300" height="300" style="fill:black"/>'
        '<rect x="40" y="20" width="60" height="50" style="fill:#fff"/>'
        '<rect x="50" y="30" width="10" height="10" fill="#222"/>'
        '<rect x="40" y="20" width="100" height="50" fill="#fff" style="fill-opacity:0.2"/>'
        '<rect x="90" y="20" width="10" height="50" style="fill:url(#gradient)"/>'
    )
    light, *dark = clips(svg, f'<mask id="m">{parts}</mask>', PHOTO.format('style="mask:url(#m)"'))
    assert boxes([light]) == [[(0, 0, 0.6, 1), (0.5, 0, 0.6, 1)]]
    assert [box(clip[0][1]) for clip in dark] == [(0.1, 0.2, 0.2, 0.4), (0, 0, 1, 1)]
    assert all(len(clip[0]) == 2 for clip in dark), "everywhere but there"


def test_one_that_lies_beside_the_photo(svg):
    beside = HALF.replace('x="40"', 'x="400"')
    assert clipping.misses(clips(svg, beside, PHOTO.format('clip-path="url(#c)"')))
    assert not clipping.misses(clips(svg, HALF, PHOTO.format('clip-path="url(#c)"')))


def test_time_grows_with_the_groups_around_not_with_their_square(svg, monkeypatch):
    steps = []
    inner_transform = viewport.inner_transform

    def counted(*given):
        steps.append(1)
        return inner_transform(*given)

    monkeypatch.setattr(viewport, "inner_transform", counted)
    groups = 200
    assert clips(svg, HALF, "<g>" * groups + PHOTO.format("") + "</g>" * groups) == ()
    assert len(steps) < 4 * groups


def test_a_cut_that_is_squeezed_to_nothing_cannot_be_told(svg):
    squeezed = HALF.replace("<clipPath ", '<clipPath transform="scale(0)" ')
    assert clips(svg, squeezed, PHOTO.format('clip-path="url(#c)"')) == ()
