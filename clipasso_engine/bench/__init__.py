"""What drawing costs, in figures that anybody can repeat: ``clipasso bench``. A file a part (docs/speed.md)."""

from __future__ import annotations

PARTS = {
    "start": "what importing the engine costs, package by package",
    "sketches": "whole sketches from process start: seconds, stages, memory",
    "warm": "the same in an engine that is running already: new photo, same photo",
    "rasterizer": "drawing strokes and their gradients, beside diffvg where that is installed",
    "network": "the boundary network",
    "clip": "a step of CLIP guidance, the paper's way and ours",
    "throughput": "several photos, by one process and by two",
    "growth": "cost against strokes, pixels, levels and photos",
}
"""Name of the module -> what it measures."""
