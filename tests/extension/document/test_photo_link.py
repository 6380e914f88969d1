import base64
import os
import socket
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest

from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import SketchJob
from inkscape_extension.document import photo_link
from inkscape_extension.document.photo_file import PhotoFile
from tests.support.stand_in import PIXEL

CONTENT = base64.b64decode(PIXEL)


def read(href, absref="", folders=()):
    with photo_link.photo_file(href, absref, folders).opened() as stream:
        return stream.read()


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "my 100% naïve ph?to#1.png"
    path.write_bytes(CONTENT)
    return path


@pytest.mark.parametrize(
    "href",
    [
        f"data:image/png;base64,{PIXEL}",
        f"DATA:image/png;charset=x;BASE64,{PIXEL}",
        f"  data:image/png;base64,\n {PIXEL[:40]}\n\t{PIXEL[40:]}  ",
        f"data:image/png;base64,{quote(PIXEL)}",
        f"data:image/png;base64,{PIXEL[:40]}%0A{PIXEL[40:]}",
        f"data:image/png;base64,{PIXEL.rstrip('=')}",
        f"data:image/png,{quote(CONTENT)}",
    ],
)
def test_an_embedded_photo_is_bytes_with_the_name_of_its_element(href, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))  # it is not written anywhere
    assert photo_link.photo_file(href, "", (), "image1") == PhotoFile("image1 (embedded)", CONTENT)


def test_any_name_can_be_told_and_travel():
    for name in ("a\nb\0" + "x" * 9999, "Größe 寸", "/etc/passwd", "..", "\u202e\ud800"):
        path = photo_link.photo_file(f"data:;base64,{PIXEL}", "", (), name).path
        assert SketchJob(path).photo == path
        assert path.isprintable() or "\u202e" in path
        assert len(path) < 100


def test_an_embedded_photo_that_is_too_large_to_travel(monkeypatch):
    monkeypatch.setattr(photo_link, "MAX_EMBEDDED", len(CONTENT) - 1)
    with pytest.raises(UserError, match=r"image1 \(embedded\) has 0 MB, and at most 0 MB can be read"):
        photo_link.photo_file(f"data:;base64,{PIXEL}", "", (), "image1")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"From: me\nTo: you\n", "is not an image that can be read here"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----", "is not an image that can be read here"),
        (b"BMX for beginners, a book about bicycles", "is not an image that can be read here"),
        (b"P5 is the fifth of our plans", "is not an image that can be read here"),
        (b"P1 1 1 0", "is a portable pixmap of another kind"),
        (b"SQLite format 3\0", "is not an image that can be read here"),
        (b"%PDF-1.7", "is a PDF document, which cannot be read here"),
        (b"<?xml version='1.0'?><svg/>", "is a drawing in SVG or another XML file, which cannot"),
    ],
)
@pytest.mark.parametrize("embedded", [False, True])
def test_what_begins_like_no_photo_goes_nowhere(tmp_path, content, told, embedded):
    (tmp_path / "photo.png").write_bytes(content)
    href = f"data:image/png,{quote(content)}" if embedded else "photo.png"
    with pytest.raises(UserError, match=told):
        read(href, folders=[tmp_path])


@pytest.mark.parametrize("href", ["data:image/png;base64", "data:image/png;base64,A", "data:image/png;base64,&&&&"])
def test_a_damaged_embedded_photo_gets_a_sentence(href):
    with pytest.raises(UserError, match=r"embedded in the document is damaged .* Import it again"):
        read(href)


def test_links_as_programs_write_them(photo):
    folder = photo.parent
    for href in (
        photo.name,
        quote(photo.name),
        f"./{quote(photo.name)}",
        f"../{folder.name}/{photo.name}",
        str(photo),
        quote(str(photo)),
        photo.as_uri(),
        f"file://localhost{quote(str(photo))}",
        f"file:{quote(str(photo))}",
        f" {photo.name} ",
    ):
        assert read(href, folders=[folder]) == CONTENT, href


@pytest.mark.parametrize(
    ("href", "path"),
    [
        ("file:///C:/Users/Jos%C3%A9%20B/a.png", "C:/Users/José B/a.png"),
        ("file://C:/Users/a.png", "C:/Users/a.png"),
        ("file:///c:\\Users\\a.png", "c:/Users/a.png"),
        ("file://server/share/a.png", "//server/share/a.png"),
        ("C:\\Users\\a.png", "C:\\Users\\a.png"),
        ("c:/Users/a%20b.png", "c:/Users/a b.png"),
        ("file:///home/x/50%25.png", "/home/x/50%.png"),
        ("file:///home/x/a?b#c.png", "/home/x/a?b#c.png"),
    ],
)
def test_paths_of_other_systems(href, path):
    assert str(photo_link._possible_paths(href)[0]) == path


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are text there")
@pytest.mark.parametrize("href", ["caf%E9.png", "file://{folder}/caf%E9.png"])
def test_a_name_that_is_no_utf_8(tmp_path, href):
    (tmp_path / os.fsdecode(b"caf\xe9.png")).write_bytes(CONTENT)
    assert read(href.format(folder=tmp_path), folders=[tmp_path]) == CONTENT
    with pytest.raises(UserError, match="no such file"):
        read("th%E9.png", folders=[tmp_path])


