"""What reaches the real stderr: Inkscape opens a window for every byte of it."""

import subprocess
import sys

import pytest

from inkscape_extension import messages
from tests.support.stand_in import ROOT

PROGRAM = f"""
import os, sys, warnings
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from inkscape_extension import messages
from inkscape_extension.programs import ending
log = Path(sys.argv[1])
messages.claim_stderr(log)
os.write(2, b"a library, in C\\n")
print("a library, in Python", file=sys.stderr)
warnings.warn("a warning", stacklevel=1)
subprocess = __import__("subprocess")
subprocess.run([sys.executable, "-c", "import os; os.write(2, b'a child\\\\n')"])
messages.tell("Größe: a sentence.")
try:
    1 / 0
except ZeroDivisionError as error:
    ending.tell_of_a_bug(error)
"""


def run(log):
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(log)], capture_output=True, timeout=30)
    assert done.stdout == b""
    return done.stderr.decode("utf-8").splitlines()


def test_only_what_is_told_reaches_the_user(tmp_path):
    log = tmp_path / "logs" / "extension.log"
    first, second = run(log)
    assert first == "Größe: a sentence."
    assert second.startswith("Something went wrong in the extension")
    assert str(log) in second
    kept = log.read_text()
    for text in ("a library, in C", "a library, in Python", "a warning", "a child", "ZeroDivisionError"):
        assert text in kept


def test_without_a_place_for_the_log_the_user_is_told_all_the_same(tmp_path):
    (tmp_path / "logs").write_text("a file where a folder belongs")
    assert run(tmp_path / "logs" / "extension.log")[0] == "Größe: a sentence."


@pytest.mark.parametrize(("size", "kept"), [(messages.MAX_LOG_BYTES, True), (messages.MAX_LOG_BYTES + 1, False)])
def test_a_log_does_not_grow_for_ever(tmp_path, size, kept):
    log = tmp_path / "a.log"
    log.write_bytes(b"x" * size)
    with messages.open_log(log) as stream:
        stream.write(b"new")
    assert log.read_bytes() == (b"x" * size if kept else b"") + b"new"
