"""What to compute on."""

from __future__ import annotations

import torch

from ..contract import texts
from ..contract.codes import ErrorCode, NoticeCode
from ..contract.errors import CodedError
from ..contract.events import Event, notice

_BEST_FIRST = ("cuda", "mps", "cpu")
_NAMES = {"cuda": texts.NVIDIA_CARD, "mps": texts.APPLE_GPU, "cpu": "CPU"}


def choose(name: str) -> tuple[torch.device, list[Event]]:
    """The device ``name`` (one of `contract.choices.DEVICES`), and a notice of each that was left out.

    ``auto`` takes the fastest that really computes: PyTorch also finds cards that are too old for it, on which the
    first kernel fails. Raises `UserError` for a device asked for by name that is not there, or does not compute.
    """
    if name != "auto":
        if not _is_there(name):
            raise CodedError(ErrorCode.DEVICE_MISSING, device=name)
        trouble = trial(name)
        if trouble:
            raise CodedError(ErrorCode.DEVICE_FAILS, device=_NAMES[name], reason=trouble)
        return torch.device(name), []
    left_out: list[Event] = []
    for candidate in filter(_is_there, _BEST_FIRST):
        trouble = trial(candidate)
        if not trouble:
            return torch.device(candidate), left_out
        left_out.append(notice(NoticeCode.DEVICE_LEFT_OUT, device=_NAMES[candidate], reason=trouble))
    raise CodedError(ErrorCode.DEVICE_FAILS, device=_NAMES["cpu"], reason=trouble)


def trial(name: str) -> str:
    """Compute something small; what goes wrong in one line, empty if nothing does."""
    try:
        ones = torch.ones(1, 1, 8, 8, device=name, requires_grad=True)
        # What the networks are made of, forwards and backwards: these kernels come from libraries of their own.
        (torch.nn.functional.conv2d(ones, ones[..., :3, :3], padding=1) @ ones).sum().backward()
        ones.grad.sum().item()  # type: ignore[union-attr]
    except Exception as error:  # PyTorch's own kinds, an assertion where it was built without the device
        return str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
    return ""


def _is_there(name: str) -> bool:
    return {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}.get(name, True)
