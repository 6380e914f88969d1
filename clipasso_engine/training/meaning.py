"""The training of the sketch tower: what the classifier sees of a sketch shall tell what it sees of the photo.

Teacher: the classifier's pooled features of the photo, their principal components. Student: ridge regression from its
pooled features of the sketch, at three strides, to the teacher's. That is solved exactly, so the same sketches always
give the same weights, in minutes, nearly all of which go into looking.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..optimising.rasterizer import render
from ..seeing.meaning import DIMENSIONS, MeaningHeads, MeaningTower, darkness_of, pooled
from ..weights import bundled
from .drawn import Drawn

_WIDTHS = (1.5, 5.0)  # px of the canvas: pens that sketches are drawn with
_MARGIN = 0.18  # of the canvas: sketches are moved and made smaller by up to so much
_RIDGE = 4.4  # of the standardised features' variance: what weights cost; more trusts the training photos less
_WHITENING = 0.6  # 0: components count by their variance among photos; 1: all alike
_LEAST = 1e-3  # least deviation that features are divided by

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seen:
    """What the classifier sees of P photos and of S sketches of them."""

    photos: Tensor  # [P, 1280]
    sketches: Tensor  # [S, 40 + 112 + 1280]
    owner: Tensor  # [S] the photo of each
    levels: Tensor  # [S] the number of strokes asked for


def look(tower: MeaningTower, photos: Iterable[Drawn], seed: int | None) -> Seen:
    """All sketches with random pens, places and mirrorings; without a ``seed`` the finished ones as users get them."""
    random = None if seed is None else np.random.default_rng(seed)
    seen, found, owner, levels = [], [], [], []
    with torch.no_grad():
        for index, drawn in enumerate(photos):
            seen.append(tower.photo_features(darkness_of(drawn.shown)))
            for level, finished, strokes in zip(drawn.levels, drawn.finished, drawn.strokes, strict=True):
                if len(strokes) and (random is not None or finished):
                    ink = _inked(torch.as_tensor(strokes, dtype=torch.float32), drawn.rgb.shape[:2], random)
                    found.append(pooled(tower.maps(ink)))
                    owner.append(index)
                    levels.append(int(level))
            if index % 50 == 49:
                _log.info("%d photos, %d sketches", index + 1, len(found))
    return Seen(torch.cat(seen), torch.cat(found), torch.tensor(owner), torch.tensor(levels))


def _inked(strokes: Tensor, size: tuple[int, ...], random: np.random.Generator | None) -> Tensor:
    """Strokes [S, 4, 2] on a canvas of ``size`` (height, width) as ink [1, 1, h, w]."""
    height, width = size
    if random is None:
        return render(strokes, width, height, 3.0)[None, None]
    ink = render(strokes, width, height, float(random.uniform(*_WIDTHS)))[None, None]
    across, down = (int(random.uniform(0, _MARGIN) * max(size)) for _ in range(2))
    left, top = int(random.integers(across + 1)), int(random.integers(down + 1))
    ink = functional.pad(ink, (left, across - left, top, down - top))
    return ink.flip(-1) if random.random() < 0.5 else ink


def fit(seen: Seen) -> MeaningHeads:
    """The two linear layers, in 64-bit arithmetic."""
    photos, sketches = seen.photos.double(), seen.sketches.double()
    heads = MeaningHeads().double()
    centre, spread = photos.mean(0), (photos.std(0) + _LEAST).sqrt()
    _, values, components = torch.linalg.svd((photos - centre) / spread, full_matrices=False)
    count = min(DIMENSIONS, len(values))
    told = torch.zeros(DIMENSIONS, photos.shape[1], dtype=torch.float64)
    told[:count] = components[:count] * ((values[:count] / values[0]).clamp_min(1e-6) ** -_WHITENING)[:, None]
    _set(heads.photo, told / spread, centre)
    target = functional.normalize(heads.photo(photos), dim=1).detach()
    target = (target - target.mean(0))[seen.owner]
    centre, spread = sketches.mean(0), sketches.std(0) + _LEAST
    features = (sketches - centre) / spread
    cost = _RIDGE * len(features) * torch.eye(features.shape[1], dtype=torch.float64)
    weights = torch.linalg.solve(features.T @ features + cost, features.T @ target)
    weights = weights / weights.norm(dim=1).max()  # vectors are compared by direction: any length will do
    _set(heads.sketch, weights.T / spread, centre)
    return heads.float().eval().requires_grad_(False)


def _set(layer: nn.Linear, weight: Tensor, centre: Tensor) -> None:
    """Make ``layer`` the product of ``weight`` with what lies beside ``centre``."""
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(-weight @ centre)


def ranks(heads: MeaningHeads, seen: Seen) -> Tensor:
    """[S]: the rank of each sketch's photo among all P, 1 where no other is nearer."""
    photos = functional.normalize(heads.photo(seen.photos), dim=1)
    near = functional.normalize(heads.sketch(seen.sketches), dim=1) @ photos.T
    own = near.gather(1, seen.owner[:, None])
    return 1 + (near > own).sum(1)


def untrained_ranks(seen: Seen) -> Tensor:
    """The same by the classifier alone: the cosine of its pooled features, each centred among its like."""
    count = seen.photos.shape[1]
    photos, sketches = (some - some.mean(0) for some in (seen.photos, seen.sketches[:, -count:]))
    near = functional.normalize(sketches, dim=1) @ functional.normalize(photos, dim=1).T
    return 1 + (near > near.gather(1, seen.owner[:, None])).sum(1)


def table(seen: Seen, heads: MeaningHeads) -> str:
    """Level by level how often the right photo comes first, and its mean rank: trained and untrained."""
    lines = [f"{len(seen.photos)} photos; share whose photo comes first, mean rank: trained | the classifier alone"]
    for level in sorted(set(seen.levels.tolist()), reverse=True):
        here = seen.levels == level
        cells = [(some[here] == 1, some[here].double()) for some in (ranks(heads, seen), untrained_ranks(seen))]
        told = " | ".join(f"{first.double().mean():.0%}, {rank.mean():.1f}" for first, rank in cells)
        lines.append(f"{level:3} strokes: {told}")
    return "\n".join(lines)


def tower(heads: MeaningHeads | None = None) -> MeaningTower:
    """A tower to look with; its heads untrained unless given."""
    from ..seeing import classifier_network

    return MeaningTower(classifier_network.load(), heads or MeaningHeads())


def stored(heads: MeaningHeads) -> dict[str, Tensor]:
    """The weights as 16-bit floats."""
    assert not any(name.endswith(bundled.SCALE) for name in heads.state_dict())
    return {name: value.half().contiguous() for name, value in heads.state_dict().items()}
