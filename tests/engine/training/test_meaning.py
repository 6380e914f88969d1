"""The sketch tower's training, end to end and in seconds: photos of simple things, drawn, looked at, fitted."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data
from torch.nn import functional

from clipasso_engine.contract.errors import UserError
from clipasso_engine.seeing import meaning as towers
from clipasso_engine.seeing.classifier_network import CHANNELS
from clipasso_engine.training import drawn, meaning
from clipasso_engine.training.__main__ import main
from clipasso_engine.training.meaning import Seen

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sketches` writes of two photos and a blank one."""
    photos = tmp_path_factory.mktemp("photos")
    for name, photo in (
        ("cat", data.chelsea()),
        ("cup", data.coffee()),
        ("blank", np.full((90, 120, 3), 255, np.uint8)),
    ):
        Image.fromarray(photo).resize((240, 160)).save(photos / f"{name}.png")
    written = tmp_path_factory.mktemp("sketches")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIPASSO_HOME", str(tmp_path_factory.mktemp("home")))
        assert main(["--threads", "1", "sketches", str(photos), str(written)]) == 0
    return written


def test_sketches_are_kept_as_strokes_over_their_photo(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    cat, cup = drawn.read(folder)
    assert (cat.name, cup.name) == ("cat", "cup")
    for photo in (cat, cup):
        assert len(photo.strokes) == len(photo.levels) == len(photo.finished) == 4 * len(drawn.LEVELS)
        assert photo.finished.sum() == len(drawn.LEVELS)
        assert photo.shown.shape == photo.rgb.shape
        assert (photo.shown[~photo.region] == 255).all()
        height, width = photo.region.shape
        for level, strokes in zip(photo.levels, photo.strokes, strict=True):
            assert 1 <= len(strokes) <= level
            ends = strokes[:, [0, 3]]
            assert ((ends > -5) & (ends < [width + 5, height + 5])).all()
    with caplog.at_level(logging.WARNING), pytest.raises(UserError, match="There are no sketches in"):
        list(drawn.read(folder / "none"))


def test_looking_and_fitting_run_end_to_end(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = tmp_path / "meaning.safetensors"
    assert main(["--threads", "1", "meaning", str(folder), str(weights), "--held-out", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "2 photos; share whose photo comes first" in told
    digest = told.split()[-1]
    tower = towers.load(weights=weights, sha256=digest)
    seen = meaning.look(tower, drawn.read(folder), None)
    assert seen.sketches.shape == (2 * len(drawn.LEVELS), sum(CHANNELS))
    assert (meaning.ranks(tower.heads, seen) == 1).all()  # of what it was trained on


def test_the_same_seed_sees_the_same(folder: Path) -> None:
    tower = meaning.tower()
    one, same, other = (meaning.look(tower, drawn.read(folder), seed) for seed in (3, 3, 4))
    assert torch.equal(one.sketches, same.sketches)
    assert not torch.equal(one.sketches, other.sketches)


def test_fitting_finds_what_sketches_and_photos_share() -> None:
    """Sketches that are a blurred, rescaled half of their photo's features among noise lead to unseen photos, too."""
    torch.manual_seed(0)
    hidden = torch.randn(240, 12)
    photos = hidden @ torch.randn(12, CHANNELS[-1]) + 0.1 * torch.randn(240, CHANNELS[-1])
    owner = torch.arange(240).repeat_interleave(4)
    sketches = 5 + 3 * (hidden @ torch.randn(12, sum(CHANNELS)))[owner] + 6 * torch.randn(960, sum(CHANNELS))
    levels = torch.full((960,), 8)
    train, rest = owner < 200, owner >= 200
    heads = meaning.fit(Seen(photos[:200], sketches[train], owner[train], levels[train]))
    unseen = Seen(photos[200:], sketches[rest], owner[rest] - 200, levels[rest])
    ranks = meaning.ranks(heads, unseen)
    assert ranks.shape == (160,)
    assert (ranks == 1).double().mean() > 0.9
    shuffled = Seen(unseen.photos.flip(0), unseen.sketches, unseen.owner, unseen.levels)
    assert (meaning.ranks(heads, shuffled) == 1).double().mean() < 0.2
    assert "8 strokes" in meaning.table(unseen, heads)


def test_ranks_count_those_that_are_nearer() -> None:
    heads = towers.MeaningHeads()
    for layer in (heads.sketch, heads.photo):
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
        layer.weight.data[0, -1] = layer.weight.data[1, -2] = 1
    photos, sketches = torch.zeros(3, CHANNELS[-1]), torch.zeros(3, sum(CHANNELS))
    photos[:, -2:] = functional.normalize(torch.tensor([[1.0, 0], [1, 1], [0, 1]]), dim=1)
    sketches[:, -2:] = photos[:, -2:].flip(0)
    seen = Seen(photos, sketches, torch.arange(3), torch.full((3,), 4))
    assert meaning.ranks(heads, seen).tolist() == [3, 1, 3]
