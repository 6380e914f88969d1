"""Whether an extension left of a document all that is not its own."""

from __future__ import annotations

import re

from lxml import etree

_DEFS = "{http://www.w3.org/2000/svg}defs"
_NEW = (_DEFS, "{http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd}namedview")  # inkex adds one where there is none
_LINKS = ("href", "{http://www.w3.org/1999/xlink}href")


def differences(before, after, selected=(), links=True):
    """What ``after`` lacks or has otherwise, in words; both are the bytes of documents.

    New sketch layers may be there, new definitions, ids where there were none, and within sketch layers and what is
    ``selected`` all may be otherwise. ``links``: whether those of images count.
    """
    old, new = _root(before), _root(after)
    found = []
    waiting = [(old, new)]
    while waiting:
        one, other = waiting.pop()
        if _may_change(one, selected):
            continue
        found += _differences(one, other, links)
        waiting += _pairs(one, other, found)
    return found


def is_whole(content):
    """Whether a document is well-formed. Of others, a parser that mends them keeps now this, now that."""
    try:
        etree.fromstring(content, etree.XMLParser(huge_tree=True, resolve_entities=False))
    except etree.XMLSyntaxError:
        return False
    return True


def _root(content):
    return etree.fromstring(content, etree.XMLParser(recover=True, huge_tree=True))


def is_sketch(element):
    return isinstance(element.tag, str) and any(
        name.endswith("}strokes") and "clipasso" in name for name in element.attrib
    )


def _may_change(element, selected):
    return is_sketch(element) or element.get("id") in selected


def _differences(one, other, links):
    where = f"{one.tag} {one.get('id')}"
    found = [f"text of {where}"] if (one.text or "") != (other.text or "") and not _is_blank(one, other) else []
    for name, value in one.attrib.items():
        if not _is_same(name, value, other.get(name, "")) and (links or name not in _LINKS):
            found.append(f"{name} of {where}: {value[:80]!r} -> {(other.get(name) or '')[:80]!r}")
    found += [f"{name} new in {where}" for name in other.attrib if name not in one.attrib and name != "id"]
    return found


def _is_same(name, value, now):
    """inkex writes transforms that it has read with other spaces."""
    return value == now or (name.lower().endswith("transform") and _words(value) == _words(now))


def _words(transform):
    return [word for word in re.split(r"[\s,()]+", transform) if word]


def _is_blank(one, other):
    return not (one.text or "").strip() and not (other.text or "").strip()


def _pairs(one, other, found):
    """The children of both that are the same, in their order. New ones are ours or else are found."""
    pairs, rest = [], list(one)
    for child in other:
        if rest and _alike(rest[0], child):
            pairs.append((rest.pop(0), child))
            if (pairs[-1][0].tail or "").strip() != (child.tail or "").strip():
                found.append(f"text behind {child.tag}")
        elif not (is_sketch(child) or child.tag in _NEW or other.tag == _DEFS):
            found.append(f"new: {child.tag} {child.get('id')} in {other.get('id')}")
    found += [f"gone: {child.tag} {child.get('id')}" for child in rest if not is_sketch(child)]
    return pairs


def _alike(one, other):
    return (
        one.tag == other.tag
        and one.get("id", other.get("id")) == other.get("id")
        and is_sketch(one) == is_sketch(other)
    )
