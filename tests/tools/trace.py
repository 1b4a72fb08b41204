"""Check the hazard table of SAFETY.md: hazard -> control -> file -> mishap -> test.

Responsible for one thing: a row that says `shown` names files, a mishap and tests that
exist; a row that says `open` names the part that will bring it. Prints both counts.
Not responsible for whether the tests pass: `make test` says that.
"""

import ast
import re
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "SAFETY.md"
HAZARDS = 35  # H01..H35, none left out
CODE = re.compile(r"`([^`]+)`")


def rows(page: str) -> list[list[str]]:
    """The cells of every hazard row: id, hazard, control, files, mishaps, tests, state."""
    found = []
    for line in page.splitlines():
        if re.match(r"\| H\d\d ", line):
            found.append([cell.strip() for cell in line.strip().strip("|").split("|")])
    return found


@cache
def words_of(folder: str) -> frozenset[str]:
    """Every string and every name defined in the Python files of a folder."""
    words: set[str] = set()
    for path in (ROOT / folder).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.add(node.value)
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                words.add(node.name)
    return frozenset(words)


@cache
def tests_of(file: str) -> frozenset[str]:
    """The test functions of one file; empty if there is no such file."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def row_faults(cells: list[str]) -> list[str]:
    """Sentences on what one row claims and the repository does not have."""
    if len(cells) != 7:
        return [f"{cells[0]}: {len(cells)} cells, 7 expected"]
    number, _, control, files, mishaps, tests, state = cells
    said = []
    if state.startswith("open"):
        if not re.match(r"open: \S+", state):
            said.append(f"{number}: open, but not which part will bring it")
        return said
    if state != "shown":
        return [f"{number}: state is {state!r}, neither shown nor open"]
    if not control:
        said.append(f"{number}: no control named")
    for kind, cell in (("file", files), ("mishap", mishaps), ("test", tests)):
        if not CODE.findall(cell):
            said.append(f"{number}: shown without a {kind}")
    for file in CODE.findall(files):
        if not (ROOT / file).is_file():
            said.append(f"{number}: file {file} does not exist")
    for mishap in CODE.findall(mishaps):
        if "/" in mishap:  # trouble that is made outside the simulated machine
            if not (ROOT / mishap).is_file():
                said.append(f"{number}: file {mishap} does not exist")
        elif mishap not in words_of("hal/sim"):
            said.append(f"{number}: no mishap or action {mishap} in hal/sim")
    for test in CODE.findall(tests):
        file, _, name = test.partition("::")
        if not name.startswith("test_") or name not in tests_of(file):
            said.append(f"{number}: no test {test}")
    return said


def main() -> int:
    """Print both counts and what is wrong; 0 when nothing is."""
    table = rows(PAGE.read_text())
    wrong = [fault for cells in table for fault in row_faults(cells)]
    ids = [cells[0] for cells in table]
    wanted = [f"H{number:02}" for number in range(1, HAZARDS + 1)]
    if ids != wanted:
        wrong.append(f"rows are not H01..H{HAZARDS} in order, each once")
    shown = sum(1 for cells in table if cells[-1] == "shown")
    print("\n".join([*wrong, f"hazards: {shown} shown, {len(table) - shown} open"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
