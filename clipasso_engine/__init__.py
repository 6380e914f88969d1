"""CLIPasso engine: a photo becomes a few editable Bézier strokes.

The extension inside Inkscape imports this package too (``job``, ``errors``, ``paths``), so nothing is imported here.
"""

__version__ = "0.1.0"
