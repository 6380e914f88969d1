"""Photos made to harm: each comes to a picture or to one clear sentence, soon, in 1.5 GB; nothing else is touched."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from clipasso_engine.contract import file_kinds
from tests.support import photo_bombs, photo_mutations
from tests.support.long_runs import record, tries
from tests.support.photo_reader import Reader

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")

_SECONDS = 30  # a tenth is what was measured; more lets a test take long until it fails
_MB = 1500
_BOMBS = dict(photo_bombs.bombs())


def check(answer: dict[str, Any], path: Path) -> None:
    assert answer["bug"] == ""
    assert answer["beside"] == []
    assert answer["seconds"] < _SECONDS
    assert answer["mb"] < _MB
    assert answer["told"] or min(answer["size"]) >= 16
    if answer["told"]:
        assert answer["told"].startswith(str(path))
        assert answer["told"].endswith(".")
        assert "\n" not in answer["told"]
        assert "Traceback" not in answer["told"]


@pytest.fixture(scope="module")
def reader() -> Any:
    with Reader() as process:
        yield process


@pytest.mark.parametrize("name", _BOMBS)
def test_bombs(tmp_path: Path, reader: Reader, name: str) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(_BOMBS[name])
    check(reader.load(path), path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sequential scans, 22,000 px", "too large: 22000 x 22000 pixels, and at most 64 million"),
        ("sequential scans, CMYK", "too large: 22000 x 22000 pixels, and at most 64 million"),
        ("progressive, 3,000 scans", "too many scans"),
        ("progressive, 100 scans of 64 million", "too many scans"),
        ("junk between segments", "too many or too large parts beside the picture"),
        ("EXIF again and again", "too many or too large parts beside the picture"),
        ("iCCP again and again", "too many or too large parts beside the picture"),
        ("GIF of empty extensions", "too many or too large parts beside the picture"),
        ("BMP of run lengths", "too many or too large parts beside the picture"),
        ("tiles of 60,000 px", "too many or too large parts beside the picture"),
        ("offsets of 1 byte strips", "too many or too large parts beside the picture"),
        ("TIFF of 60,000 px", "too many pixels"),
        ("compression 34925", "a TIFF in a rare compression"),
        ("lossless", "a lossless or hierarchical JPEG"),
        ("PPM with a long comment", "a portable pixmap of another kind"),
        ("WebP of 16000 px", "too large: 16000 x 16000 pixels, and at most 36 million"),
        ("icon", "is an icon"),
        ("cursor", "is an icon"),
        ("Apple's icon", "is an icon"),
        ("IPTC with EPS inside", "is not an image that can be read here. Save the photo as PNG or JPEG."),
        ("EPS", "a PostScript document"),
    ],
)
def test_what_is_refused_is_told_why(tmp_path: Path, reader: Reader, name: str, words: str) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(_BOMBS[name])
    answer = reader.load(path)
    assert words in answer["told"]
    assert answer["mb"] < 100


@pytest.mark.parametrize("name", ["one scan, 22,000 px", "progressive, 20 scans of 64 million", "TIFF, plain"])
def test_what_is_large_but_honest_is_read(tmp_path: Path, reader: Reader, name: str) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(_BOMBS[name])
    assert reader.load(path)["told"] == ""


def test_mutated_photos(tmp_path: Path, reader: Reader) -> None:
    count = tries(check=120, long=12_000)
    start = time.monotonic()
    came = Counter[str]()
    most = {"seconds": 0.0, "mb": 0}
    for number in range(count):
        suffix, content = photo_mutations.mutated(number)
        path = tmp_path / f"{number}{suffix}"
        path.write_bytes(content)
        answer = reader.load(path)
        check(answer, path)
        # What the extension does not take for a photo, it does not hand on.
        assert answer["told"] or file_kinds.is_photo(content[: file_kinds.HEAD_BYTES])
        path.unlink()
        came[answer["told"].removeprefix(str(path)).partition("(")[0] or "read"] += 1
        most = {name: max(value, answer[name]) for name, value in most.items()}
    assert came["read"] > count / 20
    assert came["read"] < count
    record(
        "photos",
        tries=count,
        bombs=len(_BOMBS),
        most=most,
        seconds=round(time.monotonic() - start),
        came=came.most_common(20),
    )


def test_a_mutation_is_told_by_its_number() -> None:
    digests = [hashlib.sha256(photo_mutations.mutated(number)[1]).hexdigest() for number in (5, 6, 5)]
    assert digests[0] == digests[2] != digests[1]


def test_lack_of_memory_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "photo.ppm"
    path.write_bytes(b"P6\n6000 6000\n255\n")
    os.truncate(path, 6000 * 6000 * 3 + 17)  # black, and takes no room on the disk
    with Reader(address_space=4 << 30) as enough:
        assert enough.load(path)["told"] == ""
        held = enough.address_space_mb()
    with Reader(address_space=(held + 60) << 20) as little:
        answer = little.load(path)
    assert answer["bug"] == ""
    assert answer["told"].startswith("There is not enough memory for this sketch.")


def test_the_watch_sees_what_it_watches_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that is loaded at start and makes the decoder of BMP open a file and start a process."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\n"
        "def misled(*_):\n"
        "    open(os.devnull).close()\n"
        "    os.system('true')\n"
        "    raise OSError('misled')\n"
        "from PIL import BmpImagePlugin\n"
        "BmpImagePlugin.BmpImageFile._open = misled\n"
    )
    path = tmp_path / "photo.bmp"
    path.write_bytes(photo_bombs.encoded(photo_bombs.picture(), "BMP"))
    with Reader(python_path=tmp_path) as process:
        beside = process.load(path)["beside"]
    assert f"open {os.devnull}" in beside
    assert any(event.startswith("os.system") for event in beside)
