"""What a step of CLIP guidance costs, and a sketch by it: the paper's way and ours."""

from __future__ import annotations

import importlib.util
import time

import numpy as np
import torch

from .. import pipeline
from ..clip import network as clip_network
from ..contract.choices import RasterizerName
from ..optimising.guidance import Subject, both, boundary
from ..optimising.guidance.blend import Blend
from ..optimising.guidance.by_autograd import ByAutograd
from ..optimising.guidance.clip import ClipGuidance
from ..optimising.optimizer import Descent, optimize
from ..optimising.rasterizer import render
from ..paper import recipe
from .figures import Figure, Measured, Ratio
from .setting import Setting, seconds

STEP_LIMIT = 1 / 5
SKETCH_LIMIT = 1 / 50


def measure(setting: Setting) -> Measured:
    """Seconds per step and per sketch; the limits that ours must keep are in the notes."""
    measured = Measured("clip")
    if not clip_network.installed():
        measured.notes.append("left out: the packages of CLIP are not installed")
        return measured
    for device in setting.devices:
        _measure_on(measured, setting, device)
    return measured


def within_limits(measured: Measured) -> bool:
    """Whether our steps and sketches cost as little as they shall."""
    limits = [STEP_LIMIT, SKETCH_LIMIT] * (len(measured.ratios) // 2)
    return all(ratio.value <= limit for ratio, limit in zip(measured.ratios, limits, strict=True))


def _measure_on(measured: Measured, setting: Setting, device: str) -> None:
    trained = clip_network.usable(setting.clip_model)
    bench = _Bench(setting, device, trained)
    backend: RasterizerName = "diffvg" if importlib.util.find_spec("pydiffvg") else "native"

    def add(name: str, values: tuple[float, ...]) -> Figure:
        return measured.add(Figure(name, values, "s", device))

    papers = add(f"the paper's step, drawn by {backend}", bench.papers_step(backend))
    evaluation = add("the paper's evaluation", bench.papers_evaluation(backend))
    ours = add("our step", bench.our_step())
    evaluations = len(range(0, recipe.STEPS, recipe.EVALUATE_EVERY))
    whole = add(
        f"the paper's sketch, {recipe.SEEDS} x {recipe.STEPS} steps (from its step)",
        (recipe.SEEDS * (recipe.STEPS * papers.median + evaluations * evaluation.median),),
    )
    steps = pipeline.STEPS["normal"]
    sketch = add(f"our sketch, {steps} steps (measured)", bench.our_sketch(steps))
    measured.ratios.append(Ratio(f"our step beside the paper's ({device})", ours, papers))
    measured.ratios.append(Ratio(f"our sketch beside the paper's ({device})", sketch, whole))
    weights = "its" if trained else "random"
    measured.notes.append(
        f"{setting.clip_model} with {weights} weights, {setting.strokes} strokes ({device}); "
        f"ours shall cost 1/{1 / STEP_LIMIT:.0f} of a step, 1/{1 / SKETCH_LIMIT:.0f} of a sketch"
    )


class _Bench:
    """The things to measure, on one photo of noise and one random start."""

    def __init__(self, setting: Setting, device: str, trained: bool) -> None:
        self._model, self._device, self._repeat = setting.clip_model, torch.device(device), setting.repeat
        self._trained = trained
        random = np.random.default_rng(0)
        self._photo = random.integers(0, 256, (recipe.CANVAS, recipe.CANVAS, 3), np.uint8)
        uniform = np.full((recipe.CANVAS, recipe.CANVAS), 1 / recipe.CANVAS**2)
        self._start = recipe.random_start(uniform, setting.strokes, random).to(self._device)
        self._subject = Subject(self._photo, self._photo[..., 0] / np.float32(255.0), device)

    def papers_step(self, backend: RasterizerName) -> tuple[float, ...]:
        """Five sketches forward and backward, five photos forward, by the library's tower as it comes."""
        guidance = self._papers_guidance()

        def step() -> None:
            points = self._start.clone().requires_grad_(True)
            guidance.loss(self._drawn(points, backend)).backward()

        return seconds(step, self._repeat, self._device.type)

    def papers_evaluation(self, backend: RasterizerName) -> tuple[float, ...]:
        """One sketch and one photo forward."""
        guidance = self._papers_guidance()

        @torch.no_grad()
        def evaluate() -> None:
            guidance.evaluate(self._drawn(self._start, backend))

        return seconds(evaluate, self._repeat, self._device.type)

    def our_step(self) -> tuple[float, ...]:
        """One view of one sketch forward and backward."""
        guidance = self._our_guidance()

        def step() -> None:
            points = self._start.clone().requires_grad_(True)
            guidance.loss(self._drawn(points, "native")[None], 1.0).sum().backward()

        return seconds(step, self._repeat, self._device.type)

    def our_sketch(self, steps: int) -> tuple[float]:
        """Seconds for the whole optimisation, the photo's views and all evaluations included."""
        begun = time.perf_counter()
        guidance = Blend("both", boundary.build(self._subject), ByAutograd(self._our_guidance()), both.share)
        size = (recipe.CANVAS, recipe.CANVAS)
        descent = Descent(steps, keep_lines=False, device=self._device.type)
        optimize(self._start[None].cpu().numpy(), guidance, size, descent, lambda *_: False)
        return (time.perf_counter() - begun,)

    def _papers_guidance(self) -> recipe.PaperGuidance:
        visual = clip_network.library_tower(self._model, self._trained).to(self._device)
        return recipe.PaperGuidance(self._photo, clip_network.ImageTower(visual), self._device.type)

    def _our_guidance(self) -> ClipGuidance:
        tower = clip_network.image_tower(self._model, self._device, self._trained)
        return ClipGuidance(self._subject, tower, tower.in_fewer_bits())

    def _drawn(self, points: torch.Tensor, backend: RasterizerName) -> torch.Tensor:
        return render(points, recipe.CANVAS, recipe.CANVAS, recipe.LINE_WIDTH, backend=backend)
