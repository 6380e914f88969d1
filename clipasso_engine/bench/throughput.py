"""Several photos: by one process, and by two."""

from __future__ import annotations

from .figures import Figure, Measured, Ratio
from .programs import sketch
from .setting import Setting


def measure(setting: Setting) -> Measured:
    """Seconds of it all and photos a second, runs with one and with two processes in turn."""
    measured = Measured("throughput")
    photos = setting.photos(4 if setting.quick else 24)
    taken: dict[str, list[float]] = {"1": [], "2": []}
    with setting.own_home():
        for _ in range(max(1, setting.repeat // 2)):
            for jobs, walls in taken.items():
                setting.forget()
                options = ("--jobs", jobs, "--device", "cpu", "--strokes", str(setting.strokes))
                walls.append(sketch(photos, setting.folder / f"jobs{jobs}", *options).seconds)
    one, two = (
        measured.add(Figure(f"{len(photos)} photos, --jobs {jobs}", tuple(walls))) for jobs, walls in taken.items()
    )
    for count, figure in enumerate((one, two), start=1):
        rate = tuple(len(photos) / wall for wall in figure.values)
        measured.add(Figure(f"photos a second, --jobs {count}", rate, "/s"))
    measured.ratios.append(Ratio("two processes are as fast as one, times", one, two))
    return measured
