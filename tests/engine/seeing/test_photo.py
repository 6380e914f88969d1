"""Photos of every kind that people have, and files that are none."""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import sys
import textwrap
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from clipasso_engine.commands import advice
from clipasso_engine.contract.errors import UserError
from clipasso_engine.seeing import photo
from tests.support.odd_photos import TURNED_BACK

WIDTH, HEIGHT = 48, 32
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


@pytest.fixture
def corners() -> Image.Image:
    """48 x 32, grey, with one pure colour in each corner: red top left, green top right, blue bottom left, white."""
    image = Image.new("RGB", (WIDTH, HEIGHT), (128, 128, 128))
    for colour, place in zip((RED, GREEN, BLUE, WHITE), ((0, 0), (40, 0), (0, 24), (40, 24)), strict=True):
        image.paste(colour, (*place, place[0] + 8, place[1] + 8))
    return image


def corner_colours(rgb: np.ndarray) -> list[tuple[int, ...]]:
    return [tuple(int(v) for v in rgb[y, x]) for y in (3, -4) for x in (3, -4)]


def test_plain_photo(tmp_path: Path, corners: Image.Image) -> None:
    path = tmp_path / "a.png"
    corners.save(path)
    loaded = photo.load(path)
    assert loaded.rgb.dtype == np.uint8
    assert np.array_equal(loaded.rgb, np.asarray(corners))
    assert loaded.alpha is None
    assert (loaded.width, loaded.height) == (WIDTH, HEIGHT)
    assert loaded.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_exif_orientation(tmp_path: Path, corners: Image.Image, orientation: int, suffix: str) -> None:
    stored = corners.transpose(TURNED_BACK[orientation]) if orientation > 1 else corners
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path = tmp_path / f"a{suffix}"
    known: dict[str, dict[str, Any]] = {".jpg": {"quality": 98, "subsampling": 0}, ".webp": {"lossless": True}}
    options = known.get(suffix, {})
    stored.save(path, exif=exif, **options)
    loaded = photo.load(path)
    assert (loaded.width, loaded.height) == (WIDTH, HEIGHT)
    assert np.abs(loaded.rgb.astype(int) - np.asarray(corners)).mean() < 3
    assert np.allclose(corner_colours(loaded.rgb), [RED, GREEN, BLUE, WHITE], atol=12)


def test_broken_exif_is_ignored(tmp_path: Path, corners: Image.Image) -> None:
    path = tmp_path / "a.jpg"
    corners.save(path, exif=b"Exif\0\0MM\0*\xff\xff\xff\xff garbage")
    assert photo.load(path).rgb.shape == (HEIGHT, WIDTH, 3)


def test_alpha_is_the_mask_and_white_the_ground(tmp_path: Path, corners: Image.Image) -> None:
    path = tmp_path / "a.png"
    corners.putalpha(Image.linear_gradient("L").resize((WIDTH, HEIGHT)))
    corners.save(path)
    loaded = photo.load(path)
    stored = np.asarray(corners).astype(float)
    assert loaded.alpha is not None
    assert loaded.alpha.dtype == np.float32
    assert np.allclose(loaded.alpha, stored[..., 3] / 255)
    expected = stored[..., :3] * stored[..., 3:] / 255 + 255 - stored[..., 3:]
    assert np.abs(loaded.rgb - expected).max() <= 1


def test_opaque_alpha_is_no_mask(tmp_path: Path, corners: Image.Image) -> None:
    path = tmp_path / "a.png"
    corners.putalpha(255)
    corners.save(path)
    assert photo.load(path).alpha is None


def test_palette_with_a_transparent_colour(tmp_path: Path, corners: Image.Image) -> None:
    path = tmp_path / "a.gif"
    palette = corners.quantize(8)
    clear = palette.getpixel((3, 3))
    palette.save(path, transparency=clear)
    loaded = photo.load(path)
    assert loaded.alpha is not None
    assert loaded.alpha[3, 3] == 0
    assert loaded.alpha[3, -4] == 1
    assert corner_colours(loaded.rgb) == [WHITE, GREEN, BLUE, WHITE]


def test_grey_with_alpha(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    image = Image.new("LA", (WIDTH, HEIGHT), (0, 51))
    image.paste((0, 0), (0, 0, 24, HEIGHT))
    image.save(path)
    loaded = photo.load(path)
    assert loaded.alpha is not None
    assert np.allclose(loaded.alpha[:, 24:], 0.2)
    assert not loaded.alpha[:, :24].any()
    assert (loaded.rgb[:, 24:] == 204).all()


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_grey_of_16_bits(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (20, 1))
    Image.fromarray(ramp).save(path)
    assert np.array_equal(photo.load(path).rgb[0, :, 1], np.arange(256))


def test_colour_of_16_bits(tmp_path: Path) -> None:
    # Pillow writes no such PNG, so it is put together here.
    ramp = np.zeros((20, 256, 3), ">u2")
    ramp[..., 0] = np.linspace(0, 65535, 256)
    rows = b"".join(b"\0" + row.tobytes() for row in ramp)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    path = tmp_path / "a.png"
    header = struct.pack(">IIBBBBB", 256, 20, 16, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )
    loaded = photo.load(path)
    assert np.abs(loaded.rgb[0, :, 0].astype(int) - np.arange(256)).max() <= 1
    assert not loaded.rgb[..., 1:].any()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.linspace(0, 1, 256), np.arange(256)),
        (np.linspace(-3, 5, 256), np.arange(256)),
        (np.linspace(-9, 0, 256), np.arange(256)),
        (np.full(256, np.nan), np.zeros(256)),
        (np.where(np.arange(256) < 5, np.nan, 255.0), np.where(np.arange(256) < 5, 0, 255)),
    ],
)
def test_grey_of_32_bits(tmp_path: Path, values: np.ndarray, expected: np.ndarray) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(np.tile(values.astype(np.float32), (20, 1))).save(path)
    assert np.array_equal(photo.load(path).rgb[0, :, 0], expected)


