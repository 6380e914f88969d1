"""The command line and the worker with the real pipeline, as processes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageDraw
from skimage import data

from clipasso_engine.bezier import cubics
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.contract.protocol import Message, decode, encode
from clipasso_engine.contract.sketch import Sketch

PATH = "{http://www.w3.org/2000/svg}path"
ENGINE = [sys.executable, "-m", "clipasso_engine"]
CENTRE, RADII = np.array([1300.0, 1700.0]), np.array([500.0, 900.0])


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def photo(place: Path) -> Path:
    """A dark disc on a light wall, 2400 x 3200 px, stored lying on its side as cameras do."""
    image = Image.new("RGB", (2400, 3200), (210, 200, 185))
    ImageDraw.Draw(image).ellipse((*(CENTRE - RADII), *(CENTRE + RADII)), fill=(60, 40, 90))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    image.transpose(Image.Transpose.ROTATE_90).save(place / "disc.jpg", exif=exif, quality=90)
    return place / "disc.jpg"


def distances_to_the_outline(curves: np.ndarray) -> np.ndarray:
    """Of points along cubics [N, 4, 2], as a share of the photo's width."""
    points = (cubics.sample(curves, 33).reshape(-1, 2) - CENTRE) / RADII
    radius = np.linalg.norm(points, axis=1)
    return np.abs(radius - 1) * RADII.min() / 2400


