"""The engine sees of a photo what Inkscape shows of it, in many odd files: all of them in a few calls, to be fast."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from clipasso_engine.seeing import photo
from tests.support import odd_photos, shown
from tests.support.pictures import SIZE, misses
from tests.support.real_inkscape import Inkscape
from tests.support.stand_in import FakeEngine

TOLERANCE = 0.015  # of the photo's width
_PAGE = f'width="{SIZE[0]}" height="{SIZE[1]}" viewBox="0 0 {SIZE[0]} {SIZE[1]}"'
_MISSING = "missing.png"
_APART = {"premultiplied.tif": 24, **{f"png-turned-{number}.png": 24 for number in (5, 6, 7, 8)}}
"""How much, of 255, colours may differ where it is not little: Inkscape multiplies the one with its alpha once more,
and 1.4 goes on with the edge of the others, which are upright there, to that of their wide box."""


@dataclass(frozen=True, repr=False)
class Found:
    """What came of one photo."""

    path: Path
    told: str
    job: dict[str, Any]
    page: NDArray[np.uint8]  # [H, W, 3] as Inkscape shows it, on white


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, display: str, artefacts: Path) -> dict[str, Found]:
    """All photos, shown and handed to the engine."""
    folder = tmp_path_factory.mktemp("photos")
    user, engine = Inkscape(folder, display, artefacts), FakeEngine(folder)
    user.install(engine.command)
    (folder / "drawn").mkdir()
    documents = {}
    for number, (name, make) in enumerate({_MISSING: lambda _path: None, **odd_photos.PHOTOS}.items()):
        make(folder / name)
        image = f'<image id="photo" width="{SIZE[0]}" height="{SIZE[1]}" xlink:href="{quote(name)}"/>'
        documents[name] = user.document(image, _PAGE, f"{number}.svg")
    pages = {name: folder / f"{document.stem}.page.png" for name, document in documents.items()}
    shown.pictures(user, {documents[name]: pages[name] for name in documents})
    runs = [
        {
            "document": str(document),
            "saved_as": str(document),
            "output": str(folder / "drawn" / document.name),
            "options": ["--tab=sketch"],
        }
        for document in documents.values()
    ]
    told = dict(zip(documents, shown.extended(user, runs), strict=True))
    jobs = {Path(message["job"]["photo"]).name: message["job"] for message in engine.messages() if "job" in message}
    return {name: Found(folder / name, told[name], jobs.get(name, {}), _on_white(pages[name])) for name in documents}


def _on_white(path: Path) -> NDArray[np.uint8]:
    picture = Image.open(path).convert("RGBA").resize(SIZE, Image.Resampling.BOX)
    white = Image.new("RGBA", SIZE, "white")
    white.alpha_composite(picture)
    return np.asarray(white.convert("RGB"))


def _seen(here: Found) -> NDArray[np.uint8]:
    """What the engine sees of a photo, where the document has it."""
    loaded = photo.load(here.path, upright=here.job["upright"])
    scale = min(SIZE[0] / loaded.width, SIZE[1] / loaded.height)
    size = (round(loaded.width * scale), round(loaded.height * scale))
    page = Image.new("RGB", SIZE, "white")
    place = ((SIZE[0] - size[0]) // 2, (SIZE[1] - size[1]) // 2)
    page.paste(Image.fromarray(loaded.rgb).resize(size, Image.Resampling.LANCZOS), place)
    return np.asarray(page)


@pytest.mark.parametrize("name", odd_photos.PHOTOS)
def test_the_engine_sees_what_inkscape_shows(found: dict[str, Found], name: str) -> None:
    here = found[name]
    assert here.told == ""
    seen = _seen(here)
    if np.array_equal(here.page, found[_MISSING].page):
        pytest.skip("this Inkscape does not show such files")
    dark, drawn = (np.asarray(_small(picture)).mean(axis=2) < _between(picture) for picture in (seen, here.page))
    tolerance = TOLERANCE * dark.shape[1]
    assert (misses(dark, drawn, tolerance), misses(drawn, dark, tolerance)) == (0, 0)
    assert np.abs(np.subtract(_small(seen), _small(here.page), dtype=float)).mean() < _APART.get(name, 4)


def _small(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Without the grain of pictures of few colours."""
    return np.asarray(Image.fromarray(picture).reduce(2))


def _between(picture: NDArray[np.uint8]) -> float:
    """The grey between ink and paper."""
    return float(np.percentile(_small(picture).mean(axis=2), (1, 99)).mean())
