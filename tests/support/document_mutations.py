"""Documents that were spoiled on purpose, each told by its number: the same number, the same bytes."""

from __future__ import annotations

import base64
import copy
import hashlib
import os
import random
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from tests.support.stand_in import PIXEL, SVG

XLINK, SODIPODI = "{http://www.w3.org/1999/xlink}href", "{http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd}absref"
SVG_TAG = "{http://www.w3.org/2000/svg}"
PHOTO = base64.b64decode(PIXEL)
PHOTO_SHA256 = hashlib.sha256(PHOTO).hexdigest()
PRIVATE = "Dear diary, nobody shall ever read this.\n"

_CLAIM = PHOTO[:8] + struct.pack(">I4sII", 1 << 30, b"IHDR", 1 << 15, 1 << 15) + bytes(40)
_JPEG = b"\xff\xd8\xff\xe1\xff\xffExif\0\0" + bytes(60)
_DATA = (
    f"data:image/png;base64,{PIXEL}",
    f"data:image/png;length=1073741824;base64,{PIXEL}",
    *(f"data:;base64,{base64.b64encode(content).decode()}" for content in (_CLAIM, _JPEG, PHOTO[:20], b"%!PS-Adobe")),
    *("data:", "data:,", "data:;base64,", "data:image/png;base64,A", "data:image/png;base64,&&&&", "data:;base64"),
    "data:image/png;base64," + "A" * 100_000,
    "data:image/png," + "%" * 3000,
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>",
)
_HONEST = ("photo.png", "./photo.png", "sub/../photo.png", "photo%2Epng", "file://{folder}/photo.png", "link.png")
_ODD = (
    *(
        "{folder}/photo.png",
        "up/photo.png",
        "../{name}/photo.png",
        "  photo.png\n",
        "photo.png#a",
        "photo.png?b",
        "photo",
    ),
    *(
        "private.txt",
        "link-to-private.png",
        "file://{folder}/private.txt",
        "sub/../private.txt",
        "empty.png",
        "huge.png",
    ),
    *("pipe.png", "socket.png", "loop.png", "link-to-zero.png", "sub", "sub/", ".", "..", "/", "", "#", "#photo"),
    *("/dev/zero", "/dev/full", "/dev/tty", "/dev/stdin", "/dev/fd/0", "file:///dev/random", "/dev/null", "/dev/shm"),
    *("/proc/self/mem", "/proc/self/environ", "/proc/kmsg", "/proc/self/pagemap", "/proc/self/exe", "/proc/self/fd/1"),
    *(
        "/etc/passwd",
        "../" * 99 + "etc/passwd",
        "/proc/self/cwd/photo.png",
        "/proc/self/root/etc/passwd",
        "~/photo.png",
    ),
    *("http://127.0.0.1:{port}/a.png", "https://127.0.0.1:{port}/a.png", "ftp://127.0.0.1:{port}/a.png"),
    *("//127.0.0.1/share/a.png", "\\\\127.0.0.1\\share\\a.png", "file://127.0.0.1/share/a.png", "\\\\.\\pipe\\a"),
    *(
        "smb://127.0.0.1:{port}/a",
        "javascript:alert(1)",
        "C:\\a.png",
        "file:",
        "file://",
        "file:///",
        "://",
        "file:%00",
    ),
    *(
        "photo.png%00.txt",
        "a%00b",
        "%",
        "%E9%ff",
        "x" * 5000,
        "x/" * 3000,
        "|ls",
        "`ls`",
        "$(ls)",
        "con",
        "-rf",
        "a\nb",
    ),
)
_NUMBERS = (
    "0",
    "-1",
    "1e400",
    "nan",
    "inf",
    "1e-320",
    "50%",
    "-5%",
    "10mm",
    "3.5in",
    "1e9",
    "x",
    "",
    "1e",
    "99999999999",
)
_VALUES = {
    "transform": (
        *("scale()", "rotate()", "matrix(1,2)", "translate(nan)", "scale(1e400)", "scale(0)", "skewX(90)", "x", ""),
        *(
            "matrix(0 0 0 0 0 0)",
            "scale(-1,1)",
            "rotate(45,1,2) scale(1e-30)",
            "translate(1e300)",
            "scale(1" + "0" * 400,
        ),
    ),
    "viewBox": (
        "0 0 0 0",
        "0 0 -1 5",
        "0 0 1e400 1",
        "nan nan nan nan",
        "0 0 100",
        "a b c d",
        "0,0,400,200",
        "",
        "0 0 1 1",
    ),
    "preserveAspectRatio": ("none", "xMidYMid slice", "xMaxYMin meet", "slice", "xMidYMid  slice x", "defer none", ""),
    "d": (
        "z",
        "M nan,0 L 1,1",
        "M 0 0 L 1e400 0",
        "M 0 0 A",
        "",
        "M0,0" + "h1v1" * 3000,
        "m 1 1 a 0 0 0 0 0 5 5 z",
        "C",
    ),
    "points": ("1", "nan,nan", "", "0,0 1,1 1,0", "1e400,2 3,4 5,6"),
    "style": (
        *("display:none", "clip-path:url(#clip)", "mask:url(#mask)", "filter:url(#filter)", "opacity:nan", ";;:;", "x"),
        *(
            "fill:url(#pattern)",
            "stroke-width:1e400",
            "stroke:url(#b)",
            "font:" + "a" * 9999,
            "@import 'bait.css'",
            "}{",
        ),
    ),
    "clip-path": ("url(#clip)", "url(#photo)", "url(#missing)", "url(bait.svg#a)", "url(", "circle(5px)", "none"),
    "mask": ("url(#mask)", "url(#clip)", "url(#a)", "url(bait.svg#a)", "none"),
    "id": ("photo", "a", "b", "clip", "", "x y", "\u0130\u0131", "'\"]", "//*", "a" * 5000),
    XLINK: ("#photo", "#a", "#b", "#clip", "#use", "#outer", "bait.svg#a"),
}
_COUNTS = ("x", "y", "width", "height", "r", "rx", "cx", "cy", "stroke-width", "opacity")
_ANY = (*_NUMBERS, "[]", "{}", "[[[[" * 500, '{"a":' * 500, "null", "[1e400]", "\u202e", "M 0,0", "true", "a" * 10_000)
_IDS = (
    "photo",
    "a",
    "b",
    "use",
    "outer",
    "rect",
    "path",
    "clip",
    "sketch-2",
    "sketch-1",
    "pattern-user",
    "missing",
    "text",
)
_BEFORE = (
    '<!DOCTYPE svg SYSTEM "bait.dtd">',
    '<!DOCTYPE svg [<!ENTITY a SYSTEM "bait.txt">]>',
    '<!DOCTYPE svg [<!ENTITY % p SYSTEM "bait.dtd"> %p;]>',
    '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>',
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://127.0.0.1:{port}/svg11.dtd">',
    '<?xml-stylesheet type="text/xsl" href="bait.xsl"?>',
    '<?xml version="1.1" encoding="utf-7"?>',
    "\ufeff",
)
_INSIDE = (
    '<use id="a" xlink:href="#b"/><use id="b" xlink:href="#a"/>',
    '<g id="outer"><use xlink:href="#outer"/><use id="use" xlink:href="#photo" x="5"/></g>',
    '<defs><clipPath id="clip"><path d="M 0,0 H 90 V 40 z"/><use xlink:href="#rect"/></clipPath></defs>',
    '<defs><mask id="mask"><rect width="50" height="50" fill="white"/><image xlink:href="photo.png"/></mask></defs>',
    '<defs><pattern id="pattern"><image xlink:href="bait.png"/></pattern></defs>',
    '<rect id="pattern-user" fill="url(#pattern)"/>',
    '<filter id="filter"><feImage xlink:href="bait.png"/></filter>',
    '<style>@import url("bait.css"); * {{ background: url("http://127.0.0.1:{port}/a.png") }}</style>',
    '<script xlink:href="bait.js">alert(1)</script><foreignObject><p>hello</p></foreignObject>',
    '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="bait.txt" parse="text"/>',
    '<rect id="rect" x="5" y="5" width="30" height="20"/><path id="path" d="M 0,0 C 9,9 30,9 60,9" stroke="red"/>',
    '<text id="text">a<tspan>b</tspan>c</text><!-- a comment --><?php exit; ?>',
    '<symbol id="symbol"><image xlink:href="photo.png" width="9" height="9"/></symbol><use xlink:href="#symbol"/>',
    '<sodipodi:namedview inkscape:current-layer="outer"/><metadata><a xmlns="urn:a"/></metadata>',
    '<svg x="5" viewBox="0 0 10 10" width="50" height="50"><rect id="b" width="5" height="5"/></svg>',
    '<font-face-uri xlink:href="bait.ttf"/><linearGradient id="a" xlink:href="bait.svg#a" gradientTransform="x"/>',
)


