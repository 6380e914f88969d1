"""Guidance by meaning without CLIP: by the classifier and the sketch tower in the package.

As with CLIP there is geometry, the mean squared difference of what the network sees of sketch and photo at two
strides, and semantics, one minus the cosine of their vectors; the photo's lines come first and keep a share.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from ...contract.choices import GuidanceName
from ...seeing import meaning
from ...seeing.meaning import MeaningTower
from . import Subject, both, boundary
from .blend import Blend
from .by_autograd import ByAutograd

SEMANTIC_WEIGHT = 1.0
"""What the vectors count beside the maps, whose cosine distances are as large."""


class MeaningGuidance:
    """How far ink is from the photo to the towers; `Guidance` tells the interface."""

    name: GuidanceName = "meaning"

    def __init__(self, subject: Subject, tower: MeaningTower) -> None:
        self._tower = tower
        darkness = meaning.darkness_of(subject.rgb, subject.device)
        with torch.no_grad():
            self._maps = [_directions(seen) for seen in tower.maps(darkness)[:2]]
            self._photo = tower.of_photos(darkness)[0]

    def loss(self, ink: torch.Tensor, fraction: float) -> torch.Tensor:
        """Float [B]; the same at every ``fraction``."""
        return self.evaluate(ink)

    def evaluate(self, ink: torch.Tensor) -> torch.Tensor:
        """Float [B]."""
        maps = self._tower.maps(ink[:, None])
        geometry = sum(
            (_directions(ours) - theirs).square().sum(1).mean((-2, -1)) / 2
            for ours, theirs in zip(maps[:2], self._maps, strict=True)
        )
        sketch = functional.normalize(self._tower.heads.sketch(meaning.pooled(maps)), dim=1)
        return geometry + SEMANTIC_WEIGHT * (1 - sketch @ self._photo)


def _directions(seen: torch.Tensor) -> torch.Tensor:
    """A map [B, C, h, w] with a vector of length 1 at each place: a photo's are longer than a sketch's."""
    return functional.normalize(seen, dim=1)


def see(subject: Subject) -> MeaningGuidance:
    """The towers' view of the photo. Raises `UserError` where their weights are damaged."""
    return MeaningGuidance(subject, meaning.load(subject.device))


def build(subject: Subject) -> Blend:
    """The photo's lines first, meaning later, with the share that CLIP would have."""
    return Blend("meaning", boundary.build(subject), ByAutograd(see(subject)), both.share)
