"""A process that loads photos, one path a line, and answers with a line of JSON: what came of it, time and memory.

It watches itself: the answer's ``beside`` names what Python did besides (an event of `sys.addaudithook`), be it another
file opened, a process started, or a connection made. Started by `Reader`.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

_WATCHED = ("subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "os.startfile", "socket.")
_ADDRESS_SPACE = 4 << 30  # bytes; more lets one try hurt the machine. What is held is measured, and asserted on.


class Reader:
    """Such a process, as a context."""

    def __init__(self, address_space: int = _ADDRESS_SPACE, python_path: Path | None = None) -> None:
        command = [sys.executable, str(Path(__file__).resolve()), str(address_space)]
        root = Path(__file__).resolve().parents[2]
        paths = os.pathsep.join(str(path) for path in (python_path, root) if path)
        environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def address_space_mb(self) -> int:
        """What the process has of it now, in MB."""
        with open(f"/proc/{self._process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmSize"))

    def load(self, path: Path) -> dict[str, Any]:
        """``told`` (a sentence or none), ``size``, ``bug`` (an exception or none), ``seconds``, ``mb``, ``beside``."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the process ended with status {self._process.wait()} on {path}"
        answer: dict[str, Any] = json.loads(line)
        return answer


def _held(name: str) -> float:
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(name))


def _loaded(path: str) -> dict[str, Any]:
    from clipasso_engine.commands import advice
    from clipasso_engine.contract.errors import UserError
    from clipasso_engine.seeing import photo

    try:
        picture = photo.load(path)
        return {"told": "", "size": [picture.width, picture.height], "bug": ""}
    except UserError as error:
        return {"told": advice.told(error), "bug": ""}
    except Exception as error:
        return {"told": "", "bug": repr(error)}


def _main() -> None:
    from PIL import Image

    from clipasso_engine.commands import advice  # noqa: F401
    from clipasso_engine.seeing import photo  # noqa: F401

    Image.init()  # imports all plugins, whose files would count as opened
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]), int(sys.argv[1])))
    beside: list[str] = []
    watching: list[str] = []

    def heed(event: str, arguments: tuple[Any, ...]) -> None:
        if not watching:
            return
        # A number is a file that is open already.
        opened = str(arguments[0]) if event == "open" and not isinstance(arguments[0], int) else ""
        # Modules that are imported as they are needed lie where Python's packages do.
        own = opened == watching[0] or opened.endswith((".py", ".pyc", ".so"))
        if (opened and not own) or event.startswith(_WATCHED):
            beside.append(f"{event} {opened}")

    sys.addaudithook(heed)
    for line in sys.stdin:
        path = line.rstrip("\n")
        with open("/proc/self/clear_refs", "w", encoding="ascii") as clear:
            clear.write("5")  # the peak begins anew
        before, start = _held("VmRSS"), time.monotonic()
        beside.clear()
        watching.append(path)
        answer = _loaded(path)
        watching.clear()
        seconds = time.monotonic() - start
        answer |= {"seconds": round(seconds, 3), "mb": round(_held("VmHWM") - before), "beside": list(beside)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _main()