@dataclass(frozen=True)
class Place:
    """A folder with what documents may name, and a port at which nobody may knock."""

    folder: Path
    port: int

    def filled(self, text):
        for name, value in (("folder", self.folder), ("name", self.folder.name), ("port", self.port)):
            text = text.replace("{" + name + "}", str(value))
        return text


def furnish(folder):
    """Make the files that documents name; returns the baits, which they name where nothing may be opened."""
    for name in ("sub", "saved"):
        (folder / name).mkdir()
    (folder / "photo.png").write_bytes(PHOTO)
    (folder / "saved" / "photo.png").write_bytes(PHOTO)
    (folder / "private.txt").write_text(PRIVATE, encoding="utf-8")
    (folder / "empty.png").touch()
    with open(folder / "huge.png", "wb") as stream:
        stream.truncate(30 << 30)
    os.mkfifo(folder / "pipe.png")
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        os.chdir(folder)  # a socket's address is short
        listener.bind("socket.png")
        os.chdir(here)
    for name, target in (("link.png", "photo.png"), ("link-to-private.png", "private.txt"), ("up", ".")):
        (folder / name).symlink_to(target)
    (folder / "loop.png").symlink_to("loop.png")
    (folder / "link-to-zero.png").symlink_to("/dev/zero")
    baits = [folder / f"bait.{kind}" for kind in ("dtd", "txt", "xsl", "css", "png", "svg", "js", "ttf")]
    for bait in baits:
        bait.write_bytes(PHOTO if bait.suffix == ".png" else b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    return baits


def honest():
    """A document that is as it should be, with one photo."""
    image = f'<image id="photo" x="1" y="2" width="100" height="50" xlink:href="data:image/png;base64,{PIXEL}"/>'
    shapes = (
        '<path id="path" d="M 5,5 C 9,9 30,9 60,9" fill="none" stroke="red"/><rect id="rect" width="30" height="20"/>'
    )
    return SVG.format(attributes='id="svg" width="400" height="200"', content=f'<g id="outer">{image}</g>{shapes}')


def mutated(number, place, bases):
    """A document made from one of ``bases`` (texts), and the ids that are selected in it."""
    chance = random.Random(number)
    text = chance.choice(bases)
    inside = "".join(chance.sample(_INSIDE, chance.choice((0, 1, 1, 2, 4))))
    where = text.rindex("</svg>") if chance.random() < 0.5 else text.index(">", text.index("<svg")) + 1
    root = _parsed(text[:where] + place.filled(inside).replace("{{", "{").replace("}}", "}") + text[where:])
    images = list(root.iter(f"{SVG_TAG}image"))
    if images and chance.random() < 0.6:
        _relink(chance.choice(images), place, chance)
    for _ in range(chance.choice((0, 1, 1, 2, 3, 6))):
        (change,) = chance.choices((_value, _unset, _drop, _double, _wrap, _deep), (12, 2, 1, 3, 4, 0.4))
        change(root, place, chance)
    content = etree.tostring(root, encoding="utf-8")
    if chance.random() < 0.15:
        content = place.filled(chance.choice(_BEFORE)).encode("utf-8") + content
    if chance.random() < 0.25:
        content = _spoiled(content, chance)
    if chance.random() < 0.03:
        content = content.decode("utf-8", "replace").encode(chance.choice(("utf-16", "utf-32", "latin-1")), "replace")
    return content, chance.sample(_IDS, chance.choice((0, 0, 0, 1, 1, 2, 4)))


def link(place, chance):
    """What an image may link to: something honest, something odd, or something embedded."""
    return place.filled(chance.choice(chance.choice((_HONEST, _ODD, _ODD, _DATA))))


def _parsed(text):
    return etree.fromstring(text.encode("utf-8"), etree.XMLParser(recover=True, huge_tree=True))


def _relink(image, place, chance):
    for name, share in ((XLINK, 0.8), ("href", 0.3), (SODIPODI, 0.3)):
        if chance.random() < share:
            image.set(name, _told(link(place, chance)))


def _told(text):
    """Without what XML cannot hold."""
    return "".join(letter for letter in text if letter >= " " or letter in "\n\t")


def _any(root, chance):
    return chance.choice(list(root.iter("*")))


def _value(root, place, chance):
    """Another value for an attribute that is there, or one that could be."""
    element = _any(root, chance)
    name = chance.choice(list(element.attrib) or ["id"]) if chance.random() < 0.5 else chance.choice(list(_VALUES))
    if name in (XLINK, "href", SODIPODI) and element.tag == f"{SVG_TAG}image":
        element.set(name, _told(link(place, chance)))
    elif name in _VALUES:
        element.set(name, chance.choice(_VALUES[name]))
    elif name in _COUNTS:
        element.set(name, chance.choice(_NUMBERS))
    else:
        element.set(name, _half(element.get(name, ""), chance) if chance.random() < 0.5 else chance.choice(_ANY))


def _half(value, chance):
    """A value that lost its end, or some letter."""
    at = chance.randrange(len(value) + 1)
    return chance.choice(
        (value[:at], value[:at] + chance.choice(_NUMBERS) + value[at + 1 :], value[:at] + value[at + 1 :])
    )


def _unset(root, _place, chance):
    element = _any(root, chance)
    if len(element.attrib):
        del element.attrib[chance.choice(list(element.attrib))]


def _drop(root, _place, chance):
    element = _any(root, chance)
    if element is not root:
        element.getparent().remove(element)


def _double(root, _place, chance):
    """Put a copy somewhere else, ids and all."""
    element, there = _any(root, chance), _any(root, chance)
    if element is not root:
        there.insert(chance.randrange(len(there) + 1), copy.deepcopy(element))


def _wrap(root, _place, chance, times=1):
    element = _any(root, chance)
    for _ in range(times):
        if element is root:
            return
        tag = chance.choice(("g", "g", "g", "a", "svg", "switch", "symbol", "defs", "clipPath", "unknown", "text"))
        around = etree.Element(f"{SVG_TAG}{'g' if times > 1 else tag}")
        element.addprevious(around)
        around.append(element)
        element = around
        if times == 1 and chance.random() < 0.5:
            around.set("transform", chance.choice(_VALUES["transform"]))


def _deep(root, place, chance):
    _wrap(root, place, chance, chance.choice((60, 300, 1500)))


def _spoiled(content, chance):
    """Bytes changed, cut off or doubled, as a damaged disk or another program may leave them."""
    content = bytearray(content)
    for _ in range(chance.choice((1, 2, 8))):
        at = chance.randrange(len(content))
        how = chance.random()
        if how < 0.6:
            content[at] ^= 1 << chance.randrange(8)
        elif how < 0.8:
            content[at : at + chance.choice((1, 5, 50))] = chance.choice(
                (b"", b"\0", b"<", b"&#0;", b"&b;", b"\xff\xfe")
            )
        elif how < 0.95:
            content[at:at] = content[at : at + 200]
        else:
            del content[max(at, 20) :]
    return bytes(content)
