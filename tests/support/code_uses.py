"""Where the source uses the codes of errors and notices, and with which details."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.stand_in import ROOT

PROGRAMS = ("clipasso_engine", "inkscape_extension")
_TABLES = {"codes.py", "texts.py", "advice.py"}


@dataclass(frozen=True)
class Use:
    """One place that names a code: as the first argument of a call, or without one, which fills no details."""

    code: str  # the enum's member, such as PHOTO_MISSING
    details: frozenset[str]
    place: str


def uses(enum: str) -> list[Use]:
    """All places outside the tables of texts that name a member of ``enum``."""
    return [use for path in sources(*PROGRAMS) if path.name not in _TABLES for use in _uses_in(path, enum)]


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def placeholders(text: str | None) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text or "") if name is not None}


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))


def _uses_in(path: Path, enum: str) -> Iterator[Use]:
    in_calls = set()
    for call in calls(path):
        first = call.args[0] if call.args else None
        if _member(first, enum):
            assert all(keyword.arg for keyword in call.keywords), f"{path}:{call.lineno}: name the details one by one"
            in_calls.add(first)
            details = frozenset(str(keyword.arg) for keyword in call.keywords)
            yield Use(_member(first, enum), details, f"{path}:{call.lineno}")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if _member(node, enum) and not any(ast.dump(node) == ast.dump(known) for known in in_calls):
            assert isinstance(node, ast.expr)
            yield Use(_member(node, enum), frozenset(), f"{path}:{node.lineno}")


def _member(node: ast.AST | None, enum: str) -> str:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == enum:
        return node.attr
    return ""
