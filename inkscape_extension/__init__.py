"""The extension: what runs inside Inkscape's own Python. Standard library, lxml and inkex only, Python 3.8 and later."""
