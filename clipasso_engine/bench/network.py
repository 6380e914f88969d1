"""The boundary network, which is where most of a new photo's time goes."""

from __future__ import annotations

from ..seeing import boundary
from .figures import Figure, Growth, Measured
from .setting import Setting, picture, seconds


def measure(setting: Setting) -> Measured:
    """Seconds to load it, and to look at a photo on canvases of several sizes."""
    measured = Measured("network")
    measured.add(Figure("load", seconds(boundary.load, setting.repeat)))
    network, rgb = boundary.load(), picture("astronaut")
    sides = (256, 512) if setting.quick else (256, 384, 512, 768)
    series = [
        Figure(f"{side} px", seconds(lambda side=side: boundary.predict(network, rgb, side), setting.repeat))  # type: ignore[misc]
        for side in sides
    ]
    measured.figures += series
    measured.growth.append(Growth("pixels of the canvas", tuple(float(side**2) for side in sides), tuple(series)))
    return measured
