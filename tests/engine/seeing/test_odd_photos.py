"""Photos that every viewer shows though something about them is odd, and files that are something else."""

from __future__ import annotations

import dataclasses
import io
import sys
import types
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageDraw, PngImagePlugin

from clipasso_engine import pipeline
from clipasso_engine.commands import advice
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.seeing import photo, photo_formats

SIZE = (120, 80)


@pytest.fixture
def cup() -> Image.Image:
    """A dark disc with a handle on light ground."""
    image = Image.new("RGB", SIZE, (236, 232, 224))
    pen = ImageDraw.Draw(image)
    pen.ellipse((30, 15, 80, 65), fill=(70, 60, 120))
    pen.arc((70, 28, 96, 52), -90, 90, fill=(70, 60, 120), width=5)
    return image


def disc() -> Image.Image:
    """Where the cup's disc is, [L] 0 or 255."""
    mask = Image.new("L", SIZE)
    ImageDraw.Draw(mask).ellipse((30, 15, 80, 65), fill=255)
    return mask


def sketched(path: Path, **options: Any) -> Any:
    job = dataclasses.replace(SketchJob(str(path)), levels=(6,), quality="draft", device="cpu", **options)
    said: list[dict[str, Any]] = []
    sketches, _report = pipeline.sketch(job, said.append, lambda: False)
    return sketches[0], [advice.told_notice(message) for message in said if message["type"] == "notice"]


def refused(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        photo.load(path)
    sentence = advice.told(caught.value)
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_photo_that_inkscape_shows_unturned(tmp_path: Path, cup: Image.Image, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    cup.save(tmp_path / "a.png", exif=exif)
    shown = photo.load(tmp_path / "a.png", upright=False)
    assert (shown.width, shown.height) == SIZE
    assert np.array_equal(shown.rgb, np.asarray(cup))
    turned = photo.load(tmp_path / "a.png")
    assert not np.array_equal(turned.rgb[:80, :80], shown.rgb[:80, :80])


def test_turned_and_unturned_are_two_things_to_look_at(
    tmp_path: Path, cup: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "home"))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 3
    cup.save(tmp_path / "a.png", exif=exif)
    places = []
    for upright in (True, False):
        sketch, _ = sketched(tmp_path / "a.png", upright=upright)
        places.append(np.mean([point for stroke in sketch.strokes for point in stroke.points], axis=0))
    assert places[0][0] + places[1][0] == pytest.approx(SIZE[0], abs=6)
    assert abs(places[0][0] - places[1][0]) > 4


def long_text(kind: str) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    text = "x" * 3_000_000
    if kind == "zTXt":
        info.add_text("Comment", text, zip=True)
    else:
        info.add_itxt("Comment", text, zip=True)
    return info


@pytest.mark.parametrize("kind", ["zTXt", "iTXt", "iCCP"])
def test_a_png_with_megabytes_beside_the_picture(tmp_path: Path, cup: Image.Image, kind: str) -> None:
    path = tmp_path / "a.png"
    if kind == "iCCP":
        cup.save(path, icc_profile=b"\0" * 3_000_000)
    else:
        cup.save(path, pnginfo=long_text(kind))
    assert path.stat().st_size < 20_000
    assert np.array_equal(photo.load(path).rgb, np.asarray(cup))


def test_a_bomb_beside_the_picture_is_refused(tmp_path: Path, cup: Image.Image) -> None:
    stream = io.BytesIO()
    cup.save(stream, "PNG")
    whole = stream.getvalue()
    content = b"Comment\0\0" + zlib.compress(b"x" * (200 << 20), 9)
    chunk = len(content).to_bytes(4, "big") + b"zTXt" + content
    chunk += zlib.crc32(b"zTXt" + content).to_bytes(4, "big")
    (tmp_path / "a.png").write_bytes(whole[:33] + chunk + whole[33:])
    assert "damaged" in refused(tmp_path / "a.png")


@pytest.mark.parametrize(("suffix", "missing"), [(".jpg", 2), (".jpg", 1), (".png", 12), (".png", 4), (".gif", 1)])
def test_the_last_bytes_are_missing(tmp_path: Path, cup: Image.Image, suffix: str, missing: int) -> None:
    whole, cut = tmp_path / f"whole{suffix}", tmp_path / f"cut{suffix}"
    noise = np.random.default_rng(0).integers(0, 60, (80, 120, 3), np.uint8)
    Image.fromarray(np.asarray(cup) - noise // 2).save(whole)
    cut.write_bytes(whole.read_bytes()[:-missing])
    expected, loaded = photo.load(whole), photo.load(cut)
    assert np.array_equal(loaded.rgb, expected.rgb)
    if suffix == ".jpg":
        assert ["cut off" in advice.told_notice(notice) for notice in loaded.notices] == [True]


def test_the_notice_of_a_cut_off_photo_reaches_the_user(tmp_path: Path, cup: Image.Image) -> None:
    stream = io.BytesIO()
    cup.save(stream, "JPEG", quality=90)  # its lower part is all of one colour, and is there
    (tmp_path / "a.jpg").write_bytes(stream.getvalue()[:-2])
    sketch, notices = sketched(tmp_path / "a.jpg")
    assert len(sketch.strokes) == 6
    assert any("a.jpg is cut off" in notice for notice in notices)


def test_half_a_photo_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (80, 120, 3), np.uint8)
    for suffix in (".jpg", ".png"):
        path = tmp_path / f"a{suffix}"
        Image.fromarray(noise).save(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        assert "damaged" in refused(path)


@pytest.mark.parametrize("alpha", [254, 250, 128])
def test_alpha_that_is_the_same_everywhere_changes_nothing(tmp_path: Path, cup: Image.Image, alpha: int) -> None:
    cup.save(tmp_path / "plain.png")
    cup.putalpha(alpha)
    cup.save(tmp_path / "a.png")
    plain, _ = sketched(tmp_path / "plain.png")
    faint, _ = sketched(tmp_path / "a.png")
    assert [stroke.points for stroke in faint.strokes] == [stroke.points for stroke in plain.strokes]


def test_rounded_corners_are_no_object(tmp_path: Path, cup: Image.Image) -> None:
    mask = Image.new("L", SIZE)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, 119, 79), 8, fill=255)
    cup.putalpha(mask)
    cup.save(tmp_path / "a.png")
    loaded = photo.load(tmp_path / "a.png")
    assert loaded.alpha is None
    assert loaded.rgb[0, 0].tolist() == [255, 255, 255]


