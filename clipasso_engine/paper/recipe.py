"""CLIPasso's own recipe, step for step, for those who want to compare (Vinker et al., SIGGRAPH 2022).

Written from the paper's description alone. It takes hours on a CPU; what the engine does by default is `pipeline`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ..clip import network as clip_network
from ..clip import saliency as clip_saliency
from ..clip.network import ImageTower
from ..contract.choices import RasterizerName
from ..optimising.guidance.clip import SEMANTIC_WEIGHT, geometric_distance, semantic_distance
from ..optimising.rasterizer import render

CANVAS = clip_saliency.SIZE
LINE_WIDTH = 3.0  # px; the paper's 1.5 is a radius
STEPS = 2001
EVALUATE_EVERY = 10
AUGMENTATIONS = 4
SEEDS = 3
LEARNING_RATE = 1.0  # px
TEMPERATURE = 0.3
REACH = 0.025  # of the canvas: the longest random step between the control points of a starting stroke
MODEL = "RN101"

Watch = Callable[[int, float, NDArray[np.float64]], bool]
"""Told after each step: steps done over all seeds, best evaluation so far, its strokes in photo pixels. True stops."""


@dataclass(frozen=True)
class Outcome:
    """The best sketch of all seeds. Lengths in pixels of the photo."""

    points: NDArray[np.float64]  # [N, 4, 2]
    width: float
    loss: float  # its evaluation
    first_loss: float  # the evaluation of that seed's start
    steps: int  # over all seeds


@dataclass(frozen=True)
class Settings:
    """What the paper leaves to its user, and what tests need shorter."""

    strokes: int
    seed: int
    device: str
    backend: RasterizerName = "native"  # the rasteriser
    steps: int = STEPS  # of each of the `SEEDS`


def sketch(rgb: NDArray[np.uint8], settings: Settings, watch: Watch) -> Outcome:
    """Sketch a photo [H, W, 3], background already white where it shall not be drawn.

    Raises `UserError` when CLIP's packages or weights are missing.
    """
    device, seed, steps = settings.device, settings.seed, settings.steps
    square, (top, left, height, _) = clip_saliency.squared(rgb)
    scale = height / rgb.shape[0]
    likely = distribution(clip_saliency.square_saliency(rgb, device))
    guidance = PaperGuidance(square, clip_network.image_tower(MODEL, device), device)

    def to_photo(points: torch.Tensor) -> NDArray[np.float64]:
        placed: NDArray[np.float64] = (points.cpu().numpy().astype(np.float64) - [left, top]) / scale
        return placed

    best: Outcome | None = None
    done = 0
    for trial in range(SEEDS):
        with torch.random.fork_rng(devices=[device] if device == "cuda" else []):
            torch.manual_seed(seed + trial)
            start = random_start(likely, settings.strokes, np.random.default_rng(seed + trial)).to(device)
            for step, (loss, first, points) in enumerate(_descend(start, guidance, steps, settings.backend), 1):
                if best is None or loss < best.loss:
                    best = Outcome(to_photo(points), LINE_WIDTH / scale, loss, first, 0)
                if watch(done + step, best.loss, best.points):
                    return _counted(best, done + step)
            done += steps
    assert best is not None, "the start is evaluated before the first step"
    return _counted(best, done)


def distribution(saliency: NDArray[np.float32]) -> NDArray[np.float64]:
    """Where strokes start: softmax of the non-zero saliencies [h, w] at temperature 0.3; zero elsewhere, sum 1."""
    likely = np.where(saliency > 0, np.exp(saliency.astype(np.float64) / TEMPERATURE), 0.0)
    if not likely.any():
        likely[:] = 1.0
    result: NDArray[np.float64] = likely / likely.sum()
    return result


def random_start(likely: NDArray[np.float64], strokes: int, random: np.random.Generator) -> torch.Tensor:
    """[strokes, 4, 2] float32, canvas pixels: each begins at a sampled pixel and goes on by three random steps."""
    height, width = likely.shape
    count = min(strokes, int(np.count_nonzero(likely)))
    chosen = random.choice(likely.size, size=count, replace=False, p=likely.ravel())
    begin = np.stack([chosen % width, chosen // width], axis=-1) + 0.5
    moves = random.uniform(-REACH, REACH, size=(count, 3, 2)) * [width, height]
    points = np.concatenate([begin[:, None], begin[:, None] + np.cumsum(moves, axis=1)], axis=1)
    return torch.from_numpy(points.astype(np.float32))


class PaperGuidance:
    """The paper's loss: the plain pair and four augmented ones, photo and sketch looked at anew at every step."""

    def __init__(self, square: NDArray[np.uint8], tower: ImageTower, device: str) -> None:
        from torchvision import transforms

        self._tower = tower
        self._photo = torch.from_numpy(square).permute(2, 0, 1)[None].float().to(device) / 255.0
        area = (0.8, 0.8)
        self._augment = transforms.Compose(
            [
                transforms.RandomPerspective(distortion_scale=0.5, p=1.0, fill=1.0),
                transforms.RandomResizedCrop(tower.size, scale=area, ratio=(1.0, 1.0), antialias=True),
            ]
        )

    def loss(self, ink: torch.Tensor) -> torch.Tensor:
        """The mean loss of ink [h, w] over five views, with torch's own random numbers."""
        pair = torch.cat([self._photo, _sheet(ink)])
        views = torch.stack([pair, *(self._augment(pair) for _ in range(AUGMENTATIONS))])
        return self._distance(views[:, 0], views[:, 1])

    def evaluate(self, ink: torch.Tensor) -> torch.Tensor:
        """The loss of the plain pair."""
        return self._distance(self._photo, _sheet(ink))

    def _distance(self, photos: torch.Tensor, sketches: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            photo_maps, photo_embeddings = self._tower(photos)
        maps, embeddings = self._tower(sketches)
        geometry = geometric_distance(maps, photo_maps)
        meaning = torch.stack(
            [
                semantic_distance(ours[None], theirs)[0]
                for ours, theirs in zip(embeddings, photo_embeddings, strict=True)
            ]
        )
        return (geometry + SEMANTIC_WEIGHT * meaning).mean()


def _sheet(ink: torch.Tensor) -> torch.Tensor:
    """Ink [h, w] as a black drawing on white, [1, 3, h, w]."""
    return (1.0 - ink).expand(1, 3, -1, -1)


def _descend(
    start: torch.Tensor, guidance: PaperGuidance, steps: int, backend: RasterizerName
) -> Iterator[tuple[float, float, torch.Tensor]]:
    """Adam from ``start`` [N, 4, 2]; yields (best evaluation, first evaluation, its points) after every step."""
    points = start.clone().requires_grad_(True)
    adam = torch.optim.Adam([points], lr=LEARNING_RATE)
    best, first = start.clone(), _evaluate(guidance, start, backend)
    lowest = first
    for step in range(steps):
        adam.zero_grad(set_to_none=True)
        guidance.loss(render(points, CANVAS, CANVAS, LINE_WIDTH, backend=backend)).backward()
        adam.step()
        if step % EVALUATE_EVERY == 0:
            now = _evaluate(guidance, points.detach(), backend)
            if now < lowest:
                best, lowest = points.detach().clone(), now
        yield lowest, first, best


@torch.no_grad()
def _evaluate(guidance: PaperGuidance, points: torch.Tensor, backend: RasterizerName) -> float:
    return float(guidance.evaluate(render(points, CANVAS, CANVAS, LINE_WIDTH, backend=backend)))


def _counted(outcome: Outcome, steps: int) -> Outcome:
    return Outcome(outcome.points, outcome.width, outcome.loss, outcome.first_loss, steps)
