"""The extension as Inkscape runs it: a program that gets a document and options, and writes the changed document."""

import base64
import contextlib
import os
import signal
import subprocess
import sys

import pytest

from clipasso_engine.contract import layer_format
from tests.support.extension_program import IMAGE, SCRIPT, Extension, layers
from tests.support.processes import alive
from tests.support.stand_in import PIXEL, ROOT
from tests.support.waiting import wait_until


@pytest.fixture
def extension(tmp_path):
    return Extension(tmp_path)


def test_from_options_to_layers(extension, installed_engine):
    status, output, told = extension.run("--id=photo", "--levels=2, 1", "--seed=5", "--visible=fewest", "--tab=sketch")
    assert (status, told) == (0, "")
    found = layers(output)
    assert set(found) == {"Sketch, 2 strokes", "Sketch, 1 stroke"}
    assert found["Sketch, 2 strokes"].get("style") == "display:none"
    assert found["Sketch, 1 stroke"].get("style") is None
    assert [len(found[label]) for label in ("Sketch, 2 strokes", "Sketch, 1 stroke")] == [2, 1]
    assert b"xmlns:clipasso=" in output
    told = installed_engine.messages()[0]
    assert (told["job"]["levels"], told["job"]["seed"], told["photo_is_there"]) == ([2, 1], 5, False)
    metadata = layer_format.LayerMetadata.from_attributes(dict(found["Sketch, 1 stroke"].attrib))
    assert (metadata.photo_id, metadata.seed, metadata.guidance) == ("photo", 5, "boundary")
    assert (told["job"]["photo"], told["job"]["photo_bytes"]) == ("photo (embedded)", PIXEL)


def test_a_linked_photo_is_not_copied(extension, installed_engine, tmp_path):
    photo = tmp_path / "my photo.png"
    photo.write_bytes(base64.b64decode(PIXEL))
    status, output, told = extension.show(IMAGE.format("my%20photo.png")).run()
    assert (status, told, len(layers(output))) == (0, "", 1)
    assert installed_engine.messages()[0]["job"]["photo"] == str(photo)


def test_the_photo_is_found_beside_the_saved_document(extension, installed_engine, tmp_path):
    saved = tmp_path / "saved"
    saved.mkdir()
    (saved / "a.png").write_bytes(base64.b64decode(PIXEL))
    extension.environment["DOCUMENT_PATH"] = str(saved / "drawing.svg")
    assert extension.show(IMAGE.format("a.png")).run()[0] == 0
    assert installed_engine.messages()[0]["job"]["photo"] == str(saved / "a.png")


@pytest.mark.parametrize(
    ("content", "options", "told"),
    [
        ("<rect/>", [], "There is no photo in the document."),
        (IMAGE.format("gone.png"), [], "there is no such file."),
        (IMAGE.format("http://example.org/a.png"), [], "CLIPasso fetches nothing"),
        (IMAGE.format(f"data:;base64,{PIXEL}"), ["--levels=600"], "'600' is not a whole number from 1 to 512"),
        (IMAGE.format(f"data:;base64,{PIXEL}") * 2, [], "There are 2 photos in the document, but none is selected."),
    ],
)
def test_bad_input_gets_one_sentence_and_leaves_the_document(extension, installed_engine, content, options, told):
    status, output, sentence = extension.show(content).run(*options)
    assert (status, output) == (1, b"")
    assert told in sentence
    assert sentence.count("\n") == 1
    assert "Traceback" not in sentence


@pytest.mark.parametrize("behaviour", ["user error", "bug", "die at once", "garbage", "other version", "dies"])
def test_a_failing_engine_leaves_the_document(extension, installed_engine, behaviour):
    installed_engine.play(behaviour=behaviour)
    status, output, sentence = extension.run()
    assert (status, output, sentence.count("\n")) == (1, b"", 1)
    assert "Traceback" not in sentence


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            "a.png is too large: 90000 x 9 pixels, and at most 64 million can be decoded. "
            "Save a smaller copy and import that; 2048 pixels on the longer side are plenty.\n",
        ),
        (
            "de",
            "a.png ist zu groß: 90000 x 9 Pixel, und höchstens 64 Millionen können verarbeitet werden. "
            "Speichern Sie eine kleinere Kopie, und importieren Sie diese; 2048 Pixel auf der längeren Seite genügen "
            "vollauf.\n",
        ),
    ],
)
def test_the_engines_error_is_told_in_the_users_language(extension, installed_engine, language, told):
    extension.environment.update({"LANGUAGE": language, "LC_ALL": "C.UTF-8"})
    installed_engine.play(behaviour="coded error")
    assert extension.run() == (1, b"", told)


