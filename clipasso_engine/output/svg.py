"""Sketches as a standalone SVG document, one Inkscape layer for each level."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree as ET

from ..contract import layer_format
from ..contract.layer_format import LayerMetadata
from ..contract.sketch import Sketch, Stroke
from . import files

_SVG = "http://www.w3.org/2000/svg"
_INKSCAPE = "http://www.inkscape.org/namespaces/inkscape"

ET.register_namespace("", _SVG)
ET.register_namespace("inkscape", _INKSCAPE)
ET.register_namespace(layer_format.PREFIX, layer_format.NAMESPACE)


def write(
    sketches: Sequence[Sketch],
    path: str | os.PathLike[str],
    origin: LayerMetadata,
    visible: int = 0,
) -> None:
    """Write the sketches of one photo, in its pixels. Same sketches, same bytes.

    ``origin`` is what made them; each layer tells its own number of strokes. Only the layer of ``sketches[visible]`` is
    shown, and under it those of the background. The strokes keep their order, so the first lies at the bottom.
    Raises `UserError` if the file cannot be written; then there is no file, or the old one.
    """
    origins = [replace(origin, strokes=sketch.level, part=sketch.part) for sketch in sketches]
    files.write(path, _document(sketches, origins, visible))


def _document(sketches: Sequence[Sketch], origins: Sequence[LayerMetadata], visible: int) -> bytes:
    width, height = str(sketches[0].width), str(sketches[0].height)
    root = ET.Element(f"{{{_SVG}}}svg", {"width": width, "height": height, "viewBox": f"0 0 {width} {height}"})
    for index, (sketch, origin) in enumerate(zip(sketches, origins, strict=True)):
        if sketch.part == "background":
            root.insert(0, _layer(sketch, origin, shown=True))
        else:
            root.append(_layer(sketch, origin, shown=index == visible))
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _layer(sketch: Sketch, origin: LayerMetadata, shown: bool) -> ET.Element:
    name = layer_format.layer_id(sketch.level, sketch.part)
    attributes = {
        "id": name,
        f"{{{_INKSCAPE}}}groupmode": "layer",
        f"{{{_INKSCAPE}}}label": layer_format.layer_label(len(sketch.strokes), part=sketch.part),
        **origin.to_attributes(),
        "style": "display:inline" if shown else "display:none",
    }
    layer = ET.Element(f"{{{_SVG}}}g", attributes)
    for number, stroke in enumerate(sketch.strokes, 1):
        ET.SubElement(layer, f"{{{_SVG}}}path", {"id": f"{name}-stroke-{number}", **_path(stroke)})
    return layer


def _path(stroke: Stroke) -> dict[str, str]:
    attributes = {
        "d": layer_format.path_data(stroke.points),
        "style": layer_format.stroke_style(stroke.width),
        layer_format.IMPORTANCE: layer_format.format_number(stroke.importance, 4),
    }
    if stroke.colour:
        attributes[layer_format.COLOUR] = stroke.colour
    return attributes
