"""A job's messages as a bar on a terminal, as plain lines elsewhere."""

from __future__ import annotations

import shutil
import sys

from tqdm import tqdm

from ..contract.events import Event
from . import advice


class Progress:
    """Shows the messages ``stage``, ``step`` and ``notice`` it is called with on stderr; ``quiet``: nothing at all."""

    def __init__(self, title: str, quiet: bool = False) -> None:
        self._title = title
        self._quiet = quiet
        self._bar: tqdm | None = None
        self._stage = ""
        self._tenth = 0

    def __enter__(self) -> Progress:
        if not self._quiet and sys.stderr.isatty():
            size = shutil.get_terminal_size()
            self._bar = tqdm(
                desc=self._title,
                total=0,
                leave=False,
                # Left to itself, tqdm shows nothing on a terminal that does not tell its size.
                ncols=size.columns,
                nrows=size.lines,
                bar_format="{desc}: {bar} {n_fmt}/{total_fmt} [{elapsed}{postfix}]",
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, event: Event) -> None:
        if self._quiet:
            return
        if event["type"] == "stage":
            self._show_stage(event["name"])
        elif event["type"] == "step":
            self._show_step(event["step"], event["steps"], event["loss"])
        elif event["type"] == "notice":
            tqdm.write(
                f"{self._title}: {advice.told_notice(event)}", file=sys.stderr
            )  # above the bar, where there is one

    def _show_stage(self, name: str) -> None:
        if self._bar is not None:
            self._bar.set_description_str(f"{self._title}: {name}")
        else:
            print(f"{self._title}: {name}", file=sys.stderr)

    def _show_step(self, step: int, steps: int, loss: float) -> None:
        if self._bar is not None:
            self._bar.total = steps
            self._bar.n = step
            self._bar.set_postfix(loss=f"{loss:.4f}")
        elif step * 10 // steps != self._tenth:
            self._tenth = step * 10 // steps
            print(f"{self._title}: step {step} of {steps}, loss {loss:.4f}", file=sys.stderr)
