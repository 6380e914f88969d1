"""A package index on this computer, with packages that stand in for large ones, to be slow and to be cut off."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import threading
import time
import zipfile
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

_CHUNK = 1 << 16


def wheel(name: str, version: str, contents: Mapping[str, str] | None = None, padding: int = 0) -> tuple[str, bytes]:
    """A wheel's file name and its bytes: these files, and ``padding`` bytes that cannot be compressed."""
    package = re.sub(r"[-_.]+", "_", name)
    info = f"{package}-{version}.dist-info"
    files = {
        **{path: text.encode() for path, text in (contents or {}).items()},
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if padding:
        files[f"{info}/padding"] = hashlib.shake_128(name.encode()).digest(padding)
    lines = [f"{path},sha256={_base64(content)},{len(content)}" for path, content in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""]).encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path), content)
    return f"{package}-{version}-py3-none-any.whl", stream.getvalue()


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")


class PackageIndex:
    """Serves wheels in the simple layout that pip reads, while the ``with`` block lasts."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.bytes_per_second = 0.0  # 0: as fast as it can
        self.cut_after: dict[str, int] = {}  # by the file's name: the connection breaks after so many bytes
        self.is_down = False  # nothing is answered
        self.sent: list[str] = []  # the names of files that were sent whole
        self.asked: list[str] = []  # paths
        self._server: Any = None

    def add(self, name: str, version: str, contents: Mapping[str, str] | None = None, padding: int = 0) -> str:
        """Offer a wheel; returns its SHA-256."""
        file, content = wheel(name, version, contents, padding)
        self.files[file] = content
        return hashlib.sha256(content).hexdigest()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/simple"

    def asked_files(self) -> list[str]:
        """The names of files that were asked for, in part or whole."""
        return [unquote(path).rpartition("/")[2] for path in self.asked if path.startswith("/files/")]

    def __enter__(self) -> PackageIndex:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.index = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def page(self, project: str) -> bytes:
        """The links of one project."""
        start = re.sub(r"[-_.]+", "_", project).lower() + "-"
        links = [
            f'<a href="/files/{file}#sha256={hashlib.sha256(content).hexdigest()}">{file}</a>'
            for file, content in self.files.items()
            if file.lower().startswith(start)
        ]
        return f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>".encode()


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""

    def do_GET(self) -> None:
        index: PackageIndex = self.server.index
        index.asked.append(self.path)
        kind, _, name = unquote(self.path).strip("/").partition("/")
        content = index.page(name) if kind == "simple" else index.files.get(name)
        if index.is_down:
            return  # the connection is closed without an answer
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if kind == "simple" else "application/octet-stream")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self._send(index, name, content)

    def _send(self, index: PackageIndex, name: str, content: bytes) -> None:
        try:
            for start in range(0, len(content), _CHUNK):
                if index.is_down or start >= index.cut_after.get(name, len(content)):
                    index.is_down = index.is_down or name in index.cut_after
                    return
                self.wfile.write(content[start : start + _CHUNK])
                if index.bytes_per_second:
                    time.sleep(_CHUNK / index.bytes_per_second)
        except OSError:
            return
        if name in index.files:
            index.sent.append(name)
