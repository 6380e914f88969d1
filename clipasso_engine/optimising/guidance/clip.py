"""Guidance by CLIP, as the paper has it and faster: semantics on top of geometry.

Geometry: the mean squared difference of sketch and photo in CLIP's middle stages. Semantics: 0.1 of one minus the
cosine of their embeddings (CLIPasso, Vinker et al., SIGGRAPH 2022, section 3.1). The paper shows CLIP the plain pair
and four new augmentations of it at every step; here the photo is seen once under a fixed pool of augmentations, and a
step shows one view of each sketch.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (torch's own name for it)

from ...clip import network as clip_network
from ...clip.network import ImageTower
from ...contract.choices import GuidanceName
from . import Subject, boundary
from .blend import Blend
from .by_autograd import ByAutograd

SEMANTIC_WEIGHT = 0.1
TEXT_WEIGHT = 0.1  # the text has as much say as the photo's own meaning
POOL = 8  # augmentations the photo is seen under
_PLAIN_SHARE = 0.2  # of the steps; the paper's five views are one plain and four augmented
_DISTORTION = 0.5  # of half the side that a corner may move inwards
_CROP_AREA = 0.8
_CHUNK = 4  # photo views at a time, so that the pool needs no more memory than a step


class ClipGuidance:
    """CLIP's opinion of ink; see the module for the method, `Guidance` for the interface."""

    name: GuidanceName = "clip"

    def __init__(
        self,
        subject: Subject,
        tower: ImageTower,
        quick: ImageTower | None = None,
        text: torch.Tensor | None = None,
        pool: int = POOL,
    ) -> None:
        """``quick`` is the same tower in fewer bits, for gradients: their rounding is far less than what one view
        differs from another, but evaluations need ``tower``. ``text`` is the embedding [D] of a text to fit as well.
        """
        self._text = text
        self._random = np.random.default_rng(subject.seed)
        height, width = subject.rgb.shape[:2]
        # Darkness, like ink: what a view shows beyond the picture's edge is then white for photo and sketch alike.
        darkness = 1.0 - torch.from_numpy(subject.rgb).to(subject.device).permute(2, 0, 1)[None].float() / 255.0
        homographies = [np.eye(3), *(random_view(self._random) for _ in range(pool))]
        grids = torch.stack([_grid(tower.size, view, width / height) for view in homographies]).to(subject.device)
        self._plain = _Target(tower, darkness, grids[:1])
        self._views = _Target(quick or tower, darkness, grids)

    def loss(self, ink: torch.Tensor, fraction: float) -> torch.Tensor:
        """Float [B], of one view, the same for all candidates; ``fraction`` plays no part."""
        plain = len(self._views) == 1 or self._random.random() < _PLAIN_SHARE
        view = 0 if plain else int(self._random.integers(1, len(self._views)))
        return self._views.distance(ink, view, self._text)

    def evaluate(self, ink: torch.Tensor) -> torch.Tensor:
        """Float [B], of the plain view."""
        return self._plain.distance(ink, 0, self._text)


class _Target:
    """What one tower saw of the photo in each of several views, and how far a sketch is from that."""

    def __init__(self, tower: ImageTower, darkness: torch.Tensor, grids: torch.Tensor) -> None:
        self._tower, self._grids = tower, grids
        with torch.no_grad():
            seen = [tower(_look(darkness, some)) for some in grids.split(_CHUNK)]
        self._maps = [torch.cat(stage) for stage in zip(*(maps for maps, _ in seen), strict=True)]
        self._embeddings = torch.cat([embedding for _, embedding in seen])

    def __len__(self) -> int:
        return len(self._grids)

    def distance(self, ink: torch.Tensor, view: int, text: torch.Tensor | None) -> torch.Tensor:
        sheets = ink[:, None].expand(-1, 3, -1, -1)
        maps, embeddings = self._tower(_look(sheets, self._grids[view : view + 1]))
        geometry = geometric_distance(maps, [stage[view : view + 1] for stage in self._maps])
        meaning = SEMANTIC_WEIGHT * semantic_distance(embeddings, self._embeddings[view])
        if text is None:
            return geometry + meaning
        return geometry + meaning + TEXT_WEIGHT * semantic_distance(embeddings, text)


def geometric_distance(sketch: list[torch.Tensor], photo: list[torch.Tensor]) -> torch.Tensor:
    """[B]: the sum over stages of the mean squared difference of their maps [B, C, h, w] and [1, C, h, w]."""
    stages = [(ours - theirs).square().mean((1, 2, 3)) for ours, theirs in zip(sketch, photo, strict=True)]
    return torch.stack(stages).sum(dim=0)


def semantic_distance(sketch: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """[B]: one minus the cosine of embeddings [B, D] and [D]."""
    return 1.0 - F.cosine_similarity(sketch, other[None], dim=1)


def random_view(random: np.random.Generator) -> np.ndarray:
    """A random perspective and then a random square crop: the 3 x 3 homography from view to picture.

    Both have coordinates from -1 to 1. Each corner of the picture moves inwards by at most a quarter of the side; the
    crop has 0.8 of the area.
    """
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32)
    moved = (corners * (1 - _DISTORTION * random.random((4, 2)))).astype(np.float32)
    perspective = cv2.getPerspectiveTransform(moved, corners)
    side = _CROP_AREA**0.5
    left, top = (1 - side) * (2 * random.random(2) - 1)
    crop = np.array([[side, 0, left], [0, side, top], [0, 0, 1]])
    view: np.ndarray = perspective @ crop
    return view


def _grid(size: int, view: np.ndarray, aspect: float) -> torch.Tensor:
    """Where each of ``size`` x ``size`` pixels of a view lies in the picture, [size, size, 2] for `F.grid_sample`.

    The picture, ``aspect`` times as wide as high, is centred in a square.
    """
    at = (np.arange(size) + 0.5) * 2 / size - 1
    x, y = np.meshgrid(at, at)
    px, py, pw = np.einsum("ij,jhw->ihw", view, np.stack([x, y, np.ones_like(x)]))
    stretch = np.array([max(1.0, 1 / aspect), max(1.0, aspect)])
    return torch.from_numpy((np.stack([px / pw, py / pw], axis=-1) * stretch).astype(np.float32))


def _look(darkness: torch.Tensor, grids: torch.Tensor) -> torch.Tensor:
    """Views [N, 3, size, size] in 0..1 of one darkness [1, 3, h, w] through N grids, or of N through one."""
    count = max(len(darkness), len(grids))
    size = grids.shape[1]
    scale = size / max(darkness.shape[-2:])
    if scale < 0.75:  # a grid reads four pixels per point, so a larger picture is averaged down first
        darkness = F.interpolate(darkness, scale_factor=scale, mode="bilinear", antialias=True)
    seen = F.grid_sample(darkness.expand(count, -1, -1, -1), grids.expand(count, -1, -1, -1), align_corners=False)
    return 1.0 - seen


def see(subject: Subject) -> ClipGuidance:
    """CLIP's view of the photo, and of its text if there is one. Raises `UserError`."""
    tower = clip_network.image_tower(subject.clip_model, subject.device)
    text = clip_network.text_embedding(subject.clip_model, subject.text, subject.device) if subject.text else None
    return ClipGuidance(subject, tower, tower.in_fewer_bits(), text)


def build(subject: Subject) -> Blend:
    """Guidance by CLIP alone; the photo's lines only set how hard it pulls. Raises `UserError`."""
    return Blend("clip", boundary.build(subject), ByAutograd(see(subject)), lambda fraction: 1.0)
