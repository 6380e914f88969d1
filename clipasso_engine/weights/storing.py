"""How a file of weights comes into the models folder: whole, of the right architecture, one process at a time.

Only the command line stores weights, so what is wrong here is told in its words.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import filelock

from ..contract import paths
from ..contract.errors import UserError
from . import models


def check_architecture(file: Path, weights: models.Weights, called: Path | None = None) -> None:
    """Raise `UserError` unless the file is whole safetensors with this architecture's tensors.

    ``called`` is the name to use in the message. Files of other formats have a pinned hash, which says more.
    """
    if not weights.architecture:
        return
    from safetensors import SafetensorError, safe_open

    name = called or file
    try:
        with safe_open(file, framework="np") as tensors:
            shapes = {key: tuple(tensors.get_slice(key).get_shape()) for key in tensors.keys()}  # noqa: SIM118
    except SafetensorError as problem:
        raise UserError(
            f"{name} is {_kind(file)}, but only safetensors are loaded. Get the file {weights.source} offers as "
            "open_clip_model.safetensors."
        ) from problem
    for tensor, shape in weights.tensors:
        if shapes.get(tensor) != shape:
            there = f"has it as {shapes[tensor]}" if tensor in shapes else "lacks it"
            raise UserError(
                f"{name} holds another network than {weights.architecture}: that has {tensor} as {shape}, this file "
                f"{there}. Get the file from {weights.source}."
            )


def _kind(file: Path) -> str:
    with file.open("rb") as stream:
        start = stream.read(512)
    if start.startswith((b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04")):
        return "a pickle or TorchScript file, which could run code"
    if start.lstrip()[:1] == b"<":
        return "a web page"
    return "not a whole safetensors file (truncated, or of another format)"


def store(part: Path, file: Path, record: models.Record) -> None:
    """Give a finished part file its final name and write its record."""
    os.replace(part, file)
    models.write_record(file, replace(record, size=file.stat().st_size))


def flush(stream: BinaryIO) -> None:
    """Onto the disk, so that a power cut after the renaming leaves no empty file of weights."""
    stream.flush()
    os.fsync(stream.fileno())


def locked(file: Path) -> filelock.BaseFileLock:
    """A lock between processes on writing this file of weights; waits for its turn."""
    return filelock.FileLock(file.with_name(file.name + ".lock"))


def make_folder(folder: Path) -> None:
    """Make the folder, or say why not."""
    try:
        paths.make(folder)
    except OSError as problem:
        raise UserError(
            f"The folder {folder} cannot be made: {problem.strerror}. Name another with CLIPASSO_HOME."
        ) from problem
