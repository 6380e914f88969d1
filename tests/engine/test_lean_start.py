"""The default needs no PyTorch: it is not imported where it is, and not missed where it is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

WITHOUT_TORCH = """
import sys
from importlib.abc import MetaPathFinder
HIDDEN = ("torch", "torchvision", "open_clip")
class Hidden(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name in HIDDEN else real(name, *more)
sys.meta_path.insert(0, Hidden())
"""
HEAVY = ("torch", "scipy.stats", "scipy.signal", "scipy.optimize", "sympy", "onnx", "matplotlib")
RUN = """
import json, sys
from clipasso_engine.cli import main
status = main(sys.argv[1:])
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
sys.exit(status)
"""


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("photo") / "astronaut.png"
    Image.fromarray(data.astronaut()[::2, ::2]).save(file)
    return file


def sketch(photo: Path, out: Path, *options: str, before: str = "") -> tuple[int, str, list[str]]:
    """Exit status, what is said on stderr, and the modules that were imported; nothing kept of the photo helps."""
    environ = {**os.environ, "CLIPASSO_HOME": str(out.parent / f"home-{out.stem}")}
    command = [sys.executable, "-c", before + RUN, "sketch", str(photo), "-o", str(out), "--quiet"]
    done = subprocess.run([*command, *options], env=environ, capture_output=True, text=True, timeout=300)
    said, _, modules = done.stderr.strip().rpartition("\n")
    return done.returncode, said, json.loads(modules)


def test_the_default_imports_nothing_heavy_and_draws_the_same_without_pytorch(photo: Path, tmp_path: Path) -> None:
    options = ("--strokes", "6", "--quality", "draft", "--guidance", "boundary", "--device", "cpu")
    drawn = []
    for name, before in (("with", ""), ("without", WITHOUT_TORCH)):
        report = tmp_path / f"{name}.json"
        png = tmp_path / f"{name}.png"
        more = ("--report", str(report), "--png", str(png))
        status, said, modules = sketch(photo, tmp_path / f"{name}.svg", *options, *more, before=before)
        assert (status, said) == (0, "")
        assert not set(HEAVY) & set(modules)
        assert json.loads(report.read_text())["faces"] == 1
        drawn.append((tmp_path / f"{name}.svg").read_bytes())
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    "option",
    [("--guidance", "meaning"), ("--guidance", "both"), ("--quality", "paper"), ("--rasterizer", "diffvg")],
    ids=" ".join,
)
def test_what_needs_pytorch_is_one_sentence_without_it(photo: Path, tmp_path: Path, option: tuple[str, str]) -> None:
    status, said, _ = sketch(photo, tmp_path / "out.svg", *option, before=WITHOUT_TORCH)
    assert status == 1
    assert said.count("\n") == 0
    assert f"PyTorch is not installed, since this is a light installation, and {option[1]} needs it. Run" in said


def test_a_gpu_without_pytorch_is_one_that_is_not_there(photo: Path, tmp_path: Path) -> None:
    status, said, _ = sketch(photo, tmp_path / "out.svg", "--device", "cuda", before=WITHOUT_TORCH)
    assert status == 1
    assert "Choose --device auto or cpu" in said
