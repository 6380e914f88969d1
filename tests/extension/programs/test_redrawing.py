"""Animate Sketch and Prepare for Plotter as programs, with the engine's real worker where it can be had."""

import json
import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import inkex
import pytest
from lxml import etree

from clipasso_engine import __version__
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.protocol import PROTOCOL
from clipasso_engine.contract.redrawing import AREAS, AS_IT_IS, FILMS, ORDERS, SHEETS, Animation, Plot, Redrawn
from clipasso_engine.contract.sketch import Sketch, Stroke
from inkscape_extension.document import source_photo
from inkscape_extension.engine import client
from inkscape_extension.layer import hand_edits, sketch_layer
from inkscape_extension.layer.origin import Origin
from inkscape_extension.layer.record import LayerRecord
from inkscape_extension.programs import animate_sketch, plot_sketch
from inkscape_extension.run import redrawing
from tests.support.stand_in import PIXEL, ROOT, SVG

INX = {"inx": "http://www.inkscape.org/namespace/inkscape/extension"}
STROKES = tuple(Stroke(((10, n), (20, n), (30, n), (40, n)), 2.0, 1 - n / 100) for n in (5, 15, 25))


def inx(name):
    return etree.parse(str(ROOT / name))


def options(program, *arguments):
    parser = ArgumentParser()
    program.add_arguments(Namespace(), parser)
    return parser.parse_args(arguments)


@pytest.fixture
def drawing(svg):
    """A document with a photo and a sketch layer, and that layer."""
    root = svg(
        f'<image id="photo" width="100" height="50" xlink:href="data:image/png;base64,{PIXEL}"/><text>Hello</text>',
        attributes='width="100" height="50" viewBox="0 0 100 50"',
    )
    photo = source_photo.photos_in(root, [root])[0][0]
    origin = Origin(0, "boundary", "ab", "photo")
    (layer,) = sketch_layer.insert(photo, [Sketch(3, 100, 50, STROKES, 0.1)], origin)
    return root, layer


@pytest.mark.parametrize(
    ("name", "program", "kind", "beside"),
    [
        ("clipasso_animate.inx", animate_sketch.AnimateSketch, Animation, {"pauses", "restack", "file"}),
        ("clipasso_plot.inx", plot_sketch.PlotSketch, Plot, {"file"}),
    ],
)
def test_the_dialog_offers_what_the_engine_knows(name, program, kind, beside):
    fields = [param for param in inx(name).iterfind(".//inx:param", INX) if param.get("type") != "notebook"]
    names = {param.get("name") for param in fields}
    assert names == set(vars(kind())) - {"document", "name", "level", "layers"} | beside
    given = options(program, *(f"--{param.get('name')}={_default(param)}" for param in fields))
    assert vars(given) == vars(options(program)), "the defaults are alike"


def _default(param):
    choices = [option.get("value") for option in param.iterfind("inx:option", INX)]
    return choices[0] if choices else (param.text or "").strip()


@pytest.mark.parametrize(
    ("name", "param", "known"),
    [
        ("clipasso_animate.inx", "film", set(FILMS) - {"folder"}),
        ("clipasso_animate.inx", "order", set(ORDERS)),
        ("clipasso_animate.inx", "area", set(AREAS)),
        ("clipasso_animate.inx", "pauses", set(animate_sketch.PAUSES)),
        ("clipasso_plot.inx", "sheet", {*SHEETS, AS_IT_IS}),
    ],
)
def test_choices(name, param, known):
    values = inx(name).xpath(f"//inx:param[@name='{param}']/inx:option/@value", namespaces=INX)
    assert set(values) == known


def test_limits_are_those_of_the_engine():
    kinds: dict[str, Any] = {"clipasso_animate.inx": Animation, "clipasso_plot.inx": Plot}
    for name, make in kinds.items():
        for param in inx(name).iterfind(".//inx:param[@min]", INX):
            for limit in ("min", "max"):
                make(**{param.get("name"): float(param.get(limit))})
            with pytest.raises(UserError, match="must be from"):
                make(**{param.get("name"): float(param.get("max")) + 1})


def test_options_become_wishes():
    given = options(animate_sketch.AnimateSketch, "--film=gif", "--pauses=own", "--pause=0.5", "--loop=false")
    wish = animate_sketch.animation(given, b"<svg/>", ("a",))
    assert (wish.film, wish.pause, wish.loop, wish.layers) == ("gif", 0.5, False, ("a",))
    assert animate_sketch.animation(options(animate_sketch.AnimateSketch), b"", ()).pause is None
    given = options(plot_sketch.PlotSketch, "--one_line=true", "--margin=3")
    assert plot_sketch.plot(given, b"", ()) == Plot(name="The document", one_line=True, margin=3.0)


def test_photos_and_texts_stay_at_home(drawing):
    root, _layer = drawing
    sent = redrawing.content(root)
    assert b"<image" not in sent
    assert b"Hello" not in sent
    assert sent.count(b"<path") == 3
    assert root.find(".//{http://www.w3.org/2000/svg}image") is not None, "they are still in the document"


