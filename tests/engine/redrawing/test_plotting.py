"""Files for plotters: a route with little travel, the page, one line; read back as another program reads them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from scipy.spatial import cKDTree

from clipasso_engine.contract.codes import ErrorCode
from clipasso_engine.contract.errors import CodedError
from clipasso_engine.contract.redrawing import AS_IT_IS, Plot, Redrawn
from clipasso_engine.contract.sketch import Stroke
from clipasso_engine.redrawing import document, one_line, path_data, route
from clipasso_engine.redrawing.drawing import walked
from clipasso_engine.redrawing.plotting import plot
from tests.support import drawn_sketches
from tests.support.drawn_sketches import line

SVG = "{http://www.w3.org/2000/svg}"
LABEL = "{http://www.inkscape.org/namespaces/inkscape}label"


def scattered(count: int, seed: int = 0) -> tuple[Stroke, ...]:
    random = np.random.default_rng(seed)
    ends = random.uniform(0, 200, (count, 2))
    return tuple(
        Stroke.of(one + np.array([(0, 0), (1, 0), (2, 1), (3, 1)]) * random.uniform(-12, 12, 2), 2.0, 1 - index / count)
        for index, one in enumerate(ends)
    )


def plotted(path: Path, **options: Any) -> tuple[Redrawn, ET.Element]:
    done = plot(Plot(path.read_bytes(), path.name, **options))
    return done, ET.fromstring(done.files[0])


def drawn_paths(root: ET.Element) -> list[np.ndarray]:
    return [chain for path in root.iter(f"{SVG}path") for chain in path_data.chains(path.get("d"))]


class TestRoutes:
    def test_the_shortest_of_all_routes_is_found_where_all_can_be_tried(self) -> None:
        from itertools import permutations, product

        for seed in range(6):
            ends = np.random.default_rng(seed).uniform(0, 10, (5, 2, 2))
            way = route.shortest(ends, np.zeros(2))
            assert sorted(index for index, _backwards in way) == list(range(5))
            found = route.travel(np.array([ends[index][::-1] if back else ends[index] for index, back in way]))
            best = min(
                route.travel(np.array([ends[index][::turn] for index, turn in zip(order, turns, strict=True)]))
                for order in permutations(range(5))
                for turns in product((1, -1), repeat=5)
            )
            assert found == pytest.approx(best), seed

    def test_one_and_no_stroke(self) -> None:
        assert route.shortest(np.zeros((0, 2, 2)), np.zeros(2)) == []
        assert route.shortest(np.array([[[9.0, 9.0], [1.0, 1.0]]]), np.zeros(2)) == [(0, True)]


def test_all_strokes_lie_on_the_sheet_in_one_layer(tmp_path: Path) -> None:
    path = drawn_sketches.write(tmp_path / "a.svg", drawn_sketches.sketch(scattered(40)))
    done, root = plotted(path, margin=20.0)
    assert (root.get("width"), root.get("height")) in (("210mm", "297mm"), ("297mm", "210mm"))
    (layer,) = root
    assert layer.get(LABEL) == "1 Sketch, 40 strokes"
    chains = drawn_paths(root)
    assert len(chains) == 40
    points = np.concatenate([walked(chain) for chain in chains])
    page = np.array([float(root.get(side)[:-2]) for side in ("width", "height")])
    assert points.min() >= 20 - 0.01
    assert (page - points.max(axis=0)).min() >= 20 - 0.01
    assert min(points.min(axis=0).min(), (page - points.max(axis=0)).min()) < 22, "it fills the sheet"
    ends = route.ends_of(chains)
    assert done.figures["strokes"] == 40
    assert done.figures["up"] == pytest.approx(np.linalg.norm(ends[0, 0]) + route.travel(ends), abs=0.1)
    assert done.figures["seconds"] == pytest.approx(
        done.figures["down"] / 40 + done.figures["up"] / 120 + 40 * 0.3, abs=0.1
    )


def test_the_page_that_is_there(tmp_path: Path) -> None:
    path = drawn_sketches.write(tmp_path / "a.svg")
    _done, root = plotted(path, sheet=AS_IT_IS)
    width = 200 * 25.4 / 96  # the document's px in mm
    assert float(root.get("width")[:-2]) == pytest.approx(width, abs=0.001)
    mouth = max(drawn_paths(root), key=lambda chain: chain[:, 1].min() - abs(np.ptp(chain[:, 1])) * 99)
    assert mouth[:, 1] == pytest.approx(140 * width / 200, abs=0.002)


def test_hidden_layers_are_left_out_and_each_sketch_is_a_layer(tmp_path: Path) -> None:
    ground = drawn_sketches.sketch((Stroke(line(0, 195, 200, 195), 2, 1.0),), part="background")
    few = drawn_sketches.sketch(drawn_sketches.FACE[2:6])
    path = drawn_sketches.write(tmp_path / "a.svg", drawn_sketches.sketch(), few, ground)
    _done, root = plotted(path)
    assert [layer.get(LABEL) for layer in root] == ["1 Background, 1 stroke", "2 Sketch, 7 strokes"]
    again = document.read(ET.tostring(root), "again.svg")
    assert [len(layer.lines) for layer in again.layers] == [1, 7], "it is a sketch as well"


def test_a_margin_that_leaves_no_room(tmp_path: Path) -> None:
    path = drawn_sketches.write(tmp_path / "a.svg")
    with pytest.raises(CodedError) as error:
        plotted(path, sheet="a6", margin=60.0)
    assert error.value.code == ErrorCode.MARGIN_TOO_WIDE


class TestOneLine:
    @pytest.mark.parametrize(
        "strokes", [drawn_sketches.FACE, drawn_sketches.FACE[:1], scattered(30), scattered(120, 1)]
    )
    def test_it_is_one_path_without_a_jump_that_covers_all(self, tmp_path: Path, strokes: tuple[Stroke, ...]) -> None:
        path = drawn_sketches.write(tmp_path / "a.svg", drawn_sketches.sketch(strokes))
        done, root = plotted(path, sheet=AS_IT_IS, one_line=True)
        (element,) = root.iter(f"{SVG}path")
        assert re.sub(r"[-\d., ]", "", element.get("d")).lstrip("M").strip("C") == "", "M, then nothing but C"
        (chain,) = path_data.chains(element.get("d"))
        tree = cKDTree(walked(chain))
        unit = 25.4 / 96
        for stroke in strokes:
            away, _at = tree.query(walked(np.array(stroke.points)) * unit)
            assert away.max() < 0.5 * stroke.width * unit, "the stroke is drawn, to within its own width"
        assert done.figures["strokes"] == 1

    def test_it_adds_less_than_joining_the_strokes_one_after_the_other(self, tmp_path: Path) -> None:
        path = drawn_sketches.write(tmp_path / "a.svg", drawn_sketches.sketch(scattered(60)))
        lines = document.read(path.read_bytes(), "a.svg").layers[0].lines
        pieces = one_line._pieces(lines)
        total = sum(line.length for line in lines)
        new = sum(piece.length for piece in pieces) - total
        ends = route.ends_of([line.points for line in lines])
        way = route.shortest(ends, np.zeros(2))
        straight = route.travel(np.array([ends[index][::-1] if back else ends[index] for index, back in way]))
        assert new < straight, "the tree of joins"

    def test_what_is_closed_needs_no_way_back(self, tmp_path: Path) -> None:
        circle = drawn_sketches.FACE[2:6]
        path = drawn_sketches.write(tmp_path / "a.svg", drawn_sketches.sketch(circle))
        done, _root = plotted(path, sheet=AS_IT_IS, one_line=True)
        plain, _root = plotted(path, sheet=AS_IT_IS)
        assert done.figures["down"] == pytest.approx(plain.figures["down"], rel=0.02)


VPYPE = shutil.which("vpype")


@pytest.mark.skipif(VPYPE is None, reason="vpype is not installed: only we read our files for plotters")
def test_vpype_reads_it_and_cannot_shorten_the_travel(tmp_path: Path) -> None:
    path = drawn_sketches.write(tmp_path / "a.svg", drawn_sketches.sketch(scattered(60)))
    (tmp_path / "plot.svg").write_bytes(plotted(path)[0].files[0])

    def travel(file: str, *commands: str) -> tuple[float, int]:
        words = [VPYPE, "read", str(tmp_path / file), *commands, "stat"]
        told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        layers = int(re.search(r"Layer count: (\d+)", told).group(1))
        return float(re.search(r"Pen-up length: ([\d.]+)", told).group(1)), layers

    ours, layers = travel("plot.svg")
    theirs, _layers = travel("plot.svg", "linesort", "--two-opt")
    assert layers == 1
    assert ours <= 1.15 * theirs
