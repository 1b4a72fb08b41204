"""Read SAFETY.md: its tables, its rows, and what the names in their cells lead to.

Responsible for turning the page into rows, for the tests of the repository and the hazards
that they name. Not responsible for what is wrong with a row: trace.py says that.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "SAFETY.md"
CODE = re.compile(r"`([^`]+)`")
HAZARD = re.compile(r"\bH\d\d\b")
ROW = re.compile(r"\| [HRIPE]\d+[ab]? \|")


@dataclass(frozen=True)
class Row:
    """One row of a table: its id, and its cells by the names of the table's head."""

    id: str
    cells: dict[str, str]

    @property
    def state(self) -> str:
        """`shown`, or `open: ` and the part that will bring it."""
        return self.cells.get("State", "")

    @property
    def shown(self) -> bool:
        """Whether the row claims a proof."""
        return self.state == "shown"

    def named(self, column: str) -> list[str]:
        """What a cell names in code marks, in its order."""
        return CODE.findall(self.cells.get(column, ""))


def rows(page: str) -> list[Row]:
    """Every row of every table of the page whose first cell is an id."""
    found: list[Row] = []
    head: list[str] = []
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if ROW.match(line):
            named = dict(zip(head, cells, strict=False))
            if len(head) != len(cells):
                named["State"] = f"{len(cells)} cells, {len(head)} expected"
            found.append(Row(cells[0], named))
        elif line.startswith("| ") and not line.startswith("|--"):
            head = cells
    return found


@dataclass(frozen=True)
class Case:
    """One test function: where it is, and the hazards that it names."""

    file: str
    name: str
    hazards: frozenset[str]

    @property
    def id(self) -> str:
        """`file::name`, as pytest says it."""
        return f"{self.file}::{self.name}"


def cases_in(file: str, text: str) -> Iterator[Case]:
    """The test functions of one file; a marker of the whole file counts for each of them."""
    tree = ast.parse(text, file)
    marks: list[ast.expr] = []
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            marks = node.value.elts if isinstance(node.value, ast.List) else [node.value]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            hazards = frozenset(_hazards([*marks, *node.decorator_list]))
            yield Case(file, node.name, hazards)


def _hazards(marks: list[ast.expr]) -> Iterator[str]:
    for mark in marks:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.hazard":
            for word in mark.args:
                yield str(word.value) if isinstance(word, ast.Constant) else ast.unparse(word)


@cache
def cases() -> dict[str, Case]:
    """Every test of the repository by its id."""
    found = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for test in cases_in(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")):
            found[test.id] = test
    return found


@cache
def functions_of(file: str) -> frozenset[str]:
    """Functions, methods and classes that a Python file defines; none if there is no such file."""
    path = ROOT / file
    if not path.is_file() or path.suffix != ".py":
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"), file)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))
