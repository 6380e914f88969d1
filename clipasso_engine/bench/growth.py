"""How cost grows: with strokes, with the photo's pixels, with levels, with photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from .. import pipeline
from ..contract.job import SketchJob
from ..seeing import photo
from .figures import Figure, Growth, Measured
from .programs import sketch
from .setting import Setting, picture, seconds

_LEVELS = ((16,), (16, 8), (32, 16, 8, 4), (32, 28, 24, 20, 16, 12, 8, 4))


def measure(setting: Setting) -> Measured:
    """Series of figures, in this process but for photos."""
    measured = Measured("growth")
    with setting.own_home():
        _add(measured, "strokes", _strokes(setting))
        _add(measured, "levels", _levels(setting))
        for suffix in ("jpg", "png"):
            _add(measured, f"megapixels of a {suffix}", _pixels(setting, suffix))
        _add(measured, "photos", _photos(setting))
    return measured


def _add(measured: Measured, name: str, points: list[tuple[float, tuple[float, ...]]]) -> None:
    figures = [Figure(f"{name}: {size:g}", values) for size, values in points]
    measured.figures += figures
    measured.growth.append(Growth(name, tuple(size for size, _ in points), tuple(figures)))


def _strokes(setting: Setting) -> list[tuple[float, tuple[float, ...]]]:
    counts = (1, 16, 64) if setting.quick else (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
    return [(count, _drawn(setting, (count,))) for count in counts]


def _levels(setting: Setting) -> list[tuple[float, tuple[float, ...]]]:
    return [(len(levels), _drawn(setting, levels)) for levels in _LEVELS[: 2 if setting.quick else None]]


def _drawn(setting: Setting, levels: tuple[int, ...]) -> tuple[float, ...]:
    """Seconds to draw a photo that was looked at before, at these levels."""
    job = SketchJob(str(setting.photos(1)[0]), levels, device="cpu", guidance="boundary")
    return seconds(lambda: pipeline.sketch(job, lambda _event: None, lambda: False), setting.repeat)


def _pixels(setting: Setting, suffix: str) -> list[tuple[float, tuple[float, ...]]]:
    """Seconds to load photos of so many million pixels."""
    sizes = (0.1, 1.0) if setting.quick else (0.1, 0.5, 1, 4, 16, 64)
    result = []
    for millions in sizes:
        path = _photo_of(setting.folder, millions, suffix)
        result.append((millions, seconds(lambda path=path: photo.load(path), setting.repeat)))  # type: ignore[misc]
        path.unlink()
    return result


def _photo_of(folder: Path, millions: float, suffix: str) -> Path:
    side = round((millions * 1e6) ** 0.5)
    rgb = picture("astronaut")
    path = folder / f"large.{suffix}"
    Image.fromarray(np.asarray(rgb)).resize((side, side), Image.Resampling.BILINEAR).save(path)
    return path


def _photos(setting: Setting) -> list[tuple[float, tuple[float, ...]]]:
    """Seconds of ``clipasso sketch`` in one process, its start included."""
    result: list[tuple[float, tuple[float, ...]]] = []
    for count in (1, 3) if setting.quick else (1, 3, 10, 30, 100):
        setting.forget()
        options = ("--jobs", "1", "--quality", "draft", "--device", "cpu")
        result.append((float(count), (sketch(setting.photos(count), setting.folder / "many", *options).processor,)))
    return result
