"""What to compute on."""

from __future__ import annotations

import torch

from ..contract.errors import UserError

_BEST_FIRST = ("cuda", "mps", "cpu")
_NAMES = {"cuda": "NVIDIA card", "mps": "Apple GPU", "cpu": "CPU"}


def choose(name: str) -> tuple[torch.device, str]:
    """The device ``name`` (one of `contract.job.DEVICES`), and a notice for the user, empty if there is none.

    ``auto`` takes the fastest that really computes: PyTorch also finds cards that are too old for it, on which the
    first kernel fails. Raises `UserError` for a device asked for by name that is not there, or does not compute.
    """
    if name != "auto":
        if not _is_there(name):
            raise UserError(f"The device {name} was asked for, but PyTorch finds none here. Choose auto or cpu.")
        trouble = trial(name)
        if trouble:
            raise UserError(
                f"The {_NAMES[name]} cannot compute with the PyTorch that is installed ({trouble}). Choose auto or "
                "cpu; a card that is too old for it needs an older PyTorch, a new one a newer driver."
            )
        return torch.device(name), ""
    notices: list[str] = []
    for candidate in filter(_is_there, _BEST_FIRST):
        trouble = trial(candidate)
        if not trouble:
            return torch.device(candidate), " ".join(notices)
        notices.append(
            f"The {_NAMES[candidate]} cannot compute with the PyTorch that is installed ({trouble}), so it was left "
            "out."
        )
    raise UserError(f"PyTorch does not compute here. {' '.join(notices)} Run install.py again.")


def trial(name: str) -> str:
    """Compute something small; what goes wrong in one line, empty if nothing does."""
    try:
        (torch.ones(8, device=name) * 2).sum().item()
    except Exception as error:  # PyTorch's own kinds, an assertion where it was built without the device
        return str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
    return ""


def _is_there(name: str) -> bool:
    return {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}.get(name, True)
