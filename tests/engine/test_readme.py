"""The README's table of options is the job's own; ``python tests/engine/test_readme.py`` writes it anew."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from clipasso_engine.contract.job import SketchJob

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- options: written by tests/engine/test_readme.py -->\n", "<!-- end of options -->"


def options_table() -> str:
    rows = ["| option | values | default | what it does |", "|---|---|---|---|"]
    for option in dataclasses.fields(SketchJob):
        if "help" not in option.metadata:
            continue
        name, default, values = option.name.replace("_", "-"), option.default, option.metadata["choices"]
        if option.name == "levels":
            name, default, values = "strokes N`, `--levels N,N,...", 16, ()
        shown = " ".join(f"`{value}`" for value in values)
        rows.append(f"| `--{name}` | {shown} | {'' if default == '' else default} | {option.metadata['help']} |")
    return "\n".join(rows) + "\n"


def with_table(readme: str) -> str:
    before, rest = readme.split(BEGIN)
    return before + BEGIN + options_table() + rest[rest.index(END) :]


def test_the_table_of_options_is_the_jobs_own() -> None:
    readme = README.read_text("utf-8")
    assert with_table(readme) == readme, "run: python tests/engine/test_readme.py"


def test_every_page_and_picture_that_the_readme_names_is_there() -> None:
    links = [part.split(")")[0] for part in README.read_text("utf-8").split("](")[1:]]
    missing = [link for link in links if "://" not in link and not (README.parent / link).exists()]
    assert not missing


if __name__ == "__main__":
    README.write_text(with_table(README.read_text("utf-8")), "utf-8")
