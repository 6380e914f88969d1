"""Whole sketches from the start of a process: by quality and number of levels, with each stage and the memory."""

from __future__ import annotations

from .figures import Figure, Measured, Ratio
from .programs import Run, sketch
from .setting import Setting

_CASES = {
    "draft": ("--quality", "draft"),
    "normal": (),
    "four levels": ("--levels", "32,16,8,4"),
}


def measure(setting: Setting) -> Measured:
    """Seconds of each case, of each stage of the normal one, and the most memory held. One photo, never seen before."""
    measured = Measured("sketches")
    wholes = {}
    for device in setting.devices:
        with setting.own_home():
            sketch(setting.photos(1), setting.folder / "first", "--device", device)  # compiles, once for all
            for case, options in _CASES.items():
                runs = [_cold(setting, (*options, "--device", device)) for _ in range(setting.repeat)]
                whole = Figure(f"{case}, {setting.strokes} strokes" if case != "four levels" else case, _walls(runs))
                wholes[case, device] = measured.add(Figure(whole.name, whole.values, "s", device))
                if case == "normal":
                    _add_stages(measured, runs, device)
                peak = tuple(float(run.reports[0]["peak_rss_mb"] or 0) for run in runs)
                measured.add(Figure(f"{case}: peak memory", peak, "MB", device))
        levels, one = wholes["four levels", device], wholes["normal", device]
        measured.ratios.append(Ratio(f"four levels beside one ({device})", levels, one))
    return measured


def _cold(setting: Setting, options: tuple[str, ...]) -> Run:
    """A run that finds nothing in the cache."""
    setting.forget()
    strokes = () if "--levels" in options else ("--strokes", str(setting.strokes))
    return sketch(setting.photos(1), setting.folder / "cold", *strokes, *options)


def _walls(runs: list[Run]) -> tuple[float, ...]:
    return tuple(run.seconds for run in runs)


def _add_stages(measured: Measured, runs: list[Run], device: str) -> None:
    reports = [run.reports[0]["seconds"] for run in runs]
    for stage in (name for name in reports[0] if name != "total"):
        values = tuple(float(report[stage]) for report in reports)
        measured.add(Figure(f"  stage {stage}", values, "s", device))
    rest = tuple(
        run.seconds - sum(v for name, v in report.items() if name != "total")
        for run, report in zip(runs, reports, strict=True)
    )
    measured.add(Figure("  writing and ending", rest, "s", device))
