"""Drawing strokes, and the gradient of a drawing."""

from __future__ import annotations

import importlib.util

import torch

from ..contract.choices import RasterizerName
from ..optimising.rasterizer import render
from .figures import Figure, Growth, Measured, Ratio
from .setting import Setting, seconds

SIDE = 224  # px of the canvas, the paper's
_WIDTH = 3.0  # px of the lines


def measure(setting: Setting) -> Measured:
    """Seconds forward and backward together, by numbers of strokes."""
    measured = Measured("rasterizer")
    counts = (1, 16, 64) if setting.quick else (1, 4, 16, 64, 128, 256, 512)
    for device in setting.devices:
        series = tuple(measured.add(_figure(setting, count, device, "native")) for count in counts)
        measured.growth.append(Growth(f"strokes ({device})", tuple(map(float, counts)), series))
        if importlib.util.find_spec("pydiffvg") is None:
            continue
        for ours, count in zip(series, counts, strict=True):
            if count in (16, 64):
                theirs = measured.add(_figure(setting, count, device, "diffvg"))
                measured.ratios.append(Ratio(f"diffvg beside ours, {count} strokes ({device})", theirs, ours))
    if importlib.util.find_spec("pydiffvg") is None:
        measured.notes.append("diffvg is left out: pydiffvg is not installed")
    return measured


def _figure(setting: Setting, strokes: int, device: str, backend: RasterizerName) -> Figure:
    points, weight = scene(strokes).to(device), torch.randn(SIDE, SIDE).to(device)

    def step() -> None:
        free = points.clone().requires_grad_(True)
        (render(free, SIDE, SIDE, _WIDTH, backend=backend) * weight).sum().backward()

    name = f"{strokes} strokes, {'forward and backward' if backend == 'native' else backend}"
    return Figure(name, seconds(step, 4 * setting.repeat, device), "s", device)


def scene(strokes: int) -> torch.Tensor:
    """Strokes of random places and shapes, some 90 px long: [strokes, 4, 2]."""
    random = torch.Generator().manual_seed(0)
    places = 12 + 200 * torch.rand(strokes, 1, 2, generator=random)
    return places + 25 * torch.randn(strokes, 4, 2, generator=random)