def test_an_object_cut_out_is_still_the_object(tmp_path: Path, cup: Image.Image) -> None:
    cup.putalpha(disc())
    cup.save(tmp_path / "a.png")
    loaded = photo.load(tmp_path / "a.png")
    assert loaded.alpha is not None
    assert np.array_equal(loaded.alpha > 0.5, np.asarray(disc()) > 0)


@pytest.mark.parametrize("colour", [(255, 255, 255), (250, 250, 246)])
def test_white_on_transparent_ground_is_drawn(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    image = Image.new("RGB", SIZE, colour)
    image.putalpha(disc())
    image.save(tmp_path / "a.png")
    sketch, _ = sketched(tmp_path / "a.png")
    points = np.array([point for stroke in sketch.strokes for point in (stroke.points[0], stroke.points[-1])])
    apart = np.abs(np.hypot(points[:, 0] - 55, points[:, 1] - 40) - 25)
    assert len(points) >= 4
    assert np.median(apart) < 3


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_a_photo_that_is_wholly_transparent_is_named_so(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.png"
    image = Image.new("RGBA", SIZE, (10, 20, 30, 0))
    if mode == "P":
        Image.new("P", SIZE).save(path, transparency=0)
    else:
        image.convert(mode).save(path)
    assert "wholly transparent" in refused(path)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0", "HEIC"),
        (b"\0\0\0\x1cftypisom\0\0\0\0", "a video"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b'<?xml version="1.0"?><svg/>', "SVG"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"FUJIFILMCCD-RAW 0201", "raw"),
        (b"PK\x03\x04", "a ZIP archive"),
    ],
)
def test_files_of_another_kind_are_named(tmp_path: Path, head: bytes, kind: str) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(head + bytes(200))
    message = refused(path)
    assert kind in message
    assert "Save the photo as PNG or JPEG" in message


def test_heic_is_read_where_pillow_heif_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cup: Image.Image) -> None:
    """A stand-in for the package, whose opener takes the brand for its own."""

    def opened(stream: Any, _name: str | bytes) -> Any:
        return cup.copy()

    def register() -> None:
        Image.register_open("HEIF", opened, lambda head: head[4:12] == b"ftypheic")

    monkeypatch.setitem(sys.modules, "pillow_heif", types.SimpleNamespace(register_heif_opener=register))
    photo_formats.register_heif.cache_clear()
    path = tmp_path / "IMG_0001.jpg"
    path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(200))
    try:
        assert np.array_equal(photo.load(path).rgb, np.asarray(cup))
    finally:
        photo_formats.register_heif.cache_clear()
        Image.OPEN.pop("HEIF", None)
        Image.ID.remove("HEIF")
