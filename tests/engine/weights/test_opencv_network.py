"""The networks that OpenCV runs say what their definitions in PyTorch say, at every size and number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from clipasso_engine.seeing import attention, boundary, classifier_network, faces, foreground
from clipasso_engine.seeing.boundary_network import BoundaryNetwork
from clipasso_engine.seeing.foreground_network import ForegroundNetwork
from clipasso_engine.training.as_network import AsNetwork
from clipasso_engine.training.contributions import Contributions
from clipasso_engine.weights import bundled
from clipasso_engine.weights.opencv_network import Array, Network, OpenCVNetwork

pytestmark = pytest.mark.usefixtures("one_thread")


def filled(module: nn.Module, weights: Path, sha256: str) -> Network:
    return AsNetwork(bundled.filled(module, weights, sha256))


def of_faces(weights: Path, sha256: str) -> Network:
    network = bundled.graph(weights, sha256)

    def answer(image: Array) -> dict[str, Array]:
        with torch.inference_mode():
            return {name: value.numpy() for name, value in network(torch.from_numpy(image)).items()}

    return answer


def told(module: nn.Module) -> Network:
    def answer(image: Array) -> dict[str, Array]:
        with torch.inference_mode():
            values = module(torch.from_numpy(image))
        return {name: value.numpy() for name, value in zip(("fine", "middle", "coarse"), values, strict=True)}

    return answer


PAIRS: dict[str, tuple[Callable[[], Network], Callable[[], Network], list[tuple[int, int]]]] = {
    "boundary": (
        boundary.load,
        lambda: filled(BoundaryNetwork(), boundary.WEIGHTS, boundary.WEIGHTS_SHA256),
        [(320, 288), (96, 320), (256, 256)],
    ),
    "foreground": (
        foreground.load,
        lambda: filled(ForegroundNetwork(), foreground.WEIGHTS, foreground.WEIGHTS_SHA256),
        [(320, 320)],
    ),
    "classifier": (attention.load, lambda: told(Contributions(classifier_network.load())), [(256, 256), (128, 256)]),
    "face_detector": (
        lambda: bundled.network(faces.DETECTOR, faces.DETECTOR_SHA256),
        lambda: of_faces(faces.DETECTOR, faces.DETECTOR_SHA256),
        [(faces.SIDE, faces.SIDE)],
    ),
    "face_landmarks": (
        lambda: bundled.network(faces.LANDMARKS, faces.LANDMARKS_SHA256),
        lambda: of_faces(faces.LANDMARKS, faces.LANDMARKS_SHA256),
        [(faces.SIDE, faces.SIDE)],
    ),
}


def picture(height: int, width: int) -> Array:
    """Something with large forms and fine grain, [1, 3, h, w] in 0..1."""
    random = np.random.default_rng(height + width)
    coarse = cv2.resize(random.random((8, 8, 3), np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(coarse + 0.1 * random.random((height, width, 3)), 0, 1).astype(np.float32).transpose(2, 0, 1)[None]


@pytest.mark.parametrize("name", PAIRS)
def test_it_says_what_its_definition_says(name: str) -> None:
    ours, defined, sizes = PAIRS[name]
    network, reference = ours(), defined()
    for size in sizes:
        said, expected = network(picture(*size)), reference(np.ascontiguousarray(picture(*size)))
        assert said.keys() == expected.keys()
        for output, values in expected.items():
            assert said[output].shape == values.shape
            # A gradient that a ReLU lets through here and stops there, by the last bit, shows in single places.
            apart, largest = np.abs(said[output] - values), max(1.0, float(np.abs(values).max()))
            assert apart.mean() < 1e-5 * largest, output
            assert apart.max() < (1e-2 if name == "classifier" else 1e-4) * largest, output


@pytest.fixture
def _threads() -> Iterator[None]:
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


@pytest.mark.usefixtures("_threads")
@pytest.mark.parametrize("name", PAIRS)
def test_the_same_bytes_whatever_the_number_of_threads(name: str) -> None:
    make, _, (size, *_) = PAIRS[name]
    answers = []
    for threads in (1, 3):
        cv2.setNumThreads(threads)
        answers.append(make()(picture(*size)))
    assert all(np.array_equal(values, answers[1][output]) for output, values in answers[0].items())


def test_the_contributions_are_those_that_autograd_finds() -> None:
    network = classifier_network.load()
    photo = torch.from_numpy(picture(128, 160))
    maps = [network.maps(photo)[0].requires_grad_(True)]
    for index in range(2):
        maps.append(network.later(maps[-1], index))
    logits = network.logits(maps[-1])
    pulls = torch.autograd.grad((logits.softmax(1).detach() * logits).sum(), maps)
    with torch.inference_mode():
        answer = Contributions(network)(photo)
    for made, seen, pull in zip(answer, maps, pulls, strict=True):
        expected = (seen * pull).clamp_min(0).sum(1).detach()
        ratio = float(made.max() / expected.max())
        assert torch.allclose(made, ratio * expected, atol=1e-4 * float(made.max()))
        assert ratio == pytest.approx(4 * 5, rel=1e-3)  # of the places at stride 32, over which classes take the mean


def test_the_graphs_are_those_that_the_definitions_make() -> None:
    pytest.importorskip("onnx")
    from clipasso_engine.training import graphs

    for name, make in graphs.all_of_them().items():
        assert (bundled.FOLDER / f"{name}.onnx").read_bytes() == make(), (
            f"run python -m clipasso_engine.training graphs ({name})"
        )


def test_the_graphs_hold_no_weights() -> None:
    assert sum(file.stat().st_size for file in bundled.FOLDER.glob("*.onnx")) < 300_000


def test_a_graph_whose_weights_are_missing_is_noticed() -> None:
    graph = (bundled.FOLDER / "boundary.onnx").read_bytes()
    with pytest.raises(cv2.error):
        OpenCVNetwork(graph, {})(picture(32, 32))
