"""Headless Chromium, as a judge of what browsers make of our files."""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def pictures(svg: str, seconds: Sequence[float], size: tuple[int, int], folder: Path) -> list[np.ndarray]:
    """What a browser shows of an animated SVG at these ``seconds``: grey, [height, width], one after the other.

    The animation is halted there by one more rule of CSS, which ends ``svg``'s own.
    """
    width, height = size
    shown = []
    for second in seconds:
        halted = f"* {{ animation-play-state: paused !important; animation-delay: -{second}s !important; }}</style>"
        data = base64.b64encode(svg.replace("</style>", halted).encode()).decode()
        shown.append(
            f'<img style="display: block" width="{width}" height="{height}" src="data:image/svg+xml;base64,{data}">'
        )
    page, shot = folder / "page.html", folder / "shot.png"
    page.write_text(f'<body style="margin: 0">{"".join(shown)}</body>', "utf-8")
    command = [PROGRAM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--screenshot={shot}"]
    command += [
        f"--user-data-dir={folder / 'profile'}",
        f"--window-size={width},{height * len(seconds)}",
        page.as_uri(),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with Image.open(shot) as image:
        grey = np.asarray(image.convert("L"))
    return [grey[height * number : height * (number + 1), :width] for number in range(len(seconds))]
