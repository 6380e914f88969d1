"""The colours strokes are drawn in: as text ``#rrggbb`` throughout."""

from __future__ import annotations

import colorsys
import re
from typing import Sequence

PALETTES: dict[str, tuple[str, ...]] = {
    "crayons": ("#1f1a17", "#8c3b2a", "#b5713c", "#6e6259"),  # black, sanguine, ochre and umber
    "sea": ("#0f2438", "#1d4e6b", "#2b7a8c", "#4a9c97", "#5b6c8f"),
    "autumn": ("#3a2218", "#7a2e1d", "#b4531f", "#c98a1b", "#5d6b2c"),
    "berries": ("#2a1430", "#6b1d4e", "#a32a5a", "#4a3b8f", "#2f6b5c"),
}
_BRIGHTEST = 0.5  # lightness that still shows on white paper
_LIVELY = 1.25  # a thin line looks greyer than the same colour on a plane


def legible(colour: str) -> str:
    """A photo's colour as a line on white paper: as bright as can still be seen, and a little more lively."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    return _text(colorsys.hls_to_rgb(hue, min(lightness, _BRIGHTEST), min(1.0, saturation * _LIVELY)))


def nearest(colour: str, palette: Sequence[str]) -> str:
    """The colour of ``palette`` that looks most like ``colour``."""
    r, g, b = _channels(colour)

    def distance(other: str) -> float:
        # Weights of the eye for red, green and blue, in the "redmean" form of Thiadmer Riemersma.
        r2, g2, b2 = _channels(other)
        mean = (r + r2) / 2
        return (2 + mean) * (r - r2) ** 2 + 4 * (g - g2) ** 2 + (3 - mean) * (b - b2) ** 2

    return min(palette, key=distance)


def is_colour(text: str) -> bool:
    return re.match(r"#[0-9a-fA-F]{6}$", text) is not None


def from_parameter(text: str) -> str:
    """The value of a colour parameter of Inkscape's dialog, a number 0xRRGGBBAA, or ``#rrggbb``.

    Raises `ValueError` for anything else.
    """
    if is_colour(text):
        return text.lower()
    return f"#{(int(text) & 0xFFFFFFFF) >> 8:06x}"


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = bytes.fromhex(colour[1:])
    return red / 255, green / 255, blue / 255


def _text(channels: Sequence[float]) -> str:
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)
