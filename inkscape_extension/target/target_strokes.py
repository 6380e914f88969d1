"""Which strokes are meant: those that are selected, or those of the sketch at hand."""

from __future__ import annotations

import inkex

from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.layer_format import LayerMetadata

from ..brush import painting
from ..layer.origin import is_background
from ..translation import translated


def find(svg: inkex.SvgDocumentElement) -> tuple[list[inkex.BaseElement], list[inkex.PathElement]]:
    """Sketch layers that are meant as a whole, and strokes beside them.

    What is selected counts first: strokes, groups and layers with strokes, photos, which stand for the sketches of them
    that are shown. Without a selection it is the current layer if that is a sketch, or else the only sketch shown,
    with its background.
    Raises `UserError` if that leaves nothing, or a choice.
    """
    selected = [element for element in svg.selection if isinstance(element, inkex.BaseElement)]
    sketches = [layer for layer in svg.iterdescendants() if _is_sketch(layer)]
    shown = [layer for layer in sketches if _is_shown(layer)]
    if selected:
        ids = {each.get("id") for element in selected for each in element.iter() if isinstance(each, inkex.BaseElement)}
        layers = [layer for layer in sketches if layer.get("id") in ids]
        layers += [layer for layer in shown if layer not in layers and _photo_id(layer) in ids]
        inside = {path for layer in layers for path in layer.iter()}
        strokes = [path for element in selected for path in within(element) if path not in inside]
        if layers or strokes:
            return layers, list(dict.fromkeys(strokes))
        raise UserError(
            translated(
                "What is selected has no strokes, and there is no sketch of it. Select strokes, a sketch layer or"
                " its photo."
            )
        )
    current = svg.get_current_layer()
    if any(layer is current for layer in sketches):
        return [current], []
    if len(shown) == 1 or (len(shown) == 2 and sum(map(is_background, shown)) == 1):
        return shown, []
    if shown:
        raise UserError(
            translated("There are {count} sketches. Select strokes of the one that is meant, or its photo.").format(
                count=len(shown)
            )
        )
    raise UserError(
        translated("There is no sketch in the document yet. Select a photo and choose Extensions > Sketch first.")
    )


def within(element: inkex.BaseElement) -> list[inkex.PathElement]:
    """The strokes that are ``element`` or inside it."""
    return [path for path in element.iter() if painting.is_stroke(path)]


def _is_sketch(element: inkex.BaseElement) -> bool:
    return isinstance(element, inkex.Group) and LayerMetadata.from_attributes(dict(element.attrib)) is not None


def _photo_id(layer: inkex.BaseElement) -> str:
    metadata = LayerMetadata.from_attributes(dict(layer.attrib))
    return metadata.photo_id if metadata else ""


def _is_shown(layer: inkex.BaseElement) -> bool:
    chain = [layer, *layer.iterancestors()]
    return not any(
        each.get("display") == "none" or inkex.Style(each.attrib.get("style") or "").get("display") == "none"
        for each in chain
    )
