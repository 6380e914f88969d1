"""Networks as lists of operations: each operation does what its original's definition says."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save
from torch import Tensor

from clipasso_engine.weights.graph_network import OPERATIONS, GraphNetwork, Node

RANDOM = torch.Generator().manual_seed(0)


def values(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=RANDOM)


def test_a_file_makes_the_network_again() -> None:
    nodes: list[Node] = [
        {"op": "convolution", "of": ["image", "w0", "w1"], "to": "a", "stride": 2, "pad": [0, 1, 0, 1], "relu": True},
        {"op": "pool", "of": ["a"], "to": "b"},
        {"op": "add", "of": ["b", "b"], "to": "c"},
    ]
    network = GraphNetwork(nodes, ["a", "c"], {"w0": (4, 3, 3, 3), "w1": (4,)})
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(values(*parameter.shape) - 0.5)
    data = save({name: value.half() for name, value in network.state_dict().items()}, network.description())
    again = GraphNetwork.of_file(data)
    again.load_state_dict(network.state_dict())
    one, other = (n(values(1, 3, 8, 8) * 0 + 1) for n in (network, again))
    assert list(one) == ["a", "c"]
    assert one["a"].shape == (1, 4, 4, 4)
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert json.loads(network.description()["graph"])["nodes"] == nodes


def test_a_convolutions_zeros_may_be_uneven() -> None:
    x, weight = values(1, 1, 4, 4), torch.ones(1, 1, 3, 3)
    node = {"stride": 2, "pad": [0, 1, 0, 1]}
    made = OPERATIONS["convolution"](node, x, weight, torch.zeros(1))
    assert made[0, 0, 1, 1] == pytest.approx(float(x[0, 0, 2:, 2:].sum()))


def test_each_channel_by_itself() -> None:
    x, weight = values(1, 2, 3, 3), values(2, 1, 3, 3)
    made = OPERATIONS["convolution"]({"stride": 1, "pad": [0, 0, 0, 0], "groups": 2}, x, weight, torch.zeros(2))
    assert made.ravel().tolist() == pytest.approx((x[0] * weight[:, 0]).sum((1, 2)).tolist())


def test_channels_become_pixels_in_tensorflows_order() -> None:
    """Of blocks of 2 x 2: of a pixel's channels, the first quarter is its upper left, the second its upper right."""
    x = torch.arange(8.0).reshape(1, 8, 1, 1)
    made = OPERATIONS["depth to space"]({"block": 2}, x)
    assert made[0, 0].tolist() == [[0, 2], [4, 6]]
    assert made[0, 1].tolist() == [[1, 3], [5, 7]]


def test_padding_and_shape_are_those_of_channels_last() -> None:
    x = values(1, 2, 3, 3)
    assert OPERATIONS["pad"]({"by": [0, 1, 0, 0, 2, 0]}, x).shape == (1, 3, 3, 5)
    assert OPERATIONS["reshape"]({"shape": [9, 2]}, x)[0, 4].tolist() == x[0, :, 1, 1].tolist()


def test_a_crop_lies_upright_around_its_landmarks() -> None:
    """Landmarks on a square that is turned by 30 degrees: the crop's middle is the square's, its sides the square's."""
    angle, centre, side = np.deg2rad(30), np.array([20.0, 30.0]), 10.0
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = centre + side / 2 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) @ turn.T
    node = {"level": [0, 1], "around": [0, 1, 2, 3], "scale": 1.5, "side": 16}
    matrix = OPERATIONS["crop of landmarks"](node, torch.tensor(corners)[None])[0].numpy()
    assert matrix @ [8, 8, 1] == pytest.approx(centre)
    assert matrix @ [16, 8, 1] == pytest.approx(centre + turn @ [0.75 * side, 0])
    assert matrix @ [8, 16, 1] == pytest.approx(centre + turn @ [0, 0.75 * side])
    points = OPERATIONS["in image"]({}, torch.tensor([[[8.0, 8.0], [16.0, 8.0]]]).double(), torch.tensor(matrix)[None])
    assert points[0].numpy() == pytest.approx(np.array([centre, centre + turn @ [0.75 * side, 0]]))


def test_a_crop_samples_pixel_centres_and_nothing_outside() -> None:
    x = values(1, 1, 6, 6)
    shifted = torch.tensor([[[1.0, 0.0, 3.0], [0.0, 1.0, 0.0]]])
    made = OPERATIONS["crop"]({"side": 4}, x, shifted)[0, 0]
    assert torch.allclose(made[:, :3], x[0, 0, :4, 3:], atol=1e-6)
    assert made[:, 3].tolist() == [0, 0, 0, 0]
    half = torch.tensor([[[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]]])
    assert torch.allclose(
        OPERATIONS["crop"]({"side": 4}, x, half)[0, 0], (x[0, 0, :4, :4] + x[0, 0, :4, 1:5]) / 2, atol=1e-6
    )
