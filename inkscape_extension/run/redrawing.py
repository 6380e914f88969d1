"""A sketch of the document drawn once more by the engine, into a file of its own."""

from __future__ import annotations

import contextlib
import copy
import os
import secrets
from pathlib import Path
from typing import Iterable, Sequence

import inkex
from lxml import etree

from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.redrawing import Animation, Plot, Redrawn

from ..engine import client
from ..layer import origin
from ..target import target_strokes
from ..translation import translated

_WITHOUT = ("image", "text", "metadata")  # elements with which a document need not travel


def meant(svg: inkex.SvgDocumentElement) -> list[inkex.BaseElement]:
    """The sketch layers that are meant: those selected, those of selected strokes and photos, or what is shown.

    Raises `UserError` where there are none.
    """
    layers, strokes = target_strokes.find(svg)
    found = dict.fromkeys([*layers, *(origin.layer_of(stroke) for stroke in strokes)])
    result = [layer for layer in found if layer is not None]
    if not result:
        raise UserError(translated("What is selected is no sketch. Select a sketch layer, or a stroke in it."))
    return result


def content(svg: inkex.SvgDocumentElement) -> bytes:
    """The document as the engine gets it, without its photos and texts."""
    root = copy.deepcopy(svg)
    for name in _WITHOUT:
        for element in list(root.iter(inkex.addNS(name, "svg"))):
            element.getparent().remove(element)
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))


def redraw(wish: Animation | Plot) -> Redrawn:
    """Have the engine do it. Raises `UserError`."""
    with client.start() as engine:
        return engine.redraw(wish)


def file(chosen: str, document: str | None, what: str, ending: str) -> Path:
    """Where the result is written: the file that was chosen, which is replaced, or a new one beside the document.

    ``what`` is part of a new one's name. Raises `UserError` if there is no place.
    """
    folder = Path(document).parent if document else Path.home()
    if chosen.strip() and not Path(chosen).is_dir():
        path = folder / Path(chosen.strip()).expanduser()
        path = path if path.suffix.lower() == ending else path.with_name(path.name + ending)
        if not path.parent.is_dir():
            raise UserError(
                translated("There is no folder {folder} to write {file} into. Make it, or choose another.").format(
                    folder=path.parent, file=path.name
                )
            )
        return path
    if not document:
        raise UserError(
            translated("The document has not been saved yet, so no file can go beside it. Save it, or choose a file.")
        )
    stem = f"{Path(document).stem}-{what}"
    names = (f"{stem}{'' if number == 1 else f'-{number}'}{ending}" for number in range(1, 10_000))
    return next(folder / name for name in names if not (folder / name).exists())


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all. Raises `UserError`."""
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        try:
            part.write_bytes(data)
            os.replace(part, path)
        finally:
            with contextlib.suppress(OSError):
                part.unlink()
    except OSError as error:
        raise UserError(
            translated("{file} cannot be written ({strerror}). Choose another place.").format(
                file=path, strerror=error.strerror or error
            )
        ) from None


def restack(layers: Iterable[inkex.BaseElement], order: Sequence[str]) -> None:
    """Let the strokes of each layer lie in this order, the first at the bottom; whatever else is there stays."""
    places = {identifier: place for place, identifier in enumerate(order)}
    for layer in layers:
        for parent in [layer, *layer.iter(inkex.addNS("g", "svg"))]:
            slots = [index for index, child in enumerate(parent) if child.get("id") in places]
            strokes = sorted((parent[index] for index in slots), key=lambda child: places[child.get("id")])
            children = list(parent)
            for slot, stroke in zip(slots, strokes):
                children[slot] = stroke
            if children != list(parent):
                parent[:] = children
