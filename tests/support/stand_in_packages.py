"""The engine's packages as wheels that hold next to nothing, and lead to the real ones that the tests have."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

from tests.support.package_index import PackageIndex

PINS = ("torch", "numpy", "scikit-image", "setuptools")
"""What the tests' requirements name; torch's leads to all others."""

PADDING = 4_000_000  # bytes of torch's wheel; of the others a quarter


def offer(index: PackageIndex, source: Path) -> None:
    """Have ``index`` offer stand-ins, and the unpacked installer in ``source`` ask for them, by their hashes.

    As in the real one, PyTorch's CPU build comes from an index of its own, which has no hashes.
    """
    requirements = {"torch.txt": "", "engine.txt": "", "clip.txt": "", "cuda.txt": ""}
    for name in PINS:
        version = metadata.version(name) if name != "setuptools" else _setuptools().version
        version = version.partition("+")[0]
        if name == "torch":
            index.add(name, f"{version}+cpu", {"zz_real_packages.pth": f"{_packages()}\n"}, PADDING)
        sha256 = index.add(name, version, _entry_points(version) if name == "setuptools" else {}, PADDING // 4)
        file = "torch.txt" if name == "torch" else "engine.txt"
        requirements[file] += f"{name}=={version} \\\n    --hash=sha256:{sha256}\n"
    for file, text in requirements.items():
        (source / "requirements" / file).write_text(text, encoding="utf-8")
    module = source / "installer" / "environment.py"
    text = module.read_text(encoding="utf-8")
    assert text.count("https://download.pytorch.org/whl/cpu") == 1
    module.write_text(text.replace("https://download.pytorch.org/whl/cpu", index.address), encoding="utf-8")


def environment(index: PackageIndex) -> dict[str, str]:
    """Settings for pip: this index, and nothing of this machine's."""
    return {"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": index.address, "PIP_RETRIES": "1"}


def _packages() -> Path:
    """The folder with the engine's packages."""
    return next(Path(folder) for folder in sys.path if (Path(folder) / "torch").is_dir())


def _setuptools() -> metadata.Distribution:
    return next(iter(metadata.Distribution.discover(name="setuptools", path=[str(_packages())])))


def _entry_points(version: str) -> dict[str, str]:
    """Its commands, without which it cannot build a package."""
    return {f"setuptools-{version}.dist-info/entry_points.txt": _setuptools().read_text("entry_points.txt") or ""}
