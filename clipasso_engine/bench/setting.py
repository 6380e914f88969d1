"""How thoroughly to measure, on what, with which photos."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_PHOTOS = ("astronaut", "coffee", "chelsea", "camera", "coins", "rocket")  # all in scikit-image's package itself


@dataclass(frozen=True)
class Setting:
    """One run of the bench."""

    folder: Path  # for photos, drawings and a cache of its own; empty at first
    repeat: int = 5
    quick: bool = False  # fewer cases, to see that all works
    devices: tuple[str, ...] = ("cpu",)
    strokes: int = 16
    clip_model: str = "RN101"

    def photos(self, count: int) -> list[Path]:
        """So many photos of scikit-image's, no two alike: further ones are cut from the same."""
        return [self._photo(number) for number in range(count)]

    def _photo(self, number: int) -> Path:
        name, turn = _PHOTOS[number % len(_PHOTOS)], number // len(_PHOTOS)
        path = self.folder / f"{name}{turn or ''}.png"
        if not path.exists():
            rgb = picture(name)
            Image.fromarray(rgb[3 * turn :, : rgb.shape[1] - 2 * turn]).save(path)
        return path

    def forget(self) -> None:
        """No photo was looked at before, in `own_home`."""
        for file in (self.folder / "home" / "cache").glob("*.npz"):
            file.unlink()

    @contextlib.contextmanager
    def own_home(self) -> Iterator[None]:
        """`paths.home` is in the folder, so that neither the user's cache nor their weights play a part."""
        before = os.environ.get("CLIPASSO_HOME")
        os.environ["CLIPASSO_HOME"] = str(self.folder / "home")
        try:
            yield
        finally:
            if before is None:
                del os.environ["CLIPASSO_HOME"]
            else:
                os.environ["CLIPASSO_HOME"] = before


def picture(name: str) -> NDArray[np.uint8]:
    """A photo of scikit-image's: [h, w, 3]."""
    from skimage import data

    rgb = np.asarray(getattr(data, name)(), np.uint8)
    return np.repeat(rgb[..., None], 3, axis=2) if rgb.ndim == 2 else rgb[..., :3]


def seconds(work: Callable[[], object], repeat: int, device: str = "cpu") -> tuple[float, ...]:
    """How long ``work`` takes, ``repeat`` times; a time before them, which compiles and fills caches, does not count.

    On a CPU that is processor time, of all threads: what else runs on the machine disturbs it least.
    """
    clock = time.process_time if device == "cpu" else time.perf_counter
    work()
    taken = []
    for _ in range(repeat):
        _await(device)
        begun = clock()
        work()
        _await(device)
        taken.append(clock() - begun)
    return tuple(taken)


def _await(device: str) -> None:
    """Until the device has done what it was given; a CPU has."""
    if device != "cpu":
        import torch

        getattr(torch, device).synchronize()
