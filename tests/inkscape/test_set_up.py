"""From the gallery's zip and no engine to a sketch, in real Inkscape, with a package index on this computer."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer import gallery
from tests.support import stand_in_packages
from tests.support.documents import layers
from tests.support.long_runs import IS_LONG
from tests.support.package_index import PackageIndex
from tests.support.pictures import LINES, draw
from tests.support.real_inkscape import ACTION, Inkscape
from tests.support.waiting import wait_until

TITLE = "^Set Up the Engine$"
CUT = "scikit_image"


@pytest.fixture
def index() -> Iterator[PackageIndex]:
    with PackageIndex() as served:
        yield served


@pytest.fixture
def from_the_gallery(inkscape: Inkscape, index: PackageIndex) -> Inkscape:
    """The extension as the Extension Manager unpacks it, in a profile and a CLIPASSO_HOME that have nothing else."""
    for path in (inkscape.profile / "extensions" / "clipasso").rglob("*"):
        if path.is_file():
            path.unlink()
    folder = inkscape.profile / "extensions" / "org.clipasso.sketch"
    file = inkscape.folder / "clipasso.zip"
    file.write_bytes(gallery.content())
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder)
    stand_in_packages.offer(index, folder)
    for name in list(inkscape.environment):
        if name.startswith("PIP_"):
            del inkscape.environment[name]
    inkscape.environment |= {
        **stand_in_packages.environment(index),
        "CLIPASSO_HOME": str(inkscape.home),
        "CLIPASSO_WINDOW": "gtk",
    }
    inkscape.choose(levels="4", quality="draft")
    draw(LINES).save(inkscape.folder / "photo.png")
    return inkscape


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def begun(inkscape: Inkscape) -> tuple[Path, str]:
    """A document with a photo, and what Inkscape is to do with it."""
    document = inkscape.document('<image id="photo" width="300" height="200" xlink:href="photo.png"/>')
    after = inkscape.folder / "after.svg"
    return document, f"select-by-id:photo;{ACTION};export-type:svg;export-filename:{after};export-do"


def the_offer(inkscape: Inkscape) -> str:
    """The window, once it says what it would take."""
    window = inkscape.window(TITLE, 60)
    wait_until(lambda: (inkscape.home / "logs" / "set-up.log").exists(), 60, "install.py")
    wait_until(lambda: not inkscape.processes("install.py"), 60, "the plan")
    inkscape.settle(window)
    return window


def test_an_offer_that_is_not_taken_changes_nothing(from_the_gallery: Inkscape, index: PackageIndex) -> None:
    inkscape = from_the_gallery
    document, actions = begun(inkscape)
    with inkscape.started("--batch-process", f"--actions={actions}", str(document)) as process:
        the_offer(inkscape)
        inkscape.key("alt+c")
        process.wait(20)
    assert layers(inkscape.folder / "after.svg") == {}
    assert index.asked == []
    assert {name.split("/")[0] for name in files_in(inkscape.home)} == {"logs"}


@pytest.mark.skipif(not IS_LONG, reason="takes a minute and a half; CLIPASSO_LONG is not set")
def test_from_no_engine_to_a_sketch_with_the_network_cut_off_in_the_middle(
    from_the_gallery: Inkscape, index: PackageIndex
) -> None:
    inkscape = from_the_gallery
    index.bytes_per_second = 2e6
    cut = next(name for name in index.files if name.startswith(CUT))
    index.cut_after[cut] = 500_000
    document, actions = begun(inkscape)
    with inkscape.started("--batch-process", f"--actions={actions}", str(document)) as process:
        window = the_offer(inkscape)
        inkscape.screenshot("set-up-1-offer")
        assert index.asked == [], "nothing is downloaded before the click"
        assert {name.split("/")[0] for name in files_in(inkscape.home)} <= {"logs"}

        inkscape.key("alt+s")
        wait_until(lambda: any(name.startswith("torch") for name in index.asked_files()), 120, "a download")
        wait_until(lambda: list((inkscape.home / "downloads").glob("torch*.whl")), 120, "the first package")
        inkscape.screenshot("set-up-2-downloading")
        wait_until(lambda: index.is_down, 120, "the cut")
        wait_until(lambda: not inkscape.processes("install.py"), 60, "the end of the installer")
        inkscape.settle(window)
        inkscape.screenshot("set-up-3-cut-off")
        kept = {path.name for path in (inkscape.home / "downloads").glob("*.whl")}
        assert kept == set(index.sent) - {cut}
        assert any(name.startswith("torch") for name in kept)

        index.is_down, index.cut_after, index.bytes_per_second = False, {}, 0.0
        inkscape.key("alt+t")
        wait_until(lambda: (inkscape.home / "engine.json").exists(), 180, "the engine")
        wait_until(lambda: not inkscape.processes("install.py"), 60, "the end of the installer")
        inkscape.settle(window)
        inkscape.screenshot("set-up-4-ready")
        assert len(index.sent) == len(set(index.sent)), "what was there is not downloaded again"
        assert not (inkscape.home / "downloads").exists()
        assert not (inkscape.home / "INCOMPLETE").exists()

        inkscape.key("alt+k")
        process.wait(120)
    after = inkscape.folder / "after.svg"
    assert list(layers(after)) == ["Sketch, 4 strokes"]
    assert 1 <= len(layers(after)["Sketch, 4 strokes"]) <= 4
    command = json.loads((inkscape.home / "engine.json").read_text())["command"]
    assert command[0].startswith(str(inkscape.home))
