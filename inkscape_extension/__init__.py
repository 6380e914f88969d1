"""What runs inside Inkscape's own Python: standard library, lxml and inkex only, Python 3.8 and later."""
