"""A stand-in for the model hub on loopback: announces hashes, redirects to its storage, misbehaves when told."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REVISION = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """Serves ``content`` as the file of every repository."""

    content: bytes
    announced: str | None = ""  # the SHA-256 it tells; "" the true one, None nothing
    resumes: bool = True
    page: bytes = b""  # served instead, as HTML
    breaks: list[int] = field(default_factory=list)  # bytes after which the next answers break off
    refusals: list[int] = field(default_factory=list)  # status codes of the next answers
    requests: list[tuple[str, str, str]] = field(default_factory=list)  # method, path, Range

    def __enter__(self) -> Hub:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_HEAD(self) -> None:
                hub.answer(self, body=False)

            def do_GET(self) -> None:
                hub.answer(self, body=True)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, request: BaseHTTPRequestHandler, body: bool) -> None:
        wanted = request.headers.get("Range", "")
        self.requests.append((request.command, request.path, wanted))
        if self.refusals:
            request.send_error(self.refusals.pop(0))
        elif "/resolve/" in request.path and not self.page:
            self._redirect(request)
        else:
            self._send(request, wanted, body)

    def _redirect(self, request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        if self.announced is not None:
            told = self.announced or hashlib.sha256(self.content).hexdigest()
            request.send_header("X-Linked-Etag", f'"{told}"')
            request.send_header("X-Linked-Size", str(len(self.content)))
        request.send_header("X-Repo-Commit", REVISION)
        request.send_header("Location", "/storage/blob")
        request.send_header("Content-Length", "0")
        request.end_headers()

    def _send(self, request: BaseHTTPRequestHandler, wanted: str, body: bool) -> None:
        data = self.page or self.content
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.resumes else 0
        request.send_response(206 if start else 200)
        request.send_header("Content-Type", "text/html" if self.page else "application/octet-stream")
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        request.send_header("Content-Length", str(len(data) - start))
        request.end_headers()
        if body:
            stop = start + self.breaks.pop(0) if self.breaks else len(data)
            request.wfile.write(data[start:stop])
            if stop < len(data):
                request.close_connection = True
