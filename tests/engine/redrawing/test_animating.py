"""Animations: each kind of file, at several of its times, against strokes painted as far as they are drawn by then."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence

from clipasso_engine.contract import layer_format
from clipasso_engine.contract.codes import ErrorCode
from clipasso_engine.contract.errors import CodedError
from clipasso_engine.contract.redrawing import Animation, Film
from clipasso_engine.redrawing import document, films, order
from clipasso_engine.redrawing.animating import animate
from clipasso_engine.redrawing.timeline import timeline
from tests.support import chromium, drawn_sketches
from tests.support.drawn_sketches import painted, unlike

LENGTH, HOLD = 2.0, 0.5
TIMES = (0.0, 1.0, 2.0)  # of all drawing 0, 50 and 100 %
SIZE = 200
ALIKE = 0.09  # of the ink: edges are smoothed in more ways than one
OF_A_FILM = 0.12  # what compression adds


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return drawn_sketches.write(tmp_path_factory.mktemp("face") / "face.svg").read_bytes()


def film(content: bytes, kind: Film, **options: Any) -> tuple[bytes, ...]:
    usual: dict[str, Any] = {"length": LENGTH, "hold": HOLD, "size": SIZE, "area": "page", "pause": 0.05}
    return animate(Animation(content, "face.svg", film=kind, **{**usual, **options})).files


def expected(content: bytes, second: float) -> np.ndarray:
    """The strokes that are drawn by then, by a painter of the tests' own and by what each stroke's clock says."""
    lines = order.ordered(document.read(content, "face.svg").layers, "auto")
    spans = timeline(lines, LENGTH, 0.05, HOLD).spans
    shares = [min(1.0, max(0.0, (second - begin) / (end - begin))) for begin, end in spans]
    return painted([(line.points, line.width) for line in lines], shares, SIZE, 1.0)


def test_half_of_the_time_draws_about_half(face: bytes) -> None:
    ink = [float((255 - expected(face, second)).sum()) for second in TIMES]
    assert ink[0] == 0
    assert 0.3 < ink[1] / ink[2] < 0.7


@pytest.mark.skipif(chromium.PROGRAM is None, reason="chromium is not installed: animated SVGs are seen by nobody")
def test_a_browser_shows_the_strokes_drawn_so_far(face: bytes, tmp_path: Path) -> None:
    (svg,) = film(face, "svg")
    seconds = (*TIMES, 0.6, LENGTH + HOLD + 1.0)  # the last is 1 s in the second round
    shown = chromium.pictures(svg.decode(), seconds, (SIZE, SIZE), tmp_path)
    for second, picture in zip(seconds, shown, strict=True):
        assert unlike(expected(face, second % (LENGTH + HOLD)), picture) < ALIKE, second
    assert shown[0].min() == 255, "not even a dot"


def at(frames: list[tuple[float, np.ndarray]], second: float) -> np.ndarray:
    return [frame for start, frame in frames if start <= second + 1e-6][-1]


def frames_of(data: bytes) -> Iterator[tuple[float, np.ndarray]]:
    start = 0.0
    with Image.open(io.BytesIO(data)) as image:
        for frame in ImageSequence.Iterator(image):
            yield start, np.asarray(frame.convert("L"))
            start += frame.info["duration"] / 1000
    yield start, np.zeros(())


@pytest.mark.parametrize("kind", ["gif", "apng"])
def test_frames_show_the_strokes_drawn_so_far(face: bytes, kind: Film) -> None:
    *frames, (whole, _nothing) = frames_of(film(face, kind)[0])
    assert whole == pytest.approx(LENGTH + HOLD, abs=2 / films.RATE)
    for second in (*TIMES, 0.6):
        assert unlike(expected(face, second), at(frames, second)) < ALIKE, second


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed: no MP4 is made")
def test_an_mp4_shows_the_strokes_drawn_so_far(face: bytes, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(film(face, "mp4")[0])
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-pix_fmt", "gray", "-f", "rawvideo", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    frames = np.frombuffer(raw, np.uint8).reshape(-1, SIZE, SIZE)
    assert len(frames) == pytest.approx((LENGTH + HOLD) * films.RATE, abs=2)
    for second in TIMES:
        assert unlike(expected(face, second), frames[round(second * films.RATE)]) < OF_A_FILM, second


def test_a_folder_has_each_frame(face: bytes) -> None:
    files = film(face, "folder")
    assert len(files) == round((LENGTH + HOLD) * films.RATE) + 1
    for second in TIMES:
        with Image.open(io.BytesIO(files[round(second * films.RATE)])) as image:
            assert unlike(expected(face, second), np.asarray(image.convert("L"))) < ALIKE


def test_lottie_trims_each_stroke_at_its_time(face: bytes) -> None:
    whole = json.loads(film(face, "json")[0])
    assert (whole["w"], whole["h"], whole["op"] / whole["fr"]) == (SIZE, SIZE, LENGTH + HOLD)
    lines = order.ordered(document.read(face, "face.svg").layers, "auto")
    spans = timeline(lines, LENGTH, 0.05, HOLD).spans
    groups = whole["layers"][0]["shapes"][::-1]
    for group, line, span in zip(groups, lines, spans, strict=True):
        path, trim = group["it"][:2]
        assert [key["t"] / whole["fr"] for key in trim["e"]["k"]] == pytest.approx(span)
        bezier = path["ks"]["k"]
        first, last = (np.array(bezier["v"][node]) for node in (0, 1))
        found = [first, first + bezier["o"][0], last + bezier["i"][1], last]
        assert np.abs(np.array(found) - line.points).max() < 0.01


def test_once_and_again_and_again(face: bytes) -> None:
    for loop, times in ((True, 0), (False, None)):
        with Image.open(io.BytesIO(film(face, "gif", loop=loop)[0])) as image:
            assert image.info.get("loop") == times
        with Image.open(io.BytesIO(film(face, "apng", loop=loop)[0])) as image:
            assert image.info["loop"] == (0 if loop else 1)
        assert (b"infinite" in film(face, "svg", loop=loop)[0]) == loop


BRUSHED = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" '
    f'xmlns:clipasso="{layer_format.NAMESPACE}" width="200" height="200"><g id="a" clipasso:strokes="3" '
    'clipasso:seed="0"><path id="outlined" d="M 20,45 L 180,45 180,55 20,55 Z" inkscape:original-d="M 20,50 180,50" '
    'style="fill:#c00000;stroke:none"/><path id="dashed" d="M 20,100 H 180" style="fill:none;stroke:#0000c0;'
    'stroke-width:4;stroke-dasharray:20,20"/><path id="marked" d="M 100,20 V 180" style="fill:none;stroke:#ffff00;'
    'stroke-width:10;mix-blend-mode:multiply"/></g></svg>'
).encode()


@pytest.mark.skipif(chromium.PROGRAM is None, reason="chromium is not installed: animated SVGs are seen by nobody")
def test_brushes_look_alike_in_a_browser_and_in_frames(tmp_path: Path) -> None:
    svg = film(BRUSHED, "svg", pause=0.0)[0].decode()
    frames = film(BRUSHED, "folder", pause=0.0)
    seconds = (0.4, 1.0, 2.0)
    for second, shown in zip(seconds, chromium.pictures(svg, seconds, (SIZE, SIZE), tmp_path), strict=True):
        with Image.open(io.BytesIO(frames[round(second * films.RATE)])) as image:
            assert unlike(np.asarray(image.convert("L")), shown) < ALIKE, second


def test_brushes_are_uncovered_along_their_lines() -> None:
    frames = [np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int) for data in film(BRUSHED, "folder")]
    last = frames[-1]
    assert tuple(last[50, 60]) == (192, 0, 0)
    assert tuple(last[100, 30]) == (0, 0, 192)
    assert tuple(last[100, 50]) == (255, 255, 255), "a gap"
    assert tuple(last[50, 100]) == (192, 0, 0), "yellow darkens nothing of red"
    red = [(frame[50, 20:180, 1] < 128).sum() for frame in frames]
    assert red == sorted(red)
    assert any(20 < count < 140 for count in red), "a part of the outline, at some time"


def test_hidden_strokes_are_left_out_and_levels_chosen(tmp_path: Path) -> None:
    few = drawn_sketches.sketch(drawn_sketches.FACE[2:6])
    path = drawn_sketches.write(tmp_path / "a.svg", drawn_sketches.sketch(), few)
    assert len(animate(Animation(path.read_bytes(), "a.svg")).order) == 7
    assert len(animate(Animation(path.read_bytes(), "a.svg", level=4)).order) == 4
    hidden = path.read_text().replace('id="sketch-7-stroke-1"', 'id="sketch-7-stroke-1" display="none"')
    assert len(animate(Animation(hidden.encode(), "a.svg")).order) == 6


@pytest.mark.parametrize(
    ("change", "options", "code"),
    [
        (lambda text: text[:200], {}, ErrorCode.DOCUMENT_UNREADABLE),
        (lambda text: "", {}, ErrorCode.DOCUMENT_UNREADABLE),
        (lambda text: "<html/>", {}, ErrorCode.DOCUMENT_UNREADABLE),
        (lambda text: '<!DOCTYPE svg [<!ENTITY a "b">]>' + text, {}, ErrorCode.DOCUMENT_UNREADABLE),
        (lambda text: text.replace("clipasso:strokes", "strokes"), {}, ErrorCode.SKETCH_MISSING),
        (lambda text: text.replace("display:inline", "display:none"), {}, ErrorCode.SKETCH_HIDDEN),
        (lambda text: text.replace(' d="M', ' d="x'), {}, ErrorCode.SKETCH_EMPTY),
        (lambda text: text.replace("</g>", '<path d="M 0,0 9,9"/>' * 2000 + "</g>"), {}, ErrorCode.SKETCH_TOO_LARGE),
        (str, {"level": 3}, ErrorCode.SKETCH_LEVEL_MISSING),
        (str, {"pause": 1.0}, ErrorCode.PAUSES_TOO_LONG),
        (str, {"length": 120.0, "size": 4096, "film": "gif"}, ErrorCode.FILM_TOO_LARGE),
    ],
)
def test_what_cannot_be_animated(face: bytes, change, options: dict[str, Any], code: ErrorCode) -> None:
    text = face.decode().partition("?>")[2]
    with pytest.raises(CodedError) as error:
        animate(Animation(change(text).encode(), "face.svg", **options))
    assert error.value.code == code


def test_without_ffmpeg_there_is_a_sentence(face: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CodedError) as error:
        film(face, "mp4")
    assert error.value.code == ErrorCode.FFMPEG_MISSING
    (tmp_path / "ffmpeg").write_text("#!/bin/sh\necho no such codec >&2\nexit 3\n")
    (tmp_path / "ffmpeg").chmod(0o755)
    with pytest.raises(CodedError, match="no such codec") as error:
        film(face, "mp4")
    assert error.value.code == ErrorCode.FFMPEG_FAILED
