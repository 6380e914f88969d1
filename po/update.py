"""Bring the translations up to date: .inx files, extension and contract -> clipasso.pot -> *.po -> locale/*.mo.

    python po/update.py

Run it after a text was changed, translate what is empty in the .po files, and run it again. A text whose translation is
empty, or is marked "fuzzy", is shown in English. Standard library only.
"""

from __future__ import annotations

import ast
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
DOMAIN = "clipasso"
FOLDERS = ("clipasso_engine/contract", "inkscape_extension", "installer")
"""With the texts that a person in Inkscape reads."""
TEMPLATE = ROOT / "po" / f"{DOMAIN}.pot"
_INX = "{http://www.inkscape.org/namespace/inkscape/extension}"
_TEXT_ELEMENTS = {f"{_INX}{name}" for name in ("name", "label", "option", "menu-tip")}
_TEXT_ATTRIBUTES = ("gui-text", "gui-description")
_FUNCTIONS = ("translated", "translatable")
"""Functions whose only argument is a text to translate: in the extension, and in what both programs share."""

Catalogue = dict[str, str]
"""Translations by their English texts, in the order of the .po file."""


def texts() -> dict[str, list[str]]:
    """Every text to translate, and the files it is in."""
    found: dict[str, list[str]] = {}
    programs = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    for path in (*sorted(ROOT.glob("*.inx")), *programs):
        for text in _inx_texts(path) if path.suffix == ".inx" else _python_texts(path):
            places = found.setdefault(text, [])
            name = path.relative_to(ROOT).as_posix()
            if name not in places:
                places.append(name)
    return found


def _inx_texts(path: Path) -> Iterator[str]:
    for element in ElementTree.parse(path).iter():
        if element.tag in _TEXT_ELEMENTS and element.text and element.text.strip():
            yield element.text.strip()
        elif element.tag == f"{_INX}submenu":
            yield element.get("name", "")
        for name in _TEXT_ATTRIBUTES:
            if element.get(name):
                yield element.get(name, "")


def _python_texts(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
            (argument,) = node.args
            value = constants[argument.id] if isinstance(argument, ast.Name) else ast.literal_eval(argument)
            assert isinstance(value, str), f"{path}:{node.lineno}"
            yield value


def read(path: Path) -> Catalogue:
    """The translations of a .po file; the header under the empty text. Those marked fuzzy are left out."""
    catalogue: Catalogue = {}
    for entry in path.read_text(encoding="utf-8").split("\n\n"):
        fields = {"msgid": "", "msgstr": ""}
        name = ""
        for line in entry.splitlines():
            match = re.match(r'(msgid|msgstr)?\s*(".*")$', line)
            if match:
                name = match.group(1) or name
                fields[name] += ast.literal_eval(match.group(2))
        if name and not re.search(r"^#,.*fuzzy", entry, re.MULTILINE):
            catalogue[fields["msgid"]] = fields["msgstr"]
    return catalogue


def written(header: str, translations: Catalogue) -> str:
    """A .po file of all `texts`."""
    entries = [f'msgid ""\nmsgstr ""\n{_quoted(header)}']
    for text, places in texts().items():
        marks = "".join(f"#: {place}\n" for place in places) + ("#, python-brace-format\n" if "{" in text else "")
        entries.append(f"{marks}msgid {_quoted(text)}\nmsgstr {_quoted(translations.get(text, ''))}")
    return "\n\n".join(entries) + "\n"


def _quoted(text: str) -> str:
    lines = text.splitlines(keepends=True) or [""]
    return "\n".join('"' + line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"' for line in lines)


def compiled(catalogue: Catalogue) -> bytes:
    """The .mo file: see "The Format of GNU MO Files" in the manual of gettext."""
    pairs = sorted((text.encode(), translation.encode()) for text, translation in catalogue.items() if translation)
    tables, strings = b"", b""
    start = 28 + 16 * len(pairs)
    for index in (0, 1):
        for pair in pairs:
            tables += struct.pack("<II", len(pair[index]), start + len(strings))
            strings += pair[index] + b"\0"
    return struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0) + tables + strings


def catalogue_file(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / f"{DOMAIN}.mo"


def header(language: str) -> str:
    return (
        f"Project-Id-Version: {DOMAIN}\nLanguage: {language}\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"
    )


def main() -> None:
    TEMPLATE.write_text(written(header(""), {}), encoding="utf-8")
    for path in sorted(TEMPLATE.parent.glob("*.po")):
        catalogue = read(path)
        path.write_text(written(catalogue.get("") or header(path.stem), catalogue), encoding="utf-8")
        target = catalogue_file(path.stem)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(compiled(read(path)))
        missing = sum(not translation for translation in read(path).values())
        print(f"{path.stem}: {missing} texts are not translated")


if __name__ == "__main__":
    main()
