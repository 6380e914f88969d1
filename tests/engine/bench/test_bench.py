"""``clipasso bench``: its figures are what they say, sum to what they must, and parse back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clipasso_engine import cli
from clipasso_engine.bench import PARTS, start
from clipasso_engine.bench.figures import Figure, Growth, Measured, Ratio
from clipasso_engine.bench.setting import Setting, seconds
from tests.support.long_runs import tries


def bench(folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    status = cli.main(["bench", *words, "--quick", "--json", str(folder / "bench.json")])
    return status, json.loads((folder / "bench.json").read_text(encoding="ascii"))


def found(part: dict[str, Any], name: str) -> dict[str, Any]:
    (figure,) = (figure for figure in part["figures"] if figure["name"] == name)
    return figure


def check(part: dict[str, Any]) -> None:
    """What must hold of any part."""
    assert part["figures"]
    for figure in part["figures"]:
        assert 0 <= figure["low"] <= figure["median"] <= figure["high"]
        assert len(figure["values"]) >= 1
    medians = {figure["name"]: figure["median"] for figure in part["figures"]}
    for ratio in part["ratios"]:
        assert ratio["value"] == pytest.approx(medians[ratio["of"]] / medians[ratio["to"]])
    for series in part["growth"]:
        assert series["sizes"] == sorted(series["sizes"])
        assert set(series["medians"]) <= set(medians.values())


def test_figures_are_told_by_median_and_spread() -> None:
    figure = Figure("a", (3.0, 1.0, 2.0, 9.0, 4.0))
    assert figure.median == 3
    assert str(figure) == "3.00 (1.00-9.00)"
    assert Ratio("r", Figure("b", (6.0,)), figure).value == 2
    many = Measured("p", [figure, Figure("a", (0.5,), "s", "cuda")], notes=["that is all"])
    table = "\n".join(many.lines(("cpu", "cuda")))
    assert table.splitlines()[1].split() == ["a", "s", "3.00", "(1.00-9.00)", "0.5", "(0.5-0.5)"]
    assert table.endswith("that is all")


@pytest.mark.parametrize(("power", "linear"), [(0.0, True), (0.7, True), (1.0, True), (1.4, False), (2.0, False)])
def test_growth_is_told_by_its_exponent(power: float, linear: bool) -> None:
    sizes = (1.0, 2.0, 8.0, 64.0)
    series = Growth("g", sizes, tuple(Figure(f"{size}", (3 * size**power,)) for size in sizes))
    assert series.exponent == pytest.approx(power, abs=1e-9)
    assert series.at_most_linear == linear


def test_one_steep_step_among_flat_ones_shows() -> None:
    costs = (1.0, 1.0, 1.0, 9.0)
    series = Growth("g", (1.0, 2.0, 4.0, 8.0), tuple(Figure("", (cost,)) for cost in costs))
    assert series.exponent < 1.1
    assert series.steepest == 4.5
    assert not series.at_most_linear


def test_imports_are_told_by_package() -> None:
    told = """import time: self [us] | cumulative | imported package
import time:       200 |        300 |   json.decoder
import time:       100 |        100 | _io
import time:      5000 |       9000 | numpy
import time:      4000 |       4000 |   numpy.linalg
import time:       700 |        700 | clipasso_engine.pipeline
"""
    assert start.by_package(told) == pytest.approx({"standard library": 3e-4, "numpy": 9e-3, "clipasso_engine": 7e-4})


def test_the_time_before_the_first_does_not_count() -> None:
    calls: list[int] = []
    taken = seconds(lambda: calls.append(sum(range(2_000_000 if not calls else 10))), 3)
    assert len(calls) == 4
    assert len(taken) == 3
    assert max(taken) < 0.01


def test_photos_differ(tmp_path: Path) -> None:
    photos = Setting(tmp_path).photos(14)
    assert len({photo.read_bytes() for photo in photos}) == 14


def test_parts_measure_what_they_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, told = bench(tmp_path, "start", "rasterizer", "network")
    assert status == 0
    assert list(told["parts"]) == ["start", "rasterizer", "network"]
    for part in told["parts"].values():
        check(part)
    imports = told["parts"]["start"]["figures"]
    packages = [
        figure["median"] for figure in imports if figure["name"] not in ("importing the engine", "Python alone")
    ]
    assert sum(packages) == pytest.approx(found(told["parts"]["start"], "importing the engine")["median"])
    assert found(told["parts"]["start"], "clipasso_engine")["median"] > 0
    drawing = told["parts"]["rasterizer"]
    assert drawing["growth"][0]["sizes"] == [1, 16, 64]
    assert 0 < drawing["growth"][0]["exponent"] < 1.2
    text = capsys.readouterr().out
    assert "importing the engine" in text
    assert "16 strokes, forward and backward" in text
    assert told["machine"]["cores"] >= 1


def test_every_part_is_there() -> None:
    import importlib

    for name in PARTS:
        assert callable(importlib.import_module(f"clipasso_engine.bench.{name}").measure)


def test_an_unknown_part_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["bench", "tea"])
    assert ended.value.code == 2
    assert "no part 'tea'; there are start, sketches" in capsys.readouterr().err


@pytest.mark.skipif(not tries(0, 1), reason="minutes: in the long runs")
def test_whole_sketches(tmp_path: Path) -> None:
    status, told = bench(tmp_path, "sketches", "warm", "throughput", "growth")
    assert status == 0
    for part in told["parts"].values():
        check(part)
    cold = told["parts"]["sketches"]
    stages = sum(figure["median"] for figure in cold["figures"] if figure["name"].startswith("  "))
    assert stages == pytest.approx(found(cold, "normal, 16 strokes")["median"], rel=0.05)
    warm = told["parts"]["warm"]
    assert found(warm, "same photo")["median"] < found(warm, "new photo")["median"]
    assert found(warm, "same photo: first strokes seen")["median"] <= found(warm, "same photo")["median"]
    by_name = {series["name"]: series for series in told["parts"]["growth"]["growth"]}
    assert set(by_name) == {"strokes", "levels", "photos", "megapixels of a jpg", "megapixels of a png"}