def test_cmyk(tmp_path: Path, corners: Image.Image) -> None:
    path = tmp_path / "a.jpg"
    corners.convert("CMYK").save(path, quality=98, subsampling=0)
    assert np.allclose(corner_colours(photo.load(path).rgb), [RED, GREEN, BLUE, WHITE], atol=12)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".tif"])
def test_first_frame_of_an_animation(tmp_path: Path, corners: Image.Image, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    later = Image.new("RGB", (WIDTH, HEIGHT), "black")
    options: dict[str, Any] = {"lossless": True} if suffix == ".webp" else {}
    corners.save(path, save_all=True, append_images=[later], **options)
    assert corner_colours(photo.load(path).rgb) == [RED, GREEN, BLUE, WHITE]


def test_large_photo_is_reduced_but_measured_in_its_own_pixels(tmp_path: Path, corners: Image.Image) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    for suffix in (".jpg", ".png"):
        path = tmp_path / f"a{suffix}"
        corners.resize((9000, 6000), Image.Resampling.NEAREST).save(path, exif=exif)
        loaded = photo.load(path)
        assert (loaded.width, loaded.height) == (6000, 9000)
        assert loaded.rgb.shape == (2048, 1365, 3)
        assert np.allclose(corner_colours(loaded.rgb), [BLUE, RED, WHITE, GREEN], atol=12)


def sentence(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        photo.load(path)
    message = advice.told(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_missing_file(tmp_path: Path) -> None:
    assert "There is no photo" in sentence(tmp_path / "nowhere.jpg")


def test_folder(tmp_path: Path) -> None:
    assert "is a folder" in sentence(tmp_path)


def test_file_in_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    sentence(tmp_path / "a" / "b.jpg")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_no_permission(
    open_folder: Path, corners: Image.Image, unprivileged: Callable[[], AbstractContextManager[None]]
) -> None:
    path = open_folder / "a.png"
    corners.save(path)
    path.chmod(0)
    with unprivileged():
        assert "permission denied" in sentence(path)
    path.chmod(0o644)
    with unprivileged():
        photo.load(path)
    open_folder.chmod(0)
    with unprivileged():
        assert "permission denied" in sentence(path)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX devices")
def test_device() -> None:
    assert "not an ordinary file" in sentence(Path("/dev/zero"))


def test_no_image(tmp_path: Path) -> None:
    for name, content in {"empty.png": b"", "text.jpg": b"hello", "drawing.svg": b"<svg xmlns='x'/>"}.items():
        path = tmp_path / name
        path.write_bytes(content)
        assert "is not an image" in sentence(path) or name == "drawing.svg"
    assert "is a drawing in SVG" in sentence(tmp_path / "drawing.svg")


def test_eps_is_never_run(tmp_path: Path, corners: Image.Image) -> None:
    path = tmp_path / "a.png"
    corners.save(path, format="EPS")
    assert "is a PostScript document" in sentence(path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".gif", ".webp", ".tif"])
def test_truncated_image(tmp_path: Path, suffix: str) -> None:
    whole = tmp_path / f"whole{suffix}"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(whole)
    for share in (0.3, 0.6, 0.9):
        path = tmp_path / f"cut{suffix}"
        path.write_bytes(whole.read_bytes()[: int(share * whole.stat().st_size)])
        message = sentence(path)
        assert "damaged" in message or "is not an image" in message


def test_tiny_image(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (1, 1)).save(path)
    assert "only 1 x 1 pixels" in sentence(path)
    assert "must have at least 16 pixels on each side. Choose a larger photo." in sentence(path)


def test_elongated_image(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("1", (16 * 20, 16)).save(path)
    photo.load(path)
    Image.new("1", (16 * 21, 16)).save(path)
    assert "too elongated: 336 x 16" in sentence(path)


def test_20000_by_20000_is_refused_before_decoding(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("1", (20_000, 20_000)).save(path)
    assert "too large: 20000 x 20000 pixels, and at most 64 million" in sentence(path)


def load_elsewhere(path: Path) -> tuple[int, int, float]:
    """Width, height and peak memory in MB of a process of its own that loads the photo."""
    script = """
        import sys
        from clipasso_engine.seeing import photo
        loaded = photo.load(sys.argv[1])
        peak_kb = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
        print(loaded.width, loaded.height, int(peak_kb) / 1024)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(path)]
    width, height, peak = subprocess.check_output(command, text=True).split()
    return int(width), int(height), float(peak)


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="peak memory is read from /proc")
def test_memory_for_the_largest_photos(tmp_path: Path) -> None:
    largest = tmp_path / "largest.png"
    Image.new("LA", (8000, 8000), (40, 128)).save(largest, compress_level=1)
    assert load_elsewhere(largest)[2] < 900
    deep = tmp_path / "deep.tif"
    Image.new("F", (8000, 8000), 0.5).save(deep)
    assert load_elsewhere(deep)[2] < 900
    huge = tmp_path / "huge.jpg"
    Image.new("L", (20_000, 20_000), 40).save(huge)
    width, height, peak = load_elsewhere(huge)
    assert (width, height) == (20_000, 20_000)
    assert peak < 300


def test_progressive_jpeg_counts_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.new("L", (9000, 9000)).save(path, progressive=True)
    assert "at most 64 million" in sentence(path)
