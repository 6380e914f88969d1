"""What to compute on, by PyTorch's names. On the CPU lines alone need no PyTorch, which is then not imported."""

from __future__ import annotations

import ctypes
import importlib.util
import platform
import sys
from pathlib import Path

from ..contract import texts
from ..contract.codes import ErrorCode, NoticeCode
from ..contract.errors import CodedError
from ..contract.events import Event, notice

_BEST_FIRST = ("cuda", "mps", "cpu")
_NAMES = {"cuda": texts.NVIDIA_CARD, "mps": texts.APPLE_GPU, "cpu": "CPU"}
_DRIVERS = {"linux": "libcuda.so.1", "win32": "nvcuda.dll"}
_AMD = Path("/dev/kfd")  # PyTorch's build for AMD's cards calls them cuda too


def choose(name: str) -> tuple[str, list[Event]]:
    """The device ``name`` (one of `contract.choices.DEVICES`), and a notice of each that was left out.

    ``auto`` takes the fastest that really computes: PyTorch also finds cards that are too old for it, on which the
    first kernel fails. Raises `UserError` for a device asked for by name that is not there, or does not compute.
    """
    if name == "cpu":
        return name, []
    if name != "auto":
        if not _is_there(name):
            raise CodedError(ErrorCode.DEVICE_MISSING, device=name)
        trouble = trial(name)
        if trouble:
            raise CodedError(ErrorCode.DEVICE_FAILS, device=_NAMES[name], reason=trouble)
        return name, []
    left_out: list[Event] = []
    for candidate in filter(_is_there, _BEST_FIRST if may_have_gpu() else ()):
        trouble = trial(candidate)
        if not trouble:
            return candidate, left_out
        left_out.append(notice(NoticeCode.DEVICE_LEFT_OUT, device=_NAMES[candidate], reason=trouble))
    return "cpu", left_out


def may_have_gpu() -> bool:
    """Whether it is worth the time to ask PyTorch: it is here, and so is a driver, or a processor that has a GPU."""
    if not torch_is_here():
        return False
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    try:
        ctypes.CDLL(_DRIVERS[sys.platform])
    except (KeyError, OSError):
        return _AMD.exists()
    return True


def torch_is_here() -> bool:
    """Whether PyTorch is installed; looks only. A light installation is without it."""
    return importlib.util.find_spec("torch") is not None


def trial(name: str) -> str:
    """Compute something small; what goes wrong in one line, empty if nothing does."""
    import torch

    try:
        ones = torch.ones(1, 1, 8, 8, device=name, requires_grad=True)
        # What the networks are made of, forwards and backwards: these kernels come from libraries of their own.
        (torch.nn.functional.conv2d(ones, ones[..., :3, :3], padding=1) @ ones).sum().backward()
        ones.grad.sum().item()  # type: ignore[union-attr]
    except Exception as error:  # PyTorch's own kinds, an assertion where it was built without the device
        return str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
    return ""


def _is_there(name: str) -> bool:
    if name == "cpu":
        return True
    if not torch_is_here():
        return False
    import torch

    return {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}[name]
