"""One run, from the selection to the saved document, in the real Inkscape."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from clipasso_engine import __version__
from clipasso_engine.contract import layer_format
from tests.support.dialog import read_message
from tests.support.documents import content, layers
from tests.support.pictures import LINES, SIZE, draw
from tests.support.real_inkscape import ACTION, SECOND, Inkscape
from tests.support.stand_in import FakeEngine
from tests.support.waiting import wait_until

ATTRIBUTES = 'width="100mm" height="80mm" viewBox="0 0 100 80"'
CONTENT = (
    '<g id="group"><rect id="frame" width="5" height="5" fill="teal"/>'
    '<image id="photo" x="10" y="10" width="75" height="50" xlink:href="photo.png"/></g>'
)
SELECT = "select-by-id:photo"


@pytest.fixture
def document(inkscape: Inkscape) -> Path:
    draw(LINES).save(inkscape.folder / "photo.png")
    return inkscape.document(CONTENT, ATTRIBUTES)


def save(path: Path) -> str:
    return f"export-type:svg;export-filename:{path};export-do"


def test_levels_become_layers_that_remember_and_undo_is_one_step(
    inkscape: Inkscape, fake_engine: FakeEngine, document: Path, tmp_path: Path
) -> None:
    fake_engine.play(width=SIZE[0], height=SIZE[1], strokes=LINES)
    inkscape.choose(levels="4, 2, 1", seed="7", visible="fewest", time_budget="60")
    before, once, twice, undone = (tmp_path / f"{name}.svg" for name in ("before", "once", "twice", "undone"))
    run = [SELECT, ACTION]
    inkscape.run(document, save(before), *run, save(once), *run, save(twice), "undo", "undo", save(undone))

    found = layers(once)
    assert list(found) == ["Sketch, 1 stroke", "Sketch, 2 strokes", "Sketch, 4 strokes"]
    assert [group.get("style") for group in found.values()] == [None, "display:none", "display:none"]
    assert [len(group) for group in found.values()] == [1, 2, 4]
    metadata = layer_format.LayerMetadata.from_attributes(found["Sketch, 4 strokes"].attrib)
    assert metadata is not None
    assert (metadata.strokes, metadata.seed, metadata.photo_id, metadata.engine) == (4, 7, "photo", __version__)
    group = ElementTree.parse(once).find(".//*[@id='group']")
    assert group is not None
    assert [child.get("id") for child in group][:3] == ["frame", "photo", "sketch-1"]

    again = layers(twice)
    assert len(again) == 6
    assert {name: ElementTree.tostring(again[name]) for name in found} == {
        name: ElementTree.tostring(group) for name, group in found.items()
    }
    if not SECOND:  # 1.4 undoes nothing of any extension in a batch; in a window it does
        assert content(undone) == content(before)
    assert content(once) != content(before)


def test_a_plain_svg_keeps_the_metadata(
    inkscape: Inkscape, fake_engine: FakeEngine, document: Path, tmp_path: Path
) -> None:
    fake_engine.play(width=SIZE[0], height=SIZE[1], strokes=LINES)
    plain = tmp_path / "plain.svg"
    inkscape.run(document, SELECT, ACTION, "export-plain-svg", save(plain))
    (group,) = (group for group in ElementTree.parse(plain).iter() if group.get("id") == "sketch-16")
    assert layer_format.LayerMetadata.from_attributes(group.attrib) is not None
    assert "xmlns:clipasso=" in plain.read_text()


@pytest.mark.parametrize(
    ("name", "select", "behaviour"),
    [
        ("no-photo-there", "select-by-id:frame", "user error"),
        ("engine-of-another-version", SELECT, "other version"),
        ("engine-killed", SELECT, "dies"),
    ],
)
def test_a_failing_run_shows_a_sentence_and_leaves_the_document(
    inkscape: Inkscape, fake_engine: FakeEngine, document: Path, tmp_path: Path, name: str, select: str, behaviour: str
) -> None:
    fake_engine.play(width=SIZE[0], height=SIZE[1], strokes=LINES, behaviour=behaviour)
    if name == "no-photo-there":
        (inkscape.folder / "photo.png").unlink()
        document = inkscape.document(CONTENT[: CONTENT.index("<image")] + "</g>", ATTRIBUTES)
    before, after = tmp_path / "before.svg", tmp_path / "after.svg"
    actions = ";".join([save(before), select, ACTION, save(after)])
    with inkscape.started("--batch-process", f"--actions={actions}", str(document)) as process:
        read_message(inkscape, name)
        assert not inkscape.processes("sketch_image.py", "fake_worker.py")
        process.wait(30)
    assert content(after) == content(before)


def cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("victim", ["engine", "extension", "Inkscape"])
def test_nothing_is_left_3_seconds_after_a_kill(
    inkscape: Inkscape, document: Path, tmp_path: Path, victim: str
) -> None:
    """With the real engine, in the middle of its work."""
    inkscape.choose(levels="64", quality="best")
    before, after = tmp_path / "before.svg", tmp_path / "after.svg"
    actions = ";".join([save(before), SELECT, ACTION, save(after)])
    with inkscape.started("--batch-process", f"--actions={actions}", str(document)) as process:
        (extension,) = wait_until(lambda: inkscape.processes("sketch_image.py"), 60, "the extension")
        (engine,) = wait_until(lambda: inkscape.processes("clipasso_engine"), 60, "the engine")
        wait_until(lambda: cpu_seconds(engine) > 3, 60, "the engine at work")
        os.kill({"engine": engine, "extension": extension, "Inkscape": process.pid}[victim], signal.SIGKILL)
        if victim == "Inkscape":
            process.wait()
        wait_until(lambda: not inkscape.processes("sketch_image.py", "clipasso_engine"), 3, f"the end of {victim}")
        if victim == "engine":
            read_message(inkscape, "engine-killed-at-work")
        if victim != "Inkscape":
            process.wait(30)
            assert content(after) == content(before)
