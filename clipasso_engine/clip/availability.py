"""Whether CLIP can be used here; costs no import of it, nor of PyTorch."""

from __future__ import annotations

import importlib.util

from ..weights import models

SALIENCY_MODEL = "ViT-B-32"
"""The vision transformer whose attention the paper takes for saliency."""


def installed() -> bool:
    """Whether the CLIP library can be imported; looks only, so it costs nothing."""
    return all(importlib.util.find_spec(package) is not None for package in ("open_clip", "torchvision"))


def usable(model: str) -> bool:
    """Whether ``model`` could be loaded: library and weights are here (their bytes are checked when loading)."""
    return installed() and models.available(models.clip(model).name)
