"""A process that runs the extension's programs on documents, one after the other, and watches what they touch.

Each line of input is one run as `Runner.run` asks for it, each line of output what came of it. Python's audit hook
tells of files that are opened or changed, processes, connections and modules of C; the kernel's inotify tells of files
opened by anybody else in the process, such as the XML parser, as far as they are baits that nothing may open.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120  # for one run; more lets a test take long until it fails
_ADDRESS_SPACE = 4 << 30  # bytes; more lets one try hurt the machine. What is held is measured, and asserted on.
_WATCHED = (
    *("subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "os.startfile", "pty."),
    *("socket.", "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.", "ctypes.dlopen"),
    *("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "shutil."),
    *("os.listdir", "os.scandir"),
)
_IN_OPEN = 0x20  # <sys/inotify.h>


class Runner:
    """Such a process, as a context, that works in ``folder``. ``baits`` are files that nothing may open."""

    def __init__(self, home, baits, folder):
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve()), str(home), *map(str, baits)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
                "CLIPASSO_HOME": str(home),
                "CLIPASSO_WINDOW": "none",
                "DBUS_SESSION_BUS_ADDRESS": "disabled:",
                "LANGUAGE": "C",
            },
            cwd=str(folder),
        )

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self._process.kill()
        self._process.communicate()

    @property
    def process(self):
        return self._process.pid

    def run(self, program, arguments, document, saved_as=""):
        """Run ``program`` of inkscape_extension.programs, or the test's own "file.py:function", on a document's path.

        The answer: ``status``, ``told``, ``written`` (the document it wrote), ``bug``, ``opened`` (files, by Python),
        ``beside`` (all else that is watched), ``seconds``, ``mb`` (beyond what was held before).
        """
        asked = {"program": program, "arguments": arguments, "document": str(document), "saved_as": saved_as}
        self._process.stdin.write(json.dumps(asked).encode("ascii") + b"\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], SECONDS)
        assert ready, f"no answer within {SECONDS} s"
        line = self._process.stdout.readline()
        assert line, f"the process ended with status {self._process.wait()}"
        answer = json.loads(line)
        answer["written"] = Path(f"{document}.out").read_bytes()
        return answer


class _Watch:
    """What happens between `begin` and `end`."""

    def __init__(self, baits):
        self._on = False
        self.opened, self.beside = [], []
        libc = ctypes.CDLL(None, use_errno=True)
        self._inotify = libc.inotify_init1(os.O_NONBLOCK)
        assert self._inotify >= 0
        self._baits = {libc.inotify_add_watch(self._inotify, os.fsencode(bait), _IN_OPEN): bait for bait in baits}
        assert -1 not in self._baits
        sys.addaudithook(self._heed)

    def begin(self):
        self.opened, self.beside = [], []
        self._on = True

    def end(self):
        self._on = False
        try:
            events = os.read(self._inotify, 1 << 16)
        except BlockingIOError:
            return
        for start in range(0, len(events), 16):  # events of files have no name behind them
            bait = self._baits[int.from_bytes(events[start : start + 4], sys.byteorder)]
            self.beside.append(f"bait {bait}")

    def _heed(self, event, arguments):
        if not self._on:
            return
        if event == "open" and not isinstance(arguments[0], int):  # a number is a file that is open already
            path = os.fsdecode(arguments[0])
            if not path.endswith((".py", ".pyc", ".so", ".mo")):  # Python's own
                self.opened.append(path)
        elif event.startswith(_WATCHED) and not (event == "os.listdir" and arguments[0] in sys.path):  # an import
            self.beside.append(f"{event} {arguments[:2]}")


def _held(name):
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(name))


def _main():
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    home, *baits = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    questions = os.fdopen(os.dup(0), "r", encoding="ascii")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    told = os.memfd_create("told")
    os.dup2(told, 2)
    from inkscape_extension import messages

    log = Path(home, "logs", "extension.log")
    messages.claim_stderr(log)  # as `starting.begin` does, before inkex is imported
    watch = _Watch(baits)
    for line in questions:
        asked = json.loads(line)
        answers.write(json.dumps(_run(asked, watch, told, log)) + "\n")
        answers.flush()


def _run(asked, watch, told, log):
    document = asked["document"]
    output = os.open(f"{document}.out", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(output, 1)
    os.ftruncate(told, 0)
    os.lseek(told, 0, os.SEEK_SET)
    os.environ["DOCUMENT_PATH"] = asked["saved_as"]
    main = _program(asked["program"])
    sys.argv = [asked["program"], *asked["arguments"], document]
    logged = log.stat().st_size if log.exists() else 0
    _forget_the_peak()
    before, start = _held("VmRSS"), time.monotonic()
    watch.begin()
    try:
        status, escaped = main(), ""
    except BaseException as error:  # of which only the program's end knew
        status, escaped = 1, repr(error)
    sys.stdout.flush()
    watch.end()
    answer = {"seconds": round(time.monotonic() - start, 3), "mb": round(_held("VmHWM") - before)}
    os.close(output)
    sentence = os.pread(told, 1 << 20, 0).decode("utf-8")
    bug = escaped or ("Something went wrong" in sentence and log.read_bytes()[logged:].decode("utf-8", "replace"))
    seen = {"opened": watch.opened, "beside": watch.beside}
    return {**answer, **seen, "status": status, "told": sentence, "bug": bug or ""}


def _program(name):
    file, _, function = name.partition(":")
    if function:
        space = {"__name__": "a test's own"}
        exec(Path(file).read_text(encoding="utf-8"), space)
        return space[function]
    return importlib.import_module(f"inkscape_extension.programs.{name}").main


def _forget_the_peak():
    with open("/proc/self/clear_refs", "w", encoding="ascii") as clear:
        clear.write("5")


if __name__ == "__main__":
    _main()
