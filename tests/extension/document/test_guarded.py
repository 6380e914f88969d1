"""Documents that were made to do harm, or that other programs spoiled."""

from __future__ import annotations

import io

import pytest
from lxml import etree

from clipasso_engine.contract.errors import UserError
from inkscape_extension.document import curves, guarded, links
from tests.support.stand_in import PIXEL, SVG
from tests.support.working_document import WorkingDocument

IMAGE = f'<image id="photo" width="100" height="50" xlink:href="data:image/png;base64,{PIXEL}" {{}}/>'
LAUGHS = (
    '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    '<svg xmlns="http://www.w3.org/2000/svg"><text>&b;</text></svg>'
)


@pytest.fixture
def document(tmp_path, installed_engine):
    return lambda content: WorkingDocument(tmp_path, content)


@pytest.mark.parametrize(
    "transform",
    [
        "scale(-1,1)",
        "scale(1e300)",
        "scale()",
        "rotate()",
        "matrix(1,2)",
        "translate(nan)",
        "scale(1e400)",
        "scale(x)",
        "matrix(inf 0 0 1 0 0)",
    ],
)
def test_a_transform_that_cannot_be_read_counts_as_none_and_stays(document, transform):
    sketched = document(f'<g id="around" transform="{transform}">{IMAGE.format("")}</g>')
    assert sketched.sketch() == ""
    assert "Sketch, 2 strokes" in sketched.layers()
    found = etree.parse(str(sketched.path)).xpath("//*[@id='around']")
    assert [each.get("transform") for each in found] == [transform]


@pytest.mark.parametrize("data", ["z", "m z z", "nan", "M nan,0 L 1,1", "M 0 0 L 1e400 0 L 5 5", "M 0 0 A", ""])
def test_path_data_that_cannot_be_read_draws_nothing(document, data):
    assert all(abs(value) < 1e300 for curve in curves.of_path(data) for point in curve for value in point)
    image = IMAGE.format('clip-path="url(#cut)"')
    content = f'<clipPath id="cut"><path d="{data}"/></clipPath>{image}'
    told = document(content).sketch()
    assert told == "" or told.startswith("Nothing is seen of the photo")
    assert document(f'{IMAGE.format("")}<path id="drawn" d="{data}"/>').sketch(select=("photo", "drawn")) == ""


@pytest.mark.parametrize("select", [(), ("photo",), ("outermost",)])
def test_a_photo_in_500_groups(document, select):
    sketched = document('<g id="outermost">' + "<g>" * 499 + IMAGE.format("") + "</g>" * 500)
    assert sketched.sketch(select=select) == ""
    assert b'inkscape:label="Sketch, 2 strokes"' in sketched.path.read_bytes()


def test_groups_too_deep_for_inkex_are_a_sentence(monkeypatch):
    def recurse(arguments):  # one: Python 3.13 does not count calls with any number of them, and takes all memory
        return recurse(arguments)

    class Deep(guarded.GuardedDocument):
        pass

    monkeypatch.setattr(links.LinksFromTheDocument, "run", recurse, raising=False)
    with pytest.raises(UserError, match=r"within each other too deep .* Object > Ungroup"):
        Deep().run()


def test_clones_of_clones_that_multiply_are_a_sentence(document):
    levels = "".join(f'<g id="g{n}">' + f'<use xlink:href="#g{n - 1}"/>' * 10 + "</g>" for n in range(1, 12))
    told = document(f'<g id="g0">{IMAGE.format("")}</g>{levels}').sketch()
    assert told.startswith("The clones in the document draw more than can be looked through.")


def test_clones_of_themselves_draw_nothing(document):
    loops = '<use id="a" xlink:href="#a"/><use id="b" xlink:href="#c"/><g id="c"><use xlink:href="#b"/></g>'
    assert document(loops).sketch(select=("a", "b", "c")).startswith("There is no photo in the document.")
    assert document(loops + IMAGE.format("")).sketch(select=("photo",)) == ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_entities_are_a_sentence(encoding):
    with pytest.raises(UserError, match="declares entities, which can make it grow without bounds"):
        guarded.checked(io.BytesIO(LAUGHS.encode(encoding)))


def test_a_document_that_is_too_large_is_a_sentence(monkeypatch):
    monkeypatch.setattr(guarded, "MAX_DOCUMENT", 1 << 20)
    with pytest.raises(UserError, match="has more than 1 MB"):
        guarded.checked(io.BytesIO(SVG.format(attributes="", content=" " * (1 << 20)).encode()))


@pytest.mark.parametrize(
    "content",
    [
        b"no svg",
        b"",
        b"<html/>",
        b"<svg/>",
        b'<g xmlns="http://www.w3.org/2000/svg"/>',
        SVG.format(attributes="", content="<g a='1'/>").encode().replace(b"a=", b"\xff="),
        SVG.format(attributes="", content="<name/>").encode().replace(b"name", b"\xe9ab"),
    ],
)
def test_what_cannot_be_read_as_svg_is_a_sentence(document, content):
    sketched = document("")
    sketched.path.write_bytes(content)
    assert sketched.sketch().startswith(("The document cannot be read as SVG: it is damaged", "There is no photo"))


def test_what_is_only_read_keeps_its_wording(document):
    """inkex writes transforms and styles back in its own words, and leaves out what it does not know."""
    texts = ("@import 'a.css'", "opacity:1;;x;display : inline", "font:bold")
    inside = IMAGE.format("")
    for number, text in enumerate(texts):
        inside = f'<g id="g{number}" style="{text}" transform="translate(1,2)scale(-1,1)">{inside}</g>'
    sketched = document(f"<style>g {{opacity: 1}}</style>{inside}")
    assert sketched.sketch() == ""
    root = etree.parse(str(sketched.path))
    found = [root.xpath(f"//*[@id='g{number}']")[0] for number in range(3)]
    assert [each.get("style") for each in found] == list(texts)
    assert {each.get("transform") for each in found} == {"translate(1,2)scale(-1,1)"}


@pytest.mark.parametrize("transform", ["translate(1e10)", "scale(1e9)", "translate(0,-1e14)"])
def test_a_photo_out_of_reach_is_a_sentence(document, transform):
    told = document(f'<g transform="{transform}">{IMAGE.format("")}</g>').sketch()
    assert told.startswith("The photo is too large, or lies too far away") or told == ""
    told = document(IMAGE.format(f'transform="{transform}"')).sketch()
    assert told.startswith("The photo is too large, or lies too far away")


@pytest.mark.parametrize("size", ["1e-320", "0", "-1", "nan"])
def test_a_photo_without_extent_is_a_sentence_or_has_its_own_size(document, size):
    told = document(IMAGE.format("").replace('"100"', f'"{size}"')).sketch()
    assert told == "" or told.startswith("The photo is squeezed to nothing")
