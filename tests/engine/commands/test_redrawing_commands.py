"""``clipasso animate`` and ``clipasso plot`` as a user types them: what is written, and sentences for what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from clipasso_engine import cli
from tests.support import drawn_sketches


@pytest.fixture
def face(tmp_path: Path) -> Path:
    return drawn_sketches.write(tmp_path / "face.svg")


@pytest.mark.parametrize("name", ["out.svg", "out.GIF", "out.apng", "out.json"])
def test_a_file_by_its_ending(face: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / name
    assert cli.main(["animate", str(face), "-o", str(target), "--length", "1", "--size", "64", "--once"]) == 0
    begin = {".svg": b"<?xml", ".GIF": b"GIF89a", ".apng": b"\x89PNG", ".json": b"{"}[target.suffix]
    assert target.read_bytes().startswith(begin)
    assert capsys.readouterr().out == f"{face} -> {target}: 7 strokes\n"


def test_a_folder_of_pictures(face: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "frames"
    assert cli.main(["animate", str(face), "-o", str(target), "--length", "1", "--hold", "0", "--size", "64"]) == 0
    assert [path.name for path in sorted(target.iterdir())] == [f"frame-{number:04}.png" for number in range(1, 27)]
    assert capsys.readouterr().out == f"{face} -> {target}: 7 strokes, 26 frames\n"


def test_a_plot_tells_how_far_and_how_long(face: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "plot.svg"
    assert cli.main(["plot", str(face), "-o", str(target)]) == 0
    assert ": 7 strokes, 0.6" not in capsys.readouterr().err
    assert cli.main(["plot", str(face), "-o", str(target), "--one-line", "--sheet", "a5"]) == 0
    assert ": 1 stroke, " in capsys.readouterr().out
    assert b"148mm" in target.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["animate", "none.svg", "-o", "a.svg"], "There is no file none.svg"),
        (["animate", ".", "-o", "a.svg"], ". cannot be read: Is a directory"),
        (["animate", "face.svg", "-o", "missing/a.gif"], "there is no folder missing"),
        (["animate", "face.svg", "-o", "a.mov"], "a.mov ends in .mov, of which no animation can be made"),
        (["animate", "face.svg", "-o", "face.svg/b"], "face.svg/b"),
        (["animate", "face.svg", "-o", "a.svg", "--length", "0"], "length is 0.0, but must be from 0.5 to 120"),
        (["animate", "face.svg", "-o", "a.svg", "--length", "nan"], "length is nan, but must be from 0.5 to 120"),
        (["animate", "face.svg", "-o", "a.svg", "--level", "5"], "no sketch of 5 strokes; those in it have 7"),
        (["animate", "photo.png", "-o", "a.svg"], "photo.png cannot be read as an SVG drawing"),
        (["animate", "plain.svg", "-o", "a.svg"], "plain.svg has no sketch in it"),
        (["plot", "plain.svg", "-o", "a.svg"], "plain.svg has no sketch in it"),
        (["plot", "face.svg", "-o", "a.gcode"], "a.gcode does not end in .svg"),
        (["plot", "face.svg", "-o", "missing/a.svg"], "there is no folder missing"),
        (["plot", "face.svg", "-o", "a.svg", "--margin", "110"], "leaves no room on a sheet of 210 x 297 mm"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    face: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (tmp_path / "plain.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><path d="M 0,0 9,9"/></svg>')
    before = sorted(tmp_path.iterdir())
    assert cli.main(arguments) == 1
    error = capsys.readouterr().err
    assert told in error
    assert error.startswith("clipasso: ")
    assert error.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before
