"""CLIP guidance from Inkscape's menu, with a random RN101 in the published layout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("open_clip", reason="CLIP's packages are not installed (a minimal installation)")

from PIL import Image
from skimage import data

from clipasso_engine.contract import layer_format
from tests.support.documents import layers
from tests.support.real_inkscape import ACTION, ROOT, Inkscape

sys.path.append(str(ROOT / "tests" / "engine"))
from tests.support import clip_models


def test_a_sketch_guided_by_clip_and_a_text(inkscape: Inkscape, tmp_path: Path) -> None:
    hub = tmp_path / "hub" / "timm" / "resnet101_clip.openai" / "open_clip_model.safetensors"
    clip_models.save(clip_models.random_model("RN101-quickgelu"), hub)
    fetch = [sys.executable, "-m", "clipasso_engine", "models", "fetch", "clip-rn101", "--from", str(tmp_path / "hub")]
    environment = {**os.environ, "CLIPASSO_HOME": str(inkscape.home), "PYTHONPATH": str(ROOT)}
    subprocess.run(fetch, check=True, env=environment, capture_output=True)

    Image.fromarray(data.coffee()[::4, ::4]).save(inkscape.folder / "photo.png")
    document = inkscape.document('<image id="photo" width="150" height="100" xlink:href="photo.png"/>')
    inkscape.choose(levels="8", quality="draft", guidance="both", text="a cup of coffee", time_budget="100")
    sketched = tmp_path / "sketched.svg"
    save = f"export-type:svg;export-filename:{sketched};export-do"
    inkscape.run(document, "select-by-id:photo", ACTION, save, seconds=300)

    (group,) = layers(sketched).values()
    metadata = layer_format.LayerMetadata.from_attributes(group.attrib)
    assert metadata is not None
    assert metadata.guidance == "both"
    assert 0 < len(group) <= 8
