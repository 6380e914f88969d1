"""The outline of what stands in a document, as cubic curves: of paths, circles, groups ..."""

from __future__ import annotations

import inkex

from clipasso_engine.contract.sketch import Curve

from . import curves

_ORIGINAL = "inkscape:original-d"


def outline(element: inkex.BaseElement) -> list[Curve]:
    """The curves of an element and all in it, in the coordinates of its parent; none where it has no outline.

    Of a path with path effects it is the line they were given.
    """
    found: list[Curve] = []
    for each in element.iter():
        if not isinstance(each, inkex.ShapeElement) or isinstance(each, (inkex.Group, inkex.TextElement, inkex.Image)):
            continue
        transform = inkex.Transform()
        for ancestor in [each, *each.iterancestors()]:
            transform = ancestor.transform @ transform
            if ancestor is element:
                break
        found += [curves.transformed(curve, transform) for curve in curves.of_path(path_data(each))]
    return found


def path_data(element: inkex.ShapeElement) -> str:
    """The outline of a path, a circle, ..., or nothing; of a path with path effects the line they were given."""
    if isinstance(element, inkex.PathElement):
        return str(element.get(_ORIGINAL) or element.get("d") or "")
    return _shape(element)


def _shape(element: inkex.ShapeElement) -> str:
    try:
        return str(element.get_path())
    except (NotImplementedError, AttributeError, TypeError, ValueError):
        return ""
