"""Saliency as the paper has it (section 3.3): where CLIP looks, times where the photo has edges.

XDoG: Winnemöller, "XDoG: Advanced Image Stylization with eXtended Difference-of-Gaussians", NPAR 2011.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from skimage.color import rgb2gray
from skimage.filters import gaussian, threshold_otsu

from . import network as clip_network

SIZE = 224
"""Pixels of the square that CLIP looks at."""


def saliency(rgb: NDArray[np.uint8], device: torch.device | str = "cpu") -> NDArray[np.float32]:
    """How much a photo [H, W, 3] calls for a stroke at each pixel: float32 [H, W] in 0..1, attention times edges.

    Where the photo has no edges at all, attention alone counts. Raises `UserError` when CLIP's packages or weights are
    missing.
    """
    height, width = rgb.shape[:2]
    _, (top, left, inner_height, inner_width) = squared(rgb)
    inner = square_saliency(rgb, device)[top : top + inner_height, left : left + inner_width]
    return cv2.resize(inner, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)


def square_saliency(rgb: NDArray[np.uint8], device: torch.device | str = "cpu") -> NDArray[np.float32]:
    """`saliency` of the photo where it lies on its square: float32 [224, 224], 0 in the margins."""
    square, (top, left, height, width) = squared(rgb)
    inner = np.s_[top : top + height, left : left + width]
    worth = np.zeros(square.shape[:2], np.float32)
    edges = xdog(square[inner])  # not of the square, whose margins would be edges
    worth[inner] = attention(square, device)[inner] * (edges if edges.any() else 1.0)
    return worth


def attention(square: NDArray[np.uint8], device: torch.device | str = "cpu") -> NDArray[np.float32]:
    """CLIP's attention to a square photo [224, 224, 3]: float32 [224, 224], from 0 to 1.

    ViT-B/32's class token to its 49 patches, mean over heads and layers, bicubic to full size, stretched to 0..1.
    """
    image = torch.from_numpy(square).permute(2, 0, 1).float().to(device) / 255.0
    patches = clip_network.attention(clip_network.SALIENCY_MODEL, image)[None, None]
    full = torch.nn.functional.interpolate(patches, size=square.shape[:2], mode="bicubic")[0, 0]
    full = full - full.min()
    stretched: NDArray[np.float32] = (full / full.max().clamp_min(1e-12)).cpu().numpy()
    return stretched


def xdog(
    rgb: NDArray[np.uint8],
    sigma: float = 0.8,
    k: float = 10.0,
    gamma: float = 0.98,
    phi: float = 200.0,
    epsilon: float = -0.1,
) -> NDArray[np.float32]:
    """A photo's [H, W, 3] edges by extended difference of Gaussians and Otsu's threshold: float32 [H, W], 0 or 1."""
    grey = rgb2gray(rgb)
    difference = gaussian(grey, sigma) - gamma * gaussian(grey, sigma * k)
    soft = np.where(difference >= epsilon, 1.0, 1.0 + np.tanh(phi * (difference - epsilon)))
    if soft.min() == soft.max():
        return np.zeros(grey.shape, np.float32)
    edges: NDArray[np.float32] = (soft <= threshold_otsu(soft)).astype(np.float32)
    return edges


def squared(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], tuple[int, int, int, int]]:
    """A photo [H, W, 3] centred on a white square of `SIZE`, and (top, left, height, width) of where it lies there."""
    height, width = rgb.shape[:2]
    scale = SIZE / max(height, width)
    inner_height, inner_width = max(1, round(height * scale)), max(1, round(width * scale))
    top, left = (SIZE - inner_height) // 2, (SIZE - inner_width) // 2
    square = np.full((SIZE, SIZE, 3), 255, np.uint8)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    inner = cv2.resize(rgb, (inner_width, inner_height), interpolation=method)
    square[top : top + inner_height, left : left + inner_width] = inner
    return square, (top, left, inner_height, inner_width)
