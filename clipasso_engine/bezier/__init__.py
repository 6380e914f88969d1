"""Arithmetic on cubic Bézier curves and on strokes of several of them, as NumPy arrays."""
