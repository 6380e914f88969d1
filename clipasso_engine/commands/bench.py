"""``clipasso bench clip``: seconds per step and per sketch with CLIP, the paper's way and ours."""

from __future__ import annotations

import argparse
import importlib.util
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass

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

STEP_LIMIT = 1 / 5
SKETCH_LIMIT = 1 / 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give the parser of ``clipasso bench`` its options."""
    parser.add_argument("what", choices=["clip"], help="what to measure")
    parser.add_argument("--model", default=recipe.MODEL, help=f"CLIP's image tower (default {recipe.MODEL})")
    parser.add_argument("--strokes", type=int, default=16, help="strokes in the sketch (default 16)")
    parser.add_argument("--repeat", type=int, default=3, help="how often to measure (default 3)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or mps (default cpu)")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves it to PyTorch (default)")


def run(arguments: argparse.Namespace) -> int:
    """Measure, print, and return 0 where both ratios are within their limits, 1 otherwise. Raises `UserError`."""
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    device = torch.device(arguments.device)
    trained = clip_network.usable(arguments.model)
    processor, weights = platform.processor() or platform.machine(), "its" if trained else "random"
    print(f"{processor}, {device}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    print(f"{arguments.model} with {weights} weights, {arguments.strokes} strokes")
    bench = _Bench(arguments.model, device, arguments.strokes, arguments.repeat, trained)
    backend: RasterizerName = "diffvg" if importlib.util.find_spec("pydiffvg") else "native"
    papers, evaluation, ours = bench.papers_step(backend), bench.papers_evaluation(backend), bench.our_step()
    print(f"the paper's step, drawn by {backend}:  {papers}")
    print(f"our step:                          {ours}")
    step_ratio = ours.best / papers.best
    print(f"  ours costs 1/{1 / step_ratio:.1f} (limit 1/{1 / STEP_LIMIT:.0f})")
    evaluations = len(range(0, recipe.STEPS, recipe.EVALUATE_EVERY))
    whole = recipe.SEEDS * (recipe.STEPS * papers.best + evaluations * evaluation.best)
    sketch = bench.our_sketch(pipeline.STEPS["normal"])
    print(f"the paper's sketch, {recipe.SEEDS} x {recipe.STEPS} steps (from its step): {whole:,.0f} s")
    print(f"our sketch, {pipeline.STEPS['normal']} steps (measured):       {sketch:,.1f} s")
    print(f"  ours costs 1/{whole / sketch:.0f} (limit 1/{1 / SKETCH_LIMIT:.0f})")
    return 0 if step_ratio <= STEP_LIMIT and sketch / whole <= SKETCH_LIMIT else 1


@dataclass(frozen=True)
class _Seconds:
    """Several measurements of the same thing."""

    all: tuple[float, ...]

    @property
    def best(self) -> float:
        return min(self.all)

    def __str__(self) -> str:
        return f"{self.best:.3f} s (best of {len(self.all)}; worst {max(self.all):.3f} s)"


class _Bench:
    """The things to measure, on one photo of noise and one random start."""

    def __init__(self, model: str, device: torch.device, strokes: int, repeat: int, trained: bool) -> None:
        self._model, self._device, self._repeat, self._trained = model, device, repeat, trained
        random = np.random.default_rng(0)
        self._photo = random.integers(0, 256, (recipe.CANVAS, recipe.CANVAS, 3), np.uint8)
        uniform = np.full((recipe.CANVAS, recipe.CANVAS), 1 / recipe.CANVAS**2)
        self._start = recipe.random_start(uniform, strokes, random).to(device)
        self._subject = Subject(self._photo, self._photo[..., 0] / np.float32(255.0), str(device))

    def papers_step(self, backend: RasterizerName) -> _Seconds:
        """Five sketches forward and backward, five photos forward, by the library's tower as it comes."""
        guidance = self._papers_guidance()

        def step() -> None:
            points = self._start.clone().requires_grad_(True)
            guidance.loss(self._drawn(points, backend)).backward()

        return self._measured(step)

    def papers_evaluation(self, backend: RasterizerName) -> _Seconds:
        """One sketch and one photo forward."""
        guidance = self._papers_guidance()

        @torch.no_grad()
        def evaluate() -> None:
            guidance.evaluate(self._drawn(self._start, backend))

        return self._measured(evaluate)

    def our_step(self) -> _Seconds:
        """One view of one sketch forward and backward."""
        guidance = self._our_guidance()

        def step() -> None:
            points = self._start.clone().requires_grad_(True)
            guidance.loss(self._drawn(points, "native")[None], 1.0).sum().backward()

        return self._measured(step)

    def our_sketch(self, steps: int) -> float:
        """Seconds for the whole optimisation, the photo's views and all evaluations included."""
        begun = time.perf_counter()
        guidance = Blend("both", boundary.build(self._subject), ByAutograd(self._our_guidance()), both.share)
        size = (recipe.CANVAS, recipe.CANVAS)
        descent = Descent(steps, keep_lines=False, device=str(self._device))
        optimize(self._start[None].cpu().numpy(), guidance, size, descent, lambda *_: False)
        return time.perf_counter() - begun

    def _papers_guidance(self) -> recipe.PaperGuidance:
        visual = clip_network.library_tower(self._model, self._trained).to(self._device)
        return recipe.PaperGuidance(self._photo, clip_network.ImageTower(visual), str(self._device))

    def _our_guidance(self) -> ClipGuidance:
        tower = clip_network.image_tower(self._model, self._device, self._trained)
        return ClipGuidance(self._subject, tower, tower.in_fewer_bits())

    def _drawn(self, points: torch.Tensor, backend: RasterizerName) -> torch.Tensor:
        return render(points, recipe.CANVAS, recipe.CANVAS, recipe.LINE_WIDTH, backend=backend)

    def _measured(self, work: Callable[[], None]) -> _Seconds:
        work()  # the first time compiles kernels and fills caches
        seconds = []
        for _ in range(self._repeat):
            begun = time.perf_counter()
            work()
            if self._device.type == "cuda":
                torch.cuda.synchronize()
            seconds.append(time.perf_counter() - begun)
        return _Seconds(tuple(seconds))
