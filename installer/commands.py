"""Other programs: started with a clean environment, written to a log, never left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Callable

PIP_SETTINGS = frozenset(
    (
        "index-url",
        "extra-index-url",
        "no-index",
        "find-links",
        "trusted-host",
        "cert",
        "client-cert",
        "proxy",
        "timeout",
        "default-timeout",
        "retries",
        "resume-retries",
        "cache-dir",
        "no-cache-dir",
        "constraint",
        "build-constraint",
        "keyring-provider",
        "only-binary",
        "prefer-binary",
        "use-feature",
        "use-deprecated",
        "log",
    )
)
"""What users may set for pip: where packages come from and how they are fetched. All else (target, prefix, user,
dry-run, require-virtualenv, python ...) would make pip install elsewhere than in the environment, or not at all."""

_ENDING_SECONDS = 10.0  # for pip to remove its temporary folders; longer: what hangs is waited for longer


class CommandError(Exception):
    """A program ended with another status than 0, or could not be started."""

    def __init__(self, command: Sequence[str], status: int, output: str) -> None:
        super().__init__(f"{command[0]} ended with status {status}")
        self.status = status
        self.output = output


def clean_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without what would lead another Python or pip astray."""
    kept = {
        name: value
        for name, value in (os.environ if environ is None else environ).items()
        if not name.upper().startswith("PYTHON") and name.upper() != "VIRTUAL_ENV" and _is_wanted(name.upper())
    }
    return {**kept, "PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def _is_wanted(variable: str) -> bool:
    setting = variable[4:].lower().replace("_", "-")
    return not variable.startswith("PIP_") or setting == "config-file" or setting in PIP_SETTINGS


def run(
    command: Sequence[str | Path],
    log: Path | None = None,
    on_line: Callable[[str], object] | None = None,
    timeout: float | None = None,
    environ: Mapping[str, str] | None = None,
    own_group: bool = False,
) -> str:
    """Run ``command`` to its end and return what it printed on stdout and stderr together.

    Each line goes to the end of the file ``log`` and to ``on_line`` as it comes. Raises `CommandError` if it cannot be
    started, ends with another status than 0, or takes longer than ``timeout`` seconds (it is killed then, and with
    ``own_group`` all that it has started; sudo must not have a group of its own, or it could not ask for a password).
    """
    words = [str(word) for word in command]
    with open(log or os.devnull, "a", encoding="utf-8", errors="replace") as record:
        print(f"\n$ {' '.join(words)}", file=record, flush=True)
        try:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=clean_environment() if environ is None else dict(environ),
                start_new_session=own_group,
            )
        except OSError as error:
            print(error, file=record)
            raise CommandError(words, 127, str(error)) from error
        timer = threading.Timer(timeout or threading.TIMEOUT_MAX, _end, (process, own_group))
        timer.daemon = True
        timer.start()
        lines = []
        try:
            with process:
                assert process.stdout is not None
                for line in process.stdout:
                    lines.append(line)
                    record.write(line)
                    record.flush()
                    if on_line:
                        on_line(line)
        except BaseException:  # Ctrl-C above all: the program must not go on without us
            _end(process, own_group)
            process.wait()
            raise
        finally:
            timer.cancel()
    output = "".join(lines)
    if process.returncode:
        raise CommandError(words, process.returncode, output)
    return output


def _end(process: subprocess.Popen[str], own_group: bool) -> None:
    """Ask it to end, so that it can clear up; if it does not soon, end it."""
    _send(process, signal.SIGTERM, own_group)
    try:
        process.wait(_ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _send(process, getattr(signal, "SIGKILL", signal.SIGTERM), own_group)


def _send(process: subprocess.Popen[str], what: signal.Signals, own_group: bool) -> None:
    if own_group and os.name != "nt":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, what)
    else:
        process.send_signal(what)  # on Windows either signal ends it at once
