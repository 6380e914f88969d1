"""What the network learns from: views of photos and of line drawings, and what the teacher sees in each.

The teacher looks at exactly the view that the network will see, colour changes and scale included, so that its answer
is always the right one. A view is a square window with more of the picture around it for the teacher, whose own border
effects are thereby cut off.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps
from scipy import ndimage
from scipy.special import expit
from torch import Tensor
from tqdm import tqdm

from ..seeing.boundary import PADDING, padded, resized
from ..seeing.boundary_network import STRIDES
from .evaluation import thin
from .teacher import HED

WINDOW = 224  # pixels of a view
LONG_SIDES = (176, 420)  # pixels of the whole photo, log-uniform: large shapes and fine detail
_DRAWING_SHARE = 0.15  # of all views


def views(photos: list[Path], variants: int, seed: int) -> Iterator[NDArray[np.uint8]]:
    """Windows with their surroundings, uint8 [WINDOW + 2 PADDING, WINDOW + 2 PADDING, 3].

    Every photo comes ``variants`` times, in mixed order; the first time at 256 px and with its own colours.
    """
    rng = np.random.default_rng(seed)
    for variant in range(variants):
        for k in rng.permutation(len(photos)):
            with Image.open(photos[k]) as file:
                photo = file.convert("RGB")
            if variant == 0:
                long_side = 256
            else:
                long_side = round(math.exp(rng.uniform(*np.log(LONG_SIDES))))
                photo = _recoloured(photo, rng)
                stretch = rng.uniform(0.85, 1.15)
                photo = photo.resize((round(photo.width * stretch), photo.height), Image.Resampling.BICUBIC)
            yield _window(resized(np.asarray(photo), long_side), rng)


def drawings(outlines: list[NDArray[np.bool_]], count: int, seed: int) -> Iterator[NDArray[np.uint8]]:
    """Dark strokes on white, of the size of `views`: random curves and, as often, lines traced from thinned photos.

    Every eighth is an empty sheet of some colour, even or shaded: the network must learn to see nothing in it.
    """
    rng = np.random.default_rng(seed)
    size = WINDOW + 2 * PADDING
    for k in range(count):
        if k % 8 == 7:
            yield _sheet(size, rng)
            continue
        traced = k % 2 == 0
        ink = _inked(outlines[rng.integers(len(outlines))], rng) if traced else _random_curves(size, rng)
        dark = 255 * (1 - rng.choice([0.0, rng.uniform(0, 0.6)], p=[0.7, 0.3]))
        grey = np.clip(255 - ink * dark, 0, 255).astype(np.uint8)
        yield np.repeat(grey[..., None], 3, axis=2)


def build(photos: list[Path], folder: Path, teacher: HED, variants: int, seed: int = 0) -> int:
    """Write views and the teacher's answers into ``folder``; the number of views.

    Files: ``rgb.npy`` uint8 [N, W, W, 3], ``fused.npy`` float16 logits [N, W, W] and ``side<stride>.npy`` float16
    logits [N, W / stride, W / stride]. Photos' views come first, line drawings last.
    """
    from_photos = len(photos) * variants
    from_drawings = round(from_photos * _DRAWING_SHARE / (1 - _DRAWING_SHARE))
    total = from_photos + from_drawings
    folder.mkdir(parents=True, exist_ok=True)
    rgb = open_memmap(folder / "rgb.npy", "w+", np.uint8, (total, WINDOW, WINDOW, 3))
    logits = {
        stride: open_memmap(folder / name, "w+", np.float16, (total, WINDOW // stride, WINDOW // stride))
        for stride, name in _files().items()
    }
    outlines: list[NDArray[np.bool_]] = []

    def answer(picture: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        x = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
        # 16-bit floats double the speed and change the answer by 0.0003 on average.
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            fused, sides = teacher(x.contiguous(memory_format=torch.channels_last))
        answers = []
        for stride, found in zip((1, *STRIDES), (fused, *sides[1:]), strict=True):
            inside = slice(PADDING // stride, PADDING // stride + WINDOW // stride)
            answers.append(found[0, 0, inside, inside].float().clamp(-30, 30).numpy())
        return answers

    everything = itertools.chain(views(photos, variants, seed), drawings(outlines, from_drawings, seed))
    with cores() as pool, tqdm(total=total, desc="teacher", unit="view") as progress:
        while some := list(itertools.islice(everything, min(32, max(1, from_photos - progress.n)))):
            for picture, answers in zip(some, pool.map(answer, some), strict=True):
                k = int(progress.n)
                rgb[k] = picture[PADDING:-PADDING, PADDING:-PADDING]
                for stride, values in zip(logits, answers, strict=True):
                    logits[stride][k] = values
                if k < len(photos):
                    outlines.append(thin(expit(answers[0]), 0.4))
                progress.update()
    return total


def cores() -> ThreadPoolExecutor:
    """A thread for each core that torch was given, each with that core alone.

    Whole pictures in parallel cost less than each convolution in parallel: on a machine that does other work as well,
    threads that wait for one another after every convolution were three times slower.
    """
    return ThreadPoolExecutor(torch.get_num_threads(), initializer=torch.set_num_threads, initargs=(1,))


class Views:
    """Random crops of the views that `build` wrote into some folders.

    Every crop begins at a multiple of 16 px, so that the coarse side outputs are cut exactly; half of them are
    mirrored (the teacher, itself trained on mirrored photos, then says nearly the mirrored answer).
    """

    def __init__(self, folders: list[Path], crop: int) -> None:
        self._crop = crop
        self._arrays = [
            {name: np.load(folder / name, mmap_mode="r") for name in ("rgb.npy", *_files().values())}
            for folder in folders
        ]
        self._ends = np.cumsum([len(arrays["rgb.npy"]) for arrays in self._arrays])

    def __len__(self) -> int:
        return int(self._ends[-1])

    def draw(self, rng: np.random.Generator) -> list[Tensor]:
        """One crop: photo [3, c, c] in 0..1, fused logits [1, c, c], side logits [1, c / s, c / s]."""
        index = int(rng.integers(len(self)))
        folder = int(np.searchsorted(self._ends, index, side="right"))
        arrays = self._arrays[folder]
        index -= int(self._ends[folder])  # from the end, as Python counts
        top, left = (16 * int(k) for k in rng.integers((WINDOW - self._crop) // 16 + 1, size=2))
        mirror = slice(None, None, -1 if rng.integers(2) else 1)

        def cut(name: str, stride: int) -> Tensor:
            y, x, size = top // stride, left // stride, self._crop // stride
            return torch.from_numpy(np.array(arrays[name][index, y : y + size, x : x + size][:, mirror])).float()

        rgb = cut("rgb.npy", 1).permute(2, 0, 1) / 255
        return [rgb, *(cut(name, stride)[None] for stride, name in _files().items())]


def _files() -> dict[int, str]:
    return {1: "fused.npy", **{stride: f"side{stride}.npy" for stride in STRIDES}}


def _window(photo: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A random window of a photo that is mirrored at its ends, as the network will meet it in use."""
    size = WINDOW + 2 * PADDING
    height, width = photo.shape[:2]
    margin = PADDING + max(0, -(-(WINDOW - min(height, width)) // 2))
    photo = padded(photo, margin)
    top = rng.integers(photo.shape[0] - size + 1)
    left = rng.integers(photo.shape[1] - size + 1)
    return photo[top : top + size, left : left + size]


def _recoloured(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The photo under another light, by another camera: each change happens at times."""
    for enhancer, spread in ((ImageEnhance.Brightness, 0.4), (ImageEnhance.Contrast, 0.5), (ImageEnhance.Color, 0.7)):
        if rng.random() < 0.6:
            photo = enhancer(photo).enhance(rng.uniform(1 - spread, 1 + spread))
    if rng.random() < 0.1:
        photo = ImageOps.grayscale(photo).convert("RGB")
    if rng.random() < 0.1:
        photo = photo.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 2)))
    if rng.random() < 0.1:
        noisy = np.asarray(photo) + rng.normal(0, rng.uniform(2, 12), (photo.height, photo.width, 3))
        photo = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    return photo


def _inked(outline: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.float64]:
    """Ink 0..1 of the longest pieces of a view's thinned boundaries, mirrored around it, drawn with one pen."""
    outline = np.pad(outline, PADDING, mode="reflect")
    pieces, count = ndimage.label(outline, structure=np.ones((3, 3)))
    lengths = np.bincount(pieces.ravel(), minlength=count + 1)
    lengths[0] = 0
    kept = np.argsort(lengths)[::-1][: rng.integers(4, 48)]
    lines = np.isin(pieces, kept[lengths[kept] > 6])
    return np.clip(0.5 + rng.uniform(1.2, 4) / 2 - ndimage.distance_transform_edt(~lines), 0, 1)


def _sheet(size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A blank sheet [size, size, 3] in one colour, often grey, or in two that pass into each other evenly."""
    one = rng.uniform(0, 255, 3) if rng.random() < 0.5 else np.full(3, rng.uniform(0, 255))
    other = one + rng.choice([0, 1]) * rng.uniform(-80, 80, 3)
    angle = rng.uniform(0, 2 * math.pi)
    y, x = np.indices((size, size)) / size - 0.5
    share = 0.5 + (np.cos(angle) * y + np.sin(angle) * x) / math.sqrt(2)
    return np.clip(one + share[..., None] * (other - one), 0, 255).round().astype(np.uint8)


def _random_curves(size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Ink 0..1 of 2 to 32 random cubic Bézier strokes of one width."""
    scale = 4  # supersampling: the pen of the drawing library is not antialiased
    picture = Image.new("L", (size * scale, size * scale))
    pen = ImageDraw.Draw(picture)
    width = round(rng.uniform(1.2, 4.5) * scale)
    t = np.linspace(0, 1, 40)[:, None]
    for _ in range(rng.integers(2, 33)):
        p = rng.uniform(0, size, 2) + np.cumsum(rng.normal(0, size * rng.uniform(0.03, 0.2), (4, 2)), axis=0)
        curve = (1 - t) ** 3 * p[0] + 3 * (1 - t) ** 2 * t * p[1] + 3 * (1 - t) * t**2 * p[2] + t**3 * p[3]
        pen.line([(x, y) for x, y in curve * scale], fill=255, width=width, joint="curve")
    return np.asarray(picture.resize((size, size), Image.Resampling.BOX)) / 255.0
