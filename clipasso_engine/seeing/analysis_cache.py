"""What was seen in a photo, kept by the hash of its file, so that another level or style does not look at it again.

Files of arrays under CLIPASSO_HOME/cache, the photo itself not among them. They are as good as computed anew: the key
holds the weights and the code that made them, and a file that cannot be read is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..contract import paths
from ..contract.choices import Background
from ..contract.sketch import Shape
from ..weights import bundled
from ..weights.opencv_network import Network
from . import boundary, faces, foreground, view
from .closeup import Box
from .face_traits import Traits
from .faces import Face
from .foreground import Foreground
from .photo import Photo
from .rembg_foreground import Model
from .view import CANVAS, View

MAX_BYTES = 64 << 20
"""Of all files together; those that were not used for longest go."""

_PART = ".part"
_STALE_SECONDS = 600.0  # far longer than a file takes to be written

_WEIGHTS = (boundary.WEIGHTS_SHA256, foreground.WEIGHTS_SHA256, faces.DETECTOR_SHA256, faces.LANDMARKS_SHA256)


def look(
    network: Network, picture: Photo, background: Background, mask: Sequence[Shape] = (), larger: Model | None = None
) -> View:
    """`view.look`, from the cache where the same photo was looked at before. Raises what that raises."""
    file = folder() / f"{_key(picture, background, mask, larger)}.npz"
    seen = _read(file, picture)
    if seen is None:
        seen = view.look(network, picture, background, mask, larger)
        with contextlib.suppress(OSError):  # a full disk, a folder that cannot be written
            _write(file, seen)
            _keep_within(MAX_BYTES)
    return seen


def folder() -> Path:
    """Where the files are."""
    return paths.home() / "cache"


def files() -> list[Path]:
    """Those there are, the one used last first."""

    def age(file: Path) -> int:
        try:
            return -file.stat().st_mtime_ns
        except OSError:  # removed meanwhile
            return 0

    return sorted(folder().glob("*.npz"), key=age)


def clear() -> int:
    """Remove all files; the bytes that were freed. Raises `OSError`."""
    freed = 0
    _clear_parts(0)
    for file in files():
        with contextlib.suppress(FileNotFoundError):
            freed += file.stat().st_size
            file.unlink()
    return freed


@lru_cache(maxsize=1)
def _made_by() -> str:
    digest = hashlib.sha256("".join(_WEIGHTS).encode())
    # Whatever in this room may change what is seen, and the networks' graphs.
    for file in (*sorted(Path(__file__).parent.glob("*.py")), *sorted(bundled.FOLDER.glob("*.onnx"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _key(picture: Photo, background: Background, mask: Sequence[Shape], larger: Model | None) -> str:
    return hashlib.sha256(
        repr((picture.sha256, picture.upright, background, mask, larger, _made_by())).encode()
    ).hexdigest()


def _read(file: Path, picture: Photo) -> View | None:
    try:
        # Opened here, since NumPy leaves a file open that turns out to be damaged.
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            box = Box(*(int(edge) for edge in arrays["box"]))
            canvas = boundary.resized(box.crop(picture.rgb), CANVAS)
            people = _faces(arrays)
            result = View(box, canvas, arrays["boundary"], _object(arrays, "found"), _object(arrays, "guess"), people)
        _touch(file)
    except MemoryError:
        raise
    except Exception:  # of a damaged file: zlib's, zipfile's and NumPy's readers each fail in ways of their own
        return None
    return result if _fits(result) else None


def _fits(seen: View) -> bool:
    """Whether the arrays are those of a view: a file may have been whole, and another's."""
    size = seen.rgb.shape[:2]
    maps = [seen.boundary, *(array for item in (seen.found, seen.guess) if item for array in (item.mask, item.score))]
    of_faces = [number for face in seen.faces for number in (face.points, face.traits.hairline)]
    return (
        all(array.shape == size for array in maps)
        and seen.boundary.dtype == np.float32
        and all(array.ndim == 2 and array.shape[1] == 3 for array in of_faces)
        and all(np.issubdtype(array.dtype, np.number) and np.isfinite(array).all() for array in (*maps[:1], *of_faces))
    )


def _object(arrays: Mapping[str, Any], name: str) -> Foreground | None:
    return Foreground(arrays[f"{name}_mask"], arrays[f"{name}_score"]) if f"{name}_mask" in arrays else None


def _numbers(face: Face) -> list[float]:
    traits = face.traits
    return [face.score, float(traits.dark_glasses), traits.glasses, float(traits.moustache)]


def _faces(arrays: Mapping[str, Any]) -> tuple[Face, ...]:
    kept = zip(arrays["face_points"], arrays["face_hairlines"], arrays["face_numbers"].tolist(), strict=True)
    return tuple(
        Face(points, score, Traits(hairline, bool(dark), glasses, bool(moustache)))
        for points, hairline, (score, dark, glasses, moustache) in kept
    )


def _write(file: Path, seen: View) -> None:
    box = np.array([seen.box.left, seen.box.top, seen.box.right, seen.box.bottom])
    arrays = {"box": box, "boundary": seen.boundary}
    arrays["face_points"] = np.array([face.points for face in seen.faces])
    arrays["face_hairlines"] = np.array([face.traits.hairline for face in seen.faces])
    arrays["face_numbers"] = np.array([_numbers(face) for face in seen.faces])
    for name, item in (("found", seen.found), ("guess", seen.guess)):
        if item is not None:
            arrays |= {f"{name}_mask": item.mask, f"{name}_score": item.score}
    paths.make(file.parent)
    handle, part = tempfile.mkstemp(dir=file.parent, suffix=_PART)
    try:
        with open(handle, "wb") as stream:
            np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
        _touch(Path(part))
        os.replace(part, file)
    except BaseException:
        os.unlink(part)
        raise
    _clear_parts(_STALE_SECONDS)


def _clear_parts(older: float) -> None:
    """Remove what processes left that were killed while they wrote, so longer ago than ``older`` seconds."""
    for part in folder().glob(f"*{_PART}"):
        with contextlib.suppress(OSError):  # removed meanwhile
            if abs(time.time() - part.stat().st_mtime) >= older:  # the clock may have been set back since
                part.unlink()


def _touch(file: Path) -> None:
    """Used now. Said in nanoseconds: a file system's own clock gives the uses of several milliseconds the same time."""
    now = time.time_ns()
    os.utime(file, ns=(now, now))


def _keep_within(limit: int) -> None:
    total = 0
    for file in files():
        with contextlib.suppress(FileNotFoundError):
            total += file.stat().st_size
            if total > limit:
                file.unlink()