def test_what_is_wrong_with_the_options_is_told_with_advice(extension, installed_engine):
    told = extension.run("--levels=600")[2]
    assert told == (
        "The levels are '600', but '600' is not a whole number from 1 to 512. "
        "Write numbers separated by commas, for example 32, 16, 8, 4.\n"
    )


def test_layers_have_names_in_the_users_language(extension, installed_engine):
    extension.environment.update({"LANGUAGE": "de", "LC_ALL": "C.UTF-8"})
    status, output, told = extension.run("--levels=2, 1")
    assert (status, told) == (0, "")
    assert set(layers(output)) == {"Skizze, 2 Striche", "Skizze, 1 Strich"}


def test_without_an_engine(extension):
    status, output, sentence = extension.run()
    assert (status, output) == (1, b"")
    assert "is not installed" in sentence


def test_a_bug_is_logged_and_the_log_is_named(extension, installed_engine, home):
    installed_engine.play(width=0)  # the real engine never says that
    status, output, sentence = extension.run()
    log = home / "logs" / "extension.log"
    assert (status, output) == (1, b"")
    assert str(log) in sentence
    assert "ZeroDivisionError" in log.read_text()


def test_a_document_that_is_none_is_told(extension, installed_engine):
    extension.document.write_text("no svg")
    status, output, sentence = extension.run()
    assert (status, output) == (1, b"")
    assert "cannot be read as SVG: it is damaged" in sentence


def test_it_works_as_a_link_to_a_checkout(extension, installed_engine, tmp_path):
    link = tmp_path / "extensions"
    link.symlink_to(ROOT, target_is_directory=True)
    command = [sys.executable, str(link / "inkscape_extension" / "programs" / SCRIPT.name), str(extension.document)]
    done = subprocess.run(command, capture_output=True, env=extension.environment, timeout=30)
    assert (done.returncode, done.stderr) == (0, b"")


def left_after(seconds, marker):
    with contextlib.suppress(AssertionError):
        wait_until(lambda: not alive(marker), seconds)
    left = alive(marker)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return left


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="finds processes by /proc")
@pytest.mark.parametrize(
    ("victim", "behaviour"),
    [("extension", "hang"), ("Inkscape", "hang"), ("Inkscape", "deaf"), ("Inkscape", "children")],
)
def test_nothing_is_left_after_3_seconds(extension, installed_engine, tmp_path, victim, behaviour):
    extension.environment["CLIPASSO_TEST_MARKER"] = marker = f"marker-{tmp_path}"
    installed_engine.play(behaviour=behaviour)
    with extension.start() as process:
        told = wait_until(lambda: installed_engine.messages() or process.poll(), 15, "the engine at work")
        assert told[0]["environment"]["CLIPASSO_TEST_MARKER"] == marker
        assert len(alive(marker)) >= 2
        if victim == "extension":
            process.kill()
        else:
            process.stdout.close()
            process.stderr.close()
        assert left_after(3, marker) == []


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="finds processes by /proc")
@pytest.mark.parametrize("way", ["SIGTERM", "SIGKILL", "SIGHUP"])
def test_an_embedded_photo_is_in_no_file_when_the_extension_is_killed(extension, installed_engine, tmp_path, way):
    """Nor while it works, nor after it; 100 kB, more than a pipe takes at once."""
    photo = base64.b64decode(PIXEL) + bytes(range(256)) * 400
    extension.show(IMAGE.format("data:;base64," + base64.b64encode(photo).decode()))
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    extension.environment.update(TMPDIR=str(temporary), CLIPASSO_TEST_MARKER=f"marker-{tmp_path}")
    installed_engine.play(behaviour="hang")
    with extension.start() as process:
        (told,) = wait_until(installed_engine.messages, 15, "the engine at work")[:1]
        assert base64.b64decode(told["job"]["photo_bytes"]) == photo
        assert list(temporary.iterdir()) == []
        process.send_signal(getattr(signal, way))
        assert process.wait(10) == -getattr(signal, way)
    assert left_after(3, f"marker-{tmp_path}") == []
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and photo[-1000:] in path.read_bytes()]
    assert kept == []
    assert list(temporary.iterdir()) == []
