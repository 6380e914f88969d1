"""The weights of the networks that come with the engine."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..contract.codes import ErrorCode
from ..contract.errors import CodedError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from .graph_network import GraphNetwork
    from .opencv_network import OpenCVNetwork

    Network = TypeVar("Network", bound=nn.Module)

FOLDER = Path(__file__).parent

# Told here, since the list of weights must not wait for what looking for objects needs (scipy: 0.3 s).
BOUNDARY = FOLDER / "boundary.safetensors"
BOUNDARY_SHA256 = "b94258d7f6e827bfb66be70f2a86b8f86506cc6aa05cbdae28605a31744999d7"
FOREGROUND = FOLDER / "foreground.safetensors"
FOREGROUND_SHA256 = "3983be9456a7deb5ea0d97eab9f6a768e515a7a1842fc04292866812e978a959"
FACE_DETECTOR = FOLDER / "face_detector.safetensors"
FACE_DETECTOR_SHA256 = "0214bd0c1c8886117801be5a6707aa8a1c05558745a32f90722b9d3543199a63"
FACE_LANDMARKS = FOLDER / "face_landmarks.safetensors"
FACE_LANDMARKS_SHA256 = "17f6d9d3ba87b83ec1bb6f656fce1cc50250fc4fb022f8f13c2b8263e54df236"

CLASSIFIER = FOLDER / "classifier.safetensors"
CLASSIFIER_SHA256 = "8eadb695775d9480a283d4aa34cb787c277a2dc0a8352f3254ce5a01ab4e1764"
MEANING = FOLDER / "meaning.safetensors"
MEANING_SHA256 = "d05c0378ccaece2a84b85c2818cecc3917b7df1d9c0bcca364aa75bcf62dd144"
SCALE = ".scale"
"""Ends the name of a tensor [N, 1, ...] that a tensor of 8-bit whole numbers is to be multiplied by."""


def filled(network: Network, weights: Path, sha256: str, device: Any = "cpu") -> Network:
    """``network`` with the ``weights`` of a safetensors file: on ``device``, frozen, in evaluation mode, 32-bit floats.

    Raises `UserError` if the file is missing or its SHA-256 is not ``sha256``.
    """
    return _with_weights(network, checked(weights, sha256), device)


def graph(weights: Path, sha256: str, device: Any = "cpu") -> GraphNetwork:
    """The network whose operations and weights a safetensors file holds, as `filled` makes it.

    Raises what that raises.
    """
    from .graph_network import GraphNetwork

    data = checked(weights, sha256)
    return _with_weights(GraphNetwork.of_file(data), data, device)


def network(weights: Path, sha256: str) -> OpenCVNetwork:
    """The network of the ``weights`` of a safetensors file, run by OpenCV; its graph is the package's of that name.

    Raises what `filled` raises.
    """
    from .opencv_network import OpenCVNetwork

    data = checked(weights, sha256)
    return OpenCVNetwork((FOLDER / weights.name).with_suffix(".onnx").read_bytes(), _arrays(data))


def description(data: bytes) -> dict[str, Any]:
    """What a safetensors file tells beside the shapes of its tensors, by name."""
    # https://huggingface.co/docs/safetensors: 8 bytes that say how long the JSON header after them is
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return {name: json.loads(value) for name, value in header.get("__metadata__", {}).items()}


def checked(weights: Path, sha256: str) -> bytes:
    """A file's bytes; raises what `filled` raises."""
    try:
        data = weights.read_bytes()
    except OSError as error:
        raise CodedError(
            ErrorCode.PART_UNREADABLE, network=weights.stem, file=weights, reason=error.strerror
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise CodedError(ErrorCode.PART_DAMAGED, network=weights.stem, file=weights, found=found, expected=sha256)
    return data


def _with_weights(network: Network, data: bytes, device: Any) -> Network:
    import torch
    from safetensors.torch import load

    network.load_state_dict(_multiplied(load(data)))
    network = network.float().eval().requires_grad_(False).to(device)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, unused-ignore, no-any-return]


def _arrays(data: bytes) -> dict[str, NDArray[np.float32]]:
    """The tensors of a safetensors file by name, as 32-bit floats."""
    from safetensors.numpy import load

    tensors = {name: value.astype("f4") for name, value in load(data).items()}
    return {
        name: value if (scale := tensors.get(name + SCALE)) is None else value * scale
        for name, value in tensors.items()
        if not name.endswith(SCALE)
    }


def _multiplied(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors by name, those of 8 bits times their scales."""
    return {
        name: value if (scale := tensors.get(name + SCALE)) is None else value.float() * scale.float()
        for name, value in tensors.items()
        if not name.endswith(SCALE)
    }
