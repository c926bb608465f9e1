"""A page of the documentation as a Jupyter notebook: text, and its Python blocks as cells.

    python tools/notebook.py docs/tutorials/notebook.md [NOTEBOOK.ipynb]

Files (``toml`` with a title) and commands (``sh``) of a page become cells, too.
Nothing but Python is needed to make one.
"""

import argparse
import json
import re
from pathlib import Path
from typing import Any

_BLOCK = re.compile(r"```(python|sh|toml)(?: title=\"([^\"]+)\")?\n(.*?)```\n?", flags=re.DOTALL)


def main() -> None:
    """Write the notebook beside where one is, or where one says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=Path)
    parser.add_argument("notebook", type=Path, nargs="?")
    given = parser.parse_args()
    path = given.notebook or Path(given.page.stem + ".ipynb")
    path.write_text(json.dumps(notebook(given.page.read_text("utf-8")), indent=1), "utf-8")
    print(path)


def notebook(page: str) -> dict[str, Any]:
    """The notebook of a page in Markdown, in version 4.5 of the format."""
    cells, end = [], 0
    for block in _BLOCK.finditer(page):
        kind, title, content = block.groups()
        cells.append(("markdown", page[end : block.start()]))
        if kind == "toml" and title is None:
            cells.append(("markdown", block.group()))
        else:
            cells.append(("code", _as_python(kind, title, content)))
        end = block.end()
    cells.append(("markdown", page[end:]))
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        },
        "cells": [
            _cell(number, kind, text.strip("\n"))
            for number, (kind, text) in enumerate(cells)
            if text.strip()
        ],
    }


def _as_python(kind: str, title: str | None, content: str) -> str:
    """Files and commands by the magics that notebooks have for them."""
    if kind == "toml":
        return f"%%writefile {title}\n{content}"
    if kind == "sh":
        return "\n".join(f"!{line}" for line in content.splitlines())
    return content


def _cell(number: int, kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": f"cell-{number}",
        "metadata": {},
        "source": text.splitlines(keepends=True),
    }
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


if __name__ == "__main__":
    main()
