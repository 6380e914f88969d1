"""rembg, where the user has it with weights: a stand-in for the library says what becomes of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from clipasso_engine import pipeline
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.seeing import analysis_cache, rembg_foreground, view
from clipasso_engine.seeing.photo import Photo
from clipasso_engine.seeing.rembg_foreground import Model, Trouble
from tests.support import scenes

DISC = scenes.ellipse(200, 256, (90, 100), (50, 50))
LIBRARY = '''
import os
from PIL import ImageChops
class Session:
    def __init__(self, name):
        self.name, self.home = name, os.environ["U2NET_HOME"]
        assert "MODEL_CHECKSUM_DISABLED" in os.environ
    def predict(self, image):
        """What is greener than red: the ground of the tests' photos."""
        red, green, _ = image.split()
        return [ImageChops.subtract(green, red).point(lambda value: 255 if value else 0)]
def new_session(name):
    return Session(name)
'''


@pytest.fixture
def rembg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in's file; weights are not there yet."""
    for name in ("REMBG_HOME", "U2NET_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "clipasso"))
    monkeypatch.delitem(sys.modules, "rembg", raising=False)
    library = tmp_path / "library" / "rembg.py"
    library.parent.mkdir()
    library.write_text(LIBRARY)
    monkeypatch.syspath_prepend(library.parent)
    return library


def put(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"weights")
    return file


def look(picture: np.ndarray, larger: Model | None) -> view.View:
    height, width = picture.shape[:2]
    return view.look(scenes.network(), Photo(picture, None, "0" * 64, width, height), "auto", (), larger)


@pytest.mark.parametrize(
    ("variable", "folder", "file"),
    [
        (None, "", ".u2net/u2net.onnx"),
        (None, "", ".u2net/isnet-general-use.onnx"),
        (None, "", ".rembg/models/u2net/u2net.onnx"),
        (None, "", "clipasso/models/u2net.onnx"),
        ("U2NET_HOME", "mine", "mine/u2net.onnx"),
        ("U2NET_HOME", "mine", "mine/models/isnet-general-use/isnet-general-use.onnx"),
        ("REMBG_HOME", "mine", "mine/models/u2net/u2net.onnx"),
        ("XDG_DATA_HOME", "data", "data/rembg/models/u2net/u2net.onnx"),
        ("XDG_DATA_HOME", "data", "data/.u2net/u2net.onnx"),
    ],
)
def test_weights_are_found_where_rembg_keeps_them(
    rembg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str | None, folder: str, file: str
) -> None:
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / folder))
    assert rembg_foreground.find() is None
    weights = put(tmp_path / file)
    found = rembg_foreground.find()
    assert found is not None
    assert (found.name, found.file, found.size) == (weights.stem, weights, 7)
    rembg.unlink()
    assert rembg_foreground.find() is None


def test_the_better_model_goes_first(rembg: Path, tmp_path: Path) -> None:
    for name in ("u2net", "isnet-general-use", "silueta"):
        put(tmp_path / ".u2net" / f"{name}.onnx")
    found = rembg_foreground.find()
    assert found is not None
    assert found.name == "isnet-general-use"


def test_it_is_shown_the_file_that_was_found_and_the_environment_is_put_back(
    rembg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("U2NET_HOME", str(tmp_path / "mine"))
    put(tmp_path / "clipasso" / "models" / "u2net.onnx")
    found = rembg_foreground.find()
    assert found is not None
    before = dict(os.environ)
    rgb = np.zeros((5, 8, 3), np.uint8)
    rgb[2, 3, 1] = 9
    score = rembg_foreground.load(found)(rgb)
    assert dict(os.environ) == before
    assert score.dtype == np.float32
    assert np.argwhere(score == 1).tolist() == [[2, 3]]
    assert score.sum() == 1
    session: Any = sys.modules["rembg"].Session
    monkeypatch.setattr(session, "predict", lambda self, image: [Image.new("L", image.size, len(self.home))])
    home = str(tmp_path / "clipasso" / "models")
    assert rembg_foreground.load(found)(rgb)[0, 0] == pytest.approx(len(home) / 255)


def test_it_has_the_say_where_there_is_an_object(rembg: Path, tmp_path: Path) -> None:
    put(tmp_path / ".u2net" / "u2net.onnx")
    larger = rembg_foreground.find()
    seen = look(scenes.on_ground(DISC), larger)
    assert seen.found is not None
    assert seen.size == (256, 200)
    assert (seen.found.mask == ~DISC).mean() > 0.98
    assert look(scenes.ground(200, 256), larger).found is None


def test_the_cache_keeps_what_either_saw_apart(rembg: Path, tmp_path: Path) -> None:
    weights = put(tmp_path / ".u2net" / "u2net.onnx")
    models = [None, rembg_foreground.find()]
    weights.write_bytes(b"other weights")
    models.append(rembg_foreground.find())
    photo = Photo(scenes.on_ground(DISC), None, "0" * 64, 256, 200)
    for model in models * 2:
        analysis_cache.look(scenes.network(), photo, "auto", (), model)
    assert len(analysis_cache.files()) == 3


@pytest.mark.parametrize(
    "library",
    [
        "raise ImportError('no onnxruntime')",
        "import sys; sys.exit('no onnxruntime')",
        "def new_session(name): raise ValueError('no onnxruntime')",
        """
class Session:
    def predict(self, image):
        raise RuntimeError('no onnxruntime')
def new_session(name):
    return Session()
""",
    ],
    ids=["import", "exit", "session", "predict"],
)
def test_a_failure_is_a_notice_and_the_other_network_does(rembg: Path, tmp_path: Path, library: str) -> None:
    file = scenes.saved(scenes.on_ground(DISC), tmp_path / "photo.png")
    job = SketchJob(photo=file, levels=(4,), quality="draft", guidance="boundary")
    plain, _ = pipeline.sketch(job, lambda message: None, lambda: False)
    weights = put(tmp_path / ".u2net" / "u2net.onnx")
    rembg.write_text(library)
    found = rembg_foreground.find()
    assert found is not None
    with pytest.raises(Trouble, match="no onnxruntime"):
        rembg_foreground.load(found)(np.zeros((5, 8, 3), np.uint8))
    sys.modules.pop("rembg", None)
    messages: list[dict[str, Any]] = []
    sketches, _ = pipeline.sketch(job, messages.append, lambda: False)
    (notice,) = (message["message"] for message in messages if message["type"] == "notice")
    assert str(weights) in notice
    assert "no onnxruntime" in notice
    assert "found by the network that comes with CLIPasso" in notice
    assert [s.strokes for s in sketches] == [s.strokes for s in plain]
