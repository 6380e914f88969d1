"""Which part of a photo tells what is in it: where a network looks that knows a thousand things.

The network is EfficientNet-Lite0 with its authors' weights (`classifier_network`; docs/attention.md tells where they
come from). It tells what it sees, and what each place on three of its maps has to say for that (LayerCAM: Jiang et al.,
"LayerCAM: Exploring Hierarchical Class Activation Maps for Localization", IEEE Transactions on Image Processing 2021).
Torch is imported on first use.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..weights import bundled

if TYPE_CHECKING:
    from torch import Tensor

    from .classifier_network import ClassifierNetwork

WEIGHTS, WEIGHTS_SHA256 = bundled.CLASSIFIER, bundled.CLASSIFIER_SHA256

_SIDE = 256  # px: longer side at which the photo is looked at; more takes longer and shows smaller parts
_STEP = 32  # px: sides are multiples of it
_LEAST = 128  # px: a shorter side is extended to it by the colours of its edge
_STEPS = 200  # of attention between none and all; more tell apart what only rounding does
_RIM = 5  # px: from so far the attention of a place counts on the lines around it, which run along its edge
_FULL = 98  # per cent of the object that has less attention than what counts as all; peaks above it say no more


def load(device: Any = "cpu", weights: Path = WEIGHTS, sha256: str = WEIGHTS_SHA256) -> ClassifierNetwork:
    """The trained network on ``device``; raises what `bundled.filled` raises."""
    from .classifier_network import ClassifierNetwork

    return bundled.filled(ClassifierNetwork(), weights, sha256, device)


def find(network: ClassifierNetwork, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How much each pixel of a photo [h, w, 3] tells of what is in it: float32 [h, w] in 0..1.

    Classes count by their probability. Each map's greatest say is 1, so that the fine ones, which know where, count as
    much as the coarse one, which knows what.
    """
    height, width = rgb.shape[:2]
    photo, (top, left, inner_height, inner_width) = _fitted(rgb)
    result = np.zeros((height, width), np.float32)
    for values in _on_one_thread(lambda: _contributions(network, photo)):
        full = cv2.resize(values, photo.shape[1::-1], interpolation=cv2.INTER_CUBIC)
        inner = full[top : top + inner_height, left : left + inner_width]
        share = np.asarray(cv2.resize(inner, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
        result += np.maximum(share, 0) / max(float(values.max()), 1e-12)
    # Coarse steps: whatever the last bits are on another machine, the same strokes are chosen.
    return (np.rint(result / max(float(result.max()), 1e-12) * _STEPS) / _STEPS).astype(np.float32)


def on(attention: NDArray[np.float32], mask: NDArray[np.bool_] | None) -> NDArray[np.float32]:
    """The attention [h, w] stretched over 0..1 on what a ``mask`` [h, w] shows, or everywhere."""
    wide = cv2.dilate(attention, np.ones((_RIM, _RIM), np.uint8))
    seen = wide if mask is None or not mask.any() else wide[mask]
    low, high = float(seen.min()), float(np.percentile(seen, _FULL))
    return np.clip((wide - low) / max(high - low, 1e-6), 0, 1).astype(np.float32)


def _on_one_thread(work: Callable[[], list[NDArray[np.float32]]]) -> list[NDArray[np.float32]]:
    """The result of ``work`` on one thread: with more of them sums come out otherwise, and then other strokes."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return work()
    finally:
        torch.set_num_threads(threads)


def _contributions(network: ClassifierNetwork, photo: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    """What each place of the network's maps adds to the classes seen in a photo [h, w, 3]: 3 times float32 [h', w'].

    The published method multiplies activations with positive gradients. That suits activations that are never
    negative; those between bottlenecks may be, and then tell by a negative gradient: so positive products are summed.
    """
    import torch

    parameter = next(network.parameters())
    x = torch.from_numpy(photo).permute(2, 0, 1)[None].to(parameter.device, parameter.dtype) / 255
    with torch.no_grad():
        fine = network.maps(x.contiguous(memory_format=torch.channels_last))[0]
    with torch.enable_grad():
        maps: list[Tensor] = [fine.requires_grad_(True)]
        for index in range(2):
            maps.append(network.later(maps[-1], index))
        logits = network.logits(maps[-1])
        told = (logits.softmax(1).detach() * logits).sum()
        gradients = torch.autograd.grad(told, maps)
    pairs = zip(maps, gradients, strict=True)
    return [(seen * gradient).clamp_min(0).sum(1)[0].detach().float().cpu().numpy() for seen, gradient in pairs]


def _fitted(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], tuple[int, int, int, int]]:
    """A photo [h, w, 3] at the size the network looks at, and (top, left, height, width) of where it lies there."""
    height, width = rgb.shape[:2]
    scale = _SIDE / max(height, width)
    inner_height, inner_width = max(1, round(height * scale)), max(1, round(width * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    inner = np.asarray(cv2.resize(rgb, (inner_width, inner_height), interpolation=method), np.uint8)
    rows, columns = (max(_LEAST, -(-side // _STEP) * _STEP) - side for side in (inner_height, inner_width))
    top, left = rows // 2, columns // 2
    padded = np.pad(inner, ((top, rows - top), (left, columns - left), (0, 0)), mode="edge")
    return padded, (top, left, inner_height, inner_width)
