"""Analyses of photos on disk."""

from __future__ import annotations

import io
import os
import stat
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clipasso_engine import cli
from clipasso_engine.seeing import analysis_cache, boundary, photo, view
from clipasso_engine.seeing.closeup import Box
from clipasso_engine.seeing.face_traits import Traits
from clipasso_engine.seeing.faces import Face
from clipasso_engine.seeing.foreground import Foreground


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The photos that were really looked at."""
    seen: list[str] = []

    def look(_network: Any, picture: photo.Photo, background: str, *_: Any) -> view.View:
        seen.append(picture.sha256)
        random = np.random.default_rng(len(seen))
        box = Box(10, 0, 74, 32)
        strengths = random.random((128, 256), dtype=np.float32)
        item = Foreground(strengths > 0.5, strengths)
        found, guess = {"keep": (None, None), "auto": (None, item), "remove": (item, None)}[background]
        canvas = boundary.resized(box.crop(picture.rgb), view.CANVAS)
        faces = tuple(
            Face(random.random((478, 3)), 0.9, Traits(random.random((48, 3)), bool(k), 3.5 * k, not k))
            for k in range(2)
        )
        return view.View(box, canvas, strengths, found, guess, faces[: 0 if background == "keep" else 2])

    monkeypatch.setattr(view, "look", look)
    return seen


def picture(sha256: str = "a") -> photo.Photo:
    rgb = np.random.default_rng(0).integers(0, 255, (40, 80, 3), dtype=np.uint8)
    return photo.Photo(rgb, None, sha256, 80, 40)


@pytest.mark.parametrize("background", ["auto", "keep", "remove"])
def test_the_same_photo_is_looked_at_once_and_seen_the_same(looks: list[str], background: str) -> None:
    first, second = (analysis_cache.look(None, picture(), background) for _ in range(2))  # type: ignore[arg-type]
    assert looks == ["a"]
    assert (first.box, first.rgb.tolist()) == (second.box, second.rgb.tolist())
    assert np.array_equal(first.boundary, second.boundary)
    assert second.boundary.dtype == np.float32
    assert len(first.faces) == (0 if background == "keep" else 2)
    for face, again in zip(first.faces, second.faces, strict=True):
        assert np.array_equal(face.points, again.points)
        assert np.array_equal(face.traits.hairline, again.traits.hairline)
        assert (face.score, face.traits.dark_glasses) == (again.score, again.traits.dark_glasses)
        assert (face.traits.glasses, face.traits.moustache) == (again.traits.glasses, again.traits.moustache)
    for one, other in ((first.found, second.found), (first.guess, second.guess)):
        if one is None:
            assert other is None
        else:
            assert other is not None
            assert other.mask.dtype == bool
            assert np.array_equal(one.mask, other.mask)
            assert np.array_equal(one.score, other.score)


def test_another_photo_background_mask_or_code_is_looked_at(looks: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    analysis_cache.look(None, picture(), "auto")  # type: ignore[arg-type]
    analysis_cache.look(None, picture("b"), "auto")  # type: ignore[arg-type]
    analysis_cache.look(None, picture(), "keep")  # type: ignore[arg-type]
    monkeypatch.setattr(analysis_cache, "_made_by", lambda: "another version")
    analysis_cache.look(None, picture(), "auto")  # type: ignore[arg-type]
    analysis_cache.look(None, picture(), "auto", ((((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)),),))  # type: ignore[arg-type]
    assert looks == ["a", "b", "a", "a", "a"]


def damages() -> list[bytes]:
    """What may have become of a file: cut off, other bytes at every place of the archive, another method, no arrays."""
    stream = io.BytesIO()
    np.savez_compressed(stream, box=np.array([0, 0, 9, 9]), boundary=np.zeros((9, 9)))
    whole = stream.getvalue()
    random = np.random.default_rng(0)
    flipped = []
    for place in random.integers(0, len(whole), 60):
        changed = bytearray(whole)
        changed[place] ^= int(random.integers(1, 256))
        flipped.append(bytes(changed))
    methods = [whole[:8] + bytes([method, 0]) + whole[10:] for method in (1, 6, 12, 14, 93, 99)]
    return [b"", b"PK", b"nonsense" * 100, whole, whole[:-1], whole[: len(whole) // 2], *flipped, *methods]


@pytest.mark.parametrize("error", [zlib.error, NotImplementedError, RuntimeError, EOFError, struct.error])
def test_a_file_that_cannot_be_read_in_any_way_is_made_again(
    looks: list[str], monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise error

    analysis_cache.look(None, picture(), "auto")  # type: ignore[arg-type]
    with monkeypatch.context() as patch:
        patch.setattr(np, "load", fails)
        analysis_cache.look(None, picture(), "auto")  # type: ignore[arg-type]
    assert looks == ["a", "a"]


@pytest.mark.parametrize("part", ["boundary", "guess_mask", "guess_score", "face_points", "face_hairlines", "box"])
@pytest.mark.parametrize("wrong", [np.zeros((3, 2)), np.zeros((128, 255), np.float32), np.array("text"), np.full(4, 9)])
def test_a_file_with_wrong_arrays_is_made_again(looks: list[str], part: str, wrong: np.ndarray) -> None:
    analysis_cache.look(None, picture(), "auto")  # type: ignore[arg-type]
    (file,) = analysis_cache.files()
    with np.load(file) as arrays:
        changed = {**arrays, part: wrong}
    np.savez_compressed(file, **changed)
    for _ in range(2):
        assert analysis_cache.look(None, picture(), "auto").boundary.shape == (128, 256)  # type: ignore[arg-type]
    assert looks == ["a", "a"], "it was replaced"


def test_what_killed_processes_left_is_cleared(looks: list[str], home: Path) -> None:
    (home / "cache").mkdir()
    old, new = home / "cache" / "tmp1.part", home / "cache" / "tmp2.part"
    for file in (old, new):
        file.write_bytes(b"half")
    os.utime(old, (0, 0))
    analysis_cache.look(None, picture(), "auto")  # type: ignore[arg-type]
    assert not old.exists()
    assert new.exists(), "another process may be at it"
    analysis_cache.clear()
    assert list((home / "cache").iterdir()) == []


@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_nobody_else_may_read_it(looks: list[str], home: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        analysis_cache.look(None, picture(), "auto")  # type: ignore[arg-type]
    finally:
        os.umask(before)
    assert stat.S_IMODE((home / "cache").stat().st_mode) == 0o700
    assert [stat.S_IMODE(file.stat().st_mode) for file in analysis_cache.files()] == [0o600]


@pytest.mark.parametrize("damage", damages())
def test_a_damaged_file_is_made_again(looks: list[str], damage: bytes) -> None:
    analysis_cache.look(None, picture(), "auto")  # type: ignore[arg-type]
    (file,) = analysis_cache.files()
    file.write_bytes(damage)
    analysis_cache.look(None, picture(), "auto")  # type: ignore[arg-type]
    analysis_cache.look(None, picture(), "auto")  # type: ignore[arg-type]
    assert looks == ["a", "a"]


def test_it_is_bounded_and_keeps_what_was_used_last(looks: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    analysis_cache.look(None, picture("a"), "auto")  # type: ignore[arg-type]
    monkeypatch.setattr(analysis_cache, "MAX_BYTES", int(2.5 * analysis_cache.files()[0].stat().st_size))
    for name in ("b", "a", "c"):
        analysis_cache.look(None, picture(name), "auto")  # type: ignore[arg-type]
    assert len(analysis_cache.files()) == 2
    analysis_cache.look(None, picture("a"), "auto")  # type: ignore[arg-type]
    assert looks == ["a", "b", "c"]


def test_the_command_clears_it(looks: list[str], capsys: pytest.CaptureFixture[str], home: Path) -> None:
    analysis_cache.look(None, picture(), "auto")  # type: ignore[arg-type]
    assert cli.main(["cache"]) == 0
    assert "1 photos, 0." in capsys.readouterr().out
    assert cli.main(["cache", "clear"]) == 0
    assert "MB freed" in capsys.readouterr().out
    assert list((home / "cache").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_no_hindrance(looks: list[str], home: Path) -> None:
    (home / "cache").write_text("a file in its place")
    analysis_cache.look(None, picture(), "auto")  # type: ignore[arg-type]
    assert looks == ["a"]
