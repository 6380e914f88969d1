"""Contact sheets: photo, mask and levels side by side, as HTML with the strokes as curves, and as a picture."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from ..contract import layer_format
from ..contract.sketch import Sketch
from ..output import preview
from .trial import OURS, Trial

_CELL = 200  # px
_GAP = 8  # px
_TEXT = 20  # px: height of a line of text

_STYLE = (
    "body{font:14px sans-serif;margin:16px}table{border-collapse:collapse}"
    "td,th{padding:6px;text-align:center;vertical-align:middle}th{position:sticky;top:0;background:#fff}"
    "td img,td svg{max-width:220px;max-height:220px;display:block;margin:auto;background:#fff}"
    "tr.ours td{border-top:1px solid #999}svg{outline:1px solid #ddd}td small{color:#666}"
)

_Cell = tuple[Image.Image | Sketch | None, str]
"""What is shown, and the line under it."""


def page(trials: Sequence[Trial], levels: Sequence[int]) -> str:
    """The sheet as one HTML document that needs no other file."""
    headings = "".join(f"<th>{text}</th>" for text in ("photo", "object", *(f"{level} strokes" for level in levels)))
    rows = []
    for trial in trials:
        for index, row in enumerate(_rows(trial)):
            kind = "alternative" if index else "ours"
            cells = "".join(f"<td>{_html(shown)}<small>{html.escape(text)}</small></td>" for shown, text in row)
            rows.append(f'<tr class="{kind}">{cells}</tr>')
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>CLIPasso sketches</title>'
        f"<style>{_STYLE}</style></head>\n<body><table>\n<tr>{headings}</tr>\n" + "\n".join(rows) + "\n</table></body>"
        "</html>\n"
    )


def picture(trials: Sequence[Trial]) -> Image.Image:
    """The sheet as a picture."""
    return _grid([row for trial in trials for row in _rows(trial)])


def sketches_only(trials: Sequence[Trial]) -> Image.Image:
    """Our sketches without the photos, which may not be shown to everybody; two photos to a row."""
    rows: list[list[_Cell]] = [_levels(trial, OURS) for trial in trials]
    pairs = [left + right for left, right in zip(rows[::2], rows[1::2], strict=False)]
    # A few greys are enough for ink, and take a fifth of the room.
    return _grid(pairs + ([rows[-1]] if len(rows) % 2 else [])).convert("L").quantize(16)


def _rows(trial: Trial) -> list[list[_Cell]]:
    """A row for each way to draw the photo; the photo itself is in the first."""
    mask: _Cell = (trial.masked, "its object") if trial.masked is not None else (None, "no object found")
    first: list[list[_Cell]] = [[(trial.photo, trial.name), mask]]
    others: list[list[_Cell]] = [[(None, ""), (None, way)] for way in trial.ways[1:]]
    return [head + _levels(trial, way) for head, way in zip(first + others, trial.ways, strict=True)]


def _levels(trial: Trial, way: str) -> list[_Cell]:
    prefix = "" if way == OURS else f"{way}, "
    return [(drawing.sketch, f"{prefix}{trial.name}, {drawing.level}") for drawing in trial.of(way)]


def _html(shown: Image.Image | Sketch | None) -> str:
    if shown is None:
        return ""
    if isinstance(shown, Sketch):
        paths = "".join(
            f'<path d="{layer_format.path_data(stroke.points)}" style="{layer_format.stroke_style(stroke.width)}"/>'
            for stroke in shown.strokes
        )
        return f'<svg viewBox="0 0 {shown.width} {shown.height}" width="220" height="220">{paths}</svg>'
    data = io.BytesIO()
    shown.save(data, format="JPEG", quality=85)
    return f'<img alt="" src="data:image/jpeg;base64,{base64.b64encode(data.getvalue()).decode("ascii")}">'


def _grid(rows: Sequence[Sequence[_Cell]]) -> Image.Image:
    columns = max((len(row) for row in rows), default=1)
    across, down = _CELL + _GAP, _CELL + _TEXT + _GAP
    sheet = Image.new("RGB", (columns * across + _GAP, max(1, len(rows)) * down + _GAP), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=12)
    for i, row in enumerate(rows):
        for j, (shown, text) in enumerate(row):
            left, top = _GAP + j * across, _GAP + i * down
            if shown is not None:
                cell = preview.render(shown) if isinstance(shown, Sketch) else shown.copy()
                cell.thumbnail((_CELL, _CELL), Image.Resampling.LANCZOS)
                sheet.paste(cell, (left + (_CELL - cell.width) // 2, top + (_CELL - cell.height) // 2))
            draw.text((left + _CELL // 2, top + _CELL + 2), text, "black", font, anchor="ma")
    return sheet
