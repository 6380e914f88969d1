"""What a sketch means, held against what its photo shows, without CLIP.

Two towers over the classifier in the package (`classifier_network`): what it sees of a photo and what it sees of a
sketch, each through a linear layer of its own, are vectors that point the same way where the sketch shows the photo's
thing. The layers are trained by `clipasso_engine.training.meaning`; docs/attention.md tells how and how well.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ..weights import bundled
from . import classifier_network
from .classifier_network import CHANNELS, ClassifierNetwork

WEIGHTS, WEIGHTS_SHA256 = bundled.MEANING, bundled.MEANING_SHA256

DIMENSIONS = 128
"""Of the vectors that photos and sketches are compared by."""

SKETCH_SIDE = 192
"""Px: side of the white square on which the classifier looks at a sketch."""

PHOTO_SIDE = 256
"""Px: the same of a photo."""


class MeaningHeads(nn.Module):
    """What is trained: a linear layer for each tower."""

    def __init__(self) -> None:
        super().__init__()
        self.sketch = nn.Linear(sum(CHANNELS), DIMENSIONS)
        self.photo = nn.Linear(CHANNELS[-1], DIMENSIONS)


class MeaningTower(nn.Module):
    """Photos and sketches as vectors [N, `DIMENSIONS`] of length 1; the cosine of two says how near they are.

    Both are given as darkness, float [N, 1 or 3, h, w] in 0..1, 0 where paper is white.
    """

    def __init__(self, classifier: ClassifierNetwork, heads: MeaningHeads) -> None:
        super().__init__()
        self.classifier, self.heads = classifier, heads

    def of_photos(self, darkness: Tensor) -> Tensor:
        """The vectors of photos."""
        return functional.normalize(self.heads.photo(self.photo_features(darkness)), dim=1)

    def of_sketches(self, darkness: Tensor) -> Tensor:
        """The vectors of sketches, differentiable in their ink."""
        return functional.normalize(self.heads.sketch(pooled(self.maps(darkness))), dim=1)

    def photo_features(self, darkness: Tensor) -> Tensor:
        """What the classifier says of photos, [N, 1280]."""
        return pooled(self.classifier.maps(squared(darkness, PHOTO_SIDE))[-1:])

    def maps(self, darkness: Tensor) -> list[Tensor]:
        """What the classifier sees at strides 8, 16 and 32 of pictures on a square of `SKETCH_SIDE`."""
        return self.classifier.maps(squared(darkness, SKETCH_SIDE))


def load(device: Any = "cpu", weights: Path = WEIGHTS, sha256: str = WEIGHTS_SHA256) -> MeaningTower:
    """The trained towers on ``device``; raises what `bundled.filled` raises."""
    return MeaningTower(classifier_network.load(device), bundled.filled(MeaningHeads(), weights, sha256, device)).eval()


def nearness(ink: NDArray[np.float32], rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How near drawings, ink [N, h, w] in 0..1, come to what a photo [h, w, 3] means: [N] cosines."""
    tower = load()
    with torch.inference_mode():
        near = tower.of_sketches(torch.as_tensor(ink)[:, None]) @ tower.of_photos(darkness_of(rgb))[0]
    return near.numpy()


def pooled(maps: list[Tensor]) -> Tensor:
    """The means [N, C] of maps [N, C', h, w] one after the other."""
    return torch.cat([seen.mean((-2, -1)) for seen in maps], dim=1)


def darkness_of(rgb: NDArray[np.uint8], device: Any = "cpu") -> Tensor:
    """A photo [h, w, 3] as `MeaningTower` takes it, [1, 3, h, w]."""
    return 1 - torch.from_numpy(np.ascontiguousarray(rgb)).to(device).permute(2, 0, 1)[None].float() / 255


def squared(darkness: Tensor, side: int) -> Tensor:
    """Pictures [N, 1 or 3, h, w] given as darkness in the middle of a white square, [N, 3, side, side] in 0..1."""
    height, width = darkness.shape[-2:]
    scale = side / max(height, width)
    size = max(1, round(height * scale)), max(1, round(width * scale))
    fitted = functional.interpolate(darkness, size, mode="bilinear", align_corners=False, antialias=True)
    top, left = (side - size[0]) // 2, (side - size[1]) // 2
    sheet = functional.pad(fitted, (left, side - size[1] - left, top, side - size[0] - top))
    return (1 - sheet).expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
