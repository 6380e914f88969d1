"""Frames as GIF, APNG, MP4 and single PNG files."""

from __future__ import annotations

import io
import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from ..contract.codes import ErrorCode
from ..contract.errors import CodedError, cut
from .painter import Picture

RATE = 25
"""Frames a second: each a whole number of a GIF's hundredths."""
_COLOURS = 64  # of a GIF; lines on paper have few
_LEAST_SHOWN = 20  # milliseconds of a GIF's frame; browsers take less for a mistake and show it for 100

Frames = Iterable[tuple[float, Picture]]
"""Seconds from the beginning and what is seen from then on; the last is seen as long as the one before it."""


def gif(frames: Frames, loop: bool) -> bytes:
    """A GIF file. Its times are hundredths of a second."""
    return _pillow(frames, "GIF", 10, {"loop": 0} if loop else {})  # without a number it plays once


def apng(frames: Frames, loop: bool) -> bytes:
    """An animated PNG file."""
    return _pillow(frames, "PNG", 1, {"loop": 0 if loop else 1})


def png(frame: Picture) -> bytes:
    """A PNG file of one frame."""
    data = io.BytesIO()
    _image(frame, "PNG").save(data, format="PNG")
    return data.getvalue()


def mp4(frames: Frames) -> bytes:
    """An MP4 file of `RATE` frames a second, by ffmpeg. Raises `CodedError` where there is none, or it fails."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise CodedError(ErrorCode.FFMPEG_MISSING)
    pictures = (_even(frame) for _start, frame in frames)
    first = next(pictures)
    height, width = first.shape[:2]
    kind = "gray" if first.ndim == 2 else "rgb24"
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as words:
        film = Path(folder) / "film.mp4"
        raw = ["-f", "rawvideo", "-pix_fmt", kind, "-s", f"{width}x{height}", "-r", str(RATE), "-i", "-"]
        made = ["-pix_fmt", "yuv420p", "-movflags", "+faststart"]  # what all players know
        command = [program, "-v", "error", "-nostdin", "-y", *raw, *made, str(film)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=words, stderr=words) as process:
            assert process.stdin is not None
            try:
                with process.stdin:
                    process.stdin.write(first.tobytes())
                    for frame in pictures:
                        process.stdin.write(frame.tobytes())
            except OSError:  # it has ended, and said why
                pass
            except BaseException:
                process.kill()
                raise
        if process.returncode or not film.is_file():
            words.seek(0)
            reason = words.read().decode("utf-8", "replace").strip().splitlines() or [f"status {process.returncode}"]
            raise CodedError(ErrorCode.FFMPEG_FAILED, reason=cut(reason[-1], 200))
        return film.read_bytes()


def _even(frame: Picture) -> Picture:
    """A frame with sides of even numbers of pixels, which codecs want."""
    more = [(0, side % 2) for side in frame.shape[:2]] + [(0, 0)] * (frame.ndim - 2)
    return np.pad(frame, more, constant_values=255)


def _pillow(frames: Frames, kind: str, tick: int, how: dict[str, int]) -> bytes:
    """An animated file by Pillow, whose times are ``tick`` milliseconds or several."""
    starts, images, seen, last = [], [], b"", 0.0
    for start, frame in frames:
        last = start
        if frame.tobytes() != seen:  # else the one before is seen for longer
            seen = frame.tobytes()
            starts.append(start)
            images.append(_image(frame, kind))
    ends = [*starts[1:], last + 1 / RATE]
    ticks = [round(1000 * second / tick) * tick for second in (starts[0], *ends)]
    shown = [max(end - start, _LEAST_SHOWN) for start, end in itertools.pairwise(ticks)]
    data = io.BytesIO()
    images[0].save(data, format=kind, save_all=True, append_images=images[1:], duration=shown, **how)
    return data.getvalue()


def _image(frame: Picture, kind: str) -> Image.Image:
    """Grey where it is, and of few colours where a GIF is made."""
    if frame.ndim == 2:
        return Image.fromarray(frame)
    return Image.fromarray(frame).quantize(_COLOURS) if kind == "GIF" else Image.fromarray(frame)
