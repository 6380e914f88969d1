"""Sketches by an engine that is running: of a new photo, of the same once more, of another seed or one more level."""

from __future__ import annotations

from dataclasses import replace

from ..contract.job import SketchJob
from .figures import Figure, Measured, Ratio
from .programs import Answer, Engine
from .setting import Setting

_NEW, _SAME = "new photo", "same photo"


def measure(setting: Setting) -> Measured:
    """Seconds from the job to the result, and to the first strokes, medians over photos."""
    measured = Measured("warm")
    for device in setting.devices:
        answers: dict[str, list[Answer]] = {}
        with setting.own_home(), Engine() as engine:
            first, *photos = setting.photos(1 + min(setting.repeat, 5))
            setting.forget()
            job = SketchJob(str(first), (setting.strokes,), device=device, guidance="boundary")  # type: ignore[arg-type]
            engine.sketch(job)  # imports and compiles
            for photo in photos:
                job = replace(job, photo=str(photo))
                more = replace(job, levels=(setting.strokes, max(1, setting.strokes // 2)))
                cases = {_NEW: job, _SAME: job, "another seed": replace(job, seed=1), "one more level": more}
                for name, asked in cases.items():
                    answers.setdefault(name, []).append(engine.sketch(asked))
        whole = {}
        for name, some in answers.items():
            whole[name] = measured.add(Figure(name, tuple(answer.seconds for answer in some), "s", device))
            first_seen = tuple(answer.first for answer in some)
            measured.add(Figure(f"{name}: first strokes seen", first_seen, "s", device))
        measured.ratios += [
            Ratio(f"{name} beside a new one ({device})", figure, whole[_NEW])
            for name, figure in whole.items()
            if name != _NEW
        ]
    return measured
