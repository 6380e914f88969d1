"""What a warm engine remembers of a photo: the same strokes as without, computed once; and nothing of another photo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clipasso_engine import pipeline
from clipasso_engine.choosing import selection
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.sketch import Sketch
from clipasso_engine.optimising import optimizer
from clipasso_engine.sketching import last_photo, levels
from clipasso_engine.sketching.last_photo import LastPhoto
from tests.support import scenes

pytestmark = pytest.mark.usefixtures("one_thread")

Drawn = tuple[list[Sketch], dict[str, Any]]


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> SketchJob:
    path = tmp_path_factory.mktemp("photos") / "disc.png"
    scenes.saved(scenes.on_ground(scenes.ellipse(150, 200, (100, 75), (50, 45))), path)
    return SketchJob(str(path), levels=(6,), quality="draft", device="cpu", guidance="boundary")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How often lines were fitted, and levels optimised."""
    counts = {"fitted": 0, "optimised": 0}
    fit, optimize = selection.Candidates.of, optimizer.optimize

    def fitting(*arguments: Any) -> Any:
        counts["fitted"] += 1
        return fit(*arguments)

    def optimising(*arguments: Any) -> Any:
        counts["optimised"] += 1
        return optimize(*arguments)

    monkeypatch.setattr(selection.Candidates, "of", fitting)
    monkeypatch.setattr(levels, "optimize", optimising)
    return counts


def draw(job: SketchJob, memory: LastPhoto | None = None, stop: bool = False) -> Drawn:
    return pipeline.sketch(job, lambda _message: None, lambda: stop, None, memory)


def test_the_same_job_again_computes_nothing_and_gives_the_same(job: SketchJob, counted: dict[str, int]) -> None:
    memory = LastPhoto()
    first, report = draw(job, memory)
    assert report["remembered"] == 0
    before = dict(counted)
    again, report = draw(job, memory)
    assert again == first
    assert report["remembered"] == 1
    assert report["strokes"] == [len(first[0].strokes)]
    assert counted == before


@pytest.mark.parametrize(
    "change", [{"levels": (8, 6, 4)}, {"seed": 3}, {"candidates": 2}, {"segments": 2}, {"quality": "normal"}], ids=str
)
def test_what_changes_is_drawn_as_without_memory(
    job: SketchJob, change: dict[str, Any], counted: dict[str, int]
) -> None:
    memory = LastPhoto()
    draw(job, memory)
    before = dict(counted)
    other = replace(job, **change)
    sketches, report = draw(other, memory)
    assert counted["fitted"] == before["fitted"], "its lines are known"
    assert counted["optimised"] == before["optimised"] + len(other.levels) - report["remembered"]
    assert report["remembered"] == (1 if "levels" in change else 0)
    assert sketches == draw(other)[0]


@pytest.mark.parametrize(
    "change",
    [
        {"background": "keep"},
        {"mask": ((((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)),),)},
        {"details": ((((0.4, 0.4), (0.9, 0.4), (0.9, 0.9), (0.4, 0.9)),),)},
        {"background_strokes": 4},
    ],
    ids=lambda change: next(iter(change)),
)
def test_other_lines_are_looked_for_again(job: SketchJob, change: dict[str, Any]) -> None:
    memory = LastPhoto()
    draw(job, memory)
    other = replace(job, **change)
    sketches, report = draw(other, memory)
    assert report["remembered"] == 0
    assert sketches == draw(other)[0]


def test_another_photo_begins_anew(job: SketchJob, tmp_path: Path) -> None:
    memory = LastPhoto()
    draw(job, memory)
    scenes.saved(scenes.on_ground(scenes.ellipse(150, 200, (100, 75), (30, 60))), tmp_path / "other.png")
    other = replace(job, photo=str(tmp_path / "other.png"))
    sketches, report = draw(other, memory)
    assert report["remembered"] == 0
    assert sketches == draw(other)[0]
    assert draw(job, memory)[1]["remembered"] == 0, "one photo is remembered, not two"


def test_what_was_cut_short_is_not_kept(job: SketchJob) -> None:
    memory = LastPhoto()
    draw(job, memory, stop=True)
    sketches, report = draw(job, memory)
    assert report["remembered"] == 0
    assert sketches == draw(job)[0]


def test_what_fails_is_asked_again_and_memory_is_bounded() -> None:
    memory = LastPhoto()

    def fail() -> None:
        raise ValueError("no lines")

    for _ in range(2):
        with pytest.raises(ValueError, match="no lines"):
            memory.look("key", fail)
    for number in range(50):
        memory.look(number, lambda: object())
    assert len(memory._looks) == last_photo._MOST_LOOKS
    kept = [memory.look(number, lambda: None) is not None for number in range(49, 39, -1)]
    assert kept == [True] * last_photo._MOST_LOOKS + [False] * 2
