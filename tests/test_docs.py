"""The code in the documentation runs as it stands."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"


@pytest.mark.parametrize("page", ["extending.md"])
def test_code_blocks_run(page):
    """The Python blocks of a page, one after the other in one namespace."""
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(), flags=re.DOTALL)
    assert blocks
    source = "\n".join(blocks)
    exec(compile(source, page, "exec"), {"__name__": "documentation"})