class TestFile:
    def test_beside_the_document_nothing_is_overwritten(self, tmp_path):
        document = str(tmp_path / "cat.svg")
        first = redrawing.file("", document, "animated", ".gif")
        assert first == tmp_path / "cat-animated.gif"
        first.write_bytes(b"")
        assert redrawing.file(" ", document, "animated", ".gif") == tmp_path / "cat-animated-2.gif"

    def test_a_chosen_one(self, tmp_path):
        chosen = tmp_path / "out.gif"
        assert redrawing.file(str(chosen), None, "animated", ".gif") == chosen
        assert redrawing.file(str(chosen), None, "animated", ".svg") == tmp_path / "out.gif.svg"
        assert redrawing.file("out", str(tmp_path / "cat.svg"), "animated", ".svg") == tmp_path / "out.svg"

    def test_no_place(self, tmp_path):
        with pytest.raises(UserError, match="has not been saved yet"):
            redrawing.file("", None, "animated", ".svg")
        with pytest.raises(UserError, match="There is no folder"):
            redrawing.file(str(tmp_path / "none" / "a.svg"), None, "animated", ".svg")
        (tmp_path / "taken").mkdir()
        with pytest.raises(UserError, match="cannot be written"):
            redrawing.write(tmp_path / "taken", b"x")
        assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_restacked_strokes_are_still_those_that_were_drawn(drawing):
    root, layer = drawing
    mark = inkex.Circle()
    layer.insert(1, mark)
    ids = [path.get("id") for path in layer if path is not mark]
    redrawing.restack([layer], [ids[2], ids[0], ids[1]])
    assert [child.get("id") for child in layer if child is not mark] == [ids[2], ids[0], ids[1]]
    assert layer.index(mark) == 1, "what is no stroke stays where it is"
    layer.remove(mark)
    assert not hand_edits.read(layer, LayerRecord.read(layer)).by_hand
    before = etree.tostring(root)
    redrawing.restack([layer], [ids[2], ids[0], ids[1]])
    assert etree.tostring(root) == before


class FakeEngine:
    """Answers with what it is told to, and keeps what it was asked."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def __call__(self, wish):
        self.asked.append(wish)
        return self.answer


@pytest.fixture
def saved(drawing, tmp_path, monkeypatch):
    path = tmp_path / "cat.svg"
    path.write_bytes(etree.tostring(drawing[0]))
    monkeypatch.setenv("DOCUMENT_PATH", str(path))
    return path


def test_an_animation_is_written_and_the_strokes_lie_as_they_are_drawn(saved, tmp_path, monkeypatch, capfd):
    ids = [f"sketch-3-stroke-{number}" for number in (3, 1, 2)]
    engine = FakeEngine(Redrawn((b"GIF89a",), tuple(ids)))
    monkeypatch.setattr(redrawing, "redraw", engine)
    out = tmp_path / "out.svg"
    animate_sketch.AnimateSketch().run([str(saved), "--film=gif", f"--output={out}"])
    assert (tmp_path / "cat-animated.gif").read_bytes() == b"GIF89a"
    assert f"The animation is in {tmp_path / 'cat-animated.gif'}" in capfd.readouterr().err
    assert [wish.layers for wish in engine.asked] == [("sketch-3",)]
    paths = etree.parse(str(out)).iter("{http://www.w3.org/2000/svg}path")
    assert [path.get("id") for path in paths] == ids


def test_a_plot_is_written_and_told_of(saved, tmp_path, monkeypatch, capfd):
    figures = {"strokes": 3.0, "down": 1230.0, "up": 456.0, "seconds": 83.0}
    monkeypatch.setattr(redrawing, "redraw", FakeEngine(Redrawn((b"<svg/>",), (), figures)))
    out = tmp_path / "out.svg"
    plot_sketch.PlotSketch().run([str(saved), f"--file={tmp_path / 'mine'}", f"--output={out}"])
    assert (tmp_path / "mine.svg").read_bytes() == b"<svg/>"
    told = capfd.readouterr().err
    assert "Strokes: 3. Drawn: 1.23 m, with the pen up: 0.46 m. Time: about 1:23 minutes." in told
    assert not out.exists() or not out.read_bytes(), "the document is as it was"


def test_without_a_sketch_there_is_a_sentence(tmp_path):
    path = tmp_path / "empty.svg"
    path.write_text(SVG.format(attributes="", content=""))
    environment = {**os.environ, "PYTHONPATH": str(Path(inkex.__file__).parent.parent)}
    for program in ("animate_sketch.py", "plot_sketch.py"):
        command = [sys.executable, str(ROOT / "inkscape_extension/programs" / program), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr.startswith("There is no sketch in the document yet.")


class TestClient:
    @pytest.fixture
    def answering(self, tmp_path):
        """An engine that says hello, then one message."""

        def engine(message):
            hello = {"type": "hello", "protocol": PROTOCOL, "version": __version__}
            script = tmp_path / "engine.py"
            script.write_text(
                f"import sys\nprint({json.dumps(hello)!r}, flush=True)\nopen({str(tmp_path / 'asked')!r}, 'w').write("
                f"sys.stdin.readline())\nprint({json.dumps(message)!r}, flush=True)\nsys.stdin.read()\n"
            )
            return client.Engine([sys.executable, str(script)], tmp_path / "log")

        return engine

    def test_what_is_redrawn(self, answering, tmp_path):
        expected = Redrawn((b"film",), ("a", "b"), {"down": 1.5})
        with answering(expected.to_message()) as engine:
            assert engine.redraw(Animation(b"<svg/>", "cat.svg")) == expected
        asked = json.loads((tmp_path / "asked").read_text())
        assert (asked["type"], asked["name"], asked["pause"]) == ("animate", "cat.svg", None)

    def test_errors(self, answering):
        error = {"type": "error", "kind": "user", "message": "", "code": "ffmpeg-missing", "details": {}}
        with answering(error) as engine, pytest.raises(UserError, match="needs the program ffmpeg"):
            engine.redraw(Animation())
        with answering({"type": "redrawn"}) as engine, pytest.raises(UserError, match="cannot be read"):
            engine.redraw(Plot())
