"""Names and ids that nothing else in the document has."""

from __future__ import annotations

import inkex


def unique(name: str, taken: set[str], numbered: str) -> str:
    """``name``, or where that is taken ``numbered``, a format, with the least number from 2 on that is not."""
    number = 2
    result = name
    while result in taken:
        result = numbered.format(number)
        number += 1
    return result


def layer(svg: inkex.SvgDocumentElement, identifier: str, label: str) -> inkex.Layer:
    """A new layer, in no document yet, with an id and a name like these that no other in ``svg`` has."""
    result = inkex.Layer.new(unique(label, set(svg.xpath("//@inkscape:label")), f"{label} ({{}})"))
    result.set("id", unique(identifier, set(svg.xpath("//@id")), f"{identifier}-{{}}"))
    return result
