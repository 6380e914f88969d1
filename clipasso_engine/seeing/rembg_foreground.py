"""A larger foreground network through the rembg library, where the user has both it and its weights.

Weights that are not here are never downloaded. Nothing of rembg is imported before the first photo.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..contract import paths

Predict = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""From a photo [h, w, 3] to how surely each pixel belongs to its object: float32 [h, w] in 0..1."""

_NAMES = ("isnet-general-use", "u2net")  # the better one first


@dataclass(frozen=True)
class Model:
    """A network of rembg's whose weights are on this machine; equal as long as their file stays the same."""

    name: str  # as rembg has it
    file: Path
    size: int  # bytes
    modified: int  # ns


class Trouble(Exception):  # noqa: N818  # neither a bug nor in the user's way: the other network does instead
    """The model cannot be used; the message says why."""


def find() -> Model | None:
    """The best model that could be used, by a look at what is installed and which files are there."""
    if importlib.util.find_spec("rembg") is None:
        return None
    for name in _NAMES:
        for file in _places(name):
            if file.is_file():
                there = file.stat()
                return Model(name, file.absolute(), there.st_size, there.st_mtime_ns)
    return None


def load(model: Model) -> Predict:
    """The model, ready to look at photos; `Trouble` if rembg does not work or the file is none of its.

    What it tells of a photo without any object means nothing: it stretches its scores over all of 0..1.
    """
    try:
        with _environment(U2NET_HOME=str(model.file.parent), MODEL_CHECKSUM_DISABLED="1"):
            import rembg

            session = rembg.new_session(model.name)
    except (Exception, SystemExit) as problem:  # it exits where onnxruntime is missing
        raise Trouble(f"{type(problem).__name__}: {problem}") from problem

    def predict(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        try:
            (mask,) = session.predict(Image.fromarray(rgb))
        except Exception as problem:
            raise Trouble(f"{type(problem).__name__}: {problem}") from problem
        return np.asarray(mask, np.float32) / np.float32(255)

    return predict


def _places(name: str) -> list[Path]:
    """Where rembg keeps the weights, in its newer and older versions, and where `clipasso models fetch` puts them."""
    data = os.environ.get("XDG_DATA_HOME")
    chosen = os.environ.get("U2NET_HOME")
    newer = chosen or os.environ.get("REMBG_HOME") or (f"{data}/rembg" if data else "~/.rembg")
    older = chosen or f"{data or '~'}/.u2net"
    folders = [Path(newer).expanduser() / "models" / name, Path(older).expanduser(), paths.models()]
    return [folder / f"{name}.onnx" for folder in folders]


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """The variables set meanwhile: rembg looks for this very file and does not fetch another in its place."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
