"""No file of data is read in a way that could run code: the source is looked through, and pickles are tried."""

from __future__ import annotations

import ast
import hashlib
import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from clipasso_engine.clip import network
from clipasso_engine.contract.errors import UserError
from clipasso_engine.seeing import analysis_cache
from clipasso_engine.weights import bundled, models

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("clipasso_engine", "inkscape_extension", "installer", "install.py", "po", "requirements", "docs")
UNPICKLERS = {"pickle", "cPickle", "joblib", "dill", "cloudpickle", "shelve", "marshal", "jsonpickle"}
RUNNERS = {"eval", "exec", "compile", "__import__"}


def _sources() -> list[Path]:
    found = [ROOT / room for room in ROOMS]
    return [file for room in found for file in ([room] if room.is_file() else sorted(room.rglob("*.py")))]


def _dangers(source: str) -> Iterator[str]:
    """What in this source could run code out of a file."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in UNPICKLERS)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in UNPICKLERS:
            yield node.module or ""
        elif isinstance(node, ast.Call):
            called, said = ast.unparse(node.func), {word.arg: ast.unparse(word.value) for word in node.keywords}
            if called in RUNNERS or called in ("yaml.load", "yaml.unsafe_load", "yaml.full_load"):
                yield called
            if called == "torch.load" and said.get("weights_only") != "True":
                yield called
            if called in ("np.load", "numpy.load") and said.get("allow_pickle", "False") != "False":
                yield called


def test_no_source_could_run_code_out_of_a_file() -> None:
    sources = _sources()
    assert len(sources) > 150
    found = {f"{file.relative_to(ROOT)}: {what}" for file in sources for what in _dangers(file.read_text("utf-8"))}
    assert found == set()


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(file)",
        "torch.load(file, weights_only=False)",
        "np.load(file, allow_pickle=True)",
        "yaml.load(file)",
        "eval(text)",
        "exec(text)",
    ],
)
def test_what_is_looked_for_would_be_found(source: str) -> None:
    assert list(_dangers(source))


class _Bomb:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return (os.mkdir, ("exploded",))


@pytest.fixture
def bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[bytes]:
    """A pickle that would make a folder; afterwards there must be none."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "home"))
    yield pickle.dumps(_Bomb())
    assert not (tmp_path / "exploded").exists()


def test_the_bomb_of_these_tests_explodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pickle.loads(pickle.dumps(_Bomb()))
    assert (tmp_path / "exploded").is_dir()


@pytest.mark.parametrize("name", list(models.REGISTRY))
def test_a_pickle_in_the_place_of_weights_is_refused(
    name: str, bomb: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundled, "FOLDER", tmp_path)
    file = models.location(models.find(name))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(bomb)
    with pytest.raises(UserError):
        models.path(name)
    if models.find(name).bundled:
        with pytest.raises(UserError):
            bundled.graph(file, models.find(name).sha256)


@pytest.mark.parametrize("load", [network.library_tower, lambda model: network.text_embedding(model, "a cat", "cpu")])
def test_the_clip_library_reads_no_pickle_even_one_that_is_recorded_as_the_users_own(
    load: Callable[[str], object], bomb: bytes, tmp_path: Path
) -> None:
    if not network.installed():
        pytest.skip("CLIP's packages are not here")
    file = models.location(models.CLIP_RN101)
    file.parent.mkdir(parents=True)
    file.write_bytes(bomb)
    models.write_record(file, models.Record(hashlib.sha256(bomb).hexdigest(), len(bomb), "mine", own=True))
    assert models.path("clip-rn101") == file
    with pytest.raises(Exception, match=r"(?i)header|safetensors|pickle"):
        load("RN101")


def test_a_pickle_in_the_place_of_what_was_seen_in_a_photo_is_not_read(bomb: bytes, tmp_path: Path) -> None:
    file = tmp_path / "seen.npz"
    objects = tmp_path / "objects.npz"
    file.write_bytes(bomb)
    np.savez(objects, box=np.array([_Bomb()], dtype=object), allow_pickle=True)
    for content in (file, objects):
        assert analysis_cache._read(content, None) is None  # type: ignore[arg-type]