def test_relative_links_are_looked_for_in_the_order_inkscape_means_them(tmp_path):
    copy, absolute, saved = (tmp_path / name for name in ("copy", "absolute", "saved"))
    for folder in (copy, absolute, saved):
        folder.mkdir()
        (folder / "a.png").write_bytes(b"GIF89a" + folder.name.encode())
    arguments = ("a.png", str(absolute / "a.png"), [copy, saved])
    assert read(*arguments) == b"GIF89acopy"
    (copy / "a.png").unlink()
    assert read(*arguments) == b"GIF89aabsolute"
    (absolute / "a.png").unlink()
    assert read(*arguments) == b"GIF89asaved"
    (saved / "a.png").unlink()
    with pytest.raises(UserError, match=r"copy.a\.png, but there is no such file"):
        read(*arguments)


def test_an_absolute_link_that_is_broken_is_mended_by_absref(photo):
    assert read("/no/such/folder/a.png", str(photo)) == CONTENT
    assert read("file:///no/such/folder/a.png", photo.as_uri()) == CONTENT


@pytest.mark.parametrize("href", ["gone.png", "/gone/gone.png", "file:///gone/gone.png", "x" * 5000, "a%00b.png", "."])
def test_a_missing_file_gets_a_sentence(tmp_path, href):
    with pytest.raises(UserError, match=r"there is no such file\. Put the photo back there, or import it again"):
        read(href, folders=[tmp_path])


@pytest.mark.parametrize(
    "href", ["http://example.org/a.png", "HTTPS://example.org/a.png", "ftp://example.org/" + "a" * 99]
)
def test_nothing_is_fetched_from_the_web(href):
    with pytest.raises(UserError, match="not on this computer") as caught:
        read(href)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "href",
    ["//host/share/a.png", "\\\\host\\share\\a.png", "file://host/share/a.png", "\\\\.\\pipe\\a", "//?/C:/a.png"],
)
def test_no_other_computer_is_asked(href, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(photo_link, "_is_file", lambda path: asked.append(str(path)))
    for link, absref in ((href, ""), ("a.png", href)):
        with pytest.raises(UserError, match="not on this computer but a link to") as caught:
            read(link, absref, [tmp_path])
        assert href.strip() in str(caught.value)
    assert all(path.startswith(str(tmp_path)) for path in asked)


def test_but_the_share_that_the_document_is_on(monkeypatch, tmp_path):
    monkeypatch.setattr(photo_link, "_is_file", lambda path: str(path).startswith("//NAS/photos"))
    found = photo_link._linked_file("file://NAS/photos/a.png", "", [Path("//nas/photos/drawings")])
    assert str(found) == "//NAS/photos/a.png"


def test_what_is_no_ordinary_file_is_never_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "socket"))
    (tmp_path / "link").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("pipe", "socket", "link", "loop", ".", "/dev/zero", "file:///dev/tty"):
        with pytest.raises(UserError, match="there is no such file"):
            read(name, folders=[tmp_path])
    listener.close()


def test_a_file_without_a_size_or_beyond_all_photos_is_a_sentence(tmp_path):
    with open(tmp_path / "sparse.png", "wb") as stream:
        stream.truncate(30 << 30)
    with pytest.raises(UserError, match=r"has 30720 MB, and at most 512 MB can be read\. Save it as JPEG"):
        read("sparse.png", folders=[tmp_path])
    (tmp_path / "empty.png").touch()
    for name in ("empty.png", *([] if sys.platform != "linux" else ["/proc/self/pagemap", "/proc/kmsg"])):
        with pytest.raises(UserError, match="is an empty file"):
            read(name, folders=[tmp_path])


@pytest.mark.parametrize("piece", [3, 4, 5, 1 << 20])
def test_percent_signs_are_read_in_pieces(monkeypatch, piece):
    monkeypatch.setattr(photo_link, "_PIECE", piece)
    assert read(f"data:image/png,{quote(CONTENT)}") == CONTENT
    assert read("data:,GIF89a%%%41%4") == b"GIF89a%%A%4"


@pytest.mark.parametrize("href", ["x/" * 3000, "a\nb", "http://a\nb", "x" * 5000])
def test_a_link_is_told_on_one_line(href, tmp_path):
    with pytest.raises(UserError) as caught:
        read(href, folders=[tmp_path])
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700
