"""Bring weights into the models folder from the network.

The SHA-256 is known before the first byte arrives: pinned in the registry, or announced by the model hub for the very
revision that is fetched. What arrives goes to a ``.part`` file named after that hash, so an interrupted download goes
on where it stopped and never mixes two versions; only a file that fits hash and architecture gets its final name.
"""

from __future__ import annotations

import errno
import http.client
import os
import re
import shutil
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..contract import paths
from ..contract.errors import UserError
from . import models, storing
from .models import Record, Weights

TRIES = 3
PAUSES = (1.0, 3.0)  # seconds before the second and the third try
TIMEOUT = 20.0  # seconds without a byte after which the network counts as silent
_CHUNK = 1 << 18

Progress = Callable[[int, int], None]
"""Told the bytes that are here and the bytes there will be."""


class _UnreachableError(Exception):
    """A try failed in a way that the next one may not."""


@dataclass(frozen=True)
class _Offer:
    """What a server says of the file it would send."""

    url: str
    sha256: str
    size: int  # 0 when it does not tell
    revision: str


def hub() -> str:
    """The model hub's address; the ``HF_ENDPOINT`` that the hub's own client knows names a mirror."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def address(weights: Weights) -> str:
    """The address to download from."""
    if not weights.url.startswith("hub:"):
        return weights.url
    repository, rest = weights.url[4:].split("@", 1)
    revision, file = rest.split("/", 1)
    return f"{hub()}/{repository}/resolve/{revision}/{file}"


def fetch(weights: Weights, progress: Progress, pauses: tuple[float, ...] = PAUSES) -> Path:
    """Download, verify and store the weights; at once when they are here already.

    Two fetches of one file take turns, and the second finds it done. Raises `UserError`, with the way by hand in it.
    """
    if not weights.url:
        raise UserError(
            f"No address is known for {weights.name}. Get its safetensors file from its authors, save it as "
            f"{weights.file} in a folder, and run: clipasso models fetch {weights.name} --from FOLDER."
        )
    storing.make_folder(paths.models())
    file = models.location(weights)
    with storing.locked(file):
        here = models.status(weights.name)
        if here.state == "present" and here.record is not None and not here.record.own:
            return file
        for attempt in range(TRIES):
            try:
                return _download(weights, file, progress)
            except _UnreachableError as problem:
                if attempt == TRIES - 1:
                    raise UserError(_by_hand(weights, f"{problem} ({TRIES} tries)")) from problem
                time.sleep(pauses[attempt])
    raise AssertionError("the last try returns or raises")


class _Announcements(urllib.request.HTTPRedirectHandler):
    """Follows redirects and keeps what the hub says about the file before it sends us to its storage."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        self.note(headers)
        redirected = super().redirect_request(req, fp, code, msg, headers, newurl)
        if redirected is not None:
            redirected.method = req.get_method()  # a HEAD stays a HEAD
        return redirected

    def note(self, headers: http.client.HTTPMessage) -> None:
        for name in ("x-linked-etag", "x-linked-size", "x-repo-commit"):
            if name in headers:
                self.headers.setdefault(name, headers[name])


