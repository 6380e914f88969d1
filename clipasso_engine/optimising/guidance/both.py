"""Guidance by the photo's lines first and by CLIP later.

Lines bring strokes to their places in a few cheap steps; CLIP, dear and short-sighted, then decides what matters.
"""

from __future__ import annotations

from . import Subject, boundary, clip
from .blend import Blend
from .by_autograd import ByAutograd

CLIP_FROM = 0.4
"""The fraction of the steps that go by lines alone, without running CLIP's network."""

CLIP_SHARE = 0.8
"""How much say CLIP has at the end; the rest stays with the lines."""


def share(fraction: float) -> float:
    """CLIP's share at a fraction of the optimisation: none until `CLIP_FROM`, then linearly up to `CLIP_SHARE`."""
    return CLIP_SHARE * max((fraction - CLIP_FROM) / (1.0 - CLIP_FROM), 0.0)


def build(subject: Subject) -> Blend:
    """Both guidances of this photo. Raises `UserError` when CLIP's packages or weights are missing."""
    return Blend("both", boundary.build(subject), ByAutograd(clip.see(subject)), share)