def test_several_photos_at_once_come_out_as_one_by_one(place: Path) -> None:
    for name, picture in (("cat", data.chelsea()), ("cup", data.coffee()), ("man", data.camera())):
        Image.fromarray(picture).resize((200, 140)).save(f"{name}.png")
    Path("bad.png").write_text("no picture")
    photos = ["cat.png", "bad.png", "cup.png", "man.png"]
    for jobs in ("1", "2"):
        command = [*ENGINE, "sketch", *photos, "-o", f"out-{jobs}", "--jobs", jobs, "--quality", "draft", "--quiet"]
        done = subprocess.run(
            [*command, "--report", f"{jobs}.json"],
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 1
        assert re.fullmatch(r"clipasso: bad\.png is not an image.*\n", done.stderr)
        assert [Path(one["photo"]).stem for one in json.loads(Path(f"{jobs}.json").read_text())] == [
            "cat",
            "cup",
            "man",
        ]
    for name in ("cat", "cup", "man"):
        assert Path(f"out-1/{name}.svg").read_bytes() == Path(f"out-2/{name}.svg").read_bytes()
    assert not Path("out-2/bad.svg").exists()


@pytest.mark.parametrize("jobs", ["0", "many", "-1", "2.5"])
def test_a_number_of_jobs_that_is_none(place: Path, jobs: str) -> None:
    done = subprocess.run([*ENGINE, "sketch", "a.png", "-o", "a.svg", f"--jobs={jobs}"], capture_output=True, text=True)
    assert done.returncode == 2
    assert f"{jobs!r} is not a number of photos from 1 on, nor auto" in done.stderr


def test_from_photo_to_svg(photo: Path) -> None:
    for run in ("first", "second"):
        command = [*ENGINE, "sketch", photo.name, "-o", f"{run}.svg", "--levels", "8,4", "--quality", "draft"]
        subprocess.run(
            [*command, "--report", "r.json", "--png", "p.png"], check=True, stderr=subprocess.PIPE, timeout=300
        )
    assert Path("first.svg").read_bytes() == Path("second.svg").read_bytes()
    root = ET.parse("first.svg").getroot()
    assert root.get("viewBox") == "0 0 2400 3200"
    for layer, level in zip(root, (8, 4), strict=True):
        numbers = [re.findall(r"-?[\d.]+", path.get("d", "")) for path in layer.iter(PATH)]
        curves = np.array(numbers, float).reshape(-1, 4, 2)
        assert 1 <= len(curves) <= level
        assert np.quantile(distances_to_the_outline(curves), 0.9) < 0.02
    with Image.open("p.png") as preview:
        assert preview.size == (768, 1024)
        assert preview.getextrema() == (0, 255)
    report = json.loads(Path("r.json").read_text())
    seconds = report["seconds"]
    assert set(seconds) >= {"start", "load", "boundary", "trace", "optimise", "total"}
    assert sum(seconds.values()) - seconds["total"] <= seconds["total"] + 0.05
    assert report["best_loss"] <= report["first_loss"]
    assert report["device"]
    assert report["steps"] > 0
    assert 100 < report["peak_rss_mb"] < 1200


def test_a_long_line_is_one_stroke_of_several_segments(place: Path) -> None:
    """A thick wave of two periods, which one cubic cannot follow; the engine draws one of its sides with one stroke."""
    image = Image.new("RGB", (600, 400), (225, 220, 210))
    x = np.linspace(60, 540, 200)
    wave = np.stack([x, 200 + 90 * np.sin(4 * np.pi * (x - 60) / 480)], axis=1)
    ImageDraw.Draw(image).line([tuple(point) for point in wave], fill=(40, 40, 60), width=26, joint="curve")
    image.save("wave.png")
    lengths = {}
    for segments in ("1", "4"):
        command = [*ENGINE, "sketch", "wave.png", "-o", "w.svg", "--strokes", "1", "--segments", segments]
        subprocess.run([*command, "--background", "keep", "--quiet"], check=True, timeout=300)
        (layer,) = ET.parse("w.svg").getroot()
        (path,) = layer.iter(PATH)
        curve = np.array(re.findall(r"-?[\d.]+", path.get("d", "")), float).reshape(-1, 2)
        assert len(curve) == 3 * path.get("d", "").count("C") + 1
        lengths[segments] = float(cubics.lengths(curve))
    assert len(curve) > 4
    away = np.linalg.norm(cubics.sample(curve, 400)[:, None] - wave[None], axis=-1).min(1)
    assert 9 < np.sqrt((away**2).mean()) < 17, "half the wave's width, since a side of it is what is drawn"
    assert lengths["4"] > 1.3 * lengths["1"]


def test_bad_photos_get_one_sentence_each(place: Path) -> None:
    Image.new("RGB", (1, 1)).save("tiny.png")
    Image.new("RGB", (300, 200), "white").save("blank.png")
    Image.new("1", (20_000, 20_000)).save("huge.png")
    Path("text.jpg").write_text("no photo")
    names = ["missing.png", "home", "tiny.png", "blank.png", "huge.png", "text.jpg"]
    Path("home").mkdir()
    process = subprocess.run(
        [*ENGINE, "sketch", *names, "-o", "out", "--quiet"], capture_output=True, text=True, timeout=300
    )
    assert process.returncode == 1
    assert process.stdout == ""
    lines = process.stderr.splitlines()
    assert len(lines) == len(names)
    for name, line in zip(names, lines, strict=True):
        assert line.startswith("clipasso: ")
        assert name in line
    assert os.listdir("out") == []
    assert not Path("home/logs").exists()


def test_worker_stops_and_cancels_a_real_job(photo: Path) -> None:
    with subprocess.Popen([*ENGINE, "worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        job = encode(SketchJob(str(photo), levels=(8,), quality="best").to_message())

        def seen(*kinds: str) -> Message:
            assert process.stdout is not None
            while (message := decode(process.stdout.readline()))["type"] not in kinds:
                pass
            return message

        process.stdin.write(job)
        process.stdin.flush()
        seen("step")
        process.stdin.write(encode({"type": "stop"}))
        process.stdin.flush()
        result = seen("result", "error")
        assert result["type"] == "result", result
        (data,) = result["sketches"]
        curves = np.array([stroke.points for stroke in Sketch.from_json(data).strokes])
        assert np.quantile(distances_to_the_outline(curves), 0.9) < 0.02

        process.stdin.write(job)
        process.stdin.flush()
        seen("step")
        process.stdin.close()
        assert process.wait(5) == 0, "it ends though a drawing is under way"
