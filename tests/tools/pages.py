"""Keep what pages show of the code equal to the code: `pages` checks, `pages --write` mends.

Responsible for the blocks between `<!-- begin NAME -->` and `<!-- end NAME -->` in READMEs.
Not responsible for the text around them.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path

from controller.diagram import mermaid
from tests.tools.worked import worked_examples

ROOT = Path(__file__).resolve().parents[2]


def life_of_a_dose() -> str:
    """The state diagram that the core's own table gives."""
    return f"```mermaid\n{mermaid()}```\n"


BLOCKS: dict[str, tuple[str, Callable[[], str]]] = {
    "life of a dose": ("controller/README.md", life_of_a_dose),
    "six worked examples": ("schedules/README.md", worked_examples),
}


def renewed(page: str, name: str, block: str) -> str:
    """The page with the named block replaced; AssertionError if it has no such place."""
    begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    assert len(pattern.findall(page)) == 1, f"no place, or several, for {name!r}"
    return pattern.sub(lambda _: begin + block + end, page)


def main(argv: list[str]) -> int:
    """Check or write every block; 1 when a checked one is old."""
    old = 0
    for name, (file, make) in BLOCKS.items():
        path = ROOT / file
        page = path.read_text(encoding="utf-8")
        fresh = renewed(page, name, make())
        if fresh == page:
            continue
        if "--write" in argv:
            path.write_text(fresh, encoding="utf-8")
        else:
            print(f"{file}: the block {name!r} is older than the code; `make docs` writes it anew")
            old = 1
    return old


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
