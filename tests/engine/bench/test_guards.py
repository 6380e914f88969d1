"""Ratios of what drawing costs, held so loosely that only a change of the method breaks them, not a busy machine.

Both sides of a ratio are measured in one test, by processor time. ``clipasso bench`` gives the figures themselves.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from clipasso_engine import pipeline
from clipasso_engine.bench import rasterizer
from clipasso_engine.bench.setting import picture, seconds
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.optimising.rasterizer import render
from clipasso_engine.seeing import photo
from clipasso_engine.sketching.last_photo import LastPhoto

pytestmark = [pytest.mark.usefixtures("one_thread"), pytest.mark.benchmark(timer=time.process_time)]


def median_of(benchmark: Any, work: Any, rounds: int) -> float:
    benchmark.pedantic(work, rounds=rounds, warmup_rounds=1)
    return float(benchmark.stats.stats.median)


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SketchJob:
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "home"))
    Image.fromarray(picture("coffee")[::2, ::2]).save(tmp_path / "cup.png")
    return SketchJob(str(tmp_path / "cup.png"), quality="draft", device="cpu", guidance="boundary")


def draw(job: SketchJob, memory: LastPhoto) -> None:
    pipeline.sketch(job, lambda _event: None, lambda: False, None, memory)


def test_drawing_costs_by_the_stroke(benchmark: Any) -> None:
    def drawing(strokes: int) -> Any:
        points = rasterizer.scene(strokes)
        return lambda: render(points.clone().requires_grad_(True), 224, 224, 3.0).sum().backward()

    few = statistics.median(seconds(drawing(16), 30))
    assert median_of(benchmark, drawing(64), 30) <= 8 * few, "4 times the strokes, 4 times the work"


def test_the_same_photo_again_costs_a_fraction(benchmark: Any, job: SketchJob) -> None:
    new = statistics.median(seconds(lambda: draw(job, LastPhoto()), 2))  # though its boundaries are in the cache
    memory = LastPhoto()
    draw(job, memory)
    assert median_of(benchmark, lambda: draw(job, memory), 5) <= new / 3


def test_another_seed_costs_less_than_a_new_photo(benchmark: Any, job: SketchJob) -> None:
    new = statistics.median(seconds(lambda: draw(job, LastPhoto()), 2))
    memory, seeds = LastPhoto(), iter(range(1, 100))
    draw(job, memory)
    assert median_of(benchmark, lambda: draw(replace(job, seed=next(seeds)), memory), 5) <= 0.7 * new


def test_a_large_jpeg_is_not_decoded_whole(benchmark: Any, tmp_path: Path) -> None:
    side = 4000  # of which half is a little less than the working size
    path = tmp_path / "large.jpg"
    Image.fromarray(np.asarray(picture("astronaut"))).resize((side, side), Image.Resampling.BILINEAR).save(path)

    def whole() -> None:
        with Image.open(path) as image:
            np.asarray(image.convert("RGB").resize((2048, 2048), Image.Resampling.LANCZOS, reducing_gap=2.0))

    assert median_of(benchmark, lambda: photo.load(path), 3) <= 0.5 * statistics.median(seconds(whole, 3))


def test_steps_are_timed_without_gradients_left_over() -> None:
    """What the bench measures is what the optimiser does: forward and backward, from fresh points."""
    points = rasterizer.scene(4)
    assert points.shape == (4, 4, 2)
    assert not points.requires_grad
    assert torch.equal(points, rasterizer.scene(4)), "the same scene each time"
