"""Whether Inkscape, which nobody tells us of, is still there."""

import os
import subprocess
import sys

import pytest

from inkscape_extension.window import contract
from tests.support.stand_in import ROOT

posix_only = pytest.mark.skipif(os.name != "posix", reason="a pipe cannot be asked on Windows")


@posix_only
def test_inkscape_has_gone_once_nobody_reads_stdout():
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from inkscape_extension.window.contract import inkscape_has_gone\n"
        "for line in sys.stdin: sys.stderr.write(str(inkscape_has_gone()) + '\\n'); sys.stderr.flush()"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:

        def ask():
            process.stdin.write("?\n")
            process.stdin.flush()
            return process.stderr.readline().strip()

        assert ask() == "False"
        process.stdout.close()
        assert ask() == "True"
        process.stdin.close()


def test_it_has_not_gone_where_stdout_is_a_file(tmp_path, capfd):
    with capfd.disabled():
        assert contract.inkscape_has_gone() is False
