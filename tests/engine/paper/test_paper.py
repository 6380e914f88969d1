"""The paper's recipe: its distribution and starting strokes always, its loop where CLIP's packages are."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest
import torch

from clipasso_engine.paper import recipe

CPU = "cpu"


def test_strokes_start_where_saliency_is_by_softmax() -> None:
    saliency = np.zeros((4, 5), np.float32)
    saliency[1, 2], saliency[3, 4] = 1.0, 0.4
    likely = recipe.distribution(saliency)
    assert likely.sum() == pytest.approx(1.0)
    assert np.count_nonzero(likely) == 2
    assert likely[1, 2] / likely[3, 4] == pytest.approx(np.exp(0.6 / 0.3))
    assert recipe.distribution(np.zeros((2, 2), np.float32)).tolist() == [[0.25, 0.25], [0.25, 0.25]]


def test_a_random_start_is_three_short_steps_from_distinct_pixels() -> None:
    likely = np.zeros((100, 200))
    likely[20:30, 50:60] = 0.01
    points = recipe.random_start(likely, 100, np.random.default_rng(0)).numpy()
    assert points.shape == (100, 4, 2)
    assert len(np.unique(points[:, 0], axis=0)) == 100
    assert points[:, 0].min(axis=0).tolist() == [50.5, 20.5]
    assert points[:, 0].max(axis=0).tolist() == [59.5, 29.5]
    steps = np.abs(np.diff(points, axis=1))
    assert (steps <= [0.025 * 200 + 1e-4, 0.025 * 100 + 1e-4]).all()
    assert steps[..., 0].max() > 0.02 * 200


def test_more_strokes_than_salient_pixels_start_as_many_as_there_are() -> None:
    likely = np.zeros((10, 10))
    likely[0, :3] = 1 / 3
    assert len(recipe.random_start(likely, 8, np.random.default_rng(0))) == 3


def test_the_recipe_is_the_papers() -> None:
    assert (recipe.STEPS, recipe.EVALUATE_EVERY, recipe.AUGMENTATIONS, recipe.SEEDS) == (2001, 10, 4, 3)
    assert (recipe.LEARNING_RATE, recipe.LINE_WIDTH, recipe.CANVAS, recipe.MODEL) == (1.0, 3.0, 224, "RN101")


class TestWithClip:
    """The loop on a small network."""

    @pytest.fixture(autouse=True)
    def _small_clip(self, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("open_clip", reason="CLIP's packages are not installed (a minimal installation)")
        from clipasso_engine.clip import saliency as clip_saliency
        from clipasso_engine.weights import models, transfer
        from tests.support import clip_models

        home = tmp_path_factory.mktemp("home")
        monkeypatch.setenv("CLIPASSO_HOME", str(home))
        clip_models.register_tiny(tmp_path_factory.mktemp("configurations"))
        clip_models.save(clip_models.random_model("tiny"), home / "from" / "clip-tiny.safetensors")
        transfer.fetch_from(home / "from", models.clip("tiny"))
        monkeypatch.setattr(recipe, "MODEL", "tiny")
        attention = np.linspace(0.1, 1, 224, dtype=np.float32)[None].repeat(224, axis=0)
        monkeypatch.setattr(clip_saliency, "attention", lambda square, device: attention)

    @pytest.fixture
    def photo(self) -> np.ndarray:
        rgb = np.full((120, 160, 3), 240, np.uint8)
        rgb[30:90, 40:120] = 30
        return rgb

    def test_three_seeds_are_tried_and_the_best_is_kept(self, photo: np.ndarray) -> None:
        seen: list[tuple[int, float]] = []

        def watch(step: int, loss: float, points: np.ndarray) -> bool:
            assert points.shape == (5, 4, 2)
            seen.append((step, loss))
            return False

        outcome = recipe.sketch(photo, recipe.Settings(5, 0, CPU, steps=12), watch)
        assert [step for step, _ in seen] == list(range(1, 37))
        losses = [loss for _, loss in seen]
        assert losses == sorted(losses, reverse=True), "the best so far never gets worse"
        assert outcome.loss == losses[-1] < outcome.first_loss
        assert outcome.steps == 36
        assert outcome.width == pytest.approx(3.0 * 160 / 224)
        assert outcome.points.min() > -10
        assert outcome.points[..., 0].max() < 170
        assert outcome.points[..., 1].max() < 130

    def test_the_same_seed_gives_the_same_strokes(self, photo: np.ndarray) -> None:
        before = torch.random.get_rng_state()
        first, again, other = (
            recipe.sketch(photo, recipe.Settings(3, seed, CPU, steps=2), lambda *_: False).points for seed in (0, 0, 5)
        )
        assert np.array_equal(first, again)
        assert not np.array_equal(first, other)
        assert torch.equal(before, torch.random.get_rng_state()), "the process's own random numbers are left alone"

    def test_it_stops_when_told(self, photo: np.ndarray) -> None:
        assert recipe.sketch(photo, recipe.Settings(3, 0, CPU, steps=50), lambda step, *_: step == 2).steps == 2

    def test_a_job_gives_sketches_messages_and_a_report(self, photo: np.ndarray) -> None:
        from clipasso_engine.contract.job import SketchJob
        from clipasso_engine.contract.protocol import encode
        from clipasso_engine.paper import sketching
        from clipasso_engine.seeing.photo import Photo

        messages: list[dict[str, object]] = []
        job = SketchJob("p", levels=(4, 2), quality="paper")
        picture = Photo(photo, None, "", photo.shape[1] * 10, photo.shape[0] * 10)
        sketches, report = sketching.sketch(job, picture, CPU, messages.append, lambda: False, steps=2)
        assert [len(sketch.strokes) for sketch in sketches] == report["strokes"] == [4, 2]
        assert [message["type"] for message in messages if message["type"] != "step"] == ["stage", "level", "level"]
        assert all(encode(message) for message in messages)
        assert report["steps"] == 2 * 3 * 2
        assert report["best_loss"] <= report["first_loss"]
        assert sketches[0].strokes[0].width == pytest.approx(3.0 * 1600 / 224)

    def test_a_job_keeps_to_a_time_budget_that_was_given(self, photo: np.ndarray) -> None:
        from clipasso_engine.contract.job import SketchJob
        from clipasso_engine.paper import sketching
        from clipasso_engine.seeing.photo import Photo

        job = SketchJob("p", levels=(2,), quality="paper", time_budget=0.001)
        picture = Photo(photo, None, "", photo.shape[1], photo.shape[0])
        assert sketching.sketch(job, picture, CPU, lambda message: None, lambda: False)[1]["steps"] == 1

    def test_a_step_shows_five_pairs(self, photo: np.ndarray) -> None:
        from clipasso_engine.clip import network as clip_network
        from clipasso_engine.clip import saliency as clip_saliency

        tower = clip_network.image_tower("tiny", CPU)
        shown: list[int] = []
        tower.register_forward_pre_hook(lambda module, inputs: shown.append(len(inputs[0])))
        guide = recipe.PaperGuidance(clip_saliency.squared(photo)[0], tower, CPU)
        guide.loss(torch.rand(224, 224))
        guide.evaluate(torch.rand(224, 224))
        assert shown == [5, 5, 1, 1]

    def test_the_bench_prints_both_costs(self, capsys: pytest.CaptureFixture[str]) -> None:
        from clipasso_engine.commands import bench as bench_command

        parser = argparse.ArgumentParser()
        bench_command.add_arguments(parser)
        status = bench_command.run(parser.parse_args(["clip", "--model", "tiny", "--repeat", "1", "--strokes", "4"]))
        text = capsys.readouterr().out
        assert status in (0, 1)
        assert "tiny with its weights, 4 strokes (cpu)" in text
        assert "the paper's sketch, 3 x 2001 steps" in text
        assert text.count("beside the paper's (cpu)") == 2


def test_importing_the_recipe_needs_no_clip_packages() -> None:
    import subprocess
    import sys

    check = (
        "import sys; sys.modules['open_clip'] = sys.modules['torchvision'] = None;"
        "import clipasso_engine.paper.recipe, clipasso_engine.clip.saliency, clipasso_engine.optimising.guidance.both"
    )
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", check], cwd=root, check=False).returncode == 0