def _open(
    url: str, method: str = "GET", start: int = 0, seen: _Announcements | None = None
) -> http.client.HTTPResponse:
    headers = {"User-Agent": "clipasso-inkscape"} | ({"Range": f"bytes={start}-"} if start else {})
    opener = urllib.request.build_opener(seen or _Announcements())
    try:
        request = urllib.request.Request(url, method=method, headers=headers)
        response: http.client.HTTPResponse = opener.open(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as problem:
        with problem:
            if problem.code in (408, 416, 425, 429) or problem.code >= 500:
                raise _UnreachableError(f"{url} answers {problem.code} {problem.reason}") from problem
            raise UserError(_refusal(url, problem.code, str(problem.reason))) from problem
    except (urllib.error.URLError, http.client.HTTPException, OSError) as problem:
        raise _UnreachableError(f"{url} cannot be reached: {_reason(problem)}") from problem
    except ValueError as problem:
        raise UserError(f"{url!r} is no address to download from. Correct HF_ENDPOINT or unset it.") from problem
    return response


def _refusal(url: str, code: int, reason: str) -> str:
    if code == 407:
        proxy = urllib.request.getproxies().get(url.split(":", 1)[0], "none named")
        return (
            f"The proxy wants a login (407 {reason}). Proxy in use: {_without_password(proxy)}. Set https_proxy to "
            "http://user:password@host:port, or fetch elsewhere and use: clipasso models fetch --from FOLDER."
        )
    return (
        f"{url} answers {code} {reason}. The address, a mirror named by HF_ENDPOINT or a proxy refuses the file; "
        "fetch it elsewhere and use: clipasso models fetch --from FOLDER."
    )


def _without_password(proxy: str) -> str:
    return re.sub(r"//[^/@]*@", "//", proxy)


def _reason(problem: Exception) -> str:
    cause = problem.reason if isinstance(problem, urllib.error.URLError) else problem
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({cause.verify_message})"
    return str(cause) or type(cause).__name__


def _offer(weights: Weights) -> _Offer:
    """Ask the server what it has, and hold it against the pin."""
    url = address(weights)
    if weights.sha256:
        return _Offer(url, weights.sha256, weights.size, "")
    seen = _Announcements()
    with _open(url, "HEAD", seen=seen) as response:
        seen.note(response.headers)
    told = seen.headers.get("x-linked-etag", "").removeprefix("W/").strip('"')
    if not re.fullmatch(r"[0-9a-f]{64}", told):
        raise UserError(
            f"{url} does not tell the file's SHA-256 as the model hub does, so nothing could be checked. Is a proxy "
            "or a mirror (HF_ENDPOINT) in between? Fetch elsewhere and use: clipasso models fetch --from FOLDER."
        )
    revision = seen.headers.get("x-repo-commit", "")
    if re.fullmatch(r"[0-9a-f]{40}", revision):
        # From here on the very revision whose hash was told, even if the repository moves on meanwhile.
        url = url.replace("/resolve/main/", f"/resolve/{revision}/")
    size = seen.headers.get("x-linked-size", "")
    return _Offer(url, told, int(size) if size.isdigit() else 0, revision)


def _download(weights: Weights, file: Path, progress: Progress) -> Path:
    offer = _offer(weights)
    part = file.with_name(f"{file.name}.{offer.sha256[:12]}.part")
    done = part.stat().st_size if part.exists() and offer.size else 0
    _check_space(part.parent, (offer.size or weights.size) - done)
    if done < offer.size or not offer.size:
        with _open(offer.url, start=done) as response:
            _receive(response, part, done, offer, progress)
    digest = models.sha256_of(part)
    if digest != offer.sha256:
        part.unlink()
        raise _UnreachableError(f"{offer.url} sent a file with the SHA-256 {digest}, expected is {offer.sha256}")
    try:
        storing.check_architecture(part, weights, called=Path(weights.file))
    except UserError:
        part.unlink()
        raise
    storing.store(part, file, Record(digest, part.stat().st_size, offer.url, offer.revision))
    return file


def _receive(response: http.client.HTTPResponse, part: Path, done: int, offer: _Offer, progress: Progress) -> None:
    """Append the answer's bytes to the part file, or start it anew where the server does not resume."""
    if response.headers.get_content_type() == "text/html":
        raise UserError(
            f"{offer.url} answers with a web page instead of weights; a network's login page or a proxy does that. "
            "Log in there with a browser and try again, or use: clipasso models fetch --from FOLDER."
        )
    resumed = response.status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {done}-")
    here = done if resumed else 0
    total = offer.size or here + int(response.headers.get("Content-Length") or 0)
    try:
        with part.open("ab" if resumed else "wb") as stream:
            while chunk := response.read(_CHUNK):
                stream.write(chunk)
                here += len(chunk)
                progress(here, total)
            storing.flush(stream)
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserError(
                f"The disk is full: {here / 1e6:.0f} of {total / 1e6:.0f} MB fitted into {part.parent}. They are kept; "
                "make room and run the same command again, it goes on from there."
            ) from problem
        if isinstance(problem, PermissionError):
            raise UserError(f"{part} cannot be written: {problem.strerror}. Correct its permissions.") from problem
        raise _UnreachableError(f"{offer.url} broke off after {here / 1e6:.1f} MB: {_reason(problem)}") from problem
    except http.client.HTTPException as problem:
        raise _UnreachableError(f"{offer.url} broke off after {here / 1e6:.1f} MB") from problem
    if here < total:
        raise _UnreachableError(f"{offer.url} broke off after {here / 1e6:.1f} of {total / 1e6:.1f} MB")


def _check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise UserError(
            f"{folder} has {free / 1e6:.0f} MB free, but {needed / 1e6:.0f} MB are needed. Make room, or name another "
            "place with CLIPASSO_HOME."
        )


def _by_hand(weights: Weights, problem: str) -> str:
    return (
        f"{weights.name} could not be fetched: {problem}. Everything else works without it. By hand: download "
        f"{address(weights)} into a folder as {weights.file}, then: clipasso models fetch {weights.name} --from FOLDER"
    )
