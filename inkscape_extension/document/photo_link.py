"""From the ``href`` of an ``<image>`` to a file, or to the bytes of one, that the engine can read."""

from __future__ import annotations

import base64
import binascii
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from clipasso_engine.contract.errors import UserError, cut

from ..translation import translated
from .photo_file import PhotoFile

MAX_PHOTO = 512 << 20
"""Bytes of a photo's file; a larger value takes longer to be read before anything is known of it."""

MAX_EMBEDDED = 180 << 20
"""Likewise of one in the document, which travels as text: the engine takes lines of 256 MB."""

_MAX_LINK = 400  # characters that are told of a link to nowhere
_MAX_NAME = 60  # characters of what an embedded photo is called

_PIECE = 1 << 20  # characters that are unquoted at once; a larger value takes more memory meanwhile


def photo_file(href: str, absref: str, folders: Sequence[Path], name: str = "photo") -> PhotoFile:
    """The photo's file; ``name`` is what one that is embedded is called in the document.

    ``href`` is what the image links to and ``absref`` its ``sodipodi:absref`` (may be empty). A relative link is
    looked for in the first of ``folders``, then at ``absref``, then in the other folders. Nothing is ever fetched from
    the web, and no other computer is asked but one that a folder is on. Raises `UserError` if there is no such file, or
    one that is empty, too large, or begins like no photo.
    """
    if re.match(r"\s*data:", href, re.IGNORECASE):
        content = _embedded_bytes(href)
        file = PhotoFile(_embedded_name(name), content)
        _check_size(file.path, len(content), MAX_EMBEDDED)
    else:
        file = PhotoFile(str(_linked_file(href.strip(), absref, folders)))
        _check_size(file.path, Path(file.path).stat().st_size, MAX_PHOTO)
    file.check_kind()
    return file


def file_of(link: str, folder: Path) -> Path | None:
    """The file that a relative ``link`` leads to from ``folder``; None if there is none."""
    candidates = (folder / path for path in _possible_paths(link) if not path.is_absolute())
    return next(filter(_is_file, candidates), None)


def _embedded_bytes(uri: str) -> bytes:
    header, comma, data = uri.partition(",")
    try:
        if not comma:
            raise ValueError("no comma")
        if not header.rstrip().lower().endswith(";base64"):
            return _bytes_of(data)
        digits = b"".join(_bytes_of(data).split()).rstrip(b"=")
        return base64.b64decode(digits + b"=" * (-len(digits) % 4), validate=True)
    except (ValueError, binascii.Error) as error:
        raise UserError(
            translated(
                "The photo embedded in the document is damaged ({error}). Import it again with File > Import."
            ).format(error=error)
        ) from None


def _embedded_name(name: str) -> str:
    """What the user is told of; it travels where a path does, so it holds only what one can."""
    encoding = sys.getfilesystemencoding()
    told = translated("{name} (embedded)").format(name=cut(" ".join(name.split()), _MAX_NAME))
    return told.encode(encoding, "replace").decode(encoding)


def _bytes_of(data: str) -> bytes:
    """As `unquote_to_bytes`, which takes a Python object for each percent sign at once."""
    found = bytearray()
    start = 0
    while start < len(data):
        end = start + _PIECE
        cut = data.rfind("%", end - 2, end)  # through which the end would go
        end = cut if cut > start else end
        found += unquote_to_bytes(data[start:end])
        start = end
    return bytes(found)


def _linked_file(href: str, absref: str, folders: Sequence[Path]) -> Path:
    links = (href, absref)
    paths, absolute = ([path for path in _possible_paths(link) if not _is_elsewhere(path, folders)] for link in links)
    candidates = [path for path in paths if path.is_absolute()]
    relative = [path for path in paths if not path.is_absolute()]
    candidates += [folder / path for folder in folders[:1] for path in relative]
    candidates += [path for path in absolute if path.is_absolute()]
    candidates += [folder / path for folder in folders[1:] for path in relative]
    for candidate in candidates:
        if _is_file(candidate):
            return candidate
    for link in links:
        if any(_is_elsewhere(path, folders) for path in _possible_paths(link)):
            raise _not_on_this_computer(link)
    missing = cut(str(candidates[0] if candidates else href), _MAX_LINK)
    raise UserError(
        translated(
            "The photo is a link to {missing}, but there is no such file. Put the photo back there, or import"
            " it again with File > Import."
        ).format(missing=missing)
    )


def _possible_paths(link: str) -> list[Path]:
    """What a link may mean, most likely first; empty for no link. Raises `UserError` if it leads into the web."""
    if not link:
        return []
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", link)  # two letters at least: C: is a drive
    if scheme is None:
        return [Path(text) for text in _unquoted(link)]
    if scheme.group(1).lower() != "file":
        raise _not_on_this_computer(link)
    parts = urlsplit(link.replace("\\", "/"), allow_fragments=False)
    path = parts.path + ("?" + parts.query if parts.query else "")
    host = "" if parts.netloc.lower() in ("", "localhost") else "//" + parts.netloc
    if re.match(r"[A-Za-z]:$", parts.netloc):  # file://C:/photo.png, two slashes where three belong
        host = parts.netloc
    return [Path(re.sub(r"^/(?=[A-Za-z]:/)", "", host + text)) for text in _unquoted(path)]


def _not_on_this_computer(link: str) -> UserError:
    shown = cut(link, 80)
    return UserError(
        translated(
            "The photo is not on this computer but a link to {shown}, and CLIPasso fetches nothing. Save the "
            "photo, import it with File > Import, and sketch that one."
        ).format(shown=shown)
    )


def _elsewhere(path: object) -> str:
    """The computer and the share of a UNC path, such as ``//nas/photos``; empty for a path on this computer.

    Where Windows looks for such a file, it says to that computer who its user is. Devices are named so as well.
    """
    match = re.match(r"//[^/]*(/[^/]*)?", str(path).replace("\\", "/"))
    return match.group().lower() if match else ""


def _is_elsewhere(path: Path, folders: Sequence[Path]) -> bool:
    """Whether it is on another computer, and not on the share that the document itself is on."""
    share = _elsewhere(path)
    return bool(share) and share not in map(_elsewhere, folders)


def _check_size(path: str, size: int, most: int) -> None:
    """Raise `UserError` for a file that is empty, as those seem to be that tell of the system's memory or log, or that
    has more than ``most`` bytes.
    """
    if 0 < size <= most:
        return
    if size == 0:
        raise UserError(
            translated("The photo {path} is an empty file. Import another copy of it with File > Import.").format(
                path=path
            )
        )
    raise UserError(
        translated(
            "The photo {path} has {size} MB, and at most {most} MB can be read. Save it as JPEG, and import that with "
            "File > Import."
        ).format(path=path, size=size >> 20, most=most >> 20)
    )


def _unquoted(link: str) -> list[str]:
    """What may be meant: without its percent signs, as the file system's bytes, which need be no UTF-8; or as it is."""
    raw = unquote_to_bytes(link)
    try:
        name = os.fsdecode(raw)
    except UnicodeDecodeError:  # Windows, whose older programs write names in a code page
        name = raw.decode("cp1252", "replace")
    return list(dict.fromkeys((name, unquote(link), link)))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long a name, a zero byte in it
        return False
