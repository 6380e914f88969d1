"""Adam (Kingma & Ba, ICLR 2015) for one array: a few dozen points need no library."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BETA1, BETA2 = 0.9, 0.999  # memory of the mean and of the mean square of the gradient; larger forgets more slowly
EPSILON = 1e-8


class Adam:
    """Moves a float32 array in place."""

    def __init__(self, parameter: NDArray[np.float32]) -> None:
        self._parameter = parameter
        self._mean = np.zeros_like(parameter)
        self._mean_square = np.zeros_like(parameter)
        self._steps = 0

    def step(self, gradient: NDArray[np.float32], learning_rate: float) -> None:
        """One step down the ``gradient``."""
        self._steps += 1
        self._mean += np.float32(1 - BETA1) * (gradient - self._mean)
        self._mean_square *= np.float32(BETA2)
        self._mean_square += np.float32(1 - BETA2) * gradient * gradient
        size = learning_rate / (1 - BETA1**self._steps)
        scale = (1 - BETA2**self._steps) ** 0.5
        spread = np.sqrt(self._mean_square) / np.float32(scale) + np.float32(EPSILON)
        self._parameter -= np.float32(size) * (self._mean / spread)
