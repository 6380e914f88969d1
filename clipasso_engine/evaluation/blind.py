"""A naming test: sketches under code names, ten choices for each, and the key apart from them.

Whoever knows the photo sees it in any scribble, so a viewer gets the folder ``show`` only and names one picture after
the other, the fewest strokes first.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..output import files, preview
from .trial import OURS, Trial

CHOICES = 10


def write(trials: Sequence[Trial], folder: Path, seed: int) -> None:
    """Write ``show/LEVEL/CODE.png``, ``show/choices.json`` {code: names} and ``key.json`` {code: {name, level}}.

    The names are those of the photos' files; codes and choices are drawn at random from ``seed``. With fewer than
    `CHOICES` photos there are as many choices as names. Raises `UserError` where nothing can be written.
    """
    random = np.random.default_rng(seed)
    names = sorted({_spoken(trial) for trial in trials})
    shown = [(_spoken(trial), drawing) for trial in trials for drawing in trial.of(OURS)]
    codes = random.choice(16**4, size=len(shown), replace=False)
    key, choices = {}, {}
    for place in random.permutation(len(shown)):
        name, drawing = shown[place]
        code = f"{codes[place]:04x}"
        data = io.BytesIO()
        preview.render(drawing.sketch).save(data, format="PNG")
        files.write(files.make_folder(folder / "show" / str(drawing.level)) / f"{code}.png", data.getvalue())
        key[code] = {"name": name, "level": drawing.level}
        others = [other for other in names if other != name]
        wrong = random.permutation(others)[: CHOICES - 1]
        choices[code] = [str(choice) for choice in random.permutation([name, *wrong])]
    for path, content in ((folder / "show" / "choices.json", choices), (folder / "key.json", key)):
        files.write(path, json.dumps(dict(sorted(content.items())), indent=1).encode("ascii") + b"\n")


def _spoken(trial: Trial) -> str:
    return trial.name.replace("_", " ")
