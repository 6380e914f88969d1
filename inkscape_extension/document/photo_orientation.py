"""Whether Inkscape shows a photo turned as its EXIF orientation asks: it does with JPEGs, not with every other format.

Inkscape reads photos with GdkPixbuf, and so does this where Inkscape's Python has it: what it says is what is shown.
"""

from __future__ import annotations

import struct

from clipasso_engine.contract.errors import UserError

from . import photo_size
from .photo_file import PhotoFile

_MOST_PIXELS = 64e6  # as many as the engine takes; more take more memory here, inside Inkscape
_PNG = b"\x89PNG\r\n\x1a\n"


def is_upright(photo: PhotoFile) -> bool:
    """True for a photo without an orientation, too: then it makes no difference."""
    if not _is_png_with_exif(photo):
        return True
    size = photo_size.read(photo)
    if size is None or size[0] * size[1] > _MOST_PIXELS:
        return False  # GdkPixbuf decodes all of it, of whatever size
    try:
        import gi

        gi.require_version("GdkPixbuf", "2.0")
        from gi.repository import GdkPixbuf, Gio, GLib
    except (ImportError, ValueError):
        return False  # as in all Inkscapes up to 1.4
    try:
        with photo.opened() as file:
            stream = Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(file.read()))
        shown = GdkPixbuf.Pixbuf.new_from_stream(stream, None)
    except (GLib.Error, UserError):
        return False
    return shown.get_option("orientation") is not None


def _is_png_with_exif(photo: PhotoFile) -> bool:
    try:
        with photo.opened() as file:
            if file.read(8) != _PNG:
                return False
            while True:
                length, kind = struct.unpack(">I4s", file.read(8))
                if kind in (b"eXIf", b"IEND"):
                    return kind == b"eXIf"
                file.seek(length + 4, 1)
    except (UserError, struct.error):
        return False
