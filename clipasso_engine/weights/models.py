"""Weights: what each file is for, where it comes from, and the promise that what is loaded is what was meant.

Only safetensors (and rembg's ONNX) files are known here: plain tensors, nothing that could run code. A file is trusted
by its SHA-256: the one pinned below where one is published, else the content hash that the model hub announced when
the file was fetched, kept in a small record beside the file. Nothing here imports torch.
"""

from __future__ import annotations

import errno
import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from ..contract import hashing, paths
from ..contract.codes import ErrorCode
from ..contract.errors import CodedError
from . import bundled as in_package


@dataclass(frozen=True)
class Weights:
    """One file of weights that CLIPasso can use."""

    name: str  # as the command line has it
    file: str  # its name in the models folder, or in the package when bundled
    purpose: str
    licence: str
    source: str  # where it comes from, for people
    size: int  # bytes; approximate where no SHA-256 is published
    sha256: str = ""  # empty: none is published, so the model hub's own content hash counts
    url: str = ""  # an https address, or "hub:" followed by repository@revision/file on the model hub
    bundled: bool = False
    architecture: str = ""  # the CLIP library's name for the network, empty for others
    tensors: tuple[tuple[str, tuple[int, ...]], ...] = ()  # a few tensors only this architecture has, with their shapes


def _bundled(file: Path, sha256: str, purpose: str, licence: str, source: str) -> Weights:
    """Those of a network that comes with the engine; without a size where the file is missing."""
    size = file.stat().st_size if file.exists() else 0
    return Weights(file.stem, file.name, purpose, licence, source, size, sha256, bundled=True)


BOUNDARY = _bundled(
    in_package.BOUNDARY,
    in_package.BOUNDARY_SHA256,
    purpose="finds the lines of a photo; what sketches are guided by without a download",
    licence="GPL-3.0-or-later",
    source="trained for this project, part of the package",
)
FOREGROUND = _bundled(
    in_package.FOREGROUND,
    in_package.FOREGROUND_SHA256,
    purpose="finds the object of a photo: U²-Net's small model",
    licence="Apache-2.0",
    source="trained by U²-Net's authors, part of the package",
)
FACE_DETECTOR = _bundled(
    in_package.FACE_DETECTOR,
    in_package.FACE_DETECTOR_SHA256,
    purpose="finds people's faces in a photo: BlazeFace, full range",
    licence="Apache-2.0",
    source="trained by MediaPipe's authors, part of the package",
)
FACE_LANDMARKS = _bundled(
    in_package.FACE_LANDMARKS,
    in_package.FACE_LANDMARKS_SHA256,
    purpose="finds eyes, brows, nose and mouth of a face: Attention Mesh",
    licence="Apache-2.0",
    source="trained by MediaPipe's authors, part of the package",
)
CLASSIFIER = _bundled(
    in_package.CLASSIFIER,
    in_package.CLASSIFIER_SHA256,
    purpose="knows which part of a photo tells what is in it: EfficientNet-Lite0",
    licence="Apache-2.0",
    source="trained by EfficientNet's authors, part of the package",
)
MEANING = _bundled(
    in_package.MEANING,
    in_package.MEANING_SHA256,
    purpose="tells by what the classifier sees whether a sketch shows what its photo does",
    licence="GPL-3.0-or-later",
    source="trained for this project, part of the package",
)
CLIP_RN101 = Weights(
    name="clip-rn101",
    file="clip-rn101.safetensors",
    purpose="CLIP guidance: OpenAI's RN101, which compares sketch and photo as the paper does",
    licence="MIT",
    source="model hub, timm/resnet101_clip.openai",
    size=479_255_396,
    # The repository's revision and hash are published nowhere but on the hub, so its current revision is asked for.
    url="hub:timm/resnet101_clip.openai@main/open_clip_model.safetensors",
    architecture="RN101-quickgelu",
    tensors=(
        ("visual.layer3.22.conv3.weight", (1024, 256, 1, 1)),
        ("visual.attnpool.c_proj.weight", (512, 2048)),
        ("text_projection", (512, 512)),
    ),
)
CLIP_VIT_B32 = Weights(
    name="clip-vit-b32",
    file="clip-vit-b32.safetensors",
    purpose="CLIP saliency: OpenAI's ViT-B/32, whose attention tells where to draw",
    licence="MIT",
    source="model hub, timm/vit_base_patch32_clip_224.openai",
    size=605_143_284,
    sha256="e6d1bd7789aa45192b3bf90570a789b478bae1b74ebcce7eddd908e83a2b7c31",
    url=(
        "hub:timm/vit_base_patch32_clip_224.openai@a6f597a30f7b82c51704746581f9a4e41421e878/open_clip_model.safetensors"
    ),
    architecture="ViT-B-32-quickgelu",
    tensors=(("visual.conv1.weight", (768, 3, 32, 32)), ("visual.proj", (768, 512)), ("text_projection", (512, 512))),
)
U2NET = Weights(
    name="u2net",
    file="u2net.onnx",
    purpose="U²-Net's large model, which finds the object more exactly where rembg is installed",
    licence="Apache-2.0",
    source="rembg's release v0.0.0",
    size=175_997_641,
    sha256="8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491",
    url="https://github.com/danielgatis/rembg/releases/download/v0.0.0/u2net.onnx",
)

