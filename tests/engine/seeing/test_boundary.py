"""The boundary network as users get it: its weights, what it sees, what it must not see."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import ndimage
from skimage import data, draw
from torch import nn

from clipasso_engine.seeing import boundary
from clipasso_engine.seeing.boundary_network import STRIDES, BoundaryNetwork, folded
from clipasso_engine.weights import bundled
from clipasso_engine.weights.opencv_network import Network
from tests.support.told import refused


@pytest.fixture(scope="module")
def network() -> Network:
    return boundary.load()


def test_the_weights_are_the_pinned_ones_and_small() -> None:
    data = boundary.WEIGHTS.read_bytes()
    assert hashlib.sha256(data).hexdigest() == boundary.WEIGHTS_SHA256
    assert len(data) <= 2_000_000


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    data = bytearray(boundary.WEIGHTS.read_bytes())
    data[len(data) // 2] ^= 1
    changed = tmp_path / "boundary.safetensors"
    changed.write_bytes(data)
    with refused(r"damaged.*Run install\.py again"):
        boundary.load(weights=changed)


def test_missing_weights_are_told(tmp_path: Path) -> None:
    with refused(r"cannot be read.*Run install\.py again"):
        boundary.load(weights=tmp_path / "none.safetensors")


def test_same_photo_same_map(network: Network) -> None:
    first = boundary.predict(network, data.astronaut())
    assert np.array_equal(first, boundary.predict(boundary.load(), data.astronaut()))
    assert first.dtype == np.float32
    assert first.shape == (256, 256)
    assert first.min() >= 0
    assert first.max() <= 1


@pytest.mark.parametrize(("height", "width", "shape"), [(1, 1, (64, 64)), (1, 400, (1, 64)), (300, 90, (64, 19))])
def test_long_side_and_proportions(network: BoundaryNetwork, height: int, width: int, shape: tuple[int, int]) -> None:
    photo = np.full((height, width, 3), 90, np.uint8)
    assert boundary.predict(network, photo, long_side=64).shape == shape


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (128, 128, 128), (200, 40, 30), (20, 90, 220)])
def test_nothing_in_a_blank_photo(network: BoundaryNetwork, colour: tuple[int, int, int]) -> None:
    photo = np.full((180, 240, 3), colour, np.uint8)
    assert boundary.predict(network, photo).max() < 0.1


def _square() -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A dark square on light ground, 256 x 256, and its outline."""
    photo = np.full((256, 256, 3), 220, np.uint8)
    photo[70:180, 80:190] = (60, 80, 120)
    outline = np.zeros((256, 256), bool)
    outline[[70, 179], 80:190] = True
    outline[70:180, [80, 189]] = True
    return photo, outline


def test_a_squares_outline_is_found_where_it_is(network: Network) -> None:
    photo, outline = _square()
    strength = boundary.predict(network, photo)
    away = ndimage.distance_transform_edt(~outline)
    assert strength[away > 8].max() < 0.3
    found = strength > 0.5
    assert ndimage.distance_transform_edt(~found)[outline].max() <= 2
    # The band is centred on the edge: between rows 69 and 70, and between 179 and 180.
    for edge in (69.5, 179.5):
        rows = np.arange(int(edge) - 9, int(edge) + 11)
        assert np.average(rows, weights=strength[rows, 135]) == pytest.approx(edge, abs=1.5)


def test_the_frame_is_no_outline(network: Network) -> None:
    """Stripes that run into the frame, and an object cut by it: on the outer ring only what crosses it is drawn."""
    photo = np.full((200, 256, 3), 210, np.uint8)
    photo[90:] = (90, 110, 70)
    rr, cc = draw.disk((200, 128), 60, shape=photo.shape[:2])
    photo[rr, cc] = (150, 40, 40)
    strength = boundary.predict(network, photo)
    ring = np.ones(strength.shape, bool)
    ring[5:-5, 5:-5] = False
    crossings = np.zeros(strength.shape, bool)
    crossings[88:92, [0, -1]] = True
    crossings[-1, [68, 188]] = True
    ring &= ndimage.distance_transform_edt(~crossings) > 12
    assert strength[ring].max() < 0.3
    assert strength[88:92, :5].max() > 0.5


def test_a_shifted_photo_gives_a_shifted_map(network: Network) -> None:
    """What is seen does not depend on where it lies, beyond the network's stride of 32 px."""
    photo, _ = _square()
    shifted = np.roll(photo, (-20, 13), (0, 1))
    expected = np.roll(boundary.predict(network, photo), (-20, 13), (0, 1))
    assert np.abs(boundary.predict(network, shifted) - expected).mean() < 0.01


def test_sides_are_the_teachers_in_size_and_differentiable() -> None:
    network = bundled.filled(BoundaryNetwork(), boundary.WEIGHTS, boundary.WEIGHTS_SHA256)
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
    sketch = torch.rand(2, 3, 75, 110, requires_grad=True)
    logits, sides = network.with_sides(sketch)
    assert logits.shape == (2, 1, 75, 110)
    assert [side.shape[2:] for side in sides] == [(-(-75 // s), -(-110 // s)) for s in STRIDES]
    torch.sigmoid(logits).mean().backward()
    assert sketch.grad is not None
    assert sketch.grad.abs().amax(1).gt(0).float().mean() > 0.9


def test_folding_normalisation_changes_nothing() -> None:
    torch.manual_seed(0)
    trained = BoundaryNetwork(norm=True)
    for module in trained.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.normal_(module.running_mean)
            nn.init.normal_(module.bias)
    photo = torch.rand(1, 3, 70, 64)
    with torch.no_grad():
        expected = trained.eval()(photo)
        assert torch.allclose(folded(trained)(photo), expected, atol=1e-4 * float(expected.abs().max()))
