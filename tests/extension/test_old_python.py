"""Inkscape brings its own Python, 3.8 in the AppImage, with lxml and inkex: nothing newer or else may be used."""

import ast

import pytest

from tests.support.stand_in import ROOT

SHARED = [ROOT / "clipasso_engine" / "__init__.py", *sorted((ROOT / "clipasso_engine" / "contract").glob("*.py"))]
"""All of the engine that is installed into Inkscape."""
FILES = [
    *sorted((ROOT / "inkscape_extension").rglob("*.py")),
    *SHARED,
]
# Names with a dot are written as they are imported.
ALLOWED = {
    *("__future__", "abc", "argparse", "ast", "base64", "binascii", "collections", "colorsys", "contextlib", "copy"),
    *("ctypes", "dataclasses", "enum", "errno", "fcntl", "functools", "hashlib", "http", "io", "json", "math", "mmap"),
    "multiprocessing",  # on Windows
    "os",
    *("pathlib", "queue", "random", "re", "reprlib", "secrets", "select"),
    *("shlex", "shutil", "signal", "socket", "stat", "struct", "subprocess", "sys", "tempfile"),
    *("gettext", "threading", "time", "traceback", "typing", "unicodedata", "urllib"),
    *("gi", "inkex", "lxml", "numpy", "inkscape_extension"),
    "clipasso_engine",
    "clipasso_engine.contract",
    *(f"clipasso_engine.contract.{path.stem}" for path in SHARED),
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_syntax_is_that_of_python_3_8(path):
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
    assert any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body) or not any(
        isinstance(node, (ast.AnnAssign, ast.FunctionDef)) for node in ast.walk(tree)
    ), "without it, annotations such as list[int] are evaluated"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_else_is_imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module]
        else:
            continue
        for name in names:
            assert name in ALLOWED or name.split(".")[0] in ALLOWED - {"clipasso_engine"}, name
