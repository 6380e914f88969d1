"""Networks of PyTorch where the engine expects those that OpenCV runs."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..weights.opencv_network import Array


class AsNetwork:
    """The boundary logits of a module, or the first of what it answers, as `boundary.predict` asks for them."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module

    def __call__(self, image: NDArray[np.float32]) -> dict[str, Array]:
        """``logits`` [1, 1, h, w] of an image [1, 3, h, w]."""
        with torch.inference_mode():
            answer = self._module(torch.from_numpy(image).contiguous(memory_format=torch.channels_last))
        return {"logits": (answer[0] if isinstance(answer, tuple) else answer).float().cpu().numpy()}
