"""What brushes keep in the document's defs: path effects, the grain of paper, the mark at the end of a line.

Each is marked with the brush it belongs to, shared where strokes can share it, and removed when nothing uses it any
more.
"""

from __future__ import annotations

import re

import inkex

from clipasso_engine.contract import layer_format
from clipasso_engine.contract.layer_format import format_number

from .power_stroke import PowerStroke
from .styles import Grain

MARK = layer_format.BRUSH
_CROSS = "M -2.5,-2.5 2.5,2.5 M -2.5,2.5 2.5,-2.5"


def path_effect(path: inkex.PathElement, brush: str, stroke: PowerStroke, decimals: int) -> str:
    """The id of an effect that draws ``path`` alone: the one it has had, or a new one."""
    svg, effect = path.root, effect_of(path)
    if effect is None or _is_shared(svg, path.get("inkscape:path-effect")):
        effect = inkex.PathEffect()
        effect.set("id", _free_id(svg, f"brush-{path.get_id()}"))
        svg.defs.append(effect)
    stroke.write(effect, decimals)
    effect.set(MARK, brush)
    return str(effect.get("id"))


def effect_of(path: inkex.PathElement) -> inkex.BaseElement | None:
    """The path effect that ``path`` refers to; None without one, and where the reference leads to something else."""
    reference = (path.get("inkscape:path-effect") or "").strip("# ")
    found = path.root.getElementById(reference) if reference else None
    return found if isinstance(found, inkex.PathEffect) else None


def _is_shared(svg: inkex.SvgDocumentElement, reference: str) -> bool:
    paths = svg.iter(inkex.addNS("path", "svg"))
    return sum(path.get("inkscape:path-effect") == reference for path in paths) > 1


def grain_filter(svg: inkex.SvgDocumentElement, brush: str, grain: Grain, width: float) -> str:
    """The id of the filter for strokes that are ``width`` wide when plain; it is made where it does not exist.

    The grain is that of the paper: it stays where it is when a stroke is moved, and all strokes share it. It only takes
    away from a stroke, so that the filter needs no room around it.
    """
    identifier = f"brush-{brush}-{format_number(width, 4)}"
    existing = svg.getElementById(identifier)
    if existing is not None and existing.get(MARK) == brush:
        return identifier
    element = inkex.Filter()
    element.set("id", identifier if existing is None else _free_id(svg, identifier))
    element.set("style", "color-interpolation-filters:sRGB")
    for name, value in {"x": "-0.02", "y": "-0.02", "width": "1.04", "height": "1.04"}.items():
        element.set(name, value)
    # Taken: where edge and paper together are high enough. Of the noise one channel is the paper's height.
    gain = format_number(grain.contrast, 4)
    level = format_number(0.5 - grain.contrast * (0.5 + grain.bite), 4)
    frequency = " ".join(format_number(1 / (size * width), 6) for size in grain.size)
    blur = format_number(grain.softness * width, 4)
    heights = "0 0 0 0 0  0 0 0 0 0  0 0 0 0 0  1 0 0 0 0"
    primitives: tuple[tuple[str, dict[str, str]], ...] = (
        ("feGaussianBlur", {"in": "SourceAlpha", "stdDeviation": blur, "result": "edge"}),
        ("feTurbulence", {"type": "fractalNoise", "baseFrequency": frequency, "numOctaves": "2", "result": "noise"}),
        ("feColorMatrix", {"in": "noise", "values": heights, "result": "paper"}),
        (
            "feComposite",
            {
                "in": "edge",
                "in2": "paper",
                "operator": "arithmetic",
                "k2": gain,
                "k3": gain,
                "k4": level,
                "result": "taken",
            },
        ),
        ("feComposite", {"in": "SourceGraphic", "in2": "taken", "operator": "in"}),
    )
    for name, attributes in primitives:
        element.add_primitive(name, **attributes)
    return _add(svg, brush, element)


def cross_marker(svg: inkex.SvgDocumentElement, brush: str) -> str:
    """The id of the marker at the ends of lines; it is made where it does not exist."""
    identifier = f"brush-{brush}-end"
    existing = svg.getElementById(identifier)
    if existing is not None and existing.get(MARK) == brush:
        return identifier
    marker = inkex.Marker()
    marker.set("id", identifier if existing is None else _free_id(svg, identifier))
    marker.set("orient", "auto")
    marker.set("style", "overflow:visible")
    cross = inkex.PathElement()
    cross.set("d", _CROSS)
    cross.set("style", "fill:none;stroke:context-stroke;stroke-width:0.8")
    marker.append(cross)
    return _add(svg, brush, marker)


def tidy(svg: inkex.SvgDocumentElement) -> None:
    """Remove what brushes have left in the defs and no element uses. Strokes, which know their brush, too, stay."""
    used = _references(svg)
    for element in svg.xpath("//svg:defs/*[@clipasso:brush]", namespaces={"svg": inkex.NSS["svg"], **_OURS}):
        if isinstance(element, _MADE) and element.get("id") not in used:
            element.getparent().remove(element)


_MADE = (inkex.PathEffect, inkex.Filter, inkex.Marker)
_OURS = {layer_format.PREFIX: layer_format.NAMESPACE}


def _references(svg: inkex.SvgDocumentElement) -> set[str]:
    """The ids that styles and path effects refer to."""
    used: set[str] = set()
    for element in svg.iter():
        for name, value in element.attrib.items():
            used.update(re.findall(r"url\(\s*['\"]?#([^'\")]+)", value))
            if name.endswith("}path-effect"):
                used.update(word.strip().lstrip("#") for word in value.split(";"))
    return used


def _add(svg: inkex.SvgDocumentElement, brush: str, element: inkex.BaseElement) -> str:
    element.set(MARK, brush)
    svg.defs.append(element)
    return str(element.get("id"))


def _free_id(svg: inkex.SvgDocumentElement, name: str) -> str:
    number, identifier = 2, name
    while svg.getElementById(identifier) is not None:
        identifier = f"{name}-{number}"
        number += 1
    return identifier
