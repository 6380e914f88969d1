"""Sketch layers: written, read, changed by hand, drawn again."""
