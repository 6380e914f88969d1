"""What a file is that cannot be read as a photo, told by its first bytes, whatever its name says."""

from __future__ import annotations

import contextlib
import re
from functools import lru_cache

from ..contract import texts

HEAD_BYTES = 64

# ISO base media files name their brand in bytes 8 to 11 (ISO/IEC 14496-12; HEIF: 23008-12; AVIF by AOM).
_HEIF = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_AVIF = (b"avif", b"avis")

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
)


def name(head: bytes) -> str:
    """What a file is that begins with ``head``, such as "a PDF document"; empty for one that is not known."""
    if head[4:8] == b"ftyp":
        if head[8:12] in _AVIF:
            return texts.AVIF
        if head[8:12] in _HEIF:
            return texts.HEIC
    return next((kind for start, kind in _BEGINNINGS if re.match(start, head, re.DOTALL | re.IGNORECASE)), "")


@lru_cache(maxsize=1)
def register_heif() -> None:
    """Let Pillow read HEIC where the package ``pillow-heif`` is installed."""
    with contextlib.suppress(ImportError):
        from pillow_heif import register_heif_opener

        register_heif_opener()
