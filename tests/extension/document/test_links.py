"""Links that Inkscape has turned for its copy of the document are turned back where it does not do so itself."""

import os

import pytest

from inkscape_extension.document import hrefs, links


@pytest.fixture
def folders(tmp_path, monkeypatch):
    copy, saved = tmp_path / "copies", tmp_path / "home" / "my drawings"
    for folder in (copy, saved, saved / "photos"):
        folder.mkdir(parents=True)
    for file in ("ein Foto.png", "photos/100%.png"):
        (saved / file).write_bytes(b"photo")
    (copy / "mine.png").write_bytes(b"photo")
    monkeypatch.setattr(hrefs, "version", lambda: (1, 4))
    return copy, saved


def turned(svg, folders, link, name="xlink:href"):
    copy, saved = folders
    root = svg(f'<image id="photo" {name}="{link}"/>')
    links.turn_back(root, str(copy / "ext-123"), str(saved / "drawing.svg"))
    return root.getElementById("photo").get(name)


@pytest.mark.parametrize("name", ["href", "xlink:href"])
@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("../home/my%20drawings/ein%20Foto.png", "ein%20Foto.png"),
        ("../home/my drawings/ein Foto.png", "ein%20Foto.png"),
        ("../home/my%20drawings/photos/100%25.png", "photos/100%25.png"),
        ("mine.png", "../../copies/mine.png"),
        ("../home/gone.png", "../home/gone.png"),
        ("data:image/png;base64,AAAA", "data:image/png;base64,AAAA"),
        ("/somewhere/a.png", "/somewhere/a.png"),
        ("file:///somewhere/a.png", "file:///somewhere/a.png"),
        ("https://example.org/a.png", "https://example.org/a.png"),
        ("#other", "#other"),
    ],
)
def test_what_a_link_becomes(svg, folders, link, expected, name):
    assert turned(svg, folders, link, name) == expected


def test_older_inkscapes_do_it_themselves(svg, folders, monkeypatch):
    monkeypatch.setattr(hrefs, "version", lambda: (1, 2))
    link = "../home/my%20drawings/ein%20Foto.png"
    assert turned(svg, folders, link) == link


@pytest.mark.skipif(os.name == "nt", reason="paths of POSIX")
@pytest.mark.parametrize("saved", ["", None, "beside"])
def test_a_document_that_was_never_saved_or_lies_beside(svg, folders, saved):
    copy, _saved = folders
    root = svg('<image id="photo" xlink:href="mine.png"/>')
    links.turn_back(root, str(copy / "ext-123"), str(copy / "drawing.svg") if saved else saved)
    assert root.getElementById("photo").get("xlink:href") == "mine.png"
