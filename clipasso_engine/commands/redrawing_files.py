"""What the commands that draw a sketch once more have in common: the document they read."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..contract.errors import UserError


def add_arguments(parser: argparse.ArgumentParser, output: str, more: str = "") -> None:
    parser.add_argument("sketch", metavar="SKETCH.svg", help="an SVG file with a sketch, as clipasso or Inkscape saves")
    parser.add_argument("-o", "--output", required=True, metavar=output, help=f"where it is written{more}")
    parser.add_argument(
        "--level", type=int, default=0, metavar="N", help="take the sketch of N strokes (default: what is shown)"
    )


def read(path: str) -> bytes:
    """A file's bytes. Raises `UserError` if it cannot be read."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise UserError(f"There is no file {path}. Check the path.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}. Choose a file that can.") from None
