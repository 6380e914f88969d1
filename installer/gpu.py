"""Whether there is an NVIDIA GPU that PyTorch's CUDA build could use."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from . import commands

_DRIVER = Path("/proc/driver/nvidia/gpus")
_ELSEWHERE = ("/usr/lib/wsl/lib/nvidia-smi", r"C:\Windows\System32\nvidia-smi.exe")


def has_nvidia(driver: Path = _DRIVER) -> bool:
    """The kernel driver lists one, or ``nvidia-smi`` (also below WSL and on Windows) does."""
    if driver.is_dir() and os.listdir(driver):
        return True
    for program in (shutil.which("nvidia-smi"), *_ELSEWHERE):
        if program and Path(program).is_file():
            try:
                return "GPU 0" in commands.run([program, "-L"], timeout=20)
            except commands.CommandError:
                return False
    return False
