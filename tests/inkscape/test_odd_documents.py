"""What the extension takes for seen is what Inkscape shows: clip paths, masks, hidden photos, links, orientation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image

from clipasso_engine.seeing import shapes
from clipasso_engine.seeing.closeup import Box
from tests.support.documents import layers
from tests.support.pictures import LINES, SIZE, draw
from tests.support.real_inkscape import ACTION, Inkscape, render
from tests.support.stand_in import FakeEngine

WIDTH, HEIGHT = SIZE
PAGE = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
PHOTO = f'<image id="photo" width="{WIDTH}" height="{HEIGHT}" xlink:href="photo.png" ATTRIBUTES/>'
ELLIPSE = '<ellipse cx="150" cy="110" rx="90" ry="70"/>'
CLIP = f'<defs><clipPath id="c">{ELLIPSE}</clipPath></defs>'


def photo(attributes: str = "") -> str:
    return PHOTO.replace("ATTRIBUTES", attributes)


CLIPPED = photo('clip-path="url(#c)"')
RECTANGLE = '<clipPath id="d"><rect width="140" height="150"/></clipPath>'

SEEN = {
    "clipped": CLIP + CLIPPED,
    "clipped-by-style": CLIP + photo('style="clip-path:url(#c)"'),
    "clipped-by-a-style-sheet": "<style>.cut { clip-path: url(#c) }</style>" + CLIP + photo('class="cut"'),
    "clipped-group": CLIP + f'<g clip-path="url(#c)"><g opacity="1">{photo()}</g></g>',
    "clipped-twice": CLIP + RECTANGLE + f'<g clip-path="url(#d)">{CLIPPED}</g>',
    "clip-of-a-clip": CLIP.replace('id="c"', 'id="c" clip-path="url(#d)"') + RECTANGLE + CLIPPED,
    "moved-clip": CLIP.replace("<clipPath", '<clipPath transform="translate(60 -30) scale(0.8)"') + CLIPPED,
    "clip-of-a-clone": '<defs><ellipse id="e" cx="150" cy="110" rx="90" ry="70"/><clipPath id="c">'
    '<use xlink:href="#e" transform="rotate(15)"/><rect width="40" height="30"/></clipPath></defs>' + CLIPPED,
    "masked": f'<mask id="m"><g style="fill:#fff">{ELLIPSE}</g></mask>' + photo('mask="url(#m)"'),
    "masked-with-a-hole": '<mask id="m"><rect width="300" height="200" fill="white"/>'
    f'<g style="fill:#000">{ELLIPSE}</g></mask>' + photo('style="mask:url(#m)"'),
    "clip-with-the-even-odd-rule": '<clipPath id="c"><path clip-rule="evenodd" d="M20,20 H280 V180 H20 Z M90,60 H210 '
    'V140 H90 Z"/></clipPath>' + CLIPPED,
    "clip-in-a-nested-svg": CLIP + f'<svg width="300" height="200" viewBox="0 0 300 200">{CLIPPED}</svg>',
    "clip-that-is-missing": photo('clip-path="url(#nowhere)"'),
    "clip-that-hides-nothing": '<clipPath id="c"><rect x="-9" y="-9" width="900" height="900"/></clipPath>' + CLIPPED,
}


@pytest.fixture
def user(inkscape: Inkscape, fake_engine: FakeEngine) -> Inkscape:
    draw(LINES).save(inkscape.folder / "photo.png")
    fake_engine.play(width=WIDTH, height=HEIGHT, strokes=LINES)
    return inkscape


def job(engine: FakeEngine) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(engine.heard.read_text().splitlines()[-1])["job"]
    return found


def shown(path: Path) -> NDArray[np.bool_]:
    """Where the page that Inkscape exported is not transparent."""
    alpha = Image.open(path).convert("RGBA").getchannel("A").resize(SIZE)
    return np.asarray(alpha) > 127


def covered(clips: Any) -> NDArray[np.bool_]:
    left = shapes.within((), [tuple(map(_tuples, clip)) for clip in clips], (HEIGHT, WIDTH))
    if not left:
        return np.ones((HEIGHT, WIDTH), bool)
    return shapes.coverage(left, (HEIGHT, WIDTH), Box(0, 0, WIDTH, HEIGHT), (HEIGHT, WIDTH)) > 0.5


def _tuples(shape: Any) -> Any:
    return tuple(tuple(map(tuple, ring)) for ring in shape)


def export(path: Path) -> list[str]:
    return [f"export-type:png;export-filename:{path};export-do"]


@pytest.mark.parametrize("name", SEEN)
def test_the_mask_is_what_is_seen(user: Inkscape, fake_engine: FakeEngine, name: str) -> None:
    picture = user.folder / "page.png"
    user.run(user.document(SEEN[name], PAGE), *export(picture), "select-by-id:photo", ACTION)
    asked, seen = covered(job(fake_engine)["clips"]), shown(picture)
    assert seen.mean() > 0.05
    assert (asked != seen).mean() < 0.01


def test_inkscape_shows_photos_that_are_not_visible(user: Inkscape, fake_engine: FakeEngine) -> None:
    picture = user.folder / "page.png"
    user.run(user.document(f'<g visibility="hidden">{photo()}</g>', PAGE), *export(picture), ACTION)
    assert shown(picture).all()
    assert job(fake_engine)


HIDDEN = {
    "display": '<g style="display:none">{}</g>',
    "display-by-attribute": '<g display="none"><g>{}</g></g>',
    "opacity": '<g style="opacity:0">{}</g>',
    "style-sheet": "<style>.gone {{ display: none }}</style><g class='gone'>{}</g>",
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_hidden_photo_is_not_there(user: Inkscape, fake_engine: FakeEngine, name: str) -> None:
    draw(LINES).rotate(180).save(user.folder / "other.png")
    other = photo().replace('id="photo"', 'id="other"').replace("photo.png", "other.png")
    document = user.document(HIDDEN[name].format(other) + photo(), PAGE)
    alone = user.document(HIDDEN[name].format(other), PAGE, name="alone.svg")
    after, picture = user.folder / "after.svg", user.folder / "alone.png"
    user.run(alone, *export(picture))
    assert not shown(picture).any(), "so Inkscape, too, shows nothing of it"
    user.run(document, ACTION, f"export-type:svg;export-filename:{after};export-do")
    assert Path(job(fake_engine)["photo"]).name == "photo.png"
    assert layers(after)


def test_of_two_links_it_takes_the_one_that_inkscape_shows(user: Inkscape, fake_engine: FakeEngine) -> None:
    Image.new("RGB", SIZE, "red").save(user.folder / "plain.png")
    Image.new("RGB", SIZE, "blue").save(user.folder / "xlink.png")
    links = photo('href="plain.png"').replace("photo.png", "xlink.png")
    picture = user.folder / "page.png"
    user.run(user.document(links, PAGE), *export(picture), "select-by-id:photo", ACTION)
    colour = Image.open(picture).convert("RGB").getpixel((WIDTH // 2, HEIGHT // 2))
    expected = {(255, 0, 0): "plain.png", (0, 0, 255): "xlink.png"}[colour]  # type: ignore[index]
    assert Path(job(fake_engine)["photo"]).name == expected


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("orientation", [3, 6])
def test_a_photo_lies_as_inkscape_shows_it(
    user: Inkscape, fake_engine: FakeEngine, suffix: str, orientation: int
) -> None:
    stored = Image.new("RGB", (120, 80), "white")
    stored.paste("black", (0, 0, 40, 80))  # the left third
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    file = user.folder / f"turned{suffix}"
    stored.save(file, exif=exif)
    picture = user.folder / "page.png"
    element = photo("preserveAspectRatio='none'").replace("photo.png", file.name)
    user.run(user.document(element, PAGE), *export(picture), "select-by-id:photo", ACTION)
    page = np.asarray(Image.open(picture).convert("L").resize(SIZE))
    dark = {"left": page[:, :20], "right": page[:, -20:], "top": page[:20], "bottom": page[-20:]}
    side = min(dark, key=lambda name: dark[name].mean())
    upright = {3: "right", 6: "top"}[orientation]
    assert side in ("left", upright)
    assert job(fake_engine)["upright"] == (side == upright)


SPOILED = {
    "faded": '<g id="layer" style="opacity:0.3">{}</g>',
    "blended": '<g id="layer" style="mix-blend-mode:multiply">{}</g>',
    "blurred": '<defs><filter id="f"><feGaussianBlur stdDeviation="9"/></filter></defs>'
    '<g id="layer" style="filter:url(#f)">{}</g>',
    "clipped": '<defs><clipPath id="k"><rect width="300" height="90"/></clipPath></defs>'
    '<g id="layer" clip-path="url(#k)">{}</g>',
    "hidden": '<g id="layer" style="display:none">{}</g>',
    "plain": '<g id="layer">{}</g>',
}


@pytest.mark.parametrize("name", SPOILED)
def test_the_strokes_look_the_same_wherever_the_photo_is(user: Inkscape, name: str) -> None:
    user.choose(strokes="4")
    content = SPOILED[name].format(photo())
    document = user.document(content, PAGE)
    alone, whole = user.folder / "alone.png", user.folder / "whole.png"
    run = ["select-by-id:photo", ACTION]
    user.run(document, *run, *export(whole), *render("sketch-4", alone))
    ink = np.asarray(Image.open(alone).convert("RGBA").getchannel("A").resize(SIZE)) > 250
    page = np.asarray(Image.open(whole).convert("RGB").resize(SIZE)).astype(int)
    assert ink.sum() > 100
    assert np.median(page[ink].max(axis=1)) < 60, "black, not grey, not gone"