REGISTRY: dict[str, Weights] = {
    weights.name: weights
    for weights in (
        BOUNDARY,
        FOREGROUND,
        FACE_DETECTOR,
        FACE_LANDMARKS,
        CLASSIFIER,
        MEANING,
        CLIP_RN101,
        CLIP_VIT_B32,
        U2NET,
    )
}


@dataclass(frozen=True)
class Record:
    """What is known of a file in the models folder: its hash, and whose word for it was taken."""

    sha256: str
    size: int
    source: str  # an address or a folder
    revision: str = ""  # the hub's commit, where it told one
    own: bool = False  # the user's own weights, accepted although they are not the published ones


@dataclass(frozen=True)
class Status:
    """How one entry of the registry stands on this machine. ``state``: present, missing, damaged or unrecorded."""

    weights: Weights
    state: str
    location: Path
    record: Record | None


def find(name: str) -> Weights:
    """The registry's entry of that name, or one made for ``clip-MODEL``, any other model of the CLIP library.

    Raises `UserError`, which names the known ones.
    """
    if name in REGISTRY:
        return REGISTRY[name]
    if re.fullmatch(r"clip-[\w.-]+", name):
        return clip(name.removeprefix("clip-"))
    raise CodedError(ErrorCode.WEIGHTS_UNKNOWN, weights=name, known=", ".join(REGISTRY))


def clip(model: str) -> Weights:
    """The weights of a model of the CLIP library, by the library's name or the paper's short ones (RN101, ViT-B-32)."""
    for weights in (CLIP_RN101, CLIP_VIT_B32):
        if model in (weights.architecture, weights.architecture.removesuffix("-quickgelu")):
            return weights
    return Weights(
        name=f"clip-{model}",
        file=f"clip-{model}.safetensors",
        purpose=f"CLIP guidance by {model}",
        licence="its authors' own",
        source="a folder of yours",
        size=0,
        architecture=model,
    )


def location(weights: Weights) -> Path:
    """Where the file lies, or would lie."""
    return (in_package.FOLDER if weights.bundled else paths.models()) / weights.file


def record_of(weights: Weights) -> Record | None:
    """The record beside the file, or the pinned hash, or None where neither tells what the file should be."""
    record = read_record(location(weights))
    if record is not None and (record.own or not weights.sha256):
        return record
    return Record(weights.sha256, weights.size, weights.source) if weights.sha256 else None


def read_record(file: Path) -> Record | None:
    """The record beside ``file``; None when there is none or it is no record."""
    try:
        return Record(**json.loads(record_path(file).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def record_path(file: Path) -> Path:
    """The path of the record that belongs to a file of weights."""
    return file.with_name(file.name + ".json")


def write_record(file: Path, record: Record) -> None:
    """Write the record that belongs to ``file``."""
    record_path(file).write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8")


def sha256_of(file: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with file.open("rb") as stream:
        return hashing.sha256_of(stream)


def available(name: str) -> bool:
    """Whether the weights are here, by a look at presence and size only; `path` checks every byte."""
    weights = find(name)
    file, record = location(weights), record_of(weights)
    return record is not None and file.is_file() and file.stat().st_size == record.size


def status(name: str) -> Status:
    """Read every byte and tell how the weights stand."""
    weights = find(name)
    file, record = location(weights), record_of(weights)
    if not file.is_file():
        state = "missing"
    elif record is None:
        state = "unrecorded"
    else:
        state = "present" if sha256_of(file) == record.sha256 else "damaged"
    return Status(weights, state, file, record)


def path(name: str) -> Path:
    """The verified file of these weights; every byte is hashed (about a second for 600 MB).

    Raises `UserError` when the file is missing, damaged or of unknown origin.
    """
    found = status(name)
    if found.state != "present":
        raise _fault(found)
    return found.location


def _fault(found: Status) -> CodedError:
    weights, file = found.weights, found.location
    if weights.bundled and found.state == "missing":
        reason = os.strerror(errno.ENOENT)
        return CodedError(ErrorCode.PART_UNREADABLE, network=weights.name, file=file, reason=reason)
    if weights.bundled:
        digest = sha256_of(file)
        return CodedError(
            ErrorCode.PART_DAMAGED, network=weights.name, file=file, found=digest, expected=weights.sha256
        )
    if found.state == "missing":
        return CodedError(ErrorCode.WEIGHTS_MISSING, weights=weights.name, file=file)
    if found.state == "damaged":
        return CodedError(ErrorCode.WEIGHTS_DAMAGED, weights=weights.name, file=file)
    return CodedError(ErrorCode.WEIGHTS_UNRECORDED, weights=weights.name, file=file)
