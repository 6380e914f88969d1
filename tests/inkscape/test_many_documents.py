"""A sketch lies on what Inkscape shows of its photo, in many odd documents: all of them in a few calls, to be fast."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import binary_erosion

from clipasso_engine.contract import layer_format
from clipasso_engine.seeing import shapes
from clipasso_engine.seeing.closeup import Box
from tests.support import odd_documents, shown
from tests.support.odd_documents import Document
from tests.support.pictures import LINE_WIDTH, LINES, SIZE, draw, misses
from tests.support.real_inkscape import SECOND, Inkscape
from tests.support.stand_in import FakeEngine

TOLERANCE = 0.015  # of the photo's width
_SEEN = 40  # of 255: how opaque is what is seen
_PLACE, _VIEW = (f"{{{layer_format.NAMESPACE}}}{name}" for name in ("place", "view"))
_FINER = 2  # times the photo's pixels, of what is compared

Pixels = NDArray[np.bool_]


@dataclass(frozen=True, repr=False)
class Found:
    """What came of one document."""

    told: str
    page: NDArray[np.uint8]  # [H, W, 4] as Inkscape shows it
    ink: Pixels | None = None  # [H, W] where the sketch's strokes are
    region: Pixels | None = None  # [H, W] what of the photo the engine was told is seen


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, display: str, artefacts: Path) -> dict[str, Found]:
    """All documents, read and drawn on."""
    folder = tmp_path_factory.mktemp("documents")
    user, engine = Inkscape(folder, display, artefacts), FakeEngine(folder)
    user.install(engine.command)
    return look_at({**odd_documents.SHOWN, **odd_documents.HIDDEN}, user, engine)


def look_at(documents: dict[str, Document], inkscape: Inkscape, engine: FakeEngine) -> dict[str, Found]:
    """Have the extension draw known strokes in each document, and Inkscape show it before and after."""
    folder = inkscape.folder
    draw(LINES).save(folder / "photo.png")
    draw(LINES).rotate(180).save(folder / "other.png")
    engine.play(width=SIZE[0], height=SIZE[1], strokes=LINES, stroke_width=LINE_WIDTH)
    names = {name: re.sub(r"\W+", "-", name) for name in documents}
    made = {
        name: inkscape.document(document.content, document.attributes, f"{names[name]}.svg")
        for name, document in documents.items()
    }
    handed, pages, drawn = (
        {name: folder / kind / f"{names[name]}{end}" for name in made}
        for kind, end in (("handed", ".svg"), ("pages", ".png"), ("drawn", ".svg"))
    )
    for kind in ("handed", "pages", "drawn", "ink", "region"):
        (folder / kind).mkdir()
    shown.handed_over(inkscape, {made[name]: handed[name] for name in made})
    shown.pictures(inkscape, {made[name]: pages[name] for name in made})
    runs = [
        {
            "document": str(handed[name]),
            "saved_as": str(made[name]),
            "output": str(drawn[name]),
            "options": ["--tab=sketch", "--levels=4"],
        }
        for name in made
    ]
    told = dict(zip(made, shown.extended(inkscape, runs), strict=True))
    jobs = iter(message["job"] for message in engine.messages() if "job" in message)
    sketched = [name for name in made if not told[name]]
    for name in sketched:
        _add_region(drawn[name], next(jobs)["clips"])
    layers = {}
    for kind, identifier in (("ink", "sketch-4"), ("region", "seen")):
        files = {name: folder / kind / f"{names[name]}.png" for name in sketched}
        shown.pictures(inkscape, {drawn[name]: files[name] for name in sketched}, identifier)
        layers[kind] = {name: pixels(file)[..., 3] > 127 for name, file in files.items()}
    return {
        name: Found(told[name], pixels(pages[name]), layers["ink"].get(name), layers["region"].get(name))
        for name in made
    }


def pixels(path: Path) -> NDArray[np.uint8]:
    return np.asarray(Image.open(path).convert("RGBA"))


def _add_region(document: Path, clips: Any) -> None:
    """Put what the engine was told is seen of the photo into ``document`` as a picture, to have Inkscape show it."""
    tree = ElementTree.parse(document)
    layer = next(each for each in tree.iter() if each.get("id") == "sketch-4")
    around = next(each for each in tree.iter() if layer in list(each))
    size = (SIZE[0] * _FINER, SIZE[1] * _FINER)
    view = [float(word) for word in layer.get(_VIEW, f"0 0 {SIZE[0]} {SIZE[1]}").split()]
    mask = Image.new("L", size)
    left, top, right, bottom = (round(value * _FINER) for value in view)
    mask.paste((255,), (left, top, right, bottom))
    shape = shapes.within((), [tuple(map(_tuples, clip)) for clip in clips], SIZE[::-1])
    if shape:
        inside = shapes.coverage(shape, SIZE[::-1], Box(0, 0, *SIZE), size[::-1]) > 0.5
        mask = Image.fromarray(np.asarray(mask) * inside)
    stream = io.BytesIO()
    Image.merge("LA", (mask, mask)).save(stream, "PNG")
    attributes = {
        "id": "seen",
        "width": str(SIZE[0]),
        "height": str(SIZE[1]),
        "transform": f"matrix({layer.get(_PLACE)})",
        "{http://www.w3.org/1999/xlink}href": f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}",
    }
    around.append(ElementTree.Element("{http://www.w3.org/2000/svg}image", attributes))
    tree.write(document)


def _tuples(shape: Any) -> Any:
    return tuple(tuple(map(tuple, ring)) for ring in shape)


@pytest.mark.parametrize("name", odd_documents.SHOWN)
def test_the_sketch_lies_where_inkscape_shows_the_photo(found: dict[str, Found], name: str) -> None:
    here, document = found[name], odd_documents.SHOWN[name]
    assert here.told == ""
    if document.on_screen_only and not SECOND:
        return
    assert here.ink is not None and here.region is not None  # noqa: PT018
    seen = here.page[..., 3] > _SEEN
    assert seen.mean() > 0.02
    tolerance = TOLERANCE * (here.region | seen).any(axis=0).sum()
    lines = seen & (here.page[..., 0] < 128)
    inner = binary_erosion(seen, iterations=max(1, round(tolerance)))
    missed, stray = misses(lines, here.ink, tolerance), misses(here.ink & inner, lines, tolerance)
    assert (missed, stray) == (0, 0), "strokes lie on all lines that are seen, and nowhere else"
    if document.region:
        unknown = 0.0 if document.pads and SECOND else misses(seen, here.region, tolerance)
        assert (unknown, misses(here.region, seen, tolerance)) == (0, 0), (
            "the engine looks at what is seen, and no more"
        )


@pytest.mark.parametrize("name", odd_documents.HIDDEN)
def test_what_inkscape_does_not_show_is_not_drawn(found: dict[str, Found], name: str) -> None:
    told, most = found[name].told, found[name].page[..., 3].max()
    assert most <= 2, "so Inkscape shows nothing of it"
    assert told
    assert "Traceback" not in told
