"""Many sketches through one warm engine, which must not grow, nor draw otherwise at the end than at the start."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from clipasso_engine.contract.job import SketchJob
from inkscape_extension.engine import warm_engine
from inkscape_extension.engine.client import Engine
from tests.support.long_runs import record, tries
from tests.support.processes import alive

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no engine stays warm")

SKETCHES, PHOTOS = tries(check=6, long=100), tries(check=3, long=24)
COMMAND = [sys.executable, "-m", "clipasso_engine", "worker"]
SETTLED = 10  # sketches, after which all is loaded that will be


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "run").mkdir(mode=0o700)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "home"))
    yield tmp_path
    for pid in alive(str(tmp_path)):
        os.kill(pid, signal.SIGKILL)


def photos(folder: Path, count: int) -> list[Path]:
    """Different photos: parts of six, of several sizes, some turned over."""
    random = np.random.default_rng(0)
    sources = [data.astronaut(), data.coffee(), data.chelsea(), data.camera(), data.rocket(), data.cat()]
    made = []
    for number in range(count):
        picture = Image.fromarray(sources[number % len(sources)])
        width, height = picture.size
        left, top = (int(side * random.uniform(0, 0.25)) for side in picture.size)
        part = picture.crop((left, top, left + int(0.75 * width), top + int(0.75 * height)))
        if number % 4 == 3:
            part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        part.resize((240 + 7 * number, 200 + 5 * number)).save(folder / f"{number}.png")
        made.append(folder / f"{number}.png")
    return made


def rss_mb(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def sketched(photo: Path) -> tuple[str, int]:
    """The strokes of a photo, and the process that drew them."""
    connection = warm_engine.connect(COMMAND, 120.0, os.environ)
    assert connection is not None
    with Engine(COMMAND, warm=connection) as engine:
        job = SketchJob(str(photo), levels=(8,), seed=3, quality="draft", device="cpu", guidance="boundary")
        sketches, _report = engine.sketch(job, lambda _message: None)
    (process,) = alive(str(photo.parent), "--listen")
    return json.dumps([sketch.to_json() for sketch in sketches]), process


def test_a_warm_engine_neither_grows_nor_changes(place: Path) -> None:
    made = photos(place, PHOTOS)
    first: dict[Path, str] = {}
    memory, descriptors, processes = [], [], set()
    for number in range(SKETCHES):
        photo = made[number % len(made)]
        strokes, process = sketched(photo)
        assert first.setdefault(photo, strokes) == strokes, f"sketch {number} is not as the first of its photo"
        processes.add(process)
        memory.append(rss_mb(process))
        descriptors.append(len(os.listdir(f"/proc/{process}/fd")))
    assert len(processes) == 1
    assert len(set(first.values())) == len(made), "different photos"
    assert max(descriptors[1:]) <= descriptors[0] + 1, descriptors
    if SKETCHES > SETTLED:
        assert memory[-1] <= 1.05 * memory[SETTLED - 1], memory
    assert list((place / "tmp").iterdir()) == []
    record(
        "soak",
        sketches=SKETCHES,
        photos=PHOTOS,
        mb_after_the_tenth=memory[min(SETTLED, SKETCHES) - 1],
        mb_after_the_last=memory[-1],
        descriptors=[descriptors[0], descriptors[-1]],
    )
