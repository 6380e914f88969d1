"""What a file is by its first bytes, whatever its name says: a photo, or something else that has a name.

Standard library only, Python 3.8: the extension looks, too, before it hands a file on.
"""

from __future__ import annotations

import re

from . import texts
from .codes import ErrorCode
from .errors import CodedError

HEAD_BYTES = 1000
"""What is looked at. The comments that a person may have written in a pixmap lie within it."""

# ISO base media files name their brand in bytes 8 to 11 (ISO/IEC 14496-12; HEIF: 23008-12; AVIF by AOM).
_HEIF = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_AVIF = (b"avif", b"avis")

_PHOTO = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF....WEBP|GIF8[79]a"
    rb"|II\*\0|MM\0\*|II\+\0|MM\0\+|MM\*\0|II\0\*"  # TIFF, BigTIFF, and what some cameras write
    rb"|BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0"  # two letters are few: the size of the next header tells
    rb"|P(?:4|[56](?=.*\s255\s))\s(?:\s|#[^\r\n]*[\r\n]|\d+\s){2,9}",  # binary portable pixmaps of 8 bits
    re.DOTALL,
)

_BEGINNINGS = (
    (rb"\xff\x0a|\0\0\0\x0cJXL ", texts.JPEG_XL),
    (rb"%PDF-", texts.PDF),
    (rb"%!PS|\xc5\xd0\xd3\xc6", texts.POSTSCRIPT),
    (rb"\s*(<\?xml|<!--|<svg|<!DOCTYPE svg)", texts.XML),
    (rb"gimp xcf ", texts.GIMP),
    (rb"8BPS", texts.PHOTOSHOP),
    (rb"FUJIFILMCCD-RAW|IIRO|IIRS|II\x1a\0\0\0HEAPCCDR|\0MRM", texts.RAW),
    (rb"....ftypcrx ", texts.RAW),
    (rb"....ftyp", texts.VIDEO),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", texts.JPEG_2000),
    (rb"\0\0[\1\2]\0.\0|icns", texts.ICON),
    (rb"PK\x03\x04", texts.ZIP),
    (rb"\s*<(!DOCTYPE )?html", texts.WEB_PAGE),
    (rb"P([1-6]\s\s*[#\d]|7\s\s*(#|WIDTH)|F\s\s*\d)", texts.ODD_PNM),
)


def is_photo(head: bytes) -> bool:
    """Whether a file that begins with these `HEAD_BYTES` is of a format that is opened (``seeing.photo_formats``).

    HEIC counts, which is read where ``pillow-heif`` is installed.
    """
    return (head[4:8] == b"ftyp" and head[8:12] in _HEIF + _AVIF) or bool(_PHOTO.match(head))


def name(head: bytes) -> str:
    """What a file is that begins with ``head``, such as "a PDF document"; empty for one that is not known."""
    if head[4:8] == b"ftyp":
        if head[8:12] in _AVIF:
            return texts.AVIF
        if head[8:12] in _HEIF:
            return texts.HEIC
    return next((kind for start, kind in _BEGINNINGS if re.match(start, head, re.DOTALL | re.IGNORECASE)), "")


def check(path: object, head: bytes) -> None:
    """Raise `CodedError` for a file, called ``path``, that begins with ``head`` and is no photo."""
    if is_photo(head):
        return
    kind = name(head)
    if kind:
        raise CodedError(ErrorCode.PHOTO_OTHER_KIND, photo=path, kind=kind)
    raise CodedError(ErrorCode.PHOTO_NO_IMAGE, photo=path)
