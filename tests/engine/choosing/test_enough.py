"""``--strokes auto``: the fewest strokes that still carry the drawing."""

from __future__ import annotations

import json
from pathlib import Path

import skimage.data

from clipasso_engine import cli
from clipasso_engine.contract.job import AUTO, SketchJob

PHOTOS = Path(skimage.data.__file__).parent


def _strokes(name: str, folder: Path) -> int:
    report = folder / "report.json"
    out = ["-o", str(folder / "out.svg"), "--report", str(report), "--quiet", "--quality", "draft"]
    assert cli.main(["sketch", str(PHOTOS / name), "--strokes", "auto", "--guidance", "boundary", *out]) == 0
    (count,) = json.loads(report.read_text("utf-8"))["strokes"]
    assert f'inkscape:label="Sketch, {count} strokes"' in (folder / "out.svg").read_text("utf-8")
    return int(count)


def test_a_simple_shape_gets_fewer_strokes_than_a_busy_photo(tmp_path: Path) -> None:
    assert 4 <= _strokes("horse.png", tmp_path) < _strokes("motorcycle_left.png", tmp_path) <= 32


def test_no_level_leaves_the_choice_to_the_engine() -> None:
    assert SketchJob("photo.png", levels=()).levels == AUTO
