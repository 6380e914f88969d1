"""Photos of known objects, drawn by program."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from clipasso_engine.seeing import boundary
from clipasso_engine.weights.opencv_network import Network


def ground(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A soft grey-green texture [h, w, 3] without lines."""
    random = np.random.default_rng(seed)
    wide, fine = (cv2.GaussianBlur(random.standard_normal((height, width)), (0, 0), s) * s for s in (20.0, 1.5))
    grey = 150 + 15 * wide / max(np.abs(wide).max(), 1e-9) + 8 * fine
    return np.clip(grey[..., None] * [0.9, 1.0, 0.85], 0, 255).astype(np.uint8)


def ellipse(height: int, width: int, centre: tuple[float, float], radii: tuple[float, float]) -> np.ndarray:
    """The mask [h, w] of an ellipse; centre and radii are (x, y)."""
    rows, columns = np.mgrid[:height, :width] + 0.5
    return np.hypot((columns - centre[0]) / radii[0], (rows - centre[1]) / radii[1]) < 1


def on_ground(mask: np.ndarray, colour: tuple[int, int, int] = (170, 40, 30)) -> np.ndarray:
    """A photo [h, w, 3] of an object of one colour, a little noisy and blurred as a lens does."""
    rgb = ground(*mask.shape)
    rgb[mask] = np.clip(np.random.default_rng(1).normal(colour, 5, (int(mask.sum()), 3)), 0, 255).astype(np.uint8)
    return cv2.GaussianBlur(rgb, (0, 0), 0.8)


@lru_cache
def network() -> Network:
    return boundary.load()


def boundaries(rgb: np.ndarray) -> np.ndarray:
    """The boundary map of a photo, as large as the photo."""
    return boundary.predict(network(), rgb, max(rgb.shape[:2]))


def saved(rgb: np.ndarray, path: Path, **options: Any) -> str:
    Image.fromarray(rgb).save(path, **options)
    return str(path)
