"""Guidance: how far a rendered sketch is from what the photo shows, as a loss that gradients can follow.

A guidance is built once from the photo, which computes its target once; afterwards only sketches are looked at. It
knows nothing of strokes or rasterisers: it is given ink and gives a loss. A new guidance is one file here and one name
in `contract.choices.GuidanceName`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from ...contract.choices import WITH_CLIP, GuidanceName
from ...contract.codes import ErrorCode, NoticeCode
from ...contract.errors import CodedError
from ...contract.job import SketchJob

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Subject:
    """What a guidance may know of the photo."""

    rgb: (
        np.ndarray
    )  # uint8 [h, w, 3], over white, the background already removed where that was asked; h:w as the ink's
    boundary: np.ndarray  # float32 [h', w'] in 0..1, the lines to draw
    device: str  # PyTorch's name for it
    seed: int = 0
    text: str = ""  # what the photo shows, in words; empty: the photo alone speaks
    clip_model: str = "RN101"  # an image tower of the CLIP library


class Guidance(Protocol):
    """A loss of rendered sketches against one photo.

    ``ink`` is float32 [B, h, w] in 0..1, 1 where a stroke is opaque, B candidates at once, h:w as the photo has: an
    array of NumPy's, or a tensor of PyTorch's where that draws. Losses are float32 [B], NumPy's; lower is better.
    """

    @property
    def name(self) -> str: ...

    def pull(self, ink: Any, fraction: float | None) -> tuple[NDArray[np.float32], Any]:
        """The loss to descend, and the gradient of its sum by the ink, of the ink's kind and shape.

        ``fraction`` tells how far the optimisation is, 0 at the first step, 1 at the last; random augmentations may be
        drawn, from the subject's seed. None is for the loss of `evaluate`.
        """
        ...

    def evaluate(self, ink: Any) -> NDArray[np.float32]:
        """The loss to compare by: no randomness, the same measure at every step and for every candidate."""
        ...


def build(name: str, subject: Subject) -> Guidance:
    """The guidance called ``name`` (a module here) for this photo.

    Its module is imported only now, so that CLIP's packages are needed by those who use CLIP alone. Raises `UserError`
    when its packages or weights are missing.
    """
    return import_module(f"{__name__}.{name}").build(subject)


def choose(job: SketchJob) -> tuple[GuidanceName, NoticeCode | None]:
    """The guidance a job shall have, and a notice for the user where ``auto`` does without CLIP, else None.

    Looks only whether packages and weights are there: `build` checks and may still raise.
    """
    from ...clip import availability

    if job.text and job.guidance not in ("auto", *WITH_CLIP):
        raise CodedError(ErrorCode.TEXT_WITHOUT_CLIP, text=job.text)
    if job.guidance != "auto":
        return job.guidance, None
    if job.text or availability.usable(job.clip_model):
        return "both", None
    return "boundary", NoticeCode.NO_CLIP_WEIGHTS if availability.installed() else NoticeCode.NO_CLIP_PACKAGES
