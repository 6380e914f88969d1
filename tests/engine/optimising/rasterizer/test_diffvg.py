"""The diffvg back end, by a stand-in for pydiffvg that draws with ours and dies where diffvg would."""

from __future__ import annotations

import sys
import types
from dataclasses import dataclass
from typing import Any

import pytest
import torch

from clipasso_engine.optimising.rasterizer import diffvg, render
from tests.support.told import refused


@dataclass
class Path:
    num_control_points: torch.Tensor
    points: torch.Tensor
    stroke_width: torch.Tensor
    is_closed: bool


@dataclass
class ShapeGroup:
    shape_ids: torch.Tensor
    fill_color: None
    stroke_color: torch.Tensor


class RenderFunction:
    @staticmethod
    def serialize_scene(width: int, height: int, shapes: list[Path], groups: list[ShapeGroup]) -> list[Any]:
        assert shapes, "diffvg segfaults on an empty scene"
        assert len(shapes) <= 256, "diffvg aborts on so many strokes over a pixel"
        for shape in shapes:
            steps = shape.points.diff(dim=0)
            assert (steps - steps.mean(dim=0)).abs().max() > 1e-3, "diffvg draws only the caps of such a stroke"
        return [shapes, groups]

    @staticmethod
    def apply(
        width: int,
        height: int,
        x: int,
        y: int,
        seed: int,
        background: None,
        shapes: list[Path],
        groups: list[ShapeGroup],
    ) -> torch.Tensor:
        points = torch.stack([shape.points for shape in shapes])
        radii = torch.stack([shape.stroke_width for shape in shapes])
        assert all(group.stroke_color.tolist() == [0, 0, 0, 1] for group in groups)
        ink = render(points, width, height, 2 * radii)
        return torch.stack([torch.zeros_like(ink)] * 3 + [ink], dim=-1)


@pytest.fixture
def _pydiffvg(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("pydiffvg")
    module.Path, module.ShapeGroup, module.RenderFunction = Path, ShapeGroup, RenderFunction  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pydiffvg", module)


@pytest.mark.usefixtures("_pydiffvg")
def test_it_draws_what_the_native_one_draws() -> None:
    torch.manual_seed(0)
    points = (torch.rand(2, 3, 4, 2) * 40).requires_grad_(True)
    ours = render(points, 48, 32, 3.0, backend="diffvg")
    assert ours.shape == (2, 32, 48)
    assert torch.allclose(ours, render(points, 48, 32, 3.0), atol=1e-5)
    ours.sum().backward()
    assert points.grad is not None
    assert points.grad.abs().sum() > 0


@pytest.mark.usefixtures("_pydiffvg")
def test_an_empty_scene_is_blank_and_differentiable() -> None:
    points = torch.zeros(1, 0, 4, 2, requires_grad=True)
    ink = render(points, 8, 6, 3.0, backend="diffvg")
    assert ink.shape == (1, 6, 8)
    assert not ink.any()
    ink.sum().backward()


@pytest.mark.usefixtures("_pydiffvg")
def test_scenes_that_diffvg_draws_wrongly_are_bent_invisibly() -> None:
    straight = torch.linspace(5, 35, 4)[:, None] * torch.tensor([1.0, 0.5])
    point = torch.full((4, 2), 20.0)
    for stroke in (straight, point):
        ink = render(stroke[None], 40, 40, 3.0, backend="diffvg")
        assert (ink - render(stroke[None], 40, 40, 3.0)).abs().max() < 0.02


@pytest.mark.usefixtures("_pydiffvg")
def test_too_many_strokes_are_refused() -> None:
    with refused("more than 256 strokes.* --rasterizer native"):
        render(torch.rand(257, 4, 2), 8, 8, 3.0, backend="diffvg")


@pytest.mark.usefixtures("_pydiffvg")
def test_joined_curves_keep_their_joints() -> None:
    chain = torch.linspace(0, 30, 7)[:, None] * torch.ones(2)
    bent = diffvg._bent(chain)
    assert torch.equal(bent[::3], chain[::3])
    assert not torch.equal(bent, chain)
    curved = torch.tensor([[0.0, 0.0], [9.0, 1.0], [3.0, 8.0], [1.0, 4.0]])
    assert torch.equal(diffvg._bent(curved), curved)


def test_without_pydiffvg_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydiffvg", None)
    with refused("--rasterizer native"):
        render(torch.rand(1, 4, 2), 8, 8, 3.0, backend="diffvg")
